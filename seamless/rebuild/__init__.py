"""Rebuilding a procedure: what it costs people now, measured from an event log."""
