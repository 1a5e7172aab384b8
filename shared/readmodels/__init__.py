"""What services know of each other's facts: tables that a service includes in its own schema, and what it asks them."""
