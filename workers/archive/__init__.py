"""The archive: the ledger in a table, which everybody reads."""
