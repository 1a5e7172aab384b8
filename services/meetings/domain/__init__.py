"""The state and the rules of meetings. Pure: no I/O, no clock."""
