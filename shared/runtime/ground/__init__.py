"""The basis of the runtime: clock, settings, database, telemetry, supervision, logs."""
