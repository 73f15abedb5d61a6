"""AIS state of the moment in the scores, false contacts, and vessels bound for a nation."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Box
from mda_sim.metrics.frame import of_false_positions, scoring_frame
from mda_sim.metrics.groups import groups
from mda_sim.metrics.scores import score_configuration
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.metrics.subjects import stays, subjects
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, SensorCard
from mda_sim.sharing.filters import contact_facts
from mda_sim.sharing.network import FeedSpec, FilterSpec, LinkSpec, NationSpec, NodeSpec, SharingSpec
from mda_sim.world.broadcasts import AisState, broadcasts_of

S, H = 1_000_000, 3600.0
AREA = Box(lat_min_deg=5, lat_max_deg=20, lon_min_deg=110, lon_max_deg=120)
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, round(20 * H) * S, 0)
SPEC = MetricsSpec(custody_age_s=(1 * H, 6 * H), error_max_m=10_000.0)
NATIONS = {"AAA": NationSpec(name="A", picture_node="a")}
SHARING = SharingSpec(
    nodes={"a": NodeSpec(nation="AAA")},
    feeds={sensor: FeedSpec(node="a", label="own") for sensor in ("ais", "radar")},
)
CARDS = (SensorCard("ais", "ais", "AAA", 10.0, 30.0), SensorCard("radar", "radar", "AAA", 100.0, 30.0))
AIS, RADAR = 0, 1
ANCHORED = [(0.0, 10.0, 115.0), (20 * H, 10.0, 115.0)]
SILENT, TRUE, FALSE = AisState


def anchored(fleet_of, sent, n=1, path=ANCHORED):
    """Vessels at anchor for 20 hours, and a probe."""
    rows = Table.of(sent.schema, {name: np.append(sent[name], _last(sent, name, n)) for name in sent.columns})
    return fleet_of([("cargo", "BBB", True, path)] * n, [(10.0, 116.0)], until_s=20 * H, broadcasts=rows)


def _last(sent, name, n):
    """The row of the probe."""
    return broadcasts_of(n, [0], SILENT)[name]


def log_of(fleet, held):
    """A log of (sensor, t_observed_h, target) contacts, one in each report, ready at once."""
    held = sorted(held)
    n = len(held)
    t_us = [round(t_h * H) * S for _, t_h, _ in held]
    columns = {
        "report": range(n),
        "sensor": [sensor for sensor, *_ in held],
        "interval": range(n),
        "t_observed_us": t_us,
        "t_ready_us": t_us,
        "first": range(n),
        "count": [1] * n,
        "n_vessels": [int(target < fleet.n_vessels) for *_, target in held],
        "n_false": [0] * len([int(target < fleet.n_vessels) for *_, target in held]),
    }
    contacts = Table.of(
        CONTACTS, {"target": [target for *_, target in held], "dt_us": [0] * n, "merged": [1] * len([0] * n)}
    )
    reports = Table.of(REPORTS, columns, {"sensors": [card.id for card in CARDS]})
    return DetectionLog(reports, contacts, CARDS, fleet.n_vessels, fleet.n_targets)


@pytest.fixture
def scores(silence_of):
    """Figures of nation AAA by metric and group."""

    def made(fleet, held, nations=()):
        log = log_of(fleet, held)
        frame = scoring_frame(log, fleet, AREA, SPEC, TIMELINE, nations)
        found = score_configuration(frame, silence_of(log), SHARING, NATIONS, configuration="x", seed=1)
        return {(row.metric, row.group): row for row in found.rows}

    return made


def test_held_time_goes_to_the_state_of_the_moment(fleet_of, scores):
    sent = broadcasts_of(0, [0, round(10 * H) * S], [TRUE, SILENT])
    found = scores(anchored(fleet_of, sent), [(RADAR, 9.5, 0)])
    # Held from 9.5 to 10.5 h, of which half an hour is silent.
    assert found["custody_held_h_1h", "all"].value == 1.0
    assert found["custody_held_h_1h", "broadcasting"].value == 0.5
    assert found["custody_held_h_1h", "not_broadcasting_foreign"].value == 0.5
    assert found["custody_fraction_1h", "not_broadcasting"].value == 0.05
    assert (
        found["scored_time_h", "broadcasting"].value == found["scored_time_h", "not_broadcasting"].value == 10
    )
    for group in ("all", "broadcasting", "not_broadcasting", "class:cargo"):
        assert found["scored_time_h", group].n == 1
        assert found["age_mean_s", group].n == 1
        assert found["gap_held_fraction", group].n == 1
    assert found["age_never_fraction", "broadcasting"].value == 0.95
    assert found["age_never_fraction", "not_broadcasting"].value == 0.0
    assert found["gap_held_fraction", "not_broadcasting"].value == 0.55  # the window is 6 h
    assert found["gap_sensing_fraction", "broadcasting"].value == 0.95


def test_a_visit_belongs_to_the_state_in_which_the_vessel_enters(fleet_of, scores):
    path = [(0.0, 10.0, 109.0), (4 * H, 10.0, 111.0), (20 * H, 10.0, 115.0)]
    sent = broadcasts_of(0, [0, round(10 * H) * S], [TRUE, SILENT])
    found = scores(anchored(fleet_of, sent, path=path), [(RADAR, 12.0, 0)])
    assert found["awareness_received_count", "broadcasting"].value == 1.0
    assert found["awareness_received_count", "not_broadcasting"].n == 0
    assert found["custody_held_h_1h", "broadcasting"].value == 0.0


def test_a_false_contact_is_timely_but_keeps_no_custody_and_radar_still_holds_the_vessel(fleet_of, scores):
    sent = broadcasts_of(0, [0], FALSE, offset_east_m=50_000.0)
    fleet = anchored(fleet_of, sent)
    heard = scores(fleet, [(AIS, 5.0, 0)])
    assert heard["custody_fraction_6h", "all"].value == 0.0
    assert heard["custody_timely_6h", "all"].value == 0.3
    assert heard["gap_quality_fraction", "broadcasting"].value == 0.3
    assert heard["gap_sensing_fraction", "broadcasting"].value == 0.7
    seen = scores(fleet, [(AIS, 5.0, 0), (RADAR, 4.0, 0), (AIS, 4.5, 0)])
    assert seen["custody_fraction_6h", "all"].value == 0.3
    assert seen["custody_fraction_organic_6h", "all"].value == 0.3
    assert seen["custody_timely_6h", "all"].value == 0.35
    assert seen["gap_quality_fraction", "all"].value == pytest.approx(0.05)


def test_a_false_position_within_the_error_that_counts_is_not_false(fleet_of, scores):
    near = anchored(fleet_of, broadcasts_of(0, [0], FALSE, offset_east_m=9_000.0))
    assert scores(near, [(AIS, 5.0, 0)])["custody_fraction_6h", "all"].value == 0.3


def test_only_what_ais_heard_while_the_position_was_false_is_false(fleet_of):
    sent = broadcasts_of(0, np.array([0, 5, 9]) * round(H) * S, [TRUE, FALSE, TRUE], offset_north_m=2e4)
    fleet = anchored(fleet_of, sent)
    log = log_of(fleet, [(AIS, 4.0, 0), (AIS, 6.0, 0), (AIS, 9.0, 0), (RADAR, 6.0, 0), (RADAR, 6.5, 1)])
    assert of_false_positions(log, fleet, 10_000.0).tolist() == [False, True, False, False, False]
    honest = anchored(fleet_of, broadcasts_of(0, [0], TRUE))
    assert of_false_positions(log, honest, 10_000.0) is None


def test_filters_ask_for_the_state_when_the_contact_was_made(fleet_of):
    sent = broadcasts_of(0, np.array([0, 5, 9]) * round(H) * S, [TRUE, SILENT, FALSE])
    fleet = anchored(fleet_of, sent)
    nodes = {name: NodeSpec(nation="AAA") for name in ("a", "b")}
    link = LinkSpec(sender="a", recipient="b", filter=FilterSpec(broadcasting=False))
    sharing = SharingSpec(nodes=nodes, feeds=SHARING.feeds, links={"a_to_b": link})
    log = log_of(fleet, [(RADAR, t_h, 0) for t_h in (4.0, 5.0, 8.9, 9.0)] + [(RADAR, 6.0, 1)])
    facts = contact_facts(fleet, log, sharing)
    assert facts.broadcasting.tolist() == [True, False, False, False, True]


def test_vessels_bound_for_a_nation_of_the_scenario_make_a_group(fleet_of, scores):
    vessels = [("cargo", "BBB", True, ANCHORED)] * 3
    fleet = fleet_of(vessels, until_s=20 * H, bound_for=["AAA", "CCC", "AAA"])
    found = scores(fleet, [(AIS, 5.0, 0)], nations=("AAA", "BBB"))
    assert found["scored_time_h", "bound:AAA"].value == 40.0
    assert found["scored_time_h", "bound:AAA"].n == 2
    assert found["custody_held_h_1h", "bound:AAA"].value == 1.0
    assert {group for _, group in found if group.startswith("bound:")} == {"bound:AAA"}


moments = st.lists(
    st.tuples(st.integers(1, 1199), st.sampled_from(list(AisState))), max_size=6, unique_by=lambda row: row[0]
)


@settings(max_examples=25, deadline=None)
@given(
    changes=moments, begins=st.sampled_from(list(AisState)), held=st.lists(st.integers(1, 1190), max_size=8)
)
def test_the_times_in_both_states_add_up_and_groups_of_all_states_do_not_see_them(
    fleet_of, silence_of, changes, begins, held
):
    minutes, states = zip((0, begins), *sorted(changes), strict=True)
    changing = anchored(fleet_of, broadcasts_of(0, np.array(minutes) * 60 * S, states))
    steady = anchored(fleet_of, broadcasts_of(0, [0], TRUE))
    contacts = [(RADAR, minute / 60, 0) for minute in sorted(set(held))]

    def figures(fleet):
        log = log_of(fleet, contacts)
        frame = scoring_frame(log, fleet, AREA, SPEC, TIMELINE)
        found = score_configuration(frame, silence_of(log), SHARING, NATIONS, configuration="x", seed=1)
        return {(row.metric, row.group): row for row in found.rows}

    found, plain = figures(changing), figures(steady)
    for key, row in plain.items():
        # A peak at the very instant of a change lies inside neither interval; silence is what is told of
        # contacts that are not matched to AIS.
        told = not key[0].startswith("not_matched_") and "_peak_" not in key[0]
        if key[1] in ("all", "class:cargo", "flag:BBB") and told:
            assert found[key].value == pytest.approx(row.value, rel=1e-12, nan_ok=True), key
            assert found[key].n == row.n, key
    for metric in ("scored_time_h", "custody_held_h_1h", "custody_held_h_6h"):
        both = sum(found[metric, group].value for group in ("broadcasting", "not_broadcasting"))
        assert both == pytest.approx(found[metric, "all"].value, rel=1e-12)
    seconds = np.append(np.array(minutes) * 60, 20 * H)
    silent_h = sum(
        (end - start) / H
        for start, end, state in zip(seconds, seconds[1:], states, strict=False)
        if state == SILENT
    )
    assert found["scored_time_h", "not_broadcasting"].value == pytest.approx(silent_h)


def test_subjects_of_a_fleet_that_never_changes_are_its_targets(fleet_of):
    fleet = anchored(fleet_of, broadcasts_of([0, 1], 0, [TRUE, SILENT]), n=2)
    known = subjects(fleet)
    assert known.target.tolist() == known.other.tolist() == [0, 1, 2]
    assert known.is_broadcasting.tolist() == [True, False, False]
    assert stays(fleet.presence(), fleet, known)["subject"].tolist() == [0, 1, 2]


def test_a_vessel_in_both_states_is_in_the_groups_of_both(fleet_of):
    sent = broadcasts_of([0, 0, 1], np.array([0, 5, 0]) * round(H) * S, [SILENT, FALSE, TRUE])
    fleet = anchored(fleet_of, sent, n=2)
    frame = scoring_frame(log_of(fleet, []), fleet, AREA, SPEC, TIMELINE)
    members = groups(frame.cells, "AAA")
    counts = frame.cells.n_vessels(frame.scored_us[""], members)
    assert {name: counts[name] for name in ("all", "broadcasting", "not_broadcasting")} == {
        "all": 2, "broadcasting": 2, "not_broadcasting": 1,
    }  # fmt: skip
    assert frame.scored_us[""].tolist() == [round(h * H) * S for h in (5, 20, 20, 15)]
