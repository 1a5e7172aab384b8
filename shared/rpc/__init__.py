"""The wire definitions: a ``.proto`` beside its committed generated code, by service and version."""
