"""The processes of the platform, one package each: orchestrator, department, gateway, archive, watcher."""
