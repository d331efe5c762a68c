"""Creating a procedure: what its author would otherwise copy from another one."""
