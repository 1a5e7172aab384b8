"""The state and the rules of projects. Pure: no I/O, no clock."""
