"""How services run in a process: their definition, start and stop, and the routes that all of them have."""
