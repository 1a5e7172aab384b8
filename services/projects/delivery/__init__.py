"""Projects from their start: the stages of their plan, their progress, the area they cover."""
