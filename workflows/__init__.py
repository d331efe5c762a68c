"""Procedures, one file each, and the case library on which they are built. Deterministic: no clock, no
randomness, no I/O."""
