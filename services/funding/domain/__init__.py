"""The state and the rules of funding. Pure: no I/O, no clock."""
