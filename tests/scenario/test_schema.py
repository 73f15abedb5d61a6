"""Rules that every spec of a scenario keeps, and the scenarios that are shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest
from pydantic import BaseModel
from shipped import PATHS, resolved_text, shipped

from mda_sim.core.spec import field_docs
from mda_sim.core.units import CONVERSIONS, split_unit
from mda_sim.scenario import load_scenario_text
from mda_sim.scenario.places import Place, place_of
from mda_sim.scenario.schema import ScenarioFile


def specs_below(place: Place, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    for spec in place.specs:
        if spec not in seen:
            seen.add(spec)
            yield spec
    for below in (*place.fields.values(), place.values, place.items):
        if below is not None and not (below.specs and set(below.specs) <= seen):
            yield from specs_below(below, seen)


SPECS = list(specs_below(place_of(ScenarioFile), set()))


def test_the_walk_reaches_every_layer() -> None:
    names = {spec.__name__ for spec in SPECS}
    assert {
        "CoastalRadar",
        "AisReceiver",
        "Circle",
        "Lognormal",
        "LinkSpec",
        "Endpoint",
        "ProbeSpec",
    } <= names


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_field_of_a_spec_has_a_docstring(spec: type[BaseModel]) -> None:
    assert [name for name in spec.model_fields if not field_docs(spec).get(name)] == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_what_may_be_null_is_null_unless_given(spec: type[BaseModel]) -> None:
    """So that a deleted key and a null one mean the same, and a resolved scenario reads back as it was."""
    nullable = [field for field in spec.model_fields.values() if NoneType in get_args(field.annotation)]
    assert [field for field in nullable if field.get_default(call_default_factory=True) is not None] == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_quantities_of_specs_are_in_si(spec: type[BaseModel]) -> None:
    assert [name for name in spec.model_fields if split_unit(name)] == []
    assert set(CONVERSIONS) == {"min", "h", "d", "km", "nmi", "kn"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_shipped_scenario_loads_without_warning_and_reads_back_the_same(path: Path) -> None:
    scenario = shipped(path.stem)
    assert scenario.warnings == ()
    assert load_scenario_text(resolved_text(path.stem)).digest() == scenario.digest()


def test_scenarios_are_shipped() -> None:
    assert PATHS
