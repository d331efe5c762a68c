"""Settings of every process, from the environment: ``SEAMLESS_KAFKA``, ``SEAMLESS_TEMPORAL`` and so on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from contracts.admission import Rules
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.calendar import Calendar, CompressedCalendar, LegalCalendar, UnknownCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.directory import Directory, load_directory
from contracts.terms.errors import InvalidInput, faults_of
from contracts.terms.identifiers import AgencyId, VariantId
from contracts.wire.envelope import LARGEST_EVENT_BYTES, MAX_EVENT_BYTES
from network.broker.connection import Broker
from workers.process.calendars import days_in, names_in

PREFIX = "SEAMLESS_"

HIGHEST_PORT = 65535
LONGEST_SECONDS = 30 * 24 * 3600
"""Every setting that names a longer period of time is a mistake."""


def _addresses(text: str) -> str:
    for address in text.split(","):
        found = re.fullmatch(r"[\w.-]+:([0-9]{1,5})", address)
        if found is None or not 0 < int(found[1]) <= HIGHEST_PORT:
            raise ValueError(f"write HOST:PORT, with a port from 1 to {HIGHEST_PORT}")
    return text


def _one_address(text: str) -> str:
    if "," in text:
        raise ValueError("write one HOST:PORT")
    return _addresses(text)


def _collector(text: str) -> str:
    """The base of a collector's addresses, as it is written."""
    address = urlsplit(text)
    beyond = address.username or address.password or address.query or address.fragment
    if text and (address.scheme not in ("http", "https") or not address.hostname or beyond):
        raise ValueError("write http://HOST:PORT or https://HOST:PORT, without a name or a password")
    if not text.isascii() or not text.isprintable() or " " in text or address.port == 0:
        raise ValueError("is not an address")
    return text.rstrip("/")


def installed() -> str:
    """The version of the package; of a checkout that is not installed nobody knows one."""
    try:
        return version("seamless")
    except PackageNotFoundError:
        return "checkout"


Seconds = Annotated[float, Field(le=LONGEST_SECONDS, allow_inf_nan=False)]
Millis = Annotated[int, Field(le=LONGEST_SECONDS * 1000)]


class Settings(BaseSettings):
    """What a process has to know. Addresses are ``HOST:PORT``; times carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    kafka: Annotated[str, AfterValidator(_addresses)] = "127.0.0.1:9092"
    temporal: Annotated[str, AfterValidator(_one_address)] = "127.0.0.1:7233"
    namespace: str = Field(default="default", min_length=1, max_length=255)
    topic_prefix: str = Field(default="", pattern=r"^([a-z0-9-]+\.)?$", max_length=100)
    directory_file: Path | None = Field(default=None, alias="SEAMLESS_DIRECTORY")
    data: Path = Path(".seamless")
    archive: str = Field(default="", description="SQLAlchemy URL; empty: archive.db in the data directory")
    calendars: Path | None = Field(
        default=None, description="a folder with calendars in addition to those of the package: NAME.json"
    )
    calendar: str = "cn-2026.1"
    virtual_time: bool = Field(
        default=False,
        description="cases live by the time of a log; a replay moves their clocks",
    )
    metrics_address: str = Field(
        default="127.0.0.1",
        pattern=r"^[\w.:%-]+$",
        max_length=255,
        description="on which address of this machine metrics are served: an IP address or a name",
    )
    metrics_port: int = Field(default=0, ge=0, le=65535, description="0: a free port, written to the log")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    otlp: Annotated[str, AfterValidator(_collector)] = Field(
        default="",
        max_length=2000,
        description="the collector that spans are sent to, by OTLP over HTTP; empty: none",
    )
    variants: str = Field(
        default="",
        description="in which variants cases are opened: tree-felling=added-review, separated by commas; "
        "else in the first that the law version names",
    )
    unchecked: str = Field(
        default="",
        description="procedures that open cases although their check fails, separated by commas; the "
        "gateway's log says so",
    )
    sandbox: Literal["all", "unproven"] = Field(
        default="all",
        description="which procedures run in the SDK's sandbox: all, or those of which it has not reached "
        "every line",
    )
    build: str = Field(
        default_factory=installed,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$",
        max_length=100,
        description="the build that the ledger names; the version of the package where none is set",
    )
    agency: AgencyId | None = Field(default=None, description="the department whose checks a worker runs")

    max_event_bytes: int = Field(default=MAX_EVENT_BYTES, gt=0, le=LARGEST_EVENT_BYTES)
    early_event_seconds: Seconds = Field(default=60, ge=0, description="how long an event waits for its case")
    early_events: int = Field(default=1000, ge=0, description="how many events may wait for their case")
    window: int = Field(default=500, gt=0, description="unfinished events per partition before it is paused")
    gather_ms: Millis = Field(
        default=0, ge=0, description="how long events gather before the gateway reads them; 0: not at all"
    )
    session_timeout_ms: Millis = Field(default=10_000, gt=0)
    clock_skew_seconds: Seconds = Field(
        default=0.25, ge=0, description="how far broker and Temporal clocks may differ"
    )

    heartbeat_seconds: Seconds = Field(
        default=5, gt=0, description="how often a gateway reports that it is well"
    )
    outage_after_seconds: Seconds = Field(
        default=60, gt=0, description="so long without a heartbeat is an outage of the platform"
    )
    outage_grace_seconds: Seconds = Field(
        default=3600, ge=0, description="how long after an outage the consequence of a deadline is held"
    )

    spread_seconds: Seconds = Field(
        default=600,
        ge=0,
        description="what follows at a midnight is taken within so long after it, each case at its own time",
    )

    watch_seconds: float = Field(
        default=60, gt=0, description="how often stuck, open and overdue cases are counted"
    )

    @field_validator("calendars")
    @classmethod
    def _it_is_a_folder(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError("there is no such folder")
        return folder

    @field_validator("calendar")
    @classmethod
    def _there_is_such_a_calendar(cls, name: str, info: ValidationInfo) -> str:
        folder: Path | None = info.data.get("calendars")
        try:
            calendar(name)
        except UnknownCalendar as unknown:
            if folder is None:
                raise
            if days_in(folder, name) is None:
                there = ", ".join(names_in(folder)) or "none"
                raise UnknownCalendar(f"{unknown}; in {folder} there is {there}") from None
        return name

    @field_validator("variants")
    @classmethod
    def _there_are_such_variants(cls, text: str) -> str:
        _variants(text)
        return text

    @field_validator("unchecked")
    @classmethod
    def _there_are_such_procedures(cls, text: str) -> str:
        for procedure in _listed(text):
            _check_procedure(procedure)
        return text

    @field_validator("data")
    @classmethod
    def _it_is_a_place(cls, data: Path) -> Path:
        try:
            data.resolve()
        except (OSError, RuntimeError):
            raise ValueError("it leads nowhere, such as a loop of symbolic links") from None
        return data

    @cached_property
    def directory(self) -> Directory:
        """Who takes part."""
        return load_directory(self.directory_file)

    @cached_property
    def calendar_days(self) -> CalendarDays | None:
        """The days of the calendar of new cases, where they are none of the package's."""
        try:
            calendar(self.calendar)
        except UnknownCalendar:
            return days_in(self.calendars, self.calendar) if self.calendars else None
        return None

    @property
    def legal_calendar(self) -> Calendar:
        """The calendar of new cases."""
        days = self.calendar_days
        return LegalCalendar(days) if days else calendar(self.calendar)

    @property
    def spread(self) -> timedelta:
        """How long after the end of a limit its consequences take effect, at most: immediately on compressed
        days, which few cases share, and where a log is replayed."""
        if self.virtual_time or isinstance(self.legal_calendar, CompressedCalendar):
            return timedelta(0)
        return timedelta(seconds=self.spread_seconds)

    @property
    def broker(self) -> Broker:
        """The administration's topics on the broker."""
        return Broker(self.kafka, self.topic_prefix)

    @property
    def rules(self) -> Rules:
        """What events are admitted by."""
        return Rules(
            self.max_event_bytes,
            self.calendar,
            self.virtual_time,
            _variants(self.variants),
            self.calendar_days,
        )

    @property
    def unchecked_procedures(self) -> frozenset[str]:
        """The procedures that open cases although their check fails."""
        return frozenset(_listed(self.unchecked))

    @property
    def archive_url(self) -> str:
        """Where the archive is."""
        file = self.data.resolve() / "archive.db"
        return self.archive or URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)

    @property
    def gateway_group(self) -> str:
        """The gateway's consumer group; the fence reads its committed offsets."""
        return f"{self.topic_prefix}seamless.gateway"


def _variants(text: str) -> dict[str, VariantId]:
    """The variants that an administration sets, by procedure."""
    chosen: dict[str, VariantId] = {}
    for part in _listed(text):
        procedure, equals, variant = part.partition("=")
        if not equals:
            raise ValueError("write PROCEDURE=VARIANT, several separated by commas")
        _check_procedure(procedure)
        known = dict.fromkeys(each for law in CATALOGUE[procedure].laws for each in law.variants)
        if variant not in known:
            raise ValueError(f"{procedure} has no variant {variant!r}; it has: {', '.join(known)}")
        if procedure in chosen:
            raise ValueError(f"{procedure} is set twice")
        chosen[procedure] = VariantId(variant)
    return chosen


def _listed(text: str) -> list[str]:
    """What is listed, separated by commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def _check_procedure(procedure: str) -> None:
    if procedure not in CATALOGUE:
        raise ValueError(f"there is no procedure {procedure!r}; there are: {', '.join(sorted(CATALOGUE))}")


def load_settings(**given: Any) -> Settings:
    """The settings from the environment, with those that were given otherwise in their place.

    Args:
        given: settings by their names; None is not given.

    Raises:
        InvalidInput: a setting, or the directory file, is not usable; says which, why, and what it is.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise InvalidInput("; ".join(_told(each, given) for each in error.errors())) from None
    try:
        settings.directory  # noqa: B018 - read once here, so that a bad file is told here
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"cannot read the directory {settings.directory_file}: {told}") from None
    except ValidationError as error:
        faults = "; ".join(f"{fault.field}: {fault.message}" for fault in faults_of(error))
        raise InvalidInput(f"the directory {settings.directory_file} is not usable: {faults}") from None
    return settings


def _told(error: Any, given: Mapping[str, Any]) -> str:
    """One fault of the settings, by the name under which a person set it."""
    field = ".".join(str(part) for part in error["loc"])
    name = field if field in given or field.startswith(PREFIX) else f"{PREFIX}{field.upper()}"
    return f"the setting {name} cannot be {error['input']!r}: {error['msg'].removeprefix('Value error, ')}"
