"""The worker of one department: its automated checks, on its own task queue."""
