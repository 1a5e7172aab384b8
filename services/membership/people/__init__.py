"""The people who may fill seats, and the keys to their names."""
