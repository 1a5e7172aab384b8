"""The ledger's calls over gRPC; a folder a version."""
