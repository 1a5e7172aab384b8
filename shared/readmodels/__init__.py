"""Read models of other services' facts: tables that a service includes in its own schema, and their queries."""
