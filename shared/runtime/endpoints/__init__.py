"""How callers reach a service: HTTP, problem details, and commands of partners over NATS."""
