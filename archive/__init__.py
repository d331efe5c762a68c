"""The archive, read: the ledger in a table, where a case stands, and whether its ledger is whole."""
