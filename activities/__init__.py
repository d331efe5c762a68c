"""What departments do, one module per agency; and the platform's own side effects."""
