"""The checks of how an installation is set up: made by ``seamless doctor``, and by a process at its start."""
