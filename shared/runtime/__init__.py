"""What every service stands on: settings, database, event store, relay, follower, views, web, identity, telemetry."""
