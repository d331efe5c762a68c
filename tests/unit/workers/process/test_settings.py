"""Settings: what is not usable is reported in one sentence that names the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.terms.errors import InvalidInput
from network.broker.connection import Broker
from workers.process.settings import load_settings


def test_the_environment_and_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAMLESS_KAFKA", "one.example:9092,two.example:9092")
    monkeypatch.setenv("SEAMLESS_TOPIC_PREFIX", "city.")
    settings = load_settings(window=7, calendar=None)
    assert settings.broker == Broker("one.example:9092,two.example:9092", "city.")
    assert settings.window == 7
    assert settings.rules.calendar == "cn-2026.1"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SEAMLESS_WINDOW", "abc", "SEAMLESS_WINDOW cannot be 'abc': Input should be a valid integer"),
        ("SEAMLESS_WINDOW", "0", "SEAMLESS_WINDOW cannot be '0': Input should be greater than 0"),
        ("SEAMLESS_KAFKA", "localhost", "SEAMLESS_KAFKA cannot be 'localhost'"),
        ("SEAMLESS_TEMPORAL", "a:b", "SEAMLESS_TEMPORAL cannot be 'a:b'"),
        ("SEAMLESS_METRICS_PORT", "99999", "SEAMLESS_METRICS_PORT cannot be '99999'"),
        ("SEAMLESS_TOPIC_PREFIX", "City", "SEAMLESS_TOPIC_PREFIX cannot be 'City'"),
        ("SEAMLESS_BUILD", "two words", "SEAMLESS_BUILD cannot be 'two words'"),
        ("SEAMLESS_LOG_LEVEL", "loud", "SEAMLESS_LOG_LEVEL cannot be 'loud'"),
        ("SEAMLESS_CALENDAR", "cn-2062.1", "SEAMLESS_CALENDAR cannot be 'cn-2062.1': .*cn-2026"),
        ("SEAMLESS_CALENDAR", "compressed:fast", "SEAMLESS_CALENDAR cannot be 'compressed:fast'"),
        ("SEAMLESS_VARIANTS", "fast", "SEAMLESS_VARIANTS cannot be 'fast': write PROCEDURE=VARIANT"),
        (
            "SEAMLESS_VARIANTS",
            "house=fast",
            "there is no procedure 'house'; there are: .*construction-permit",
        ),
        ("SEAMLESS_VARIANTS", "traffic-fine=fast", "no variant 'fast'; it has: standard"),
        ("SEAMLESS_VARIANTS", "traffic-fine=standard,traffic-fine=standard", "traffic-fine is set twice"),
        ("SEAMLESS_OTLP", "collector:4318", "SEAMLESS_OTLP cannot be .* write http://HOST:PORT"),
        ("SEAMLESS_OTLP", "http://:4318", "SEAMLESS_OTLP cannot be .* write http://HOST:PORT"),
        ("SEAMLESS_OTLP", "http://me:secret@host:4318", "without a name or a password"),
        ("SEAMLESS_OTLP", "http://host:99999", "SEAMLESS_OTLP cannot be"),
        ("SEAMLESS_OTLP", "http://host/v1 traces", "SEAMLESS_OTLP cannot be"),
        ("SEAMLESS_OTLP", "file:///etc/passwd", "SEAMLESS_OTLP cannot be"),
        ("SEAMLESS_AGENCY", "Fire Safety", "SEAMLESS_AGENCY cannot be 'Fire Safety'"),
        ("SEAMLESS_VIRTUAL_TIME", "perhaps", "SEAMLESS_VIRTUAL_TIME cannot be 'perhaps'"),
        ("SEAMLESS_DIRECTORY", "/nowhere.toml", "cannot read the directory /nowhere.toml"),
    ],
)
def test_a_bad_setting_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=told) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_the_variants_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAMLESS_VARIANTS", "traffic-fine=standard, construction-permit=standard")
    assert load_settings().rules.variants == {"traffic-fine": "standard", "construction-permit": "standard"}
    monkeypatch.setenv("SEAMLESS_VARIANTS", "")
    assert load_settings().rules.variants == {}


def test_what_was_given_on_the_command_line_is_told_by_its_own_name() -> None:
    with pytest.raises(InvalidInput, match="the setting kafka cannot be 'localhost'"):
        load_settings(kafka="localhost")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("administration = ", "cannot read the directory"),
        ("administration = 'cn x'\nagencies = []\nchannels = []", "administration"),
        ("administration = 'cn-x'\nagencies = [{id = 'A'}]\nchannels = []", "agencies.0.id"),
    ],
)
def test_a_bad_directory_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "directory.toml"
    file.write_text(text, "utf-8")
    monkeypatch.setenv("SEAMLESS_DIRECTORY", str(file))
    with pytest.raises(InvalidInput, match=told):
        load_settings()
