"""A JSON Schema of scenario files, for editors that complete keys, show what they mean and mark mistakes.

Model: the schema of ``ScenarioFile`` as pydantic gives it, rewritten by the rules of the loader. Each
quantity has a key for every unit, its bounds converted. Nothing is required but the top keys of a file that
extends no other, since a configuration states only what it changes and the catalogue fills in the rest.
``null`` may stand anywhere, since it deletes. The ``kind`` of a mapping chooses its keys.

Assumptions and limits: the schema marks no file that the loader takes; it knows nothing of references
between parts, of sums or dates, and stands in for no check. Draft 7, which most editors read.

Source: A. Wright, H. Andrews, "JSON Schema: A Media Type for Describing JSON Documents", Internet-Draft
draft-handrews-json-schema-01, 2018. Where next: ``mda-sim schema`` prints it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mda_sim.core.units import from_si, spellings, split_unit
from mda_sim.scenario.schema import ScenarioFile
from mda_sim.scenario.sweep_spec import SweepSpec

DRAFT: Final = "http://json-schema.org/draft-07/schema#"

_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NULL: Final[dict[str, Any]] = {"type": "null"}
_OTHER_WORDS: Final = ("title", "default", "discriminator", "required")  # of pydantic's, left out


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, as plain data."""
    made = ScenarioFile.model_json_schema()
    definitions = {name: _rewritten(part) for name, part in made.pop("$defs").items()}
    required = [key for key in made["required"] if split_unit(key) is None]
    whole = [key for key in required if spellings(key) == (key,)]
    in_units = [
        {"anyOf": [{"required": [key]} for key in spellings(name)]} for name in required if name not in whole
    ]
    return {
        "$schema": DRAFT,
        "title": "Scenario of mda-sim",
        **_rewritten(made),
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": whole, "allOf": in_units},
        "$defs": definitions,
    }


def schema_text() -> str:
    """The JSON Schema of a scenario file, as text that ends in a line break."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


def sweep_schema_text() -> str:
    """The JSON Schema of a sweep file, as text that ends in a line break."""
    made = SweepSpec.model_json_schema()
    definitions = {name: _rewritten(part) for name, part in made.pop("$defs").items()}
    schema = {
        "$schema": DRAFT,
        "title": "Sweep of mda-sim",
        **_rewritten(made),
        "required": made["required"],
        "$defs": definitions,
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _rewritten(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema of pydantic's by the rules above, and all that it holds."""
    new = {word: value for word, value in schema.items() if word not in _OTHER_WORDS}
    if "description" in new:
        new["description"] = " ".join(new["description"].replace("``", "").split())
    if "oneOf" in new:
        return _by_kind(schema, new)
    if "anyOf" in new:
        new["anyOf"] = [_rewritten(choice) for choice in new["anyOf"]]
    if "items" in new:
        new["items"] = _rewritten(new["items"])
    for of_length, of_items in (("minLength", "minItems"), ("maxLength", "maxItems")):
        if new.get("type") == "array" and of_length in new:
            new[of_items] = new.pop(of_length)
    if "properties" in new:
        new["properties"] = _in_all_units(new["properties"])
    if "patternProperties" in new:
        entries = new["patternProperties"].items()
        new["patternProperties"] = {pattern: _or_null(_rewritten(entry)) for pattern, entry in entries}
        new["additionalProperties"] = False
    return new


def _by_kind(schema: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A mapping whose ``kind`` chooses its keys, from pydantic's discriminated union."""
    mapping: dict[str, str] = schema["discriminator"]["mapping"]
    new.pop("oneOf")
    choices = [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": {"$ref": place}}
        for kind, place in mapping.items()
    ]
    return {**new, "type": "object", "properties": {"kind": {"enum": list(mapping)}}, "allOf": choices}


def _in_all_units(properties: dict[str, Any]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    for name, schema in properties.items():
        for key in spellings(name):
            parts = split_unit(key)
            new[key] = _or_null(_in_unit(_rewritten(schema), parts[1] if parts and key != name else ""))
    return new


def _in_unit(schema: dict[str, Any], unit: str) -> dict[str, Any]:
    """The schema of a quantity given in ``unit`` (SI if empty)."""
    if not unit:
        return schema
    new: dict[str, Any] = {
        word: from_si(value, unit) if word in _BOUNDS else value for word, value in schema.items()
    }
    if "items" in new:
        new["items"] = _in_unit(new["items"], unit)
    if "anyOf" in new:
        new["anyOf"] = [_in_unit(choice, unit) for choice in new["anyOf"]]
    if "description" in new:
        new["description"] = f"In {unit}. {new['description']}"
    return new


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if _NULL in schema.get("anyOf", ()):
        return schema
    if isinstance(schema.get("type"), str) and not {"enum", "const", "allOf"} & schema.keys():
        return {**schema, "type": [schema["type"], "null"]}
    told = {"description": schema["description"]} if "description" in schema else {}
    return {**told, "if": _NULL, "then": True, "else": schema}
