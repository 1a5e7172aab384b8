"""How facts travel: the relay out, the bus, the follower back in, and the views it keeps."""
