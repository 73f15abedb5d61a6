"""Unit conversion and merging, on small specs of their own."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from mda_sim.core.spec import IdMap, Items, Spec
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.merge import applies, merged, read_settings
from mda_sim.scenario.normalise import normalise
from mda_sim.scenario.places import place_of
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import MapNode, plain


class Span(Spec):
    low: float
    """Low."""
    high: float
    """High."""


class Lamp(Spec):
    kind: Literal["lamp"]
    """Kind."""
    range_m: float
    """Range."""


class Bell(Spec):
    kind: Literal["bell"]
    """Kind."""
    period_s: float | None = None
    """Period."""
    speed_mps: Span | None = None
    """Speed."""
    waits_s: Items[float] = ()
    """Waits."""


class Harbour(Spec):
    marks: IdMap[Annotated[Lamp | Bell, Field(discriminator="kind")]]
    """Marks by id."""
    depth_min: float = 0.0
    """A field whose own name ends like a unit."""
    order: Items[Lamp] = ()
    """Lamps in order."""


PLACE = place_of(Harbour)


def tree_of(text: str, findings: Findings | None = None) -> MapNode:
    findings = findings or Findings()
    tree = read_text(text, "f.yaml", findings)
    assert tree is not None
    return normalise(tree, PLACE, findings)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("marks: {a: {range_km: 2}}", {"marks": {"a": {"range_m": 2000}}}),
        ("marks: {a: {range_nmi: 0.5}}", {"marks": {"a": {"range_m": 926.0}}}),
        ("marks: {a: {period_min: 2}}", {"marks": {"a": {"period_s": 120}}}),
        (
            "marks: {a: {speed_kn: {low: 3600, high: 7200}}}",
            {"marks": {"a": {"speed_mps": {"low": 1852, "high": 3704}}}},
        ),
        ("marks: {a: {waits_h: [1, 0.5]}}", {"marks": {"a": {"waits_s": [3600, 1800.0]}}}),
        ("order: [{range_km: 1}]", {"order": [{"range_m": 1000}]}),
        ("marks: {far_km: {range_m: 5}}", {"marks": {"far_km": {"range_m": 5}}}),
        ("depth_min: 3", {"depth_min": 3}),
        ("marks: {a: {range_km: far}}", {"marks": {"a": {"range_m": "far"}}}),
        ("marks: {a: {range_km: true}}", {"marks": {"a": {"range_m": True}}}),
        ("marks: {a: {height_km: 1}}", {"marks": {"a": {"height_km": 1}}}),
        ("marks: {a: {range_h: 1}}", {"marks": {"a": {"range_h": 1}}}),
    ],
)
def test_keys_of_specs_are_converted_and_nothing_else(text: str, result: object) -> None:
    assert plain(tree_of(text)) == result


def test_the_author_s_words_are_kept_beside_the_converted_value() -> None:
    node = tree_of("marks: {a: {range_nmi: 43}}").get("marks", "a", "range_m")
    assert node is not None
    assert (node.path, node.shown()) == ("marks.a.range_nmi", "43")


def test_any_two_spellings_of_a_quantity_clash() -> None:
    findings = Findings()
    tree_of("marks: {a: {range_m: 1, range_km: 1, range_nmi: 1}}", findings)
    assert [problem.key for problem in findings.errors] == ["marks.a.range_km", "marks.a.range_nmi"]


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        (
            "marks: {a: {range_km: 1, kind: lamp}}",
            "marks: {a: {range_nmi: 1}}",
            {"a": {"range_m": 1852, "kind": "lamp"}},
        ),
        ("marks: {a: {range_m: 1}}", "marks: {b: {range_m: 2}}", {"a": {"range_m": 1}, "b": {"range_m": 2}}),
        ("marks: {a: {waits_s: [1, 2]}}", "marks: {a: {waits_min: [1]}}", {"a": {"waits_s": [60]}}),
        ("marks: {a: {range_m: 1}, b: {}}", "marks: {a: null}", {"b": {}}),
        ("marks: {a: {}}", "marks: {b: null}", {"a": {}, "b": None}),
        ("marks: {a: {kind: lamp, range_m: 1}}", "marks: {a: {kind: bell}}", {"a": {"kind": "bell"}}),
        (
            "marks: {a: {kind: lamp, range_m: 1}}",
            "marks: {a: {kind: lamp}}",
            {"a": {"kind": "lamp", "range_m": 1}},
        ),
        ("marks: {a: 5}", "marks: {a: {range_m: 1}}", {"a": {"range_m": 1}}),
    ],
)
def test_trees_are_merged_by_the_rules(base: str, over: str, result: object) -> None:
    assert plain(merged(tree_of(base), tree_of(over))) == {"marks": result}


def test_merging_changes_neither_of_its_trees() -> None:
    base, over = tree_of("marks: {a: {range_m: 1}}"), tree_of("marks: {a: {range_m: 2}}")
    merged(base, over)
    assert plain(base) == {"marks": {"a": {"range_m": 1}}}
    assert plain(over) == {"marks": {"a": {"range_m": 2}}}


def test_a_setting_applies_only_where_its_ids_are() -> None:
    tree = tree_of("marks: {a: {kind: lamp}}")
    findings = Findings()
    (setting,) = read_settings(["marks.a.range_km=3"], tree, PLACE, findings)
    assert plain(setting) == {"marks": {"a": {"range_m": 3000}}}
    assert findings.errors == ()
    assert applies(setting, tree, PLACE)
    assert not applies(setting, tree_of("marks: {b: {}}"), PLACE)


def test_a_setting_knows_the_kind_that_is_there() -> None:
    findings = Findings()
    read_settings(["marks.a.period_s=3"], tree_of("marks: {a: {kind: lamp}}"), PLACE, findings)
    assert "unknown key 'period_s' in marks.a" in findings.errors[0].message
