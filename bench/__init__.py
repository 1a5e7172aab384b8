"""Measurements: ``python -m bench``. Compare ratios within one run, not single figures of a shared machine."""
