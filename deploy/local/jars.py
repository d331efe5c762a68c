"""The jars of the local Kafka broker: pinned by SHA-256, fetched once, checked on every start.

``python -m deploy.local.jars`` fetches what is missing; ``--renew`` pins again, for the Kafka named here.
Environment variables: ``SEAMLESS_CACHE`` is the folder to keep them in, ``SEAMLESS_MAVEN_REPOSITORY`` the
base URL of a Maven repository to use instead of the public one.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import structlog
from jgo.maven import MavenContext, PythonResolver
from jgo.parse import Coordinate

from deploy.local.engine import EngineError

ROOTS = ("org.apache.kafka:kafka_2.13:4.1.2", "org.slf4j:slf4j-simple:1.7.36")
"""What is wanted; the lock has all that these need. SLF4J in the version that Kafka is built against."""

UNUSED = frozenset(
    {
        "argparse4j",
        "commons-beanutils",
        "commons-collections",
        "commons-digester",
        "commons-logging",
        "jackson-dataformat-csv",
        "jackson-dataformat-yaml",
        "jackson-datatype-jdk8",
        "jose4j",
        "jspecify",
        "kafka-tools-api",
        "log4j-core",
        "scala-reflect",
        "snakeyaml",
    }
)
"""Left out: OAuth, the command-line tools and their formats, and what log4j would need. A broker was
tried without them: groups, transactions, compaction, compression and administration work."""

LOCK = Path(__file__).with_name("jars.lock.json")
REPOSITORY_VARIABLE = "SEAMLESS_MAVEN_REPOSITORY"
CONNECTIONS = 8
TIMEOUT_SECONDS = 60

log = structlog.get_logger(__name__)


class Jar(NamedTuple):
    """One file of a Maven repository.

    Attributes:
        coordinate: ``group:artifact:version``.
        sha256: what its content must hash to, in hexadecimal.
    """

    coordinate: str
    sha256: str

    def within(self, cache: Path) -> Path:
        """Where it lies, in the layout of every Maven repository."""
        group, artifact, version = self.coordinate.split(":")
        return cache.joinpath(*group.split("."), artifact, version, f"{artifact}-{version}.jar")

    def is_good(self, cache: Path) -> bool:
        """Whether it is there with the content it must have."""
        file = self.within(cache)
        return file.is_file() and sha256(file) == self.sha256


def default_cache() -> Path:
    """The folder that keeps the jars."""
    return Path(os.environ.get("SEAMLESS_CACHE") or Path.home() / ".cache" / "seamless" / "kafka")


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_lock() -> list[Jar]:
    """The pinned jars, in the order of their coordinates."""
    return [Jar(*item) for item in sorted(json.loads(LOCK.read_text()).items())]


def ensure_jars(cache: Path | None = None) -> list[Path]:
    """The broker's jars, complete and unchanged, in class path order; fetches those that are not.

    Raises:
        EngineError: one cannot be fetched, or the repository has another content than the pinned one.
    """
    cache = cache or default_cache()
    cache.mkdir(parents=True, exist_ok=True)
    jars = read_lock()
    with (cache / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # two processes that fetch at once would write into the same files
        if bad := [jar for jar in jars if not jar.is_good(cache)]:
            log.info("fetching the broker's jars", count=len(bad), folder=str(cache))
            _fetch(bad, cache)
    return [jar.within(cache) for jar in jars]


def _fetch(jars: Sequence[Jar], cache: Path) -> None:
    for jar in jars:
        jar.within(cache).unlink(missing_ok=True)  # jgo takes any file it finds for a good one
    _download([jar.coordinate for jar in jars], _maven(cache))
    for jar in jars:
        if not jar.is_good(cache):
            jar.within(cache).unlink(missing_ok=True)
            raise EngineError(f"the Maven repository has another {jar.coordinate} than {LOCK.name} pins")


def renew_lock() -> list[Jar]:
    """Resolve the dependencies as Maven would, fetch them and write their SHA-256 to the lock.

    Raises:
        EngineError: one cannot be fetched.
    """
    with tempfile.TemporaryDirectory() as folder:  # empty: a damaged file of the cache must not become a pin
        maven = _maven(Path(folder))
        try:
            wanted = [maven.create_dependency(Coordinate.parse(root)) for root in ROOTS]
            direct, indirect = maven.resolver.resolve(wanted)
        except (OSError, RuntimeError) as error:
            raise _unreachable(ROOTS[0], error) from None
        coordinates = sorted(
            f"{found.groupId}:{found.artifactId}:{found.version}"
            for found in direct + indirect
            if found.artifactId not in UNUSED
        )
        files = _download(coordinates, maven)
        pins = {coordinate: sha256(file) for coordinate, file in zip(coordinates, files, strict=True)}
    LOCK.write_text(json.dumps(pins, indent=2) + "\n")
    return read_lock()


def _maven(cache: Path) -> MavenContext:
    override = os.environ.get(REPOSITORY_VARIABLE)
    return MavenContext(
        resolver=PythonResolver(),
        repo_cache=cache,
        remote_repos={"override": override.rstrip("/")} if override else None,
        timeout=TIMEOUT_SECONDS,
    )


def _download(coordinates: Sequence[str], maven: MavenContext) -> list[Path]:
    """Fetch several jars at the same time; what is in the cache already is not looked at."""

    def download(coordinate: str) -> Path:
        try:
            return maven.create_dependency(Coordinate.parse(coordinate)).artifact.resolve()
        except (OSError, RuntimeError) as error:
            raise _unreachable(coordinate, error) from None

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(download, coordinates))


def _unreachable(coordinate: str, error: Exception) -> EngineError:
    """What to say of jgo's errors: RuntimeError, and those of its HTTP client, which are OSErrors."""
    return EngineError(
        f"cannot fetch {coordinate}: {error}\n"
        f"If this machine reaches another Maven repository, name it in {REPOSITORY_VARIABLE}."
    )


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description="The jars of the local Kafka broker.")
    parser.add_argument("--renew", action="store_true", help="resolve and pin them anew")
    try:
        if parser.parse_args().renew:
            print(f"{len(renew_lock())} jars pinned in {LOCK}")
        print(f"the broker's {len(ensure_jars())} jars are in {default_cache()}")
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
