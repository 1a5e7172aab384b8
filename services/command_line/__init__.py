"""The command ``folkmoot``."""
