"""Write plain data as YAML that reads back as the same data.

Model: block style for mappings, flow style for lists of plain values; words that YAML 1.2 would read as
something else, and all texts that are not one plain word, are quoted with every unusual character escaped.
PyYAML's own writer follows YAML 1.1 and would leave ``1e3`` bare, which ``source.py`` reads as a number.

Assumptions and limits: data of dicts with text keys, lists, and YAML scalars; floats are written as the
shortest text that gives the same float.

Source: YAML 1.2.2 (see ``scalars.py``), section 5.7, escape sequences.
Where next: ``Scenario.to_yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.scenario.scalars import resolve

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def yaml_text(data: Mapping[str, Any]) -> str:
    r"""The mapping as a YAML document.

    >>> yaml_text({"a": {"b": [1, 2.5], "c": "NO"}, "d": "two words", "e": {}})
    'a:\n  b: [1, 2.5]\n  c: NO\nd: "two words"\ne: {}\n'
    """
    return "".join(f"{line}\n" for line in _mapping(data, ""))


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        name = _text(key)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{name}:"
            yield from _mapping(value, indent + "  ")
        elif _is_list(value) and any(isinstance(item, Mapping) or _is_list(item) for item in value):
            yield f"{indent}{name}:"
            for item in value:
                yield f"{indent}  - {_flow(item)}"
        else:
            yield f"{indent}{name}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if _is_list(value):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(text: str) -> str:
    if _WORD.fullmatch(text) and resolve(text) == text:
        return text
    return '"' + "".join(_character(character) for character in text) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
