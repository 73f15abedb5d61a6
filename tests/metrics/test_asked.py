from __future__ import annotations

from pathlib import Path

import pytest

from mda_sim.metrics.asked import Asked, is_better_higher, known_metrics
from mda_sim.metrics.spec import Endpoint
from mda_sim.pipeline import build_frame, build_world, score, score_asked, sense, share
from mda_sim.scenario import load_scenario

TINY = Path(__file__).parents[1] / "study" / "tiny.yaml"
LANE = (
    "metrics.corridors={lane: {name: Lane, waypoints: [{lat_deg: 14, lon_deg: 117.5}, "
    "{lat_deg: 15.5, lon_deg: 118}], bound_for: PHL}}"
)


@pytest.fixture(scope="module")
def scored():
    """The tiny scenario with a programme and a corridor, scored under its second configuration."""
    sets = ["output.maps=false", "metrics.programmes={direct: PHL}", LANE]
    scenario = load_scenario(TINY, sets=sets)
    fleet = build_world(scenario, 1)
    log = sense(scenario, fleet, 1)
    deliveries = share(scenario, fleet, log, "direct", 1)
    rows = score(scenario, build_frame(scenario, fleet, log), deliveries, "direct", 1).rows
    return scenario, build_frame(scenario, fleet, log), deliveries, rows


def test_the_list_of_metrics_is_that_of_a_full_score(scored):
    scenario, _, _, rows = scored
    alone = {row.metric for row in rows if not row.metric.startswith("agreement_")}
    assert set(known_metrics(scenario.spec.metrics)) == alone


def test_every_group_of_a_full_score_is_among_those_of_its_metric(scored):
    scenario, _, _, rows = scored
    known = known_metrics(scenario.spec.metrics)
    for row in rows:
        if row.metric.startswith("agreement_"):
            continue
        group, _, zone = row.group.partition("@")
        stem = group.partition(":")[0] + ":" if ":" in group else group
        assert stem in known[row.metric].groups
        assert not zone or known[row.metric].has_zones


def test_what_is_asked_for_is_the_same_to_the_bit(scored):
    """Every metric alone, in one group and, where it has zones, one zone; and all of them at once."""
    scenario, frame, deliveries, rows = scored
    endpoints = []
    for metric, known in known_metrics(scenario.spec.metrics).items():
        groups = dict.fromkeys(row.group for row in rows if row.metric == metric)
        assert groups, metric
        chosen = [group for group in groups if "@" not in group][-1:]
        chosen += [group for group in groups if "@" in group][:1]
        for key in chosen:
            group, _, zone = key.partition("@")
            endpoints.append(Endpoint(metric=metric, group=group, zone=zone or None))
        assert (len(chosen) == 2) == known.has_zones
    for asked_for in ([endpoint] for endpoint in endpoints):
        _agrees(scenario, frame, deliveries, rows, asked_for, None)
    _agrees(scenario, frame, deliveries, rows, endpoints, ["PHL"])


def _agrees(scenario, frame, deliveries, rows, endpoints, nations):
    frame.scored_pictures.clear()
    asked = Asked.of(scenario.spec.metrics, endpoints, nations)
    keys = {(endpoint.metric, endpoint.key) for endpoint in endpoints}
    of_them = [row for row in rows if (row.metric, row.group) in keys]
    wanted = {repr(row) for row in of_them if not nations or row.nation in nations}
    found = score_asked(scenario, frame, deliveries, "direct", 1, asked)
    assert {repr(row) for row in found} == wanted
    assert len(found) == len(wanted) > 0


def test_a_zone_that_no_endpoint_of_the_scenario_names_can_be_asked_for(scored):
    scenario, frame, deliveries, rows = scored
    endpoint = Endpoint(metric="custody_fraction_6h", group="class:militia", zone="shoal")
    assert not any(row.group == endpoint.key for row in rows)
    found = score_asked(scenario, frame, deliveries, "direct", 1, Asked.of(scenario.spec.metrics, [endpoint]))
    whole = {row.nation: row for row in rows if (row.metric, row.group) == (endpoint.metric, "all@shoal")}
    assert {row.nation: row.value for row in found} == {nation: row.value for nation, row in whole.items()}


def test_which_metrics_are_better_high():
    assert is_better_higher("custody_fraction_organic_24h")
    assert is_better_higher("awareness_fraction_24h")
    assert not any(map(is_better_higher, ("age_mean_s", "gap_policy_fraction", "latency_p50_s")))
