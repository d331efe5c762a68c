"""What departments do, one module per agency, and the platform's own side effects: the outbox and its publisher."""
