"""What meetings shows. Every entry has ``sources``: the ledger positions of the events it comes from."""
