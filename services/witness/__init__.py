"""A witness: it cosigns a log's checkpoint only if it continues the log's history that the witness has seen."""
