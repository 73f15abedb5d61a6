"""The JSON Schema marks no good file, and marks the mistakes that a schema can know."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from shipped import PATHS, resolved_text

from mda_sim.scenario import load_scenario_text
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.json_schema import scenario_schema, schema_text
from mda_sim.scenario.source import read_text
from mda_sim.scenario.starter import starter_text
from mda_sim.scenario.tree import plain

CHECKER = jsonschema.Draft7Validator(scenario_schema())


def marks(text: str) -> list[str]:
    tree = read_text(text, "scenario.yaml", Findings())
    assert tree is not None
    return [f"{error.json_path}: {error.message}" for error in CHECKER.iter_errors(plain(tree))]


def test_it_is_a_schema_and_plain_json() -> None:
    jsonschema.Draft7Validator.check_schema(scenario_schema())
    assert json.loads(schema_text()) == scenario_schema()
    assert "``" not in schema_text()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_it_marks_no_shipped_scenario(path: Path) -> None:
    assert marks(path.read_text(encoding="utf-8")) == []
    assert marks(resolved_text(path.stem)) == []


def test_it_marks_neither_the_starter_nor_the_small_one(small: str) -> None:
    assert marks(starter_text()) == []
    assert marks(small) == []
    assert (
        marks("extends: base.yaml\nduration_h: 5\nconfigurations: {direct: {links: {phl_jpn: null}}}\n") == []
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("max_range_km: 80", "max_rang_km: 80", "max_rang_km"),
        ("max_range_km: 80", "max_range_km: far", "is not of type"),
        ("max_range_km: 80", "max_range_km: 0", "less than or equal to the minimum of 0"),
        ("max_range_km: 80", "max_range_km: 1001", "greater than the maximum of 1000"),
        ("kind: coastal_radar", "kind: coastal_rader", "is not one of"),
        ("classification: RESTRICTED", "classification: RESTRICTD", "is not"),
        ("  JPN: {name", "  Jp: {name", "match any of the regexes"),
        ("duration_h: 12\n", "", "is not valid under any of the given schemas"),
        ("baseline: today\n", "", "'baseline' is a required property"),
        ("custody_age_h: [1, 6]", "custody_age_h: []", "non-empty"),
    ],
)
def test_it_marks_a_mistake(small: str, old: str, new: str, says: str) -> None:
    assert small.count(old) == 1
    found = marks(small.replace(old, new))
    assert len(found) == 1
    assert says in found[0]


def test_what_may_stand_in_a_unit_may_stand_in_all(small: str) -> None:
    for key in ("duration_s: 43200", "duration_min: 720", "duration_d: 0.5"):
        text = small.replace("duration_h: 12", key)
        assert marks(text) == []
        assert load_scenario_text(text).digest() == load_scenario_text(small).digest()
