"""How the platform runs: on one machine, in ``deploy.local``."""
