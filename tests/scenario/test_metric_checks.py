"""Names in the section ``metrics`` that lead nowhere."""

from __future__ import annotations

import pytest

from mda_sim.scenario.findings import Findings
from mda_sim.scenario.metric_checks import check_metric_names
from mda_sim.scenario.source import read_text

SCENARIO = """\
nations:
  JPN: {picture_node: jpn_centre}
  PHL: {picture_node: phl_centre}
  XCA: {kind: provider}
sharing:
  nodes: {jpn_centre: {nation: JPN}, phl_centre: {nation: PHL}}
configurations:
  today: {}
  coast: {nodes: {phl_coast: {nation: PHL}}}
metrics:
  METRICS
"""


def found(metrics: str) -> list[tuple[str, str]]:
    findings = Findings()
    tree = read_text(SCENARIO.replace("METRICS", metrics), "a.yaml", findings)
    assert tree is not None
    check_metric_names(tree, findings)
    return [(problem.key, problem.message) for problem in findings.errors]


def test_names_that_exist_pass() -> None:
    assert found("programmes: {coast: PHL}") == []
    assert found("ladder: [today, coast]") == []
    assert found("nodes: [phl_coast, jpn_centre]") == []
    assert found("nodes: all") == []
    assert found("programme_focus: [JPN]") == []


@pytest.mark.parametrize(
    ("metrics", "key", "message"),
    [
        (
            "programmes: {coats: PHL}",
            "metrics.programmes.coats",
            "unknown configuration 'coats'; did you mean 'coast'?",
        ),
        (
            "programmes: {coast: PHX}",
            "metrics.programmes.coast",
            "unknown nation with a picture 'PHX'; did you mean",
        ),
        ("programmes: {coast: XCA}", "metrics.programmes.coast", "unknown nation with a picture 'XCA'"),
        ("programme_focus: [XCA]", "metrics.programme_focus[0]", "expected one of 'JPN', 'PHL'"),
        ("ladder: [today, cost]", "metrics.ladder[1]", "unknown configuration 'cost'; did you mean 'coast'?"),
        ("ladder: [today, today]", "metrics.ladder[1]", "'today' stands twice"),
        ("nodes: [phl_cost]", "metrics.nodes[0]", "unknown node 'phl_cost'; did you mean 'phl_coast'?"),
    ],
)
def test_names_that_lead_nowhere_are_reported_where_they_stand(metrics: str, key: str, message: str) -> None:
    ((where, what),) = found(metrics)
    assert where == key
    assert message in what


def test_several_are_reported_at_once() -> None:
    assert len(found("{programmes: {x: PHX}, ladder: [y], nodes: [z]}")) == 4
