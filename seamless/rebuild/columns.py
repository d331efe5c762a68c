"""Which column of a log is which field: as logs are known to name them, or as a person says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import FIELDS, NUMBERS, Field

OF_THE_CASE = "case:"
"""How the columns of a case begin, in CSV that was made of XES."""

KNOWN: Mapping[Field, tuple[str, ...]] = {
    "case": ("case:concept:name", "case_id", "case id", "caseid", "case", "办件编号"),
    "activity": ("concept:name", "activity", "环节"),
    "completion": (
        *("time:timestamp", "timestamp", "complete timestamp", "completion", "completed"),
        *("end_timestamp", "end", "完成时间"),
    ),
    "start": ("start_timestamp", "start timestamp", "time:start", "started", "start", "开始时间"),
    "queued": ("queued", "schedule timestamp", "收到时间"),
    "resource": ("org:resource", "resource", "经办人"),
    "group": ("org:group", "group", "org:role", "role", "部门"),
    "outcome": ("outcome", "result", "结论"),
    "how": ("how",),
    "step-due": ("step-due",),
    "transition": ("lifecycle:transition",),
    "case-start": ("case:startdate", "case:start", "case-start", "申请时间"),
    "case-end": ("case:enddate", "case:end", "case-end", "办结时间"),
    "due": ("case:deadline", "case:due", "due", "法定期限"),
    "promised": ("case:promised", "promised", "承诺期限"),
    "variant": ("case:variant", "variant"),
    "silence": ("case:silence", "silence"),
    **{name: (OF_THE_CASE + name, name) for name in NUMBERS},
}
"""How logs name them: XES, what is made of it, and the plain words."""

REQUIRED: tuple[Field, ...] = ("case", "activity", "completion")

CURE = "say which one it is with --map {field}=COLUMN"


def parsed(given: Iterable[str]) -> dict[Field, str]:
    """What a person says of the columns, ``FIELD=COLUMN`` each. Without a column, the log does not tell it.

    Raises:
        InvalidInput: it is not written so, there is no such field, or it is said twice.
    """
    found: dict[Field, str] = {}
    for text in given:
        name, equals, column = text.partition("=")
        field = next((each for each in FIELDS if each == name.strip()), None)
        if not equals:
            raise InvalidInput(f"--map {text!r}: write FIELD=COLUMN, such as --map group=department")
        if field is None:
            raise InvalidInput(f"--map {text!r}: {name!r} is no field; there are: {', '.join(FIELDS)}")
        if field in found:
            raise InvalidInput(f"--map: {field} is said twice, {found[field]!r} and {column!r}; say it once")
        found[field] = column.strip()
    return found


def mapped(names: Sequence[str], given: Mapping[Field, str]) -> dict[Field, str]:
    """Which column each field is read from.

    Args:
        names: the columns that the log has.

    Raises:
        InvalidInput: a column that was given is missing, or there is none for what every log needs.
    """
    there = "the log has the columns " + ", ".join(names)
    lower = {name.lower(): name for name in reversed(names)}
    taken = set(given.values())
    found: dict[Field, str] = {}
    for field in FIELDS:
        if field in given:
            if given[field] and given[field] not in names:
                raise InvalidInput(f"--map {field}={given[field]}: there is no such column; {there}")
            column = given[field]
        else:
            known = (lower[each] for each in KNOWN[field] if each in lower)
            column = next((each for each in known if each not in taken), "")
        if column:
            found[field] = column
        elif field in REQUIRED:
            raise InvalidInput(f"no column for {field}: {there}; {CURE.format(field=field)}")
    if found.get("group", "").lower() in {*KNOWN["resource"], found.get("resource", "").lower()} - {""}:
        raise of_officers(found["group"])
    return found


def of_officers(column: str) -> InvalidInput:
    """What to say where a column of officers is given for the groups that are compared."""
    return InvalidInput(
        f"--map group={column}: that column names the officers, and officers are not compared; give the "
        "column of their agencies or desks"
    )
