"""How services run in a process: what a service is, how it starts and stops, what all of them show."""
