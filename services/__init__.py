"""The services of Folkmoot. None imports another; only ``catalogue`` and ``command_line`` know them all."""
