"""What everything in the runtime stands on: clock, settings, database, telemetry, supervision, logs."""
