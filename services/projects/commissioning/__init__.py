"""Joint commissioning in a project: intentions and rounds of tendering."""
