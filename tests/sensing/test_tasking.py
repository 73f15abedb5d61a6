"""Duty, sides and areas by priority: the rule for one area replayed, hand-made passes, and what must hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.rng import address, draw_uniform, draw_words, stream_key
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.tasking import CANDIDATE, MOST_WORKS, WORK, choose, intervals

SEED = 5
US = 1_000_000
BOX = {"lat_min_deg": 1.0, "lat_max_deg": 2.0, "lon_min_deg": 1.0, "lon_max_deg": 2.0}


def sar_of(priorities=(), **changes) -> SarSatellite:
    values = {
        "operator": "XEU",
        "altitude_m": 692_837.0,
        "ltan_s": 64800.0,
        "incidence_min_deg": 30.8,
        "incidence_max_deg": 46.0,
        "look_side": "both",
        "tasks": {f"t{i}": {"area": BOX, "priority": p} for i, p in enumerate(priorities)},
    }
    return SarSatellite(**(values | changes))


def candidates_of(rows) -> np.ndarray:
    """Rows of satellite, number, task, side, first and last second."""
    return np.array([(a, b, c, d, e * US, f * US) for a, b, c, d, e, f in rows], CANDIDATE)


def spans(works) -> list[tuple[int, int, int, int, int, int]]:
    return [(*row[:4], row[4] // US, row[5] // US) for row in works.tolist()]


@st.composite
def passes(draw, n_tasks=5):
    """Candidates of one pass: each task on one side, both or none, within 200 s."""
    rows = []
    for task in range(n_tasks):
        for side in (1, -1):
            if draw(st.booleans()):
                first = draw(st.integers(0, 150))
                rows.append((0, 3, task, side, first, first + draw(st.integers(0, 50))))
    return rows


def worked_s(works) -> int:
    return sum(row[5] - row[4] for row in spans(works))


def no_two_meet(works) -> bool:
    ordered = sorted(row[4:] for row in spans(works))
    return all(before[1] < after[0] for before, after in pairwise(ordered))


def test_without_tasks_a_pass_is_worked_by_one_draw_and_one_side_by_even_odds():
    rows = [(s, n, 0, side, 10, 70) for s in (0, 7) for n in range(8000) for side in (1, -1)]
    rows = [row for row in rows if row[1] % 3 or row[3] == 1]  # a third have the area on the right only
    works = choose(sar_of(duty=0.4), "s", candidates_of(rows), SEED)
    number = np.arange(8000)
    expected = set()
    for satellite in (0, 7):
        where = (
            stream_key(SEED, "sense.sar.pass"),
            0,
            0,
            address("s"),
            satellite * PASSES_PER_SATELLITE + number,
        )
        right = (draw_words(*where)[:, 2] < 2**31) | (number % 3 == 0)
        for n in number[draw_uniform(*where) < 0.4]:
            expected.add((satellite, int(n), 0, 1 if right[n] else -1, 10, 70))
    assert set(spans(works)) == expected
    assert len(works) == len(expected)
    share, four_errors = len(works) / 16_000, 4 * np.sqrt(0.4 * 0.6 / 16_000)
    assert abs(share - 0.4) < four_errors
    assert abs(1.05 * share - 0.4) > four_errors  # a bias of 5 % would be seen


def test_the_longest_image_cuts_a_work_at_its_end():
    rows = [(0, 1, 0, 1, 10, 70), (0, 2, 0, 1, 10, 30)]
    works = choose(sar_of(longest_image_s=25.0), "s", candidates_of(rows), SEED)
    assert spans(works) == [(0, 1, 0, 1, 10, 35), (0, 2, 0, 1, 10, 30)]


@given(
    rows=passes(n_tasks=1), limit=st.sampled_from([None, 5.0, 20.0, 100.0]), duty=st.sampled_from([0.5, 1])
)
@settings(deadline=None)
def test_one_task_is_worked_as_the_whole_area_is(rows, limit, duty):
    alone = choose(sar_of(longest_image_s=limit, duty=float(duty)), "s", candidates_of(rows), SEED)
    tasked = choose(sar_of([1], longest_image_s=limit, duty=float(duty)), "s", candidates_of(rows), SEED)
    assert spans(alone) == spans(tasked)


def test_areas_go_by_priority_then_by_id():
    rows = [(0, 1, task, side, 10, 20) for task, side in ((0, 1), (1, -1), (2, -1))]
    for priorities, side in (((1, 1, 1), 1), ((2, 1, 1), -1), ((1, 2, 3), 1), ((3, 2, 1), -1)):
        works = choose(sar_of(priorities), "s", candidates_of(rows), SEED)
        assert spans(works) == [(0, 1, 0, side, 10, 20)]


def test_an_area_that_meets_a_work_of_its_side_is_one_with_it():
    rows = [(0, 1, 0, 1, 10, 30), (0, 1, 1, 1, 25, 45), (0, 1, 2, 1, 60, 70), (0, 1, 3, 1, 5, 65)]
    assert spans(choose(sar_of([1, 1, 1, 9]), "s", candidates_of(rows[:3]), SEED)) == [
        (0, 1, 0, 1, 10, 45),
        (0, 1, 1, 1, 60, 70),
    ]
    assert spans(choose(sar_of([1, 1, 1, 9]), "s", candidates_of(rows), SEED)) == [(0, 1, 0, 1, 5, 70)]


def test_an_area_on_the_other_side_is_worked_when_the_beam_is_free():
    rows = [(0, 1, 0, 1, 10, 30), (0, 1, 1, -1, 31, 45), (0, 1, 2, -1, 28, 33)]
    works = choose(sar_of([1, 2, 3]), "s", candidates_of(rows), SEED)
    assert spans(works) == [(0, 1, 0, 1, 10, 30), (0, 1, 1, -1, 31, 45)]


@pytest.mark.parametrize(
    ("limit_s", "expected"),
    [
        (40.0, [(10, 30), (50, 70)]),
        (31.0, [(10, 30), (50, 61)]),
        (30.0, [(10, 30), (50, 60)]),
        (29.0, [(10, 30)]),  # 9 of 20 s are left: less than half
        (12.0, [(10, 22)]),
    ],
)
def test_an_area_that_does_not_fit_the_budget_is_shortened_to_half_or_dropped(limit_s, expected):
    rows = [(0, 1, 0, 1, 10, 30), (0, 1, 1, 1, 50, 70)]
    works = choose(sar_of([1, 2], longest_image_s=limit_s), "s", candidates_of(rows), SEED)
    assert [row[4:] for row in spans(works)] == expected


def test_no_more_than_four_works_are_done_in_a_pass_and_their_numbers_fit():
    rows = [(999, 1000, task, 1, 20 * task, 20 * task + 5) for task in range(7)]
    works = choose(sar_of([7, 6, 5, 4, 3, 2, 1]), "s", candidates_of(rows), SEED)
    assert sorted(row[4] for row in spans(works)) == [60, 80, 100, 120]
    assert works["image"].tolist() == [0, 1, 2, 3]
    assert works["t_from_us"].tolist() == [120 * US, 100 * US, 80 * US, 60 * US]  # in order of priority
    numbers = intervals(works)
    assert (np.diff(numbers) > 0).all()
    assert int(numbers.max()) < 2**32
    assert len(works) == MOST_WORKS


@given(
    rows=passes(),
    priorities=st.lists(st.integers(1, 4), min_size=5, max_size=5),
    limit=st.one_of(st.none(), st.integers(1, 150)),
)
@settings(deadline=None, max_examples=200)
def test_no_budget_is_overdrawn_and_no_beam_looks_to_two_sides(rows, priorities, limit):
    sensor = sar_of(priorities, longest_image_s=None if limit is None else float(limit))
    works = choose(sensor, "s", candidates_of(rows), SEED)
    assert limit is None or worked_s(works) <= limit
    assert no_two_meet(works)
    assert len(works) <= MOST_WORKS
    for _, _, _, side, first, last in spans(works):  # nothing is worked that no area asked for
        asked = [(row[4], row[5]) for row in rows if row[3] == side]
        inside = [t + 0.5 for t in range(first, last)]
        assert all(any(a <= t <= b for a, b in asked) for t in inside)


@given(
    rows=passes(),
    priorities=st.lists(st.integers(1, 4), min_size=5, max_size=5),
    limit=st.one_of(st.none(), st.integers(1, 150)),
)
@settings(deadline=None, max_examples=200)
def test_a_lower_priority_takes_nothing_from_a_higher_one(rows, priorities, limit):
    """Whatever is worked without the last area is worked with it, under the same number unless joined."""
    limit_s = None if limit is None else float(limit)
    few = [row for row in rows if row[2] < 4]
    # The last id comes last among equals too, so it has the lowest priority of all.
    with_last = sar_of([*priorities[:4], 5], longest_image_s=limit_s)
    before = choose(with_last, "s", candidates_of(few), SEED)
    after = choose(with_last, "s", candidates_of(rows), SEED)
    left = spans(after)
    for work in spans(before):
        holds = [one for one in left if one[3] == work[3] and one[4] <= work[4] and one[5] >= work[5]]
        assert len(holds) == 1
    if len(after) > len(before):  # the beam was free, and nothing was joined
        assert set(spans(before)) < set(left)


def test_passes_do_not_know_each_other():
    rng = np.random.default_rng(1)
    rows = []
    for satellite in range(3):
        for number in range(30):
            for task in range(4):
                first = int(rng.integers(0, 60))
                rows.append((satellite, number, task, int(rng.choice([-1, 1])), first, first + 20))
    sensor = sar_of([2, 1, 3, 1], duty=0.6, longest_image_s=50.0)
    together = choose(sensor, "s", candidates_of(rows), SEED)
    shuffled = choose(sensor, "s", candidates_of([rows[i] for i in rng.permutation(len(rows))]), SEED)
    assert together.tobytes() == shuffled.tobytes()
    apart = [
        choose(sensor, "s", candidates_of([row for row in rows if row[:2] == (s, n)]), SEED)
        for s in range(3)
        for n in range(30)
    ]
    joined = np.concatenate(apart)
    assert joined[np.argsort(intervals(joined))].tobytes() == together.tobytes()
    assert 30 < len({row[:2] for row in together.tolist()}) < 78  # 0.6 of 90, give or take five sigma


def test_no_candidates_are_no_works():
    for sensor in (sar_of(), sar_of([1, 2])):
        works = choose(sensor, "s", np.empty(0, CANDIDATE), SEED)
        assert works.dtype == WORK
        assert len(works) == 0
