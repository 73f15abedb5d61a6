"""What to write instead: advice on the usual slips of the pen, for the end of a message.

Model: the value as typed and the kind of thing expected decide. A number in quotes, with a decimal comma, an
underscore or its unit behind it; a time as 12:30; the yes and no of YAML 1.1; a text that reads as a number;
latitude and longitude the wrong way round; a percentage where a share is expected.

Where next: ``wording.py`` puts the advice behind what was found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mda_sim.scenario.scalars import resolve
from mda_sim.scenario.tree import Node, ScalarNode

_NUMBERS: Final = frozenset({"float_type", "int_type", "float_parsing", "int_parsing", "int_from_float"})
_DECIMAL_COMMA: Final = re.compile(r"([-+]?\d+),(\d+)", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)
_UNDERSCORES: Final = re.compile(r"[-+]?\d+(_\d+)+", re.ASCII)
_WITH_UNIT: Final = re.compile(r"([-+]?\d+\.?\d*)\s*([A-Za-z%°]+)", re.ASCII)
_YES_NO: Final[Mapping[str, str]] = {
    **dict.fromkeys(("yes", "on", "y"), "true"),
    **dict.fromkeys(("no", "off", "n"), "false"),
}
_LONGEST: Final = 60  # characters of a value that may be a slip


def advice(kind: str, node: Node, path: str) -> str:
    """What to write instead of ``node``, with a leading semicolon; empty if nothing is known.

    ``kind`` is the type of pydantic's error, ``path`` that of the value.
    """
    if not isinstance(node, ScalarNode) or len(node.text) > _LONGEST:
        return ""
    if kind in _NUMBERS:
        said = _for_number(node)
    elif kind == "bool_type":
        said = _for_bool(node)
    elif kind == "string_type":
        said = "" if node.value is None else f'write "{node.text}" in quotes for a text'
    else:
        said = _for_bound(node, path)
    return f"; {said}" if said else ""


def _for_number(node: ScalarNode) -> str:
    text = node.text.strip()
    if isinstance(node.value, float):
        return f"write {int(node.value)}" if node.value.is_integer() and abs(node.value) < 1e15 else ""
    if not isinstance(node.value, str):
        return ""
    if _is_number(text):
        return f"write {text} without quotes"
    if comma := _DECIMAL_COMMA.fullmatch(text):
        return f"write {comma[1]}.{comma[2]} with a decimal point"
    if clock := _CLOCK.fullmatch(text):
        return f"write {int(clock[1]) + int(clock[2]) / 60:.6g} as one number"
    if _UNDERSCORES.fullmatch(text):
        return f"write {text.replace('_', '')} without underscores"
    if unit := _WITH_UNIT.fullmatch(text):
        return f"write {unit[1]} alone; the end of the key names the unit"
    return ""


def _is_number(text: str) -> bool:
    try:
        value = resolve(text)
    except ValueError:
        return False
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _for_bool(node: ScalarNode) -> str:
    word = _YES_NO.get(node.text.lower()) or (node.text if node.text in ("true", "false") else "")
    return f"write {word}" if word else ""


def _for_bound(node: ScalarNode, path: str) -> str:
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        return ""
    key, value = path.rpartition(".")[2], node.value
    if "lat" in key and key.endswith("_deg") and 90 < abs(value) <= 180:
        return "are latitude and longitude the wrong way round?"
    if "lon" in key and key.endswith("_deg") and 180 < value <= 360:
        return f"west of Greenwich is negative: {value - 360:g}"
    return ""
