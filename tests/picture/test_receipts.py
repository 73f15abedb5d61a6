from __future__ import annotations

import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.picture.receipts import BY_FEED, BY_GROUP, forgotten_us, receipts
from mda_sim.records import Outcome
from mda_sim.sharing.network import GroupSpec

S = 1_000_000


@pytest.fixture
def log(log_of, card):
    held = [("far", 100.0, 0, 0.0), ("near", 200.0, 0, 0.0), ("theirs", 300.0, 0, 0.0)]
    return log_of(
        [card("far"), card("near"), card("theirs", "BBB"), card("unfed")],
        [*held, ("unfed", 400.0, 0, 0.0)],
        n_vessels=1,
        n_targets=1,
        ready_s=10.0,
        empty=[("near", 500.0)],
    )


def as_rows(table):
    return list(zip(*(table[name].tolist() for name in ("part", "t_received_us", "hop")), strict=True))


def test_a_feed_brings_a_part_when_it_is_ready_and_its_delay_is_over(log, deliveries_of, sharing):
    nothing = deliveries_of(log, ["inside", "outside"], [])
    assert as_rows(receipts(log, nothing, sharing, "a_centre")) == [(1, 270 * S, -1)]
    assert as_rows(receipts(log, nothing, sharing, "a_coast")) == [(0, 110 * S + S // 2, -1)]


def test_a_sensor_without_a_feed_is_nowhere(log, deliveries_of, sharing):
    nothing = deliveries_of(log, ["inside", "outside"], [])
    held = {row[0] for node in sharing.nodes for row in as_rows(receipts(log, nothing, sharing, node))}
    assert held == {0, 1, 2}
    assert log.sensors[3].id == "unfed"


def test_only_delivered_hops_that_end_at_the_node_count(log, deliveries_of, sharing):
    hops = [
        {"part": 0, "link": 0, "received": 900.0},
        {"part": 1, "link": 1, "received": 950.0},
        {"part": 0, "link": 1, "received": 960.0, "outcome": Outcome.IN_FLIGHT},
    ]
    deliveries = deliveries_of(log, ["inside", "outside"], hops)
    assert as_rows(receipts(log, deliveries, sharing, "b_centre")) == [(1, 950 * S, 2), (2, 310 * S, -1)]
    assert (0, 900 * S, 0) in as_rows(receipts(log, deliveries, sharing, "a_centre"))


def test_the_first_of_several_receipts_counts_and_the_feed_wins_a_tie(log, deliveries_of, sharing):
    late = deliveries_of(log, ["inside"], [{"part": 1, "link": 0, "received": 270.0}])
    assert as_rows(receipts(log, late, sharing, "a_centre"))[0] == (1, 270 * S, -1)
    early = deliveries_of(log, ["inside"], [{"part": 1, "link": 0, "received": 269.0}])
    assert as_rows(receipts(log, early, sharing, "a_centre"))[0] == (1, 269 * S, 0)


def test_what_comes_after_the_end_is_not_received(log, deliveries_of, sharing):
    nothing = deliveries_of(log, [], [])
    assert as_rows(receipts(log, nothing, sharing, "a_centre", end_us=270 * S)) == [(1, 270 * S, -1)]
    assert as_rows(receipts(log, nothing, sharing, "a_centre", end_us=270 * S - 1)) == []


def test_an_unknown_node_is_named(log, deliveries_of, sharing):
    with pytest.raises(KeyError, match="nowhere"):
        receipts(log, deliveries_of(log, [], []), sharing, "nowhere")


def test_an_empty_log_gives_an_empty_table(log_of, card, deliveries_of, sharing):
    log = log_of([card("near")], [], n_vessels=0, n_targets=0)
    table = receipts(log, deliveries_of(log, [], []), sharing, "a_centre")
    assert len(table) == 0
    assert table["t_received_us"].dtype == "i8"


def test_a_group_brings_what_is_fed_to_its_members_when_it_is_ready(log, deliveries_of, sharing):
    nothing = deliveries_of(log, ["inside", "outside"], [])
    grouped = sharing.model_copy(update={"groups": {"pool": GroupSpec(nodes=("a_centre", "b_centre"))}})
    # far is fed to a_coast, which is no member; a member has its own before the feed's delay is over
    both = [(1, 210 * S), (2, 310 * S)]
    assert as_rows(receipts(log, nothing, grouped, "b_centre")) == [
        (1, 210 * S, BY_GROUP), (2, 310 * S, BY_FEED),
    ]  # fmt: skip
    assert [row[:2] for row in as_rows(receipts(log, nothing, grouped, "a_centre"))] == both
    assert as_rows(receipts(log, nothing, grouped, "a_coast")) == as_rows(
        receipts(log, nothing, sharing, "a_coast")
    )


def test_a_group_is_named_before_a_hop_of_the_same_instant(log, deliveries_of, sharing):
    late = deliveries_of(log, ["inside"], [{"part": 0, "link": 0, "received": 110.0}])
    grouped = sharing.model_copy(update={"groups": {"pool": GroupSpec(nodes=("a_centre", "a_coast"))}})
    assert as_rows(receipts(log, late, grouped, "a_centre"))[0] == (0, 110 * S, BY_GROUP)


def coarse(table):
    return list(zip(*(table[name].tolist() for name in ("part", "coarsened_m", "hop")), strict=True))


def test_a_part_has_a_receipt_more_each_time_it_comes_less_coarse(log, deliveries_of, sharing):
    came = [(300.0, 8_000.0), (100.0, 20_000.0), (200.0, 20_000.0), (400.0, 9_000.0), (500.0, 0.0)]
    hops = [
        {"part": 0, "link": 1, "copy": copy, "received": t_s, "coarsened_m": coarsened_m}
        for copy, (t_s, coarsened_m) in enumerate(came)
    ]
    deliveries = deliveries_of(log, ["inside", "outside"], hops)
    table = receipts(log, deliveries, sharing, "b_centre")
    assert coarse(table) == [(0, 20_000.0, 1), (0, 8_000.0, 0), (0, 0.0, 4), (2, 0.0, BY_FEED)]
    assert table["t_received_us"].tolist() == [100 * S, 300 * S, 500 * S, 310 * S]
    assert table.is_sorted()
    cut = receipts(log, deliveries, sharing, "b_centre", end_us=300 * S - 1)
    assert coarse(cut) == [(0, 20_000.0, 1)]


def test_a_copy_that_was_not_kept_is_no_receipt(log, deliveries_of, sharing):
    hops = [{"part": 0, "link": 0, "received": 100.0, "is_kept": 0}]
    assert (
        coarse(receipts(log, deliveries_of(log, ["inside"], hops), sharing, "a_centre"))
        == [(1, 0.0, BY_FEED)]
    )  # fmt: skip


def test_what_a_feed_or_group_brings_is_precise_and_heals_a_coarse_copy(log, deliveries_of, sharing):
    hops = [
        {"part": 1, "link": 0, "received": t_s, "coarsened_m": 5e3, "copy": int(t_s)} for t_s in (205, 280)
    ]
    deliveries = deliveries_of(log, ["inside", "outside"], hops)
    # the feed comes at 270 s, the group at 210 s; the copy of 280 s makes neither better
    assert coarse(receipts(log, deliveries, sharing, "a_centre")) == [(1, 5e3, 0), (1, 0.0, BY_FEED)]
    grouped = sharing.model_copy(update={"groups": {"pool": GroupSpec(nodes=("a_centre",))}})
    assert coarse(receipts(log, deliveries, grouped, "a_centre")) == [(1, 5e3, 0), (1, 0.0, BY_GROUP)]


def test_of_several_at_one_instant_the_least_coarse_counts(log, deliveries_of, sharing):
    hops = [
        {"part": 0, "link": 1, "copy": copy, "received": 150.0, "coarsened_m": coarsened_m}
        for copy, coarsened_m in enumerate((9e3, 1e3, 1e3))
    ]
    deliveries = deliveries_of(log, ["inside", "outside"], hops)
    assert coarse(receipts(log, deliveries, sharing, "b_centre"))[0] == (0, 1e3, 1)
    assert len(receipts(log, deliveries, sharing, "b_centre")) == 2


def test_parts_of_one_report_come_each_by_its_own_way(log_of, card, deliveries_of, sharing):
    held = [("far", 100.0, 0, 0.0), ("far", 100.0, 1, 0.0), ("far", 100.0, 2, 0.0)]
    log = log_of([card("far")], held, n_vessels=3, n_targets=3, ready_s=10.0)
    hops = [
        {"part": 0, "link": 0, "received": 130.0},
        {"part": 1, "link": 0, "received": 100.0, "outcome": Outcome.NOT_SENT},
    ]
    deliveries = deliveries_of(log, ["inside"], hops, share_class=[1, 0, 1])
    assert deliveries.contact_part.tolist() == [1, 0, 1]
    assert as_rows(receipts(log, deliveries, sharing, "a_centre")) == [(0, 130 * S, 0)]
    assert as_rows(receipts(log, deliveries, sharing, "a_coast")) == [
        (0, 110 * S + S // 2, BY_FEED), (1, 110 * S + S // 2, BY_FEED),
    ]  # fmt: skip


def test_all_copies_of_a_part_stay_where_one_is_destroyed(log, deliveries_of, sharing):
    """The later copy is coarser, and so would be left out, but it outlives the first."""
    links = ["inside", "outside"]
    first = {"part": 1, "link": 1, "received": 400.0, "purged": 600.0}
    later = {"part": 1, "link": 1, "copy": 1, "received": 500.0, "coarsened_m": 9.0}
    table = receipts(log, deliveries_of(log, links, [first, later]), sharing, "b_centre", end_us=999 * S)
    assert table["t_purged_us"][table["part"] == 1].tolist() == [600 * S, NEVER_US]
    past_the_end = receipts(
        log, deliveries_of(log, links, [first, later]), sharing, "b_centre", end_us=599 * S
    )
    assert past_the_end["t_purged_us"].tolist() == [NEVER_US, NEVER_US]
    assert as_rows(past_the_end) == [(1, 400 * S, 0), (2, 310 * S, BY_FEED)]


def test_a_part_is_forgotten_with_its_last_copy(log, deliveries_of, sharing):
    hops = [
        {"part": 1, "link": 1, "received": 400.0, "purged": 600.0},
        {"part": 1, "link": 1, "copy": 1, "received": 500.0, "purged": 550.0},
        {"part": 0, "link": 1, "received": 400.0, "purged": 450.0},
        {"part": 0, "link": 1, "copy": 1, "received": 460.0},
    ]
    deliveries = deliveries_of(log, ["inside", "outside"], hops)
    found = forgotten_us(receipts(log, deliveries, sharing, "b_centre"), 4)
    assert found.tolist() == [NEVER_US, 600 * S, NEVER_US, NEVER_US]
