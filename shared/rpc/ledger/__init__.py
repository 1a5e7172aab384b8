"""The ledger's calls over gRPC, one folder for each version."""
