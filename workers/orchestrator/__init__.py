"""The orchestrator: runs the cases and publishes what they send."""
