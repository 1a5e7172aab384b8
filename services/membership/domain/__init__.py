"""The state and the rules of membership. Pure: no I/O, no clock."""
