"""Partners: takes events from partners' systems. Validates each once, and keeps its one answer permanently."""
