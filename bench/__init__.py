"""Measurements: ``python -m bench``. Ratios within one run count; single figures of a shared machine do not."""
