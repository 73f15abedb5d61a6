"""The figures of one real run against each other: what has to be equal is, and what bounds what."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mda_sim.pipeline import run_seed
from mda_sim.scenario.load import load_scenario

BUSY = Path(__file__).parent / "busy.yaml"
AGES = ("1h", "6h", "24h", "72h")


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(BUSY, allow_path=True)


@pytest.fixture(scope="module")
def replicate(scenario):
    return run_seed(scenario, 1)


@pytest.fixture(scope="module")
def found(replicate):
    """Value of each figure by configuration, nation, metric and group."""
    return {
        name: {(row.nation, row.metric, row.group): row for row in arranged.scores.rows}
        for name, arranged in replicate.arranged.items()
    }


def test_held_by_one_sensor_is_area_coverage_and_more_sensors_never_hold_more(found):
    checked = 0
    for by in found.values():
        for nation in ("JPN", "PHL"):
            for group in ("all", "all@shoal"):
                for age in AGES:
                    one, two, three = (
                        by[nation, f"area_held_by_{n}_fraction_{age}", group].value for n in (1, 2, 3)
                    )
                    coverage = by[nation, f"area_coverage_fraction_{age}", group].value
                    assert one == pytest.approx(coverage, abs=1e-12)
                    assert one >= two >= three
                    checked += two > 0
    assert checked  # two radars overlap under direct sharing


def test_what_is_seen_grows_and_covers_what_is_in_contact(found):
    for by in found.values():
        for nation in ("JPN", "PHL"):
            seen = [
                by[nation, f"area_seen_fraction{label}", "all"].value for label in ("_1h", "_6h", "_24h", "")
            ]
            least, mean, most = (
                by[nation, f"area_contact_{stat}_fraction", "all"].value for stat in ("min", "mean", "max")
            )
            assert seen == sorted(seen)
            assert 0 < least <= most <= seen[-1]
            assert 0 < mean <= seen[-1]
            gap, longest = (
                by[nation, f"{name}_s", "all"].value for name in ("time_average_gap", "revisit_max")
            )
            assert gap == pytest.approx(2 * by[nation, "response_mean_s", "all"].value)
            assert gap <= longest


def test_sharing_never_makes_less_findable_than_own_sensors_do(found):
    n = 0
    for by in found.values():
        for (nation, metric, group), row in by.items():
            if metric == "findable_fraction" and not math.isnan(row.value):
                organic = by[nation, "findable_fraction_organic", group].value
                assert 0 <= organic <= row.value <= 1
                n += row.value > 0
    assert n > 10


def test_no_held_vessel_is_further_off_than_its_bound(found):
    for by in found.values():
        for nation in ("JPN", "PHL"):
            for stat in ("rms", "p50", "p90"):
                off = by[nation, f"position_off_{stat}_m_24h", "all"]
                bound = by[nation, f"position_bound_{stat}_m_24h", "all"]
                assert 0 <= off.value <= bound.value
                assert off.n == bound.n > 0


def test_agreement_partitions_the_time_that_custody_counts(found):
    for by in found.values():
        for age in AGES:
            parts = [
                by["JPN", f"agreement_{part}_fraction_{age}", "with:PHL"].value
                for part in ("both", "first_only", "second_only", "neither")
            ]
            assert math.fsum(parts) == pytest.approx(1.0, abs=1e-12)
            mine, theirs = (by[n, f"custody_fraction_{age}", "all"].value for n in ("JPN", "PHL"))
            assert parts[0] + parts[1] == pytest.approx(mine, abs=1e-12)
            assert parts[0] + parts[2] == pytest.approx(theirs, abs=1e-12)
    same = {
        name: by["JPN", "agreement_same_report_fraction_24h", "with:PHL"].value for name, by in found.items()
    }
    assert same["today"] == 0.0  # nothing is shared
    assert same["direct"] > 0.0
    assert not any(row.nation == "PHL" and row.metric.startswith("agreement") for row in by.values())


def test_agreement_of_states_adds_up_to_that_of_all(found):
    by = found["direct"]
    for metric in ("agreement_both_h_6h", "agreement_either_h_6h"):
        parts = [by["JPN", metric, f"with:PHL:{s}"].value for s in ("broadcasting", "not_broadcasting")]
        assert sum(parts) == pytest.approx(by["JPN", metric, "with:PHL"].value)


def test_recognised_and_ended_stays_are_no_more_than_all_and_ais_matches_some(found):
    seen = 0.0
    for by in found.values():
        for nation in ("JPN", "PHL"):
            for group in ("not_broadcasting", "not_broadcasting@shoal"):
                received = by[nation, "not_matched_received_count", group]
                ended = by[nation, "not_matched_ended_count", group]
                assert received.value + ended.value <= received.n == ended.n
                own = by[nation, "not_matched_organic_received_count", group].value
                # PHL has all AIS; JPN has none of its own: alone it matches nothing, and recognises more
                assert own <= received.value if nation == "PHL" else own >= received.value
                seen += received.value
    assert seen > 0


def test_a_link_is_busy_for_as_long_as_its_bytes_take(scenario, replicate):
    queues = replicate.arranged["direct"].scores.queues
    links = scenario.arrangements["direct"].links
    checked = 0
    for number, name in enumerate(queues.meta["queues"]):
        kind, _, id_ = name.partition(":")
        if kind == "link":
            busy_s = queues["busy_fraction"][number] * scenario.timeline.end_us / 1e6
            assert busy_s == pytest.approx(8 * queues["bytes"][number] / links[id_].bandwidth_bps, rel=0.01)
            checked += queues["bytes"][number] > 0
    assert checked == 2


def test_backlog_is_what_waits_and_what_is_served(replicate):
    backlog = replicate.arranged["direct"].scores.backlog
    assert backlog["in_service"].sum() > 0
    assert backlog["waiting"] + backlog["in_service"] == pytest.approx(backlog["backlog"], abs=1e-9)


def test_a_smaller_search_radius_never_makes_more_findable(found):
    closer = load_scenario(
        BUSY, sets=["metrics.search_radius_km=2"], configurations=["today"], allow_path=True
    )
    by = {
        (r.nation, r.metric, r.group): r for r in run_seed(closer, 1, ["today"]).arranged["today"].scores.rows
    }
    for key, row in found["today"].items():
        if key[1].startswith("findable_fraction") and not math.isnan(row.value):
            assert by[key].value <= row.value
    assert (
        0
        < by["PHL", "findable_fraction", "all"].value
        < found["today"]["PHL", "findable_fraction", "all"].value
    )
