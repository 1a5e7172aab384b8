"""Partners: the doors for partners' systems. One validation, one answer, kept for ever."""
