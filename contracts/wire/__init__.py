"""What travels: the event envelope, the message types, ledger entries, dead letters, and their topics."""
