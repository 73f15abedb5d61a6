"""Write docs/yaml-reference.md from the specs: every key of a scenario file, its bounds and default.

    python docs/make_yaml_reference.py

The page is a function of the specs alone; a test compares it with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mda_sim.core.units import spellings
from mda_sim.scenario.schema import ScenarioFile

PAGE = Path(__file__).with_name("yaml-reference.md")
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
HEAD = """# Every key of a scenario file

Made from the specs by `docs/make_yaml_reference.py`; `mda-sim schema` prints the same as a JSON Schema, by
which an editor completes and checks. Quantities are given here in SI; the other spellings of a key, with its
unit at the end, stand under it. What is in **bold** must be stated (in a file that extends no other; a
configuration states only what it changes). Where a mapping has a `kind`, the kind chooses its keys. `null`
deletes what a base has stated.
"""


def page() -> str:
    """The page as text."""
    made = ScenarioFile.model_json_schema()
    definitions: dict[str, Any] = made["$defs"]
    lines = [HEAD, "## The file\n", *section(made)]
    for name in reached(made, definitions):
        lines += [
            f"\n## {name}\n",
            words(definitions[name].get("description", "")),
            "",
            *section(definitions[name]),
        ]
    return "\n".join(lines) + "\n"


def section(spec: Mapping[str, Any]) -> Iterator[str]:
    """The table of one spec; what it may be, if it has no keys."""
    if "properties" not in spec:
        yield kind_of(spec)
        return
    required = set(spec.get("required", ()))
    yield "| key | is | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for key, value in spec["properties"].items():
        others = ", ".join(f"`{other}`" for other in spellings(key) if other != key)
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        default = "" if key in required else default_of(value)
        meaning = words(value.get("description", ""))
        yield f"| {shown}{f'<br>{others}' if others else ''} | {kind_of(value)} | {default} | {meaning} |"


def kind_of(value: Mapping[str, Any]) -> str:
    """What a value may be."""
    if "$ref" in value:
        return link(value["$ref"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in value:
            return " or ".join(dict.fromkeys(kind_of(one) for one in value[union]))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    type_ = value.get("type")
    if type_ == "array":
        return f"list of {kind_of(value.get('items', {}))}"
    if type_ == "object":
        entries = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
        entry = next((one for one in entries if isinstance(one, Mapping)), None)
        return f"mapping of {kind_of(entry)} by id" if entry is not None else "mapping"
    bounds = " ".join(f"{sign} {value[word]:g}" for word, sign in BOUNDS.items() if word in value)
    named = {"string": "text", "boolean": "true or false", "integer": "whole number", "null": "`null`"}
    return f"{named.get(str(type_), str(type_ or 'anything'))} {bounds}".strip()


def default_of(value: Mapping[str, Any]) -> str:
    """The default of a key; nothing if it has none or a long one."""
    if "default" not in value:
        return ""
    text = json.dumps(value["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else "see the spec"


def words(text: str) -> str:
    """A description on one line, without what Markdown would take for a cell's end."""
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")


def link(place: str) -> str:
    """A link to the section of a definition."""
    name = place.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def reached(spec: Any, definitions: Mapping[str, Any]) -> list[str]:
    """Names of the definitions that are reached from a spec, in the order in which they come up."""
    found: dict[str, None] = {}

    def walk(part: Any) -> None:
        if isinstance(part, Mapping):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found[name] = None
                waiting.append(name)
            for key, value in part.items():
                if key != "$defs":
                    walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    waiting: list[str] = []
    walk(spec)
    while waiting:
        walk(definitions[waiting.pop(0)])
    return list(found)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
