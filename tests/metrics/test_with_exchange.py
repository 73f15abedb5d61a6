"""The picture and the figures made from what the real exchange wrote."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.fates import fates
from mda_sim.metrics.gap_split import Answer, answer_before_arrival, split_time, tracks
from mda_sim.metrics.latency import STAGE_NAMES, latency_figures, stages
from mda_sim.metrics.load import queue_visits
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import BY_FEED, forgotten_us, is_first, receipts
from mda_sim.records import CONTACTS, REPORTS, ContactFacts, DetectionLog, Outcome, SensorCard
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec

S, H = 1_000_000, 3600
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 6 * H * S, 48 * H * S, 6 * H * S)
NATIONS = {n: NationSpec(name=n, picture_node=f"{n.lower()}_centre") for n in ("AAA", "BBB", "CCC")}
DESK = {
    "touch": {"kind": "exponential", "mean_s": 900.0},
    "elapsed": {"kind": "exponential", "mean_s": 7200.0},
}
LINKS = {
    "a_inside": {"sender": "aaa_coast", "recipient": "aaa_centre", "case_window_s": 60.0},
    "a_to_b": {"sender": "aaa_centre", "recipient": "bbb_centre", "desk": "a_desk", "delay_s": 5.0},
    "b_to_a": {"sender": "bbb_centre", "recipient": "aaa_centre", "delay_s": 1.0, "bandwidth_bps": 9600.0},
    "b_to_c": {"sender": "bbb_centre", "recipient": "ccc_centre", "desk": "b_desk", "bandwidth_bps": 64.0},
    "b_to_c_slow": {"sender": "bbb_centre", "recipient": "ccc_centre", "delay_s": 9000.0},
}


@pytest.fixture(scope="module")
def log():
    """Half-hourly reports of one contact, of a sensor of AAA and of BBB; every third holds only a probe."""
    n = 100
    count = np.ones(2 * n, np.int64)
    t_us = np.tile((np.arange(n) + 1) * 1800 * S, 2) + np.repeat([0, 700 * S], n)
    columns = {
        "report": range(2 * n),
        "sensor": np.repeat([0, 1], n),
        "interval": np.tile(np.arange(n), 2),
        "t_observed_us": t_us,
        "t_ready_us": t_us + 30 * S,
        "first": np.arange(2 * n),
        "count": count,
        "n_vessels": np.arange(2 * n) % 3 != 0,
        "n_false": [0] * len(np.arange(2 * n) % 3 != 0),
    }
    target = np.where(np.arange(2 * n) % 3 != 0, np.arange(2 * n) % 2, 2)
    cards = (
        SensorCard("a_radar", "radar", "AAA", 90.0, 36.0),
        SensorCard("b_radar", "radar", "BBB", 90.0, 36.0),
    )
    contacts = Table.of(CONTACTS, {"target": target, "dt_us": count * S, "merged": [1] * len(count * S)})
    return DetectionLog(
        Table.of(REPORTS, columns, {"sensors": ["a_radar", "b_radar"]}), contacts, cards, 2, 3
    )


def arrangement(links):
    agreement = {
        "parties": ["AAA", "BBB", "CCC"],
        "in_force_from": "2020-01-01T00:00:00Z",
        "categories": ["radar"],
        "onward": "free",
    }
    return SharingSpec.model_validate(
        {
            "nodes": {
                "aaa_coast": {"nation": "AAA"},
                **{spec.picture_node: {"nation": nation} for nation, spec in NATIONS.items()},
            },
            "labels": {"open": {"classification": "UNCLASSIFIED"}},
            "feeds": {
                "a_radar": {"node": "aaa_coast", "label": "open", "delay_s": 10.0},
                "b_radar": {"node": "bbb_centre", "label": "open"},
            },
            "agreements": {"everyone": agreement},
            "desks": {"a_desk": DESK, "b_desk": DESK},
            "links": links,
        }
    )


@pytest.fixture(scope="module")
def shared(log):
    sharing = arrangement(LINKS)
    return sharing, share(log, sharing, NATIONS, TIMELINE, 1)


def received_by(nation, log, shared):
    return receipts(log, shared[1], shared[0], f"{nation.lower()}_centre", end_us=TIMELINE.end_us)


@pytest.mark.parametrize("nation", list(NATIONS))
def test_receipts_agree_with_the_outcomes_of_the_exchange(log, shared, nation):
    table, outcomes = received_by(nation, log, shared), shared[1].outcomes
    number = list(outcomes.meta["nations"]).index(nation)
    rows = (outcomes["nation"] == number) & (outcomes["outcome"] == Outcome.DELIVERED)
    operators = np.array([card.operator for card in log.sensors])
    foreign = operators[log.reports["sensor"][table["part"]]] != nation
    assert rows.sum() > 40
    assert table["part"][foreign].tolist() == outcomes["part"][rows].tolist()
    assert table["t_received_us"][foreign].tolist() == outcomes["t_received_us"][rows].tolist()


@pytest.mark.parametrize("nation", list(NATIONS))
def test_stages_of_every_received_part_sum_exactly_to_its_latency(log, shared, nation):
    table = received_by(nation, log, shared)
    split = stages(log, shared[1], table)
    linked = table["hop"] >= 0
    latency_us = (table["t_received_us"] - log.reports["t_observed_us"][table["part"]])[linked]
    assert len(split) == linked.sum() > 0
    assert sum(split[f"{name}_us"] for name in STAGE_NAMES).tolist() == latency_us.tolist()
    assert all((split[f"{name}_us"] >= 0).all() for name in STAGE_NAMES)
    assert (split["product_us"] == 30 * S).all()


def test_only_routes_of_several_links_spend_time_in_relay(log, shared):
    table, outcomes = received_by("CCC", log, shared), shared[1].outcomes
    split = stages(log, shared[1], table)
    number = list(outcomes.meta["nations"]).index("CCC")
    rows = (outcomes["nation"] == number) & (outcomes["outcome"] == Outcome.DELIVERED)
    assert set(outcomes["hops"][rows].tolist()) == {1, 3}
    assert ((split["relay_us"] > 0) == (outcomes["hops"][rows] > 1)).all()
    assert (split["feed_us"][outcomes["hops"][rows] == 3] == 10 * S).all()


def test_every_scored_contact_of_a_foreign_sensor_is_counted_once(log, shared):
    in_time = (log.reports["t_observed_us"] >= TIMELINE.score_from_us) & (
        log.reports["t_observed_us"] < TIMELINE.score_to_us
    )
    for nation in NATIONS:
        operators = np.array([card.operator for card in log.sensors])
        foreign = operators[log.reports["sensor"]] != nation
        figures = latency_figures(log, shared[1], received_by(nation, log, shared), nation, TIMELINE)
        counted = sum(f.value for f in figures if f.metric.startswith("outcome_") and f.group == "all")
        assert counted == log.reports["n_vessels"][in_time & foreign].sum()
        named = {(f.metric, f.group): f.value for f in figures}
        parts = [named[f"stage_{name}_mean_s", "all"] for name in STAGE_NAMES]
        assert sum(parts) == pytest.approx(named["latency_mean_s", "all"], rel=1e-12)


def test_without_links_between_nations_each_picture_is_exactly_the_organic_one(log):
    sharing = arrangement({"a_inside": LINKS["a_inside"]})
    alone = share(log, sharing, NATIONS, TIMELINE, 1)
    for nation, sensor in (("AAA", 0), ("BBB", 1), ("CCC", 2)):
        received = receipts(log, alone, sharing, f"{nation.lower()}_centre", end_us=TIMELINE.end_us)
        whole = awareness(log, alone, received)
        organic = awareness(log, alone, received, operators={nation})
        assert whole.digest() == organic.digest()
        assert set(log.reports["sensor"][whole["report"]].tolist()) == ({sensor} if sensor < 2 else set())


@pytest.mark.parametrize("nation", list(NATIONS))
def test_stages_sum_exactly_whoever_asks_and_whatever_a_link_waits_for(log, nation):
    """Through the hub only by consent, with outages, set times, unwilling cases, and a group of two nodes."""
    plain = arrangement(LINKS).model_dump(mode="json")
    plain["agreements"]["everyone"]["onward"] = "with_consent"
    plain["consents"] = {
        "a_c": {
            "originator": "AAA", "recipient": "CCC", "kind": "on_request", "desk": "a_desk",
            "answer": {"kind": "exponential", "mean_s": 3600.0},
        },
    }  # fmt: skip
    plain["groups"] = {"pool": {"nodes": ["bbb_centre", "ccc_centre"]}}
    plain["links"]["a_to_b"]["willingness"] = 0.7
    plain["links"]["b_to_c"]["pattern"] = {"kind": "pull", "period_s": 7200.0}
    plain["links"]["b_to_a"]["outages"] = [
        {"from_utc": "2026-03-02T12:00:00Z", "to_utc": "2026-03-02T18:00:00Z"}
    ]
    sharing = SharingSpec.model_validate(plain)
    shared = sharing, share(log, sharing, NATIONS, TIMELINE, 1)
    table = received_by(nation, log, shared)
    split = stages(log, shared[1], table)
    came = table["hop"] != BY_FEED
    latency_us = (table["t_received_us"] - log.reports["t_observed_us"][table["part"]])[came]
    assert len(split) == came.sum() > 0
    assert sum(split[f"{name}_us"] for name in STAGE_NAMES).tolist() == latency_us.tolist()
    assert all((split[f"{name}_us"] >= 0).all() for name in STAGE_NAMES)
    asked = shared[1].hops["t_consented_us"] - shared[1].hops["t_asked_us"]
    assert (asked[shared[1].hops["consent"] >= 0] > 0).any()
    if nation == "CCC":
        by_group = split["product_us"] == latency_us
        assert by_group.sum() == (log.reports["sensor"][split["part"]] == 1).sum() == 100


@pytest.fixture(scope="module")
def burdened(log):
    """Batches, uneven delays, losses, a short queue, failures and urgency on the way from AAA to CCC."""
    plain = arrangement(LINKS).model_dump(mode="json")
    plain["feeds"]["a_radar"]["node"] = "aaa_centre"
    plain["desks"]["a_desk"] |= {
        "batch": {"period_s": 5400.0},
        "discipline": "priority",
        "expiry_s": 14_400.0,
        "surges": [{"from_utc": "2026-03-02T20:00:00Z", "servers": 0}],
    }
    plain["links"]["a_to_b"] |= {
        "extra_delay": {"kind": "exponential", "mean_s": 1800.0},
        "loss_probability": 0.2,
        "failures": {"up_mean_s": 20_000.0, "down_mean_s": 10_000.0},
    }
    plain["links"]["b_to_c"] |= {"queue_limit": 1, "bandwidth_bps": 0.25, "priority": 1}
    sharing = SharingSpec.model_validate(plain)
    return sharing, share(log, sharing, NATIONS, TIMELINE, 1)


@pytest.mark.parametrize("nation", list(NATIONS))
def test_stages_sum_exactly_with_batches_losses_limits_and_failures(log, burdened, nation):
    table, outcome = received_by(nation, log, burdened), burdened[1].hops["outcome"]
    assert {Outcome.LOST, Outcome.EXPIRED, Outcome.DELIVERED} <= set(outcome.tolist())
    split = stages(log, burdened[1], table)
    came = table["hop"] != BY_FEED
    latency_us = (table["t_received_us"] - log.reports["t_observed_us"][table["part"]])[came]
    assert sum(split[f"{name}_us"] for name in STAGE_NAMES).tolist() == latency_us.tolist()
    assert all((split[f"{name}_us"] >= 0).all() for name in STAGE_NAMES)
    if nation == "BBB":  # straight from the desk: what goes out with a batch is released at its time
        released_us = burdened[1].hops["t_released_us"][table["hop"][came]]
        assert (released_us % (5400 * S) == 0).all()
        assert (split["elapsed_us"] > 0).all()
        assert (split["transmission_us"] > 5 * S).all()


def test_what_a_burdened_desk_and_line_did_agrees_with_the_hops(log, burdened):
    sharing, deliveries = burdened
    hops, links = deliveries.hops, list(deliveries.hops.meta["links"])
    visits = queue_visits(log, deliveries, sharing, TIMELINE)
    on_link = (hops["link"] == links.index("a_to_b")) & (deliveries.parts["n_vessels"][hops["part"]] > 0)
    closed = on_link & (hops["t_case_us"] <= TIMELINE.end_us)
    assert len(visits["desk:a_desk"].t_came_us) == len(np.unique(hops["t_case_us"][closed]))
    reviewed = closed & (hops["t_review_us"] <= TIMELINE.end_us)
    waits_us = dict(
        zip(hops["t_case_us"][reviewed], (hops["t_review_us"] - hops["t_case_us"])[reviewed], strict=True)
    )
    desk = visits["desk:a_desk"]
    found_us = dict(zip(desk.t_came_us, desk.t_taken_us - desk.t_came_us, strict=True))
    assert {case: found_us[case] for case in waits_us} == waits_us
    assert max(found_us.values()) == 14_400 * S  # nobody works after 20:00: what waits longer expires
    limited = visits["link:b_to_c"]
    under_way = [
        int(((limited.t_came_us <= t) & (limited.t_taken_us > t)).sum()) for t in limited.t_came_us.tolist()
    ]
    assert max(under_way) == 1  # what finds one waiting is lost


def test_what_retention_destroys_leaves_the_picture_on_time(log, scored_of):
    """BBB may keep what AAA gives for an hour; nothing of AAA is older there, and custody ends with it."""
    plain = arrangement({name: LINKS[name] for name in ("a_inside", "a_to_b")}).model_dump(mode="json")
    scored = scored_of([(k, 12.0 * H, 36.0 * H) for k in range(2)])
    held_us, shares = {}, {}
    for keep_s in (None, 3600.0):
        plain["agreements"]["everyone"]["retention_s"] = keep_s
        sharing = SharingSpec.model_validate(plain)
        shared = sharing, share(log, sharing, NATIONS, TIMELINE, 1)
        received = received_by("BBB", log, shared)
        linked = received["hop"] >= 0
        lasts_us = (received["t_purged_us"] - received["t_received_us"])[linked]
        ends = received["t_received_us"][linked] + 3600 * S <= TIMELINE.end_us
        assert (lasts_us[ends] == 3600 * S).all() == (keep_s is not None)
        of_a = awareness(log, shared[1], received, operators={"AAA"})
        held_us[keep_s] = held_time(of_a, scored, (6.0 * H, 48.0 * H), 2)
        aware = awareness(log, shared[1], received)
        known = history(log).by_part(shared[1])
        found = fates(log, shared[1], shared[0], received, "BBB", "bbb_centre", TIMELINE)
        gone = forgotten_us(received, len(shared[1].parts))
        split = tracks(known, answer_before_arrival(found), aware, aware, gone)
        shares[keep_s] = split_time(split, scored, 24.0 * H, 2, 2)[1]
    assert (held_us[3600.0] <= held_us[None]).all()
    assert held_us[3600.0][:, 1].sum() < held_us[None][:, 1].sum()
    assert shares[None][Answer.POLICY] == 0
    assert shares[3600.0][Answer.HELD] <= shares[None][Answer.HELD]
    assert shares[3600.0].sum() == shares[None].sum() == 24 * H * S


def test_the_wait_for_an_answer_is_the_stage_consent(log):
    """AAA may reach CCC only through BBB, which must ask AAA: the wait lies in the stage of that link."""
    plain = arrangement({"b_to_c": LINKS["b_to_c"]}).model_dump(mode="json")
    plain["feeds"]["b_radar"]["node"] = "bbb_centre"
    plain["agreements"]["everyone"] |= {"onward": "with_consent"}
    plain["nodes"]["aaa_coast"]["nation"] = "AAA"
    plain["links"] = {
        "a_to_b": {"sender": "aaa_coast", "recipient": "bbb_centre", "case_window_s": 60.0},
        "b_to_c": {"sender": "bbb_centre", "recipient": "ccc_centre", "case_window_s": 60.0},
    }
    plain["consents"] = {
        "a_c": {
            "originator": "AAA", "recipient": "CCC", "kind": "on_request",
            "answer": {"kind": "constant", "value_s": 1000.0},
        },
    }  # fmt: skip
    sharing = SharingSpec.model_validate(plain)
    deliveries = share(log, sharing, NATIONS, TIMELINE, 1)
    hops = deliveries.hops
    second = hops["consent"] == 0
    assert second.sum() == 100
    split = stages(log, deliveries, received_by("CCC", log, (sharing, deliveries)))
    from_a = log.reports["sensor"][split["part"]] == 0
    assert (split["consent_us"] == np.where(from_a, 1000 * S, 0)).all()  # though it is on the second link
    assert (split["relay_us"][from_a] > 0).all()
    assert (split["relay_us"] < 200 * S).all()
    assert (hops["t_consented_us"] - hops["t_released_us"])[second].tolist() == [1000 * S] * 100


QUICK = {
    "sender": "aaa_coast", "recipient": "bbb_centre", "case_window_s": 60.0,
    "filter": {"broadcasting": True}, "sanitise": {"coarsen_m": 20_000.0, "delay_s": 600.0},
}  # fmt: skip
"""A tear line: at once, of vessels that broadcast alone, 20 km coarse, held back for ten minutes."""


def share_filtered(log, links):
    """AAA's vessel 0 broadcasts; vessel 1, and the probe, do not."""
    sharing = arrangement({"a_inside": LINKS["a_inside"], **links})
    lengths_m = np.full(len(log.contacts), 50.0, np.float32)
    facts = ContactFacts(log.contacts["target"] == 0, lengths_m, {})
    return sharing, share(log, sharing, NATIONS, TIMELINE, 1, facts)


def test_a_filtered_part_never_arrives_and_is_the_choice_of_exactly_its_contacts(log, scored_of):
    shared = share_filtered(log, {"quick": QUICK})
    received, deliveries = received_by("BBB", log, shared), shared[1]
    of_a = log.reports["sensor"][deliveries.parts["report"]] == 0
    target = log.contacts["target"][np.argsort(deliveries.contact_part, kind="stable")]
    assert len(deliveries.parts) == len(log.contacts)  # each report holds one contact
    came = np.isin(deliveries.parts["part"], received["part"])
    assert (came[of_a] == (target[of_a] == 0)).all()
    found = fates(log, deliveries, shared[0], received, "BBB", "bbb_centre", TIMELINE)
    assert ((found.outcome == Outcome.NOT_SENT) == (of_a & (target != 0))).all()
    scored = scored_of([(k, 12.0 * H, 36.0 * H) for k in range(2)])
    known = history(log).by_part(deliveries)
    pictures = (
        awareness(log, deliveries, received, error_max_m=10_000.0),
        awareness(log, deliveries, received),
    )
    never = forgotten_us(received, len(deliveries.parts))
    split = tracks(known, answer_before_arrival(found), *pictures, never)
    answer_us = split_time(split, scored, 1.0 * H, 2, 3)
    assert answer_us.sum(axis=1).tolist() == [24 * H * S, 24 * H * S, 0]
    assert answer_us[0, Answer.QUALITY] > 0
    assert answer_us[1, Answer.CHOICE] > 0
    assert answer_us[0, Answer.CHOICE] == answer_us[1, Answer.QUALITY] == 0


def test_a_coarse_copy_is_timely_and_the_precise_one_that_follows_it_accurate(log):
    shared = share_filtered(log, {"quick": QUICK, "full": LINKS["a_to_b"]})
    received, deliveries = received_by("BBB", log, shared), shared[1]
    twice = np.flatnonzero(~is_first(received["part"]))
    assert len(twice) > 20
    assert (received["coarsened_m"][twice - 1] == 20_000.0).all()
    assert (received["coarsened_m"][twice] == 0.0).all()
    assert (received["t_received_us"][twice] > received["t_received_us"][twice - 1]).all()
    accurate = awareness(log, deliveries, received, error_max_m=10_000.0)
    whole = awareness(log, deliveries, received)
    assert (accurate["error_m"] == np.float32(90.0)).all()
    assert np.isin(whole["error_m"], np.hypot(np.float32([0.0, 20_000.0]), np.float32(90.0))).all()
    healed = np.isin(accurate["report"], deliveries.parts["report"][received["part"][twice]])
    assert healed.any()
    assert np.isin(accurate["t_received_us"][healed], received["t_received_us"][twice]).all()


def test_stages_of_the_first_copy_sum_exactly_and_hold_the_delay_of_sanitising(log):
    shared = share_filtered(log, {"quick": QUICK, "full": LINKS["a_to_b"], "b_to_c": LINKS["b_to_c"]})
    for nation in ("BBB", "CCC"):
        received = received_by(nation, log, shared)
        first = received.take(is_first(received["part"]) & (received["hop"] != BY_FEED))
        split = stages(log, shared[1], received)
        report = shared[1].parts["report"][split["part"]]
        assert split["part"].tolist() == first["part"].tolist()
        latency_us = first["t_received_us"] - log.reports["t_observed_us"][report]
        assert sum(split[f"{name}_us"] for name in STAGE_NAMES).tolist() == latency_us.tolist()
        assert all((split[f"{name}_us"] >= 0).all() for name in STAGE_NAMES)
        names = shared[1].outcomes.meta["nations"]
        mine = shared[1].outcomes.take(shared[1].outcomes["nation"] == names.index(nation))
        by_part = dict(zip(mine["part"].tolist(), mine["t_received_us"].tolist(), strict=True))
        assert [by_part[part] for part in first["part"].tolist()] == first["t_received_us"].tolist()
        if nation == "BBB":  # first by the tear line: ten minutes held back, then up to one of the window
            assert set(split["case_forming_us"][first["coarsened_m"] > 0] // (60 * S)) <= {10, 11}
            assert (first["coarsened_m"] > 0).sum() > 20
