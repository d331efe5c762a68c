"""The number of a case: short enough to read out on the telephone, and derived from the case id alone.

It encodes the last forty bits of the id, which a channel draws at random, and a check character. There is no
table of numbers, so a case has the same number everywhere and permanently. Two cases may share one (among
100,000 cases, in one administration of 200); whoever looks a case up by its number is then shown both ids.

The characters are those of Crockford's Base32: no I, L, O or U; ``O`` is read as ``0``, ``I`` and ``l`` as
``1``. The check character is a sum over the field of 32 elements in which every place has a different weight:
one wrong character, and two transposed ones, are always noticed.
"""

from __future__ import annotations

from contracts.terms.identifiers import CaseId

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}

BITS = 5
CHARACTERS = 8
TAIL = BITS * CHARACTERS // 4
"""How many hexadecimal digits at the end of the id the number encodes."""

GROUP = 3
MODULUS = 0b100101
"""x⁵ + x² + 1: of the powers of x modulo this, the first 31 differ."""


class Mistyped(ValueError):
    """It would be a case number, except for its check character."""


def number_of(case: CaseId) -> str:
    """The number of a case: ``7K3-MQ2-XHP``."""
    tail = int(case[-TAIL:], 16)
    values = [tail >> BITS * place & (1 << BITS) - 1 for place in reversed(range(CHARACTERS))]
    text = "".join(ALPHABET[value] for value in (*values, _check(values)))
    return "-".join(text[first : first + GROUP] for first in range(0, len(text), GROUP))


def tail_of(number: str) -> str:
    """The end of the id of each case that has this number, in hexadecimal.

    Args:
        number: as a person writes it: in letters of any case, with or without dashes and spaces.

    Raises:
        Mistyped: its check character does not fit the others.
        ValueError: it is not a case number.
    """
    text = number.replace("-", "").replace(" ", "").upper() if number.isascii() else ""
    if len(text) != CHARACTERS + 1 or any(each not in _VALUES for each in text):
        raise ValueError(f"{number!r} is not a case number, such as 7K3-MQ2-XHP")
    *values, check = (_VALUES[each] for each in text)
    if _check(values) != check:
        raise Mistyped(f"the case number {number!r} is mistyped: its check character does not fit")
    tail = 0
    for value in values:
        tail = tail << BITS | value
    return f"{tail:0{TAIL}x}"


def _check(values: list[int]) -> int:
    """The sum of the values, each times x to the power of its place from the end."""
    total = 0
    for value in values:
        total = (total ^ value) << 1
        if total >> BITS:
            total ^= MODULUS
    return total
