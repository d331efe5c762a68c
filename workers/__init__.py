"""The processes of Seamless: orchestrator, departments, gateway, archive, command line, local engines."""
