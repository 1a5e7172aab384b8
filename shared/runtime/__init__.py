"""The basis of every service: settings, database, event store, relay, follower, views, web, identity, telemetry."""
