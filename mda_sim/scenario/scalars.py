"""Plain scalars by the core schema of YAML 1.2, and nothing else.

So ``NO`` stays a word, ``12:30`` and ``2026-03-02`` stay text, ``1e3`` is a number, ``010`` is ten and
``1_000`` is text. ``.inf`` and ``.nan`` are recognised in order to be refused: no quantity of a scenario
may be either.

Source: O. Ben-Kiki, C. Evans, I. dot Net, "YAML Ain't Markup Language", version 1.2.2, 2021, section
10.3.2. Where next: ``source.py`` resolves through here, ``writer.py`` asks which words need quotes.
"""

from __future__ import annotations

import math
import re
from typing import Final

from mda_sim.scenario.tree import Scalar, cut

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_STARTS: Final = frozenset("+-.0123456789")
_LARGEST: Final = 2**63 - 1
_MOST_CHARACTERS: Final = 400  # of a number; int() takes time quadratic in them


def resolve(text: str) -> Scalar:
    """The value of a plain scalar.

    Raises ValueError, with what was found and expected, for a number that is not finite or too large.

    >>> resolve("1e3"), resolve("NO"), resolve("0x10"), resolve("~")
    (1000.0, 'NO', 16, None)
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"expected a finite number, got {text}")
    if len(text) > _MOST_CHARACTERS and (_INTEGER.fullmatch(text) or _FLOAT.fullmatch(text)):
        raise ValueError(f"a number of {len(text)} characters is too long")
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError(f"the number {cut(text)} is too large")
        return number
    return text


def _integer(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2])
    number = int(text[2:], base) if base else int(text)
    if abs(number) > _LARGEST:
        raise ValueError(
            f"the whole number {cut(text)} is too large; write it with an exponent if it is a quantity"
        )
    return number
