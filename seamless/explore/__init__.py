"""Exploring procedures: their real code is driven step by step, without a server."""
