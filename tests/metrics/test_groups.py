from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.metrics.groups import cells, groups
from mda_sim.metrics.subjects import subjects
from mda_sim.world.presence import intersection, time_in

PLACE = [(0.0, 10.0, 115.0), (3600.0, 10.0, 115.0)]


def all_cells(fleet, nations=()):
    return cells(fleet, subjects(fleet), nations)


def fleet_and_members(fleet_of, nation="PHL"):
    fleet = fleet_of(
        [
            ("cargo", "PHL", True, PLACE),
            ("cargo", "CHN", False, PLACE),
            ("militia", "CHN", False, PLACE),
            ("fishing", "PHL", False, PLACE),
        ],
        [(11.0, 116.0)],
        until_s=3600.0,
    )
    parts = all_cells(fleet)
    return parts, {
        name: [k for k in range(4) if mask[parts.of_subject[k]]]
        for name, mask in groups(parts, nation).items()
    }


def test_groups_hold_the_vessels_that_their_names_say(fleet_of):
    parts, members = fleet_and_members(fleet_of)
    assert members == {
        "all": [0, 1, 2, 3],
        "broadcasting": [0],
        "not_broadcasting": [1, 2, 3],
        "not_broadcasting_foreign": [1, 2],
        "class:cargo": [0, 1],
        "class:fishing": [3],
        "class:militia": [2],
        "flag:CHN": [1, 2],
        "flag:PHL": [0, 3],
    }
    assert parts.of_subject[4] == -1


def test_foreign_is_seen_from_each_nation(fleet_of):
    assert fleet_and_members(fleet_of, "CHN")[1]["not_broadcasting_foreign"] == [3]
    assert fleet_and_members(fleet_of, "JPN")[1]["not_broadcasting_foreign"] == [1, 2, 3]


def test_a_fleet_without_vessels_has_groups_without_members(fleet_of):
    parts = all_cells(fleet_of([], [(10.0, 115.0)], until_s=10.0))
    assert parts.n_cells == 0
    assert parts.total(np.ones((1, 3), np.int64)).shape == (0, 3)
    assert {len(mask) for mask in groups(parts, "PHL").values()} == {0}


def test_cell_sums_leave_probes_out(fleet_of):
    parts, _ = fleet_and_members(fleet_of)
    assert parts.total(np.array([1, 10, 100, 1000, 10_000])).sum() == 1111


spans = st.lists(
    st.tuples(st.integers(0, 2), st.sets(st.integers(0, 30), min_size=2, max_size=2)), max_size=6
)


def separate(rows):
    """Intervals of each target that do not overlap, in order."""
    kept = []
    for k, f, t in sorted((k, *sorted(ends)) for k, ends in rows):
        if not kept or kept[-1][0] != k or f >= kept[-1][2]:
            kept.append((k, float(f), float(t)))
    return kept


@settings(max_examples=150)
@given(one=spans, other=spans)
def test_the_time_in_both_is_the_seconds_in_both(scored_of, one, other):
    a, b = separate(one), separate(other)
    both = intersection(scored_of(a), scored_of(b))
    assert both.is_sorted()
    seconds = [
        sum(
            any(k == i and f <= s < t for i, f, t in a) and any(k == i and f <= s < t for i, f, t in b)
            for s in range(30)
        )
        for k in range(3)
    ]
    assert (time_in(both, 3) / 1e6).tolist() == seconds
