"""Write the dashboards again: ``make dashboards``."""

from __future__ import annotations

from deploy.grafana.dashboards import FOLDER, files


def main() -> None:
    """Write each file, and delete those of dashboards that are no more."""
    FOLDER.mkdir(exist_ok=True)
    made = files()
    for stale in FOLDER.glob("*.json"):
        if stale.name not in made:
            stale.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
