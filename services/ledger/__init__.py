"""The ledger: every service's events in one total order, append only, each with its Merkle leaf hash."""
