"""Procedures, one file each, and the case library they stand on. Deterministic: no clock, chance or I/O."""
