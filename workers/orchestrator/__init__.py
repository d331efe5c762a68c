"""The orchestrator: runs the cases and what they send."""
