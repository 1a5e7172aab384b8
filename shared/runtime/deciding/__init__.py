"""How a command becomes facts: commands, reactions, the unit of work, the event store."""
