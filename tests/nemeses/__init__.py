"""The nemeses: the real stack, everything twice, broken on purpose and by seed (docs/faults.md)."""
