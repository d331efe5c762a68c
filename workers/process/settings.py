"""Settings of every process, from the environment: ``SEAMLESS_KAFKA``, ``SEAMLESS_TEMPORAL`` and so on."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from contracts.terms.directory import Directory, load_directory
from contracts.wire.envelope import MAX_EVENT_BYTES


class Settings(BaseSettings):
    """What a process has to know. Addresses are ``HOST:PORT``; times carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix="SEAMLESS_", frozen=True, extra="ignore")

    kafka: str = "127.0.0.1:9092"
    temporal: str = "127.0.0.1:7233"
    namespace: str = "default"
    topic_prefix: str = Field(default="", pattern=r"^([a-z0-9-]+\.)?$")
    directory_file: Path | None = Field(default=None, alias="SEAMLESS_DIRECTORY")
    data: Path = Path(".seamless")
    archive: str = Field(default="", description="SQLAlchemy URL; empty: archive.db in the data directory")
    calendar: str = "cn-2026.1"
    virtual_time: bool = Field(
        default=False,
        description="cases live by the time of a log; a replay moves their clocks",
    )
    metrics_port: int = Field(default=0, ge=0, le=65535, description="0: a free port, written to the log")
    log_level: str = "INFO"

    max_event_bytes: int = Field(default=MAX_EVENT_BYTES, gt=0)
    early_event_seconds: float = Field(default=60, ge=0, description="how long an event waits for its case")
    early_events: int = Field(default=1000, ge=0, description="how many events may wait for their case")
    window: int = Field(default=500, gt=0, description="unfinished events per partition before it is paused")
    gather_ms: int = Field(
        default=0, ge=0, description="how long events gather before the gateway reads them; 0: not at all"
    )
    session_timeout_ms: int = Field(default=10_000, gt=0)
    clock_skew_seconds: float = Field(
        default=0.25, ge=0, description="how far broker and Temporal clocks may differ"
    )

    @cached_property
    def directory(self) -> Directory:
        """Who takes part."""
        return load_directory(self.directory_file)

    @property
    def archive_url(self) -> str:
        """Where the archive is."""
        file = self.data.resolve() / "archive.db"
        return self.archive or URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)

    @property
    def gateway_group(self) -> str:
        """The gateway's consumer group; the fence reads its committed offsets."""
        return f"{self.topic_prefix}seamless.gateway"

    @property
    def archive_group(self) -> str:
        """The archive worker's consumer group."""
        return f"{self.topic_prefix}seamless.archive"
