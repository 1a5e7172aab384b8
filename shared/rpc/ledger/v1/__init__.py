"""Version 1 of the ledger's calls: ``ledger.proto`` and the code generated from it."""
