from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.rng import draw_uniform, stream_key
from mda_sim.core.time import Timeline
from mda_sim.metrics.groups import groups
from mda_sim.metrics.incidence import HELD_AGE_S, HORIZONS_S, cumulative_incidence, incidence_figures, visits

S, H = 1_000_000, 3600.0
FROM_S, TO_S = 10 * H, 500 * H
TIMELINE = Timeline(
    datetime(2026, 3, 2, tzinfo=UTC), round(FROM_S) * S, round(TO_S - FROM_S) * S, round(100 * H) * S
)


def found(aware, scored, n_targets=3):
    """Visits as (target, hours, how it ended) in order of duration."""
    seen = visits(aware, scored, TIMELINE, n_targets)
    ends = np.where(seen.received, "received", np.where(seen.left, "left", "censored"))
    hours = (seen.lasted_us / (S * H)).tolist()
    return list(zip(seen.subject.tolist(), hours, ends.tolist(), strict=True))


def by_name(figures):
    return {(figure.metric, figure.group): figure for figure in figures}


def figures_of(aware, scored, parts, **names):
    return by_name(incidence_figures(aware, scored, TIMELINE, parts, groups(parts, "AAA"), **names))


def test_without_censoring_incidence_is_the_share_received():
    happened = [True, False, True, True, False]
    competed = [False, True, False, False, True]
    assert cumulative_incidence([3, 1, 2, 5, 5], happened, competed, [0, 1, 2, 4, 5, 99]) == pytest.approx(
        [0, 0, 0.2, 0.4, 0.6, 0.6]
    )


def test_at_a_tie_both_kinds_of_end_come_before_the_censored():
    happened, competed = [True, False, False, True], [False, True, False, False]
    # at 2 one of four is received and one leaves, S = 1/2; the last at risk is received at 4
    assert cumulative_incidence([2, 2, 2, 4], happened, competed, [1, 2, 3, 4, 9]) == pytest.approx(
        [0, 0.25, 0.25, 0.75, 0.75]
    )


def test_a_censored_case_hands_its_weight_to_those_still_watched():
    happened, competed = [False, True, False, True], [False, False, True, False]
    # S = 1 at 1; at 2 one of three, at 3 the rival, at 4 the last: 1/3, then 1/3 + 1/3
    assert cumulative_incidence([1, 2, 3, 4], happened, competed, [1, 2, 3, 4]) == pytest.approx(
        [0, 1 / 3, 1 / 3, 2 / 3]
    )


def test_incidence_is_undefined_past_the_last_case_watched_and_without_cases():
    assert cumulative_incidence([1, 2], [True, False], [False, False], [1, 2]) == [0.5, 0.5]
    assert math.isnan(cumulative_incidence([1, 2], [True, False], [False, False], [2.5])[0])
    assert all(math.isnan(value) for value in cumulative_incidence([], [], [], [0, 1]))


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["received", "left", "censored"])),
        min_size=1,
        max_size=30,
    )
)
def test_incidences_of_both_ends_and_the_survivors_sum_to_one(cases):
    """Each is found by handing the weight of a censored case, in equal parts, to those that stay longer."""
    lasted = [t for t, _ in cases]
    received, left = ([end == kind for _, end in cases] for kind in ("received", "left"))
    weight = np.ones(len(cases))
    ends = {"received": np.zeros(10), "left": np.zeros(10)}
    for t in range(10):
        for kind, total in ends.items():
            total[t:] += sum(w for w, case in zip(weight, cases, strict=True) if case == (t, kind))
        longer = [i for i, (lasts, _) in enumerate(cases) if lasts > t]
        for i, case in enumerate(cases):
            if case == (t, "censored") and longer:
                weight[longer] += weight[i] / len(longer)
    by = list(range(max(lasted) + 1))
    assert cumulative_incidence(lasted, received, left, by) == pytest.approx(
        (ends["received"] / len(cases))[by].tolist()
    )
    assert cumulative_incidence(lasted, left, received, by) == pytest.approx(
        (ends["left"] / len(cases))[by].tolist()
    )


def test_a_visit_ends_with_the_first_receipt_by_leaving_or_with_the_scored_time(aware_of, scored_of):
    scored = scored_of([(0, 20 * H, 60 * H), (1, 20 * H, 50 * H), (2, 490 * H, TO_S)])
    aware = aware_of([(0, 23 * H, 19 * H), (0, 30 * H, 30 * H), (2, TO_S + H, 495 * H)])
    assert found(aware, scored) == [(0, 3.0, "received"), (2, 10.0, "censored"), (1, 30.0, "left")]


def test_a_receipt_at_the_instant_of_leaving_comes_too_late(aware_of, scored_of):
    scored = scored_of([(0, 20 * H, 25 * H)])
    assert found(aware_of([(0, 25 * H, 24 * H)]), scored) == [(0, 5.0, "left")]
    assert found(aware_of([(0, 25 * H - 1e-6, 24 * H)]), scored)[0][2] == "received"


def test_vessels_there_at_the_start_of_scoring_count_only_when_they_return(aware_of, scored_of):
    scored = scored_of([(0, FROM_S, 20 * H), (0, 60 * H, 70 * H), (1, FROM_S, TO_S)])
    assert found(aware_of([(0, 12 * H, 12 * H), (0, 62 * H, 62 * H)]), scored) == [(0, 2.0, "received")]


def test_a_return_is_no_new_visit_while_the_vessel_is_still_held(aware_of, scored_of):
    back_s = 20 * H + HELD_AGE_S
    scored = scored_of([(0, 15 * H, 25 * H), (0, back_s, 60 * H)])
    assert found(aware_of([(0, 21 * H, 20 * H)]), scored) == [(0, 6.0, "received")]
    older = aware_of([(0, 21 * H, 20 * H - 1e-6)])
    assert found(older, scored) == [(0, 6.0, "received"), (0, (60 * H - back_s) / H, "left")]


def test_late_word_of_days_before_a_first_visit_is_no_receipt_of_it(aware_of, scored_of):
    scored = scored_of([(0, 50 * H, 60 * H), (1, 50 * H, 60 * H)])
    a_day_before = 50 * H - HELD_AGE_S
    older = a_day_before - 1e-6
    aware = aware_of([(0, 52 * H, older), (0, 54 * H, a_day_before), (1, 52 * H, older)])
    assert found(aware, scored) == [(0, 4.0, "received"), (1, 10.0, "left")]


def test_late_word_of_an_earlier_visit_is_no_receipt_of_this_one(aware_of, scored_of):
    scored = scored_of([(0, 15 * H, 25 * H), (0, 60 * H, 80 * H), (1, 15 * H, 25 * H), (1, 60 * H, 80 * H)])
    aware = aware_of([(0, 62 * H, 20 * H), (0, 70 * H, 61 * H), (1, 62 * H, 20 * H)])
    both_first = [(0, 10.0, "left"), (1, 10.0, "left")]
    assert sorted(found(aware, scored)) == sorted([*both_first, (0, 10.0, "received"), (1, 20.0, "left")])
    warm_up = scored_of([(0, 1 * H, 5 * H), (0, 60 * H, 80 * H)])
    assert found(aware_of([(0, 62 * H, 4 * H), (0, 70 * H, 61 * H)]), warm_up) == [(0, 10.0, "received")]
    before_entry = aware_of([(0, 62 * H, 40 * H)])  # seen outside since it left: word of this visit
    assert (0, 2.0, "received") in found(before_entry, scored)


def test_a_vessel_held_when_it_first_enters_is_received_at_entry(aware_of, scored_of):
    scored = scored_of([(0, 50 * H, 60 * H), (1, 50 * H, 60 * H), (2, 50 * H, 60 * H)])
    aware = aware_of([(0, 40 * H, 30 * H), (1, 20 * H, 15 * H), (1, 58 * H, 40 * H), (2, 20 * H, 15 * H)])
    # 1 and 2 were seen 35 h ago: known, but no longer held; 1 is received again, 2 is not
    assert found(aware, scored) == [(0, 0.0, "received"), (1, 8.0, "received"), (2, 10.0, "left")]


def test_a_moment_without_duration_is_no_visit(aware_of, scored_of):
    assert found(aware_of([]), scored_of([(0, 50 * H, 50 * H)])) == []


def test_a_vessel_never_seen_adds_nothing_but_its_visit(aware_of, scored_of, cells_of):
    scored = scored_of([(0, 20 * H, 120 * H), (1, 20 * H, 120 * H)])
    one = figures_of(aware_of([(0, 22 * H, 22 * H)]), scored, cells_of(2))
    assert one["awareness_fraction_6h", "all"].value == 0.5
    assert one["awareness_fraction_6h", "broadcasting"].value == 0.0
    assert one["awareness_fraction_72h", "all"].n == 2
    none = figures_of(aware_of([]), scored, cells_of(2))
    assert [none[f"awareness_fraction_{h}h", "all"].value for h in (6, 24, 72)] == [0.0, 0.0, 0.0]
    assert [none[f"awareness_{end}_count", "all"].value for end in ("received", "left")] == [0.0, 2.0]


def test_receipt_by_a_horizon_includes_the_horizon(aware_of, scored_of, cells_of):
    entered = [(k, 20 * H, 120 * H) for k in range(4)]
    at = [(0, 20 * H), (1, 26 * H), (2, 26 * H + 1e-6), (3, 92 * H)]
    named = figures_of(aware_of([(k, t, t) for k, t in at]), scored_of(entered), cells_of(4))
    shares = ["awareness_at_entry_fraction", *(f"awareness_fraction_{h}h" for h in (6, 24, 72))]
    assert [named[share, "all"].value for share in shares] == [0.25, 0.5, 0.75, 1.0]
    assert named["awareness_received_count", "all"].value == 4.0


def test_groups_zones_and_pictures_are_named_and_probes_left_out(aware_of, scored_of, cells_of):
    scored = scored_of([(0, 20 * H, 120 * H), (1, 20 * H, 120 * H), (2, 20 * H, 120 * H)])
    aware = aware_of([(1, 22 * H, 22 * H), (2, 22 * H, 22 * H)])  # 2 is a probe
    named = figures_of(aware, scored, cells_of(2, 3), zone="z", picture="organic")
    assert named["awareness_fraction_organic_24h", "all@z"].value == 0.5
    assert named["awareness_fraction_organic_24h", "broadcasting@z"] == (
        "awareness_fraction_organic_24h", "broadcasting@z", 1.0, "1", 1
    )  # fmt: skip
    assert named["awareness_organic_received_count", "all@z"].value == 1.0
    assert named["awareness_organic_at_entry_fraction", "all@z"].value == 0.0
    foreign = named["awareness_fraction_organic_24h", "not_broadcasting_foreign@z"]
    assert math.isnan(foreign.value)
    assert foreign.n == 0


RATE, LEAVING = 1 / (60 * H), 1 / (40 * H)
N, REPLICATES = 4000, 50


@pytest.fixture(scope="module")
def replicate_shares(aware_of, scored_of, cells_of):
    """Shares by horizon, (REPLICATES, 3): exponential receipt and leaving, many visits cut by the end."""
    key = stream_key(20260302, "test.incidence")
    numbers = np.arange(REPLICATES * N)
    u = [draw_uniform(key, word, numbers, 0, 0).reshape(REPLICATES, N) for word in range(3)]
    enters = FROM_S + 1.0 + u[0] * (TO_S - FROM_S - 2.0)
    enters = np.where(np.arange(N) % 2 == 0, TO_S - 90 * H * u[0] - 1.0, enters)
    received, leaves = enters - np.log(u[1]) / RATE, enters - np.log(u[2]) / LEAVING + 1e-3
    shares = []
    for replicate in range(REPLICATES):
        rows = zip(range(N), enters[replicate], np.minimum(leaves[replicate], TO_S), strict=True)
        scored = scored_of(list(rows))
        aware = aware_of([(k, t, t) for k, t in enumerate(received[replicate])])
        named = figures_of(aware, scored, cells_of(N))
        shares.append([named[f"awareness_fraction_{h}h", "all"].value for h in (6, 24, 72)])
    return np.array(shares)


def test_exponential_receipt_and_leaving_give_the_closed_form_in_spite_of_censoring(replicate_shares):
    """F(t) = l / (l + m) (1 - exp(-(l + m) t))."""
    total = RATE + LEAVING
    expected = RATE / total * (1 - np.exp(-total * np.array(HORIZONS_S)))
    mean = replicate_shares.mean(axis=0)
    error = replicate_shares.std(axis=0, ddof=1) / math.sqrt(REPLICATES)
    assert (error < 0.01 * expected).all()
    assert (np.abs(mean - expected) < 4 * error).all()
    assert (np.abs(1.05 * mean - expected) > 4 * error).all()
    as_if_nobody_left = 1 - np.exp(-RATE * np.array(HORIZONS_S))
    assert (np.abs(mean - as_if_nobody_left) > 4 * error).all()


moments = st.integers(0, 60)


@settings(max_examples=150)
@given(
    receipts=st.lists(st.tuples(moments, st.integers(0, 40)), max_size=8),
    cuts=st.lists(st.integers(10, 60), max_size=8, unique=True),
)
def test_visits_agree_with_their_definition(aware_of, scored_of, receipts, cuts):
    """On whole hours, of one vessel in a scored time of hours 10 to 60; observations at most 40 h before."""
    timeline = Timeline(TIMELINE.start, round(10 * H) * S, round(50 * H) * S, round(10 * H) * S)
    steps, newest = [], -math.inf
    for received in sorted({r for r, _ in receipts}):
        observed = max(r - age for r, age in receipts if r == received)
        if observed > newest:
            newest = observed
            steps.append((received, observed))
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    expected = []
    for number, (enters, leaves) in enumerate(spans):
        known = [observed for received, observed in steps if received <= enters]
        held = bool(known) and enters - max(known) <= 24
        left_before = spans[number - 1][1] if number else -math.inf
        counts = [(r, o) for r, o in steps if o > left_before and o >= enters - 24]
        later = [r for r, _ in counts if enters < r < leaves]
        if enters == 10 or (held and number > 0):
            continue
        if held or later:
            expected.append((0 if held else later[0] - enters, "received"))
        else:
            expected.append((leaves - enters, "censored" if leaves == 60 else "left"))
    aware = aware_of([(0, r * H, o * H) for r, o in steps])
    seen = visits(aware, scored_of([(0, f * H, t * H) for f, t in spans]), timeline, 1)
    ends = np.where(seen.received, "received", np.where(seen.left, "left", "censored")).tolist()
    got = list(zip((seen.lasted_us / (S * H)).tolist(), ends, strict=True))
    assert sorted(got) == sorted(expected)
