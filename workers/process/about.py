"""What every process reports about itself: its kind, its build, and how full its disk is."""

from __future__ import annotations

import math
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from prometheus_client import Gauge

from workers.process.settings import Settings, installed

BUILD = Gauge(
    "seamless_build_info",
    "Always 1: which process this is, and of which build.",
    ["process", "agency", "version", "build", "python", "temporalio"],
)
DISK_FREE = Gauge(
    "seamless_disk_free_bytes",
    "What may still be written to the file system of SEAMLESS_DATA; NaN where there is none.",
)
DISK_SIZE = Gauge("seamless_disk_size_bytes", "The size of the file system of SEAMLESS_DATA.")


def describe(process: str, settings: Settings) -> None:
    """Show it in the metrics from now on."""
    BUILD.labels(
        process=process.removesuffix(f"-{settings.agency}"),
        agency=settings.agency or "",
        version=installed(),
        build=settings.build,
        python=platform.python_version(),
        temporalio=version("temporalio"),
    ).set(1)
    DISK_FREE.set_function(lambda: disk(settings.data)[0])
    DISK_SIZE.set_function(lambda: disk(settings.data)[1])


def disk(folder: Path) -> tuple[float, float]:
    """What is free on the disk of a folder, and how large it is; where there is no folder yet, of the one
    that it will be made in."""
    for each in (folder.absolute(), *folder.absolute().parents):
        try:
            usage = shutil.disk_usage(each)
        except FileNotFoundError:
            continue
        except OSError:
            break
        return usage.free, usage.total
    return math.nan, math.nan
