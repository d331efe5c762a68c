"""The broker: connecting, publishing, reading topics, the ledger and the dead letters, creating topics."""
