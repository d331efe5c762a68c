"""The archive worker: writes the ledger into its table."""
