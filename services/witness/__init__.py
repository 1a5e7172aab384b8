"""A witness: it cosigns a log's checkpoint only if it continues everything the witness saw of that log before."""
