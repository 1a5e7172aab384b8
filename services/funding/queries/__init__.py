"""What people and systems may ask funding: positions of the reserve, requests, awards."""
