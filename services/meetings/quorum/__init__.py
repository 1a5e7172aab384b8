"""Whether enough members are present."""
