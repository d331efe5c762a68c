"""How an installation stands: what is asked for ``seamless status``, and what of it needs a person."""
