"""Sharing groups: what pools everything at once, and leaves every link as it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import share


def three(make: SimpleNamespace, **groups: list[str]) -> SimpleNamespace:
    """PHL feeds what no other may have; a link leads to JPN, and one from there to USA."""
    sharing = make.sharing(
        nodes={n: (n[:3].upper(), "SECRET") for n in ("jpn", "phl", "phl_west", "usa")},
        labels={"own": {"classification": "SECRET", "caveats": ["NOFORN"]}},
        feeds={"radar": {"node": "phl_west", "label": "own", "delay_s": 50.0}},
        agreements={"deal": make.agreement("PHL", "JPN")},
        links={"a": make.link("phl_west", "jpn"), "b": make.link("jpn", "usa")},
        groups={id_: {"nodes": nodes} for id_, nodes in groups.items()},
    )
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    return SimpleNamespace(sharing=sharing, nations=nations, sensors={"radar": ("PHL", "radar")})


def run(make: SimpleNamespace, case: SimpleNamespace, times: list[Any], **timeline: float) -> DeliveryLog:
    log = make.log(case.sensors, {"radar": times})
    return share(log, case.sharing, case.nations, make.timeline(**timeline), seed=1)


def rows(deliveries: DeliveryLog) -> list[tuple[int, ...]]:
    columns = ("nation", "outcome", "t_received_us", "hops", "gates")
    return list(zip(*(deliveries.outcomes[name].tolist() for name in columns), strict=True))


def test_members_have_what_is_fed_to_any_of_them_when_it_is_ready(make: SimpleNamespace) -> None:
    withheld = (Outcome.WITHHELD, NEVER_US, 0, Gate.RELEASE)
    pooled = (Outcome.DELIVERED, 10 * US_PER_S, 0, 0)
    assert rows(run(make, three(make), [10.0])) == [(0, *withheld), (2, *withheld)]
    assert rows(run(make, three(make, g=["phl_west", "jpn"]), [10.0])) == [(0, *pooled), (2, *withheld)]
    assert rows(run(make, three(make, g=["phl_west", "jpn", "usa"]), [10.0])) == [(0, *pooled), (2, *pooled)]


def test_a_group_changes_no_hop(make: SimpleNamespace) -> None:
    times = [10.0, (70.0, 3, 2), (75.0, 0, 1)]
    alone = run(make, three(make), times)
    grouped = run(make, three(make, g=["phl_west", "jpn", "usa"]), times)
    assert grouped.hops.digest() == alone.hops.digest()


def test_a_node_of_the_originators_nation_does_not_stand_in_for_the_one_that_is_fed(
    make: SimpleNamespace,
) -> None:
    deliveries = run(make, three(make, g=["phl", "jpn"]), [10.0])
    assert deliveries.outcomes["outcome"].tolist() == [Outcome.WITHHELD] * 2


def test_two_groups_do_not_join_by_sharing_a_node(make: SimpleNamespace) -> None:
    deliveries = run(make, three(make, g=["phl_west", "jpn"], h=["jpn", "usa"]), [10.0])
    assert deliveries.outcomes["outcome"].tolist() == [Outcome.DELIVERED, Outcome.WITHHELD]


@pytest.mark.parametrize(("ready_s", "outcome"), [(3600.0, Outcome.DELIVERED), (3600.5, Outcome.IN_FLIGHT)])
def test_what_is_ready_by_the_end_of_the_run_is_held(
    make: SimpleNamespace, ready_s: float, outcome: Outcome
) -> None:
    """Though it does not come to its own node in time."""
    case = three(make, g=["phl_west", "jpn", "usa"])
    deliveries = run(make, case, [ready_s], hours=1, drain_h=0)
    assert len(deliveries.hops) == 0
    assert deliveries.outcomes["outcome"].tolist() == [outcome] * 2
