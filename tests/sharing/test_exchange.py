"""The exchange end to end: releases, relays, conservation, and what may not change what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import share

TO_USA = {"classification": "RESTRICTED", "rel_to": ["USA"]}
TO_BOTH = {"classification": "RESTRICTED", "rel_to": ["JPN", "USA"]}


def row_of(table: Table, **wanted: int) -> dict[str, int]:
    """The one row with these values."""
    [index] = np.flatnonzero(np.all([table[name] == value for name, value in wanted.items()], axis=0))
    return {name: int(column[index]) for name, column in table.columns.items()}


def hub(
    make: SimpleNamespace,
    *,
    label: dict[str, Any] | None = None,
    agreements: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
) -> SimpleNamespace:
    """PHL reports to USA, USA to JPN; agreements PHL-USA and JPN-USA, none between PHL and JPN."""
    sharing = make.sharing(
        nodes={
            "jpn": ("JPN", "SECRET"),
            **dict.fromkeys(("phl", "phl_2", "phl_3"), ("PHL", "SECRET")),
            **dict.fromkeys(("usa", "usa_2"), ("USA", "SECRET")),
        },
        labels={"own": label or {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "own", "delay_s": 5.0}},
        agreements={
            "jp_us": make.agreement("JPN", "USA"),
            "ph_us": make.agreement("PHL", "USA"),
            **(agreements or {}),
        },
        links={
            "phl_usa": make.link("phl", "usa", delay_s=1.0),
            "usa_jpn": make.link("usa", "jpn", delay_s=1.0),
            **(links or {}),
        },
    )
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    return SimpleNamespace(sharing=sharing, nations=nations, sensors={"radar": ("PHL", "radar")})


def run(make: SimpleNamespace, case: SimpleNamespace, times: list[Any], **timeline: float) -> DeliveryLog:
    log = make.log(case.sensors, {"radar": times})
    return share(log, case.sharing, case.nations, make.timeline(**timeline), seed=5)


def test_a_third_party_gets_nothing_without_consent(make: SimpleNamespace) -> None:
    deliveries = run(make, hub(make), [10.0])
    refused = row_of(deliveries.hops, link=1)
    assert (refused["outcome"], refused["gates"]) == (Outcome.WITHHELD, Gate.RELEASE)
    assert refused["t_arrived_us"] == 61 * US_PER_S
    assert {refused[t] for t in refused if t.startswith("t_") and t != "t_arrived_us"} == {NEVER_US}
    assert refused["case"] == -1
    jpn = row_of(deliveries.outcomes, nation=0)
    assert (jpn["outcome"], jpn["gates"], jpn["hops"]) == (Outcome.WITHHELD, Gate.RELEASE, 0)
    usa = row_of(deliveries.outcomes, nation=2)
    assert (usa["outcome"], usa["hops"], usa["t_received_us"]) == (Outcome.DELIVERED, 1, 61 * US_PER_S)


def test_a_named_third_party_receives_through_the_hub(make: SimpleNamespace) -> None:
    deliveries = run(make, hub(make, label=TO_BOTH), [10.0])
    jpn = row_of(deliveries.outcomes, nation=0)
    assert (jpn["outcome"], jpn["hops"], jpn["gates"]) == (Outcome.DELIVERED, 2, 0)
    assert jpn["t_received_us"] == 121 * US_PER_S  # window of 61 s closes at 120 s
    assert row_of(deliveries.hops, link=1)["agreement"] == 0


def test_a_relay_reports_nothing_back_and_nothing_to_the_originator(make: SimpleNamespace) -> None:
    links = {
        "jpn_phl": make.link("jpn", "phl"),
        "jpn_usa": make.link("jpn", "usa"),
        "usa_phl": make.link("usa", "phl"),
    }
    deliveries = run(make, hub(make, label=TO_BOTH, links=links), [10.0])
    names = deliveries.hops.meta["links"]
    assert [names[i] for i in deliveries.hops["link"]] == ["phl_usa", "usa_jpn"]


def test_without_a_link_the_gates_are_asked_as_if_there_were_one(make: SimpleNamespace) -> None:
    case = hub(make)
    direct = make.sharing(
        **{
            **{name: dict(getattr(case.sharing, name)) for name in ("nodes", "labels", "feeds")},
            "agreements": {"a": make.agreement("PHL", "USA", in_force_from="2026-03-02T01:00:00Z")},
        }
    )
    deliveries = run(make, SimpleNamespace(**{**vars(case), "sharing": direct}), [10.0, 7200.0])
    assert len(deliveries.hops) == 0
    assert set(deliveries.outcomes["outcome"].tolist()) == {Outcome.NO_ROUTE}
    gates = {
        (int(r), int(n)): int(g)
        for r, n, g in zip(*(deliveries.outcomes[c] for c in ("part", "nation", "gates")), strict=True)
    }
    assert gates == {(0, 0): Gate.IN_FORCE, (0, 2): Gate.IN_FORCE, (1, 0): Gate.IN_FORCE, (1, 2): 0}


def test_a_report_that_comes_twice_is_delivered_twice_and_passed_on_once(make: SimpleNamespace) -> None:
    links = {"phl_usa_2": make.link("phl", "usa", delay_s=0.5)}
    deliveries = run(make, hub(make, label=TO_BOTH, links=links), [10.0])
    assert deliveries.hops["is_kept"].tolist() == [0, 1, 1]
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED] * 3
    assert row_of(deliveries.outcomes, nation=2)["t_received_us"] == 60.5 * US_PER_S


def test_at_one_microsecond_the_first_link_in_id_order_is_new(make: SimpleNamespace) -> None:
    links = {"phl_usa_2": make.link("phl", "usa", delay_s=1.0)}
    deliveries = run(make, hub(make, label=TO_BOTH, links=links), [10.0])
    assert deliveries.hops["is_kept"].tolist() == [1, 0, 1]


def test_at_one_microsecond_that_holds_for_a_link_without_delay_too(make: SimpleNamespace) -> None:
    """Straight from PHL, sent at 240 s and there at once; by its second node, under way until 240 s."""
    links = {
        "phl_usa": make.link("phl", "usa", case_window_s=240.0),
        "x_phl_phl_2": make.link("phl", "phl_2"),
        "y_phl_2_usa": make.link("phl_2", "usa", delay_s=120.0),
    }
    deliveries = run(make, hub(make, label=TO_BOTH, links=links), [10.0])
    assert deliveries.hops["t_received_us"].tolist()[:1] == [240 * US_PER_S]
    assert deliveries.hops["is_kept"].tolist() == [1, 1, 1, 0]
    assert row_of(deliveries.outcomes, nation=0)["hops"] == 2


def test_a_node_of_the_same_nation_stays_bound_by_the_licence(make: SimpleNamespace) -> None:
    sharing = make.sharing(
        nodes={
            "jpn": ("JPN", "SECRET"),
            "phl": ("PHL", "SECRET"),
            "phl_2": ("PHL", "SECRET"),
            "xca": ("XCA", "SECRET"),
        },
        labels={"open": {"classification": "UNCLASSIFIED"}},
        feeds={"radar": {"node": "xca", "label": "open"}},
        agreements={
            "deal": make.agreement("JPN", "PHL"),
            "licence": make.agreement("PHL", "XCA", onward="none"),
        },
        links={
            "a": make.link("xca", "phl"),
            "b": make.link("phl", "phl_2"),
            "c": make.link("phl_2", "jpn"),
        },
    )
    case = SimpleNamespace(
        sharing=sharing,
        nations=make.nations(JPN="jpn", PHL="phl_2", XCA=None),
        sensors={"radar": ("XCA", "radar")},
    )
    deliveries = run(make, case, [10.0])
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.WITHHELD]
    assert deliveries.hops["gates"].tolist() == [0, 0, Gate.RELEASE]
    assert deliveries.hops["agreement"].tolist() == [1, -1, 0]
    assert row_of(deliveries.outcomes, nation=1)["hops"] == 2


def released_at(make: SimpleNamespace, **changes: Any) -> dict[str, int]:
    """One report, seen on 2 March 00:00:10, released by a desk 25 h later."""
    pair = make.pair(desk={"elapsed": {"kind": "constant", "value_s": 90_000.0}})
    plain = pair.sharing.model_dump(mode="json")
    plain["agreements"] = {"deal": make.agreement("PHL", "JPN", **changes)}
    log = make.log(pair.sensors, {"radar": [10.0]})
    deliveries = share(log, make.sharing(**plain), pair.nations, make.timeline(), seed=1)
    outcome = row_of(deliveries.outcomes, part=0)
    hop = row_of(deliveries.hops, part=0)
    assert (outcome["outcome"], outcome["gates"]) == (hop["outcome"], hop["gates"] | hop["gates_at_release"])
    return hop


def test_the_law_decides_at_release_not_at_observation(make: SimpleNamespace) -> None:
    ended = released_at(make, in_force_to="2026-03-03T00:00:00Z")
    assert (ended["gates"], ended["gates_at_release"]) == (0, Gate.IN_FORCE)
    assert (ended["outcome"], ended["agreement"]) == (Outcome.WITHHELD, -1)
    assert ended["t_released_us"] == 90_060 * US_PER_S
    assert ended["t_sent_us"] == ended["t_received_us"] == NEVER_US


def test_a_suspension_that_ends_before_release_does_not_stop_it(make: SimpleNamespace) -> None:
    pause = [{"from_utc": "2026-03-02T12:00:00Z", "to_utc": "2026-03-03T01:01:00Z"}]
    assert released_at(make, suspensions=pause)["outcome"] == Outcome.DELIVERED
    pause[0]["to_utc"] = "2026-03-03T01:01:00.000001Z"
    assert released_at(make, suspensions=pause)["gates_at_release"] == Gate.IN_FORCE


def test_what_is_not_yet_permitted_on_arrival_is_withheld_there(make: SimpleNamespace) -> None:
    early = released_at(make, in_force_from="2026-03-03T00:00:00Z")
    assert (early["gates"], early["outcome"], early["t_case_us"]) == (
        Gate.IN_FORCE,
        Outcome.WITHHELD,
        NEVER_US,
    )


def test_the_agreement_that_passed_at_release_is_logged(make: SimpleNamespace) -> None:
    pair = make.pair(desk={"elapsed": {"kind": "constant", "value_s": 90_000.0}})
    plain = pair.sharing.model_dump(mode="json")
    plain["agreements"] = {
        "a": make.agreement("PHL", "JPN", in_force_to="2026-03-03T00:00:00Z"),
        "b": make.agreement("PHL", "JPN", in_force_from="2026-03-03T00:00:00Z"),
    }
    log = make.log(pair.sensors, {"radar": [10.0]})
    sharing = make.sharing(**plain)
    assert share(log, sharing, pair.nations, make.timeline(), 1).hops["agreement"].tolist() == [1]
    short = make.timeline(hours=10, drain_h=0)
    waiting = row_of(share(log, sharing, pair.nations, short, 1).hops, part=0)
    assert (waiting["outcome"], waiting["agreement"]) == (Outcome.IN_FLIGHT, 0)
    assert waiting["t_reviewed_us"] == 60 * US_PER_S
    assert waiting["t_released_us"] == NEVER_US


def test_a_link_carries_only_its_categories(make: SimpleNamespace) -> None:
    pair = make.pair(link={"categories": ["radar"]})
    log = make.log(pair.sensors, {"radar": [10.0], "ais": [10.0]})
    deliveries = share(log, pair.sharing, pair.nations, make.timeline(), seed=1)
    assert deliveries.hops["part"].tolist() == [1]
    assert deliveries.outcomes["outcome"].tolist() == [Outcome.NO_ROUTE, Outcome.DELIVERED]


def test_a_report_that_never_comes_to_its_node_is_in_flight(make: SimpleNamespace) -> None:
    deliveries = run(make, hub(make), [10.0, 3600.0], hours=1, drain_h=0)
    assert deliveries.hops["part"].tolist() == [0, 0]
    assert row_of(deliveries.outcomes, part=1, nation=2)["outcome"] == Outcome.IN_FLIGHT


def test_a_case_whose_window_outlasts_the_run_is_in_flight(make: SimpleNamespace) -> None:
    pair = make.pair(link={"case_window_s": 7200.0})
    log = make.log(pair.sensors, {"radar": [10.0]})
    hop = row_of(share(log, pair.sharing, pair.nations, make.timeline(hours=1, drain_h=0), 1).hops, part=0)
    assert (hop["outcome"], hop["t_case_us"]) == (Outcome.IN_FLIGHT, NEVER_US)


def test_reports_without_contacts_or_feed_do_not_travel(make: SimpleNamespace) -> None:
    pair = make.pair()
    sensors = {**pair.sensors, "radar_2": ("PHL", "radar")}
    log = make.log(sensors, {"radar": [(10, 0, 0), (20, 1, 0)], "radar_2": [10]})
    deliveries = share(log, pair.sharing, pair.nations, make.timeline(), seed=1)
    assert deliveries.parts["report"].tolist() == [1, 2]
    assert deliveries.hops["part"].tolist() == deliveries.outcomes["part"].tolist() == [0]


def test_an_empty_log_gives_empty_tables(make: SimpleNamespace) -> None:
    pair = make.pair(desk={})
    for sensors in ({}, pair.sensors):
        deliveries = share(make.log(sensors, {}), pair.sharing, pair.nations, make.timeline(), seed=1)
        assert len(deliveries.hops) == len(deliveries.outcomes) == 0


def test_a_section_that_is_not_whole_is_refused(make: SimpleNamespace) -> None:
    case = hub(make, links={"x": make.link("phl", "nowhere")})
    with pytest.raises(RunError, match="unknown node 'nowhere'"):
        run(make, case, [10.0])


def test_a_holding_keeps_its_agreement_inside_the_nation(make: SimpleNamespace) -> None:
    """What PHL received under a free agreement may be passed on by its second node too."""
    case = hub(
        make,
        agreements={"ph_us": make.agreement("PHL", "USA", "JPN", onward="free")},
        links={"usa_usa_2": make.link("usa", "usa_2"), "usa_jpn": make.link("usa_2", "jpn")},
    )
    deliveries = run(make, case, [10.0])
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED] * 3
    assert row_of(deliveries.outcomes, nation=0)["hops"] == 3


def test_only_what_still_passes_at_release_is_sent(make: SimpleNamespace) -> None:
    """One case of two labels: the agreement for the higher one ends before release."""
    pair = make.pair(link={"bandwidth_bps": 8.0}, desk={"elapsed": {"kind": "constant", "value_s": 90_000.0}})
    plain = pair.sharing.model_dump(mode="json")
    plain["labels"]["secret"] = {"classification": "SECRET"}
    plain["feeds"]["radar_2"] = {"node": "phl", "label": "secret"}
    plain["agreements"] = {
        "high": make.agreement("PHL", "JPN", in_force_to="2026-03-03T00:00:00Z"),
        "low": make.agreement("PHL", "JPN", ceiling="RESTRICTED"),
    }
    log = make.log({**pair.sensors, "radar_2": ("PHL", "radar")}, {"radar": [10.0], "radar_2": [20.0]})
    hops = share(log, make.sharing(**plain), pair.nations, make.timeline(), seed=1).hops
    assert hops["case"].tolist() == [0, 0]
    assert hops["gates_at_release"].tolist() == [0, Gate.CEILING]  # 'low' gets furthest
    assert hops["agreement"].tolist() == [1, -1]
    assert hops["t_released_us"].tolist() == [90_060 * US_PER_S] * 2
    assert hops["t_sent_us"].tolist() == [90_060 * US_PER_S, NEVER_US]
    assert hops["t_received_us"].tolist() == [90_160 * US_PER_S, NEVER_US]  # 100 bytes of one report


def test_a_copy_is_not_offered_to_a_node_at_which_it_has_been(make: SimpleNamespace) -> None:
    case = hub(
        make,
        links={
            "phl_usa": make.link("phl", "phl_2"),
            "x": make.link("phl_2", "phl_3"),
            "y": make.link("phl_3", "phl"),
        },
    )
    deliveries = run(make, case, [10.0])
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED] * 2
    assert deliveries.hops["is_kept"].tolist() == [1, 1]
    assert deliveries.hops["source"].tolist() == [-1, 0]
