"""A real PostgreSQL and a real NATS, started from wheels as child processes of the platform."""
