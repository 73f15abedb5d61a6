"""The ladder of gates and delays, on what the real exchange makes of random arrangements; and by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mda_sim.audit import audit
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.metrics.compare import interval, values_by_key
from mda_sim.metrics.counterfactuals import chosen, counterfactuals, endpoints_of, rungs_of, told_rows
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.fates import fates
from mda_sim.metrics.gap_causes import causes, ways
from mda_sim.metrics.gap_split import Answer, answer_before_arrival, split, tracks
from mda_sim.metrics.latency import STAGE_NAMES
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint, MetricsSpec
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import CONTACTS, NO_TARGET, REPORTS, DetectionLog, Outcome, SensorCard
from mda_sim.sharing.counterfactuals import WINDOW_MAX_S, gates_open, no_delays
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec

S, H = 1_000_000, 3600
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 4 * H * S, 30 * H * S, 6 * H * S)
NAMES = ("AAA", "BBB", "CCC")
NATIONS = {n: NationSpec(name=n, picture_node=f"{n.lower()}_centre") for n in NAMES}
PLAIN_NATIONS = {n: spec.model_dump(mode="json") for n, spec in NATIONS.items()}
CARDS = tuple(SensorCard(f"{n.lower()}_radar", "radar", n, 90.0, 36.0) for n in NAMES)
N_VESSELS = 4
TAU_S = 6.0 * H


def make_log(seed):
    """Reports of each sensor about twice an hour; each holds some of the vessels, or a probe alone."""
    rng = np.random.default_rng([seed, 1])
    rows = []
    for sensor in range(len(CARDS)):
        for number in range(60):
            t_us = int((number * 2000 + 150 * sensor + rng.integers(0, 900)) * S)
            seen = np.flatnonzero(rng.random(N_VESSELS) < 0.3).tolist()
            rows.append((sensor, number, t_us, seen or [N_VESSELS]))
    count = [len(seen) for *_, seen in rows]
    columns = {
        "report": range(len(rows)),
        "sensor": [row[0] for row in rows],
        "interval": [row[1] for row in rows],
        "t_observed_us": [row[2] for row in rows],
        "t_ready_us": [row[2] + 40 * S for row in rows],
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": [sum(k < N_VESSELS for k in row[3]) for row in rows],
        "n_false": [0] * len(rows),
    }
    target = [k for *_, seen in rows for k in seen]
    contacts = {"target": target, "dt_us": [5 * S] * len(target), "merged": [1] * len(target)}
    names = {"sensors": [card.id for card in CARDS]}
    tables = Table.of(REPORTS, columns, names), Table.of(CONTACTS, contacts)
    return DetectionLog(*tables, CARDS, N_VESSELS, N_VESSELS + 1)


def random_sharing(seed, *, with_limits):
    """Six nodes, every kind of gate and delay; ``with_limits``: desks, bandwidths and chance besides."""
    rng = np.random.default_rng([seed, 2])

    def some(share: float, value: Any, other: Any = None) -> Any:
        return value if rng.random() < share else other

    nodes = {
        f"{n.lower()}_{place}": {"nation": n, "highest_level": str(rng.choice(["SECRET", "RESTRICTED"]))}
        for n in NAMES
        for place in ("coast", "centre")
    }
    labels = {
        "named": {"marking": "RESTRICTED//REL TO AAA, BBB"},
        "own": {"classification": "SECRET", "caveats": some(0.3, ["ORCON"], [])},
        "shut": {"marking": "SECRET//NOFORN"},
        "coded": {"classification": "SECRET", "national_word": "CODE"},
        "open": {"classification": "UNCLASSIFIED"},
    }
    agreements = {
        f"a_{i}": {
            "parties": [x, y],
            "in_force_from": some(0.8, "2020-01-01T00:00:00Z", "2026-03-02T20:00:00Z"),
            "ceiling": str(rng.choice(["SECRET", "RESTRICTED"])),
            "categories": [some(0.9, "radar", "ais")],
            "onward": str(rng.choice(["none", "with_consent", "free"])),
            "retention_s": some(0.4, 2.0 * H),
            "suspensions": some(
                0.3, [{"from_utc": "2026-03-02T10:00:00Z", "to_utc": "2026-03-02T16:00:00Z"}], []
            ),
            "on_suspension": some(0.5, "purge", "keep"),
        }
        for i, (x, y) in enumerate((("AAA", "BBB"), ("BBB", "CCC"), ("AAA", "CCC")))
        if rng.random() < 0.8
    }
    consents = {
        "asked": {
            "originator": "AAA", "recipient": "CCC", "kind": "on_request", "probability": 0.6,
            "answer": {"kind": "exponential", "mean_s": 3600.0},
        },
        "standing": {"originator": "CCC", "recipient": "AAA", "kind": "standing"},
    }  # fmt: skip
    desk = {
        "touch": {"kind": "exponential", "mean_s": 600.0},
        "elapsed": {"kind": "exponential", "mean_s": 2000.0},
        "expiry_s": some(0.5, 4.0 * H),
    }
    links = {}
    ends = list(nodes)
    for i in range(9):
        sender, recipient = (str(n) for n in rng.choice(ends, 2, replace=False))
        links[f"l{i}"] = {
            "sender": sender,
            "recipient": recipient,
            "accreditation": str(rng.choice(["SECRET", "SECRET", "RESTRICTED"])),
            "case_window_s": float(rng.choice([45.0, 600.0, 3600.0, 100.0])),
            "delay_s": float(rng.integers(0, 4000)),
            "willingness": some(0.3, 0.5, 1.0) if with_limits else 1.0,
            "sanitise": some(0.2, {"coarsen_m": 20_000.0}),
            "pattern": some(0.2, {"kind": "digest", "period_s": 7200.0}, {"kind": "push"}),
            "outages": some(
                0.3, [{"from_utc": "2026-03-02T06:00:00Z", "to_utc": "2026-03-02T09:00:00Z"}], []
            ),
            "desk": sender[:3] + "_desk" if with_limits and rng.random() < 0.6 else None,
            "bandwidth_bps": some(0.3, 9.0) if with_limits else None,
            "loss_probability": some(0.2, 0.3, 0.0) if with_limits else 0.0,
        }
    kinds = list(labels)
    feeds = {
        card.id: {
            "node": f"{card.operator.lower()}_{some(0.5, 'coast', 'centre')}",
            "label": kinds[int(rng.integers(len(kinds)))],
            "delay_s": some(0.5, 300.0, 0.0),
        }
        for card in CARDS
    }
    events = {
        "cut": {
            "kind": "link_cut",
            "links": ["l0"],
            "begins": {"kind": "after", "time_s": 2.0 * H},
            "lasts": {"kind": "constant", "value_s": 5.0 * H},
        },
        "leaves": {"kind": "nation_leaves", "nation": "BBB", "begins": {"kind": "after", "time_s": 20.0 * H}},
    }
    return SharingSpec.model_validate(
        {
            "nodes": nodes, "labels": labels, "agreements": agreements, "consents": consents, "links": links,
            "feeds": feeds, "desks": {f"{n.lower()}_desk": desk for n in NAMES} if with_limits else {},
            "events": events if agreements else {},
        }
    )  # fmt: skip


def ladder_of(sharing):
    freed = gates_open(sharing, NATIONS, {card.category for card in CARDS})
    return {"today": sharing, "gates_open": freed, "no_delays": no_delays(freed)}


class Scored:
    """One section, run and audited, with held time and the gap split of every nation."""

    def __init__(self, log, sharing, scored, cells, tau_s=TAU_S):
        self.deliveries = share(log, sharing, NATIONS, TIMELINE, 1)
        plain = sharing.model_dump(mode="json")
        self.findings = audit(log, self.deliveries, plain, PLAIN_NATIONS, TIMELINE, 1)
        self.held_us, self.answer_us, self.causes = {}, {}, {}
        contacts = history(log).by_part(self.deliveries)
        n_parts = len(self.deliveries.parts)
        for nation, spec in NATIONS.items():
            node = str(spec.picture_node)
            received = receipts(log, self.deliveries, sharing, node, end_us=TIMELINE.end_us)
            found = fates(log, self.deliveries, sharing, received, nation, node, TIMELINE)
            before, gone_us = answer_before_arrival(found), forgotten_us(received, n_parts)
            aware = awareness(log, self.deliveries, received, contacts=contacts)
            good = awareness(log, self.deliveries, received, contacts=contacts, error_max_m=10_000.0)
            self.held_us[nation] = held_time(good, scored, [3600.0, tau_s], log.n_targets)
            track = tracks(contacts, before, good, aware, gone_us)
            parts = split(track, scored, tau_s, N_VESSELS, N_VESSELS + 1)
            way = ways(log, self.deliveries, sharing, received, found, before, gone_us)
            self.answer_us[nation] = parts.answer_us
            self.causes[nation] = causes(way, contacts, parts, tau_s, cells)


@pytest.fixture
def run_all(scored_of, cells_of):
    def run(seed, *, with_limits):
        log = make_log(seed)
        assert not (log.contacts["target"] == NO_TARGET).any()
        scored = scored_of([(k, 4.0 * H, 34.0 * H) for k in range(N_VESSELS + 1)])
        cells = cells_of(N_VESSELS, N_VESSELS + 1)
        rungs = ladder_of(random_sharing(seed, with_limits=with_limits))
        return {name: Scored(log, sharing, scored, cells) for name, sharing in rungs.items()}

    return run


SEEDS = range(8)


@pytest.mark.parametrize("with_limits", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_split_stages_and_gates_sum_exactly_and_the_audit_agrees_on_every_rung(run_all, seed, with_limits):
    for rung, found in run_all(seed, with_limits=with_limits).items():
        assert found.findings == (), rung
        for nation in NATIONS:
            answers, made_of = found.answer_us[nation], found.causes[nation]
            assert (answers.sum(axis=1) == 30 * H * S).all()
            vessels = answers[:N_VESSELS]
            assert made_of.stage_us.sum(axis=1).tolist() == vessels[:, Answer.LATENCY].tolist()
            assert made_of.mask_us.sum(axis=1).tolist() == vessels[:, Answer.POLICY].tolist()
            assert (made_of.stage_us >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_without_shared_limits_custody_never_falls_along_the_ladder(run_all, seed):
    rungs = run_all(seed, with_limits=False)
    for nation in NATIONS:
        today, freed, swift = (found.held_us[nation] for found in rungs.values())
        assert (today <= freed).all()
        assert (freed <= swift).all()


def test_the_rungs_gain_something_in_some_of_these_arrangements(run_all):
    """Or the test above could not fail."""
    gains = np.zeros(2)
    for seed in SEEDS:
        held = [sum(f.held_us[n].sum() for n in NATIONS) for f in run_all(seed, with_limits=False).values()]
        gains += np.diff(held)
    assert (gains > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_with_gates_open_nothing_is_refused_asked_for_or_destroyed(run_all, seed):
    rungs = run_all(seed, with_limits=True)
    for found in (rungs["gates_open"], rungs["no_delays"]):
        hops, outcomes = found.deliveries.hops, found.deliveries.outcomes
        assert not (hops["gates"] | hops["gates_at_release"]).any()
        assert not outcomes["gates"].any()
        assert (hops["consent"] == -1).all()
        assert Outcome.WITHHELD not in outcomes["outcome"]
        assert all(answers[:, Answer.POLICY].sum() == 0 for answers in found.answer_us.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_without_delays_only_the_sensor_and_the_closing_of_cases_take_time(run_all, seed):
    found = run_all(seed, with_limits=True)["no_delays"]
    for nation in NATIONS:
        stages = dict(zip(STAGE_NAMES, found.causes[nation].stage_us.sum(axis=0).tolist(), strict=True))
        assert {name for name, us in stages.items() if us} <= {"product", "case_forming", "relay"}
        assert found.answer_us[nation][:, Answer.CAPACITY].sum() == 0
    hops = found.deliveries.hops
    came = hops["outcome"] == Outcome.DELIVERED
    took_us = (hops["t_received_us"] - hops["t_arrived_us"])[came]
    assert len(took_us)
    assert took_us.max() <= WINDOW_MAX_S * S


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rung_makes_a_link_or_unmakes_a_choice(seed):
    today, freed, swift = ladder_of(random_sharing(seed, with_limits=True)).values()
    for rung in (freed, swift):
        assert list(rung.links) == list(today.links)
        assert list(rung.feeds) == list(today.feeds)
        for id_, link in rung.links.items():
            old = today.links[id_]
            for name in ("sender", "recipient", "categories", "filter", "willingness"):
                assert getattr(link, name) == getattr(old, name)
            assert (link.sanitise is None) == (old.sanitise is None)
    assert all(freed.links[i].desk == today.links[i].desk for i in today.links)
    assert "cut" not in swift.events
    assert "leaves" not in freed.events


def test_a_desk_that_open_gates_saturate_makes_custody_fall(scored_of, cells_of):
    """AAA's one desk serves two links. Today only what goes to BBB gets there; with gates open CCC's cases,
    more urgent, keep the server busy, and BBB's expire."""
    rule = {"in_force_from": "2020-01-01T00:00:00Z", "categories": ["radar"]}
    link = {"sender": "aaa_centre", "desk": "a_desk", "case_window_s": 600.0}
    desk = {"touch": {"kind": "constant", "value_s": 2500.0}, "expiry_s": 3000.0, "discipline": "priority"}
    sharing = SharingSpec.model_validate(
        {
            "nodes": {spec.picture_node: {"nation": nation} for nation, spec in NATIONS.items()},
            "labels": {"open": {"classification": "UNCLASSIFIED"}},
            "feeds": {"aaa_radar": {"node": "aaa_centre", "label": "open"}},
            "agreements": {"ab": {**rule, "parties": ["AAA", "BBB"]}},
            "desks": {"a_desk": desk},
            "links": {
                "to_b": {**link, "recipient": "bbb_centre", "priority": 5},
                "to_c": {**link, "recipient": "ccc_centre", "priority": 0},
            },
        }
    )
    scored = scored_of([(k, 4.0 * H, 34.0 * H) for k in range(N_VESSELS + 1)])
    cells = cells_of(N_VESSELS, N_VESSELS + 1)
    rungs = [Scored(make_log(0), rung, scored, cells, tau_s=1.0 * H) for rung in ladder_of(sharing).values()]
    today, freed, swift = (rung.held_us["BBB"].sum() for rung in rungs)
    assert freed < today < swift
    expired = [rung.answer_us["BBB"][:, Answer.CAPACITY].sum() for rung in rungs]
    assert expired[1] > expired[0]


def row(configuration, seed, metric, value, group="dark", node="a"):
    return ScoreRow(configuration, seed, "AAA", node, metric, group, value, "1", 1)


SPEC = MetricsSpec(primary=[Endpoint(metric="custody_fraction_6h", group="dark")])


def test_steps_are_paired_differences_and_add_up_in_every_seed():
    values = {"today": (0.2, 0.4), "today.gates_open": (0.5, 0.3), "today.no_delays": (0.6, 0.9)}
    rows = [row(c, seed, "custody_fraction_6h", v) for c, vs in values.items() for seed, v in enumerate(vs)]
    rows += [row(c, seed, "gap_sensing_fraction", 0.1) for c in values for seed in range(2)]
    units = {one.metric: one.unit for one in rows}
    (entry,) = counterfactuals(values_by_key(rows), units, SPEC, ["today"])
    assert (entry["configuration"], entry["nation"], entry["group"]) == ("today", "AAA", "dark")
    assert entry["first"]["mean"] == pytest.approx(0.3)
    first, second = entry["steps"]
    assert first["difference"] == interval([0.5 - 0.2, 0.3 - 0.4])
    assert second["difference"] == interval([0.6 - 0.5, 0.9 - 0.3])
    assert second["value"]["mean"] == pytest.approx(0.75)
    assert [rung["mean"] for rung in entry["split"]["sensing"]] == [0.1, 0.1, 0.1]
    assert entry["split"]["held"][0]["n"] == 0


def test_only_endpoints_and_the_split_of_their_groups_are_kept_and_only_of_pictures():
    kept = [row("x", 1, "custody_fraction_6h", 0.5), row("x", 1, "gap_held_fraction", 0.5)]
    others = [
        row("x", 1, "custody_fraction_24h", 0.5),
        row("x", 1, "gap_held_fraction", 0.5, group="all"),
        row("x", 1, "custody_fraction_6h", 0.5, node="b"),
        row("x", 1, "gap_policy_ceiling_sole_fraction", 0.5),
    ]
    assert told_rows([*kept, *others], SPEC, {"AAA": "a"}) == tuple(kept)


def test_which_ladders_are_told():
    assert chosen(MetricsSpec(), "today", ["today", "x"]) == ["today"]
    assert chosen(MetricsSpec(counterfactuals=["x", "y"]), "today", ["today", "x"]) == ["x"]
    assert chosen(MetricsSpec(counterfactuals=[]), "today", ["today"]) == []
    assert [e.metric for e in endpoints_of(MetricsSpec())] == ["custody_fraction_24h"]
    assert rungs_of("x")[1:] == ("x.gates_open", "x.no_delays")
