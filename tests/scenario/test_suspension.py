"""What `suspension.yaml` claims in its comments, checked against its values."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from shipped import shipped

from mda_sim.core.time import US_PER_DAY
from mda_sim.metrics.phases import DAY_H
from mda_sim.scenario import Scenario
from mda_sim.sharing.happenings import DrawnEvent, drawn_events, resolve_events

ROOT = Path(__file__).parents[2]


@cache
def scenario() -> Scenario:
    return shipped("suspension")


def crisis(configuration: str, seed: int) -> DrawnEvent:
    (event,) = drawn_events(scenario().arrangements[configuration], scenario().timeline, seed)
    return event


def test_all_configurations_but_the_baseline_have_the_event_at_the_same_random_moment() -> None:
    names = set(scenario().arrangements) - {"steady"}
    assert not scenario().arrangements["steady"].events
    for seed in scenario().seeds:
        assert len({(crisis(name, seed).begin_us, crisis(name, seed).end_us) for name in names}) == 1
    assert len({crisis("direct_suspended", seed).begin_us for seed in scenario().seeds}) > 1


def test_two_weeks_lie_before_the_event_and_more_than_two_after_it() -> None:
    """Enough for the oldest custody age to pass and for a day of recovery to be seen."""
    timeline, oldest_s = scenario().timeline, max(scenario().spec.metrics.custody_age_s)
    for seed in range(200):
        event = crisis("direct_suspended", seed)
        assert event.end_us - event.begin_us == 14 * US_PER_DAY
        assert event.begin_us - timeline.score_from_us >= 14 * US_PER_DAY
        left_us = timeline.score_to_us - event.end_us
        assert left_us > 14 * US_PER_DAY
        assert left_us > (oldest_s + DAY_H * 3600) * 1e6


def test_configurations_differ_from_the_baseline_in_what_they_name_alone() -> None:
    steady, timeline = scenario().arrangements["steady"], scenario().timeline
    suspended = {
        "direct_suspended": {"jpn_phl_gsomia"},
        "hub_leg_suspended": {"phl_usa_gsomia"},
        "both_suspended": {"jpn_phl_gsomia", "phl_usa_gsomia"},
        "both_suspended_purged": {"jpn_phl_gsomia", "phl_usa_gsomia"},
        "hub_nation_leaves": {"jpn_usa_gsomia", "phl_usa_gsomia", "usa_xca_licence"},
    }
    assert set(suspended) == set(scenario().arrangements) - {"steady"}
    for name, expected in suspended.items():
        resolved = resolve_events(scenario().arrangements[name], timeline, 1)
        changed = {id_ for id_, deal in resolved.agreements.items() if deal != steady.agreements[id_]}
        assert changed == expected
        for part in ("nodes", "labels", "feeds", "consents", "desks", "links", "groups"):
            assert getattr(resolved, part) == getattr(steady, part)
    purged = scenario().arrangements["both_suspended_purged"].agreements
    assert {id_ for id_, deal in purged.items() if deal.on_suspension == "purge"} == {
        "jpn_phl_gsomia",
        "phl_usa_gsomia",
    }
