"""The code an auditor needs to check the ledger: readable in an hour, standard library only."""
