"""The page of assumptions is complete and true: it names what is assumed, and its keys and numbers exist."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from shipped import shipped

from mda_sim.data import catalogue
from mda_sim.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
SCENARIO = ROOT / "scenarios" / "south_china_sea.yaml"
HEADLINE = ROOT / "scenarios" / "six_arrangements.yaml"
DOUBTFUL = ("low", "assumption")
HEADER = "| assumption | value | range | why | where |"
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")


@lru_cache(maxsize=1)
def scenario() -> Scenario:
    """The headline experiment, which extends the first example."""
    return shipped("six_arrangements")


def names_on_the_page() -> set[str]:
    """Ids and patterns of ids in backticks; files with keys, and a bare ``*``, are none."""
    return {name for name in re.findall(r"`([^`]+)`", PAGE) if re.fullmatch(r"[a-z0-9_*]{3,}", name)}


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and line != HEADER]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("- ")]


def places(row: list[str]) -> list[tuple[str, str]]:
    """File and key of each entry of the last column."""
    return [tuple(entry.split(": ", 1)) for entry in re.findall(r"`([^`]+)`", row[-1])]


ROWS = rows()
ROW_IDS = [row[0] for row in ROWS]


def below(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every path of a tree of mappings and lists, with what stands there."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        here = f"{path}.{key}" if path else str(key)
        yield here, value
        yield from below(value, here)


def matches(pattern: str, path: str) -> bool:
    """Whether a dotted path has as many steps as the pattern and each step fits."""
    steps, wanted = path.split("."), pattern.split(".")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


@cache
def contents(file: str) -> tuple[tuple[str, Any], ...]:
    found = [folder / file for folder in (SCENARIO.parent, catalogue.DATA_FOLDER, ROOT)]
    path = next((path for path in found if path.is_file()), None)
    assert path is not None, f"no file {file}"
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        return tuple(below(yaml.safe_load(text)))
    if path.suffix == ".csv":
        return tuple((row["id"], None) for row in csv.DictReader(text.splitlines()))
    return tuple(definitions(text))


def definitions(text: str) -> Iterator[tuple[str, Any]]:
    """Names that a module defines, with the number that they are given if it is written out."""
    pattern = r"^ *(?:def|class) (\w+)|^ *(\w+)(?:: [^=\n]+)? = ([^#\n]*)|^ *(\w+): \S"
    for function, name, value, field in re.findall(pattern, text, flags=re.MULTILINE):
        try:
            yield name or function or field, float(value.strip())
        except ValueError:
            yield name or function or field, None


def found(file: str, key: str) -> list[Any]:
    return [value for path, value in contents(file) if matches(key, path)]


def numbers(values: list[Any]) -> set[float]:
    kept = (value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool))
    return {float(value) for value in kept}


def named(entry: str) -> bool:
    return any(fnmatchcase(entry, name) for name in names_on_the_page())


def doubtful() -> dict[str, list[str]]:
    """What the shipped scenarios and the catalogue hold of low confidence or by assumption."""
    spec = scenario().spec
    parts: dict[str, dict[str, str]] = {
        "sensors": {key: one.confidence for key, one in spec.sensors.items()},
        "traffic": {key: one.confidence for key, one in spec.world.traffic.items()},
        "sensor types": {key: one.confidence for key, one in catalogue.sensor_types().items()},
        "agreement types": {key: one.confidence for key, one in catalogue.agreement_types().items()},
        "desks": {},
        "labels": {},
    }
    for sharing in scenario().arrangements.values():
        parts["desks"] |= {key: one.confidence for key, one in sharing.desks.items()}
        parts["labels"] |= {key: one.confidence for key, one in sharing.labels.items()}
    return {
        part: [key for key, confidence in entries.items() if confidence in DOUBTFUL]
        for part, entries in parts.items()
    }


@pytest.mark.parametrize("part", ["sensors", "traffic", "sensor types", "agreement types", "desks", "labels"])
def test_the_page_names_everything_of_low_confidence(part: str) -> None:
    entries = doubtful()[part]
    assert entries
    missing = [entry for entry in entries if not named(entry)]
    assert not missing, f"docs/assumptions.md does not name the {part} {missing}"


def test_patterns_of_ids_are_narrow_and_stand_for_something() -> None:
    """`*` alone would name everything, and a pattern of entries that are gone nothing."""
    entries = [entry for part in doubtful().values() for entry in part]
    patterns = [name for name in names_on_the_page() if "*" in name]
    assert patterns
    for pattern in patterns:
        assert re.fullmatch(r"[a-z]{3}_[a-z0-9_]+_\*", pattern), pattern
        assert any(fnmatchcase(entry, pattern) for entry in entries), pattern
    assert not named("another_sensor")


def test_every_assumption_has_a_value_a_reason_and_a_place() -> None:
    assert len(ROWS) > 60
    assert len(set(ROW_IDS)) == len(ROW_IDS)
    for row in ROWS:
        assert len(row) == 5, row[0]
        assert all(row), row[0]
        assert places(row), row[0]


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
def test_the_place_of_an_assumption_exists(row: list[str]) -> None:
    for file, key in places(row):
        assert found(file, key), f"{file} has no {key}"


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
def test_the_value_of_an_assumption_is_the_one_in_use(row: list[str]) -> None:
    written = [float(number.replace(",", "")) for number in NUMBER.findall(row[1])]
    for file, key in places(row):
        for value in numbers(found(file, key)):
            assert any(math.isclose(value, one, rel_tol=1e-9) for one in written), f"{key} is {value:g}"


def test_numbers_are_compared_for_most_tables() -> None:
    """The test of values would pass if it never found a number."""
    compared = [row for row in ROWS if any(numbers(found(*place)) for place in places(row))]
    assert len(compared) > 40


def test_the_page_says_what_the_notional_places_are() -> None:
    notional = {site.id for site in catalogue.sites().values() if site.notional}
    by_nation = {"PHL": 0, "JPN": 0}
    for sensor in scenario().spec.sensors.values():
        if sensor.kind == "coastal_radar" and sensor.site in notional:
            by_nation[sensor.operator] += 1
    assert by_nation == {"PHL": 5, "JPN": 3}
    assert "five of the Philippine radars, three of the Japanese ones" in " ".join(PAGE.split())
