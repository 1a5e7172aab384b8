"""The seats of a group: who fills them, and who may stand in."""
