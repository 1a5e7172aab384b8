"""The wire definitions: each ``.proto`` with its committed generated code, by service and version."""
