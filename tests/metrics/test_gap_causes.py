"""Which gates refuse, and in which stage the time goes: by hand, and by the definition at every second."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.fates import Fates
from mda_sim.metrics.gap_causes import CAUSE_METRICS, PURGED, STAGE_BOUNDS, cause_figures, causes, ways
from mda_sim.metrics.gap_split import Answer, answer_before_arrival, gap_split_figures, split, tracks
from mda_sim.metrics.groups import groups
from mda_sim.metrics.latency import STAGE_NAMES
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import BY_FEED, BY_GROUP, RECEIPTS, forgotten_us
from mda_sim.records import CONTACTS, HOPS, REPORTS, DeliveryLog, DetectionLog, Gate, Outcome, SensorCard
from mda_sim.sharing.network import SharingSpec
from mda_sim.world.presence import time_in

S = 1_000_000
TAU_S = 12.0
CARDS = (SensorCard("radar", "radar", "AAA", 100.0, 1.0),)
SHARING = SharingSpec.model_validate(
    {
        "nodes": {"n0": {"nation": "AAA"}, "n1": {"nation": "BBB"}, "n2": {"nation": "CCC"}},
        "labels": {"open": {"classification": "UNCLASSIFIED"}},
        "feeds": {"radar": {"node": "n0", "label": "open"}},
        "links": {
            "l01": {"sender": "n0", "recipient": "n1"},
            "l02": {"sender": "n0", "recipient": "n2"},
            "l12": {"sender": "n1", "recipient": "n2"},
        },
    }
)
"""CCC sees nothing itself; what AAA's radar saw comes straight or by BBB."""
LINKS = list(SHARING.links)
STRAIGHT, BY_HUB = ("l02",), ("l01", "l12")
HOP_TIMES = len(STAGE_BOUNDS)


class Copy(NamedTuple):
    """One way on which a part comes, or was to come."""

    links: tuple[str, ...]
    """The links of its route; none: by a feed (``by_group``: a group)."""
    hops: tuple[tuple[float, ...], ...] = ()
    """The eight moments of each hop [s]; infinite from where it was at the end of the run."""
    t_s: float = math.inf
    """Its receipt [s]."""
    gone_s: float = math.inf
    """When it was destroyed [s]."""
    by_group: bool = False


class Part(NamedTuple):
    """A report of one contact, at its moment."""

    t_s: float
    ready_s: float
    copies: tuple[Copy, ...] = ()
    outcome: int = Outcome.IN_FLIGHT
    gates: int = 0
    target: int = 0


def route(links, start_s, waits_s, n_hops_done=None, **known):
    """A copy that comes to the first sender at ``start_s`` and spends ``waits_s`` in the stages that follow.

    ``n_hops_done`` moments of the last hop were reached by the end of the run; None: it came.
    """
    hops, t_s = [], start_s
    for number, _ in enumerate(links):
        moments = [t_s]
        for wait_s in waits_s[7 * number : 7 * number + 7]:
            moments.append(moments[-1] + wait_s)
        t_s = moments[-1]
        if n_hops_done is not None and number == len(links) - 1:
            moments = [m if i < n_hops_done else math.inf for i, m in enumerate(moments)]
        hops.append(tuple(moments))
    return Copy(links, tuple(hops), hops[-1][-1], **known)


def us(t_s):
    return NEVER_US if math.isinf(t_s) else round(t_s * S)


class Made(NamedTuple):
    answer_us: np.ndarray
    stage_us: np.ndarray
    mask_us: np.ndarray


def hop_rows(parts):
    """Rows of `hops` in their order, and the row of the last hop of each copy by (part, copy)."""
    rows, last = [], {}
    for p, part in enumerate(parts):
        for c, copy in enumerate(part.copies):
            for number, (link, moments) in enumerate(zip(copy.links, copy.hops, strict=True)):
                came = not math.isinf(moments[-1])
                outcome = Outcome.DELIVERED if came else Outcome.IN_FLIGHT
                rows.append((p, LINKS.index(link), c, number, moments, outcome))
    order = sorted(range(len(rows)), key=lambda i: rows[i][:3])
    place = {rows[i][0:1] + rows[i][2:4]: n for n, i in enumerate(order)}
    table = []
    for i in order:
        p, link, c, number, moments, outcome = rows[i]
        source = place[p, c, number - 1] if number else -1
        table.append((p, link, c, source, moments, outcome))
        if number == len(parts[p].copies[c].links) - 1:
            last[p, c] = place[p, c, number]
    return table, last


def hops_table(rows):
    columns = {c.name: [0] * len(rows) for c in HOPS.columns}
    columns["coarsened_m"] = [0.0] * len(rows)
    columns |= {
        "part": [row[0] for row in rows],
        "link": [row[1] for row in rows],
        "copy": [row[2] for row in rows],
        "source": [row[3] for row in rows],
        "outcome": [row[5] for row in rows],
        "is_kept": [1] * len(rows),
    }
    for i, name in enumerate(STAGE_BOUNDS):
        columns[name] = [us(row[4][i]) for row in rows]
    columns["t_asked_us"], columns["t_decided_us"] = columns["t_released_us"], columns["t_released_us"]
    columns["t_transmitted_us"] = columns["t_received_us"]
    return Table.of(HOPS, columns, {"links": LINKS, "labels": ["open"], "agreements": [], "consents": []})


@pytest.fixture(scope="module")
def made(parts_of, cells_of):
    def make(parts, scored, *, n_vessels=1):
        parts = sorted(parts, key=lambda row: row.t_s)
        n = len(parts)
        columns = {
            "report": range(n),
            "sensor": [0] * n,
            "interval": range(n),
            "t_observed_us": [us(p.t_s) for p in parts],
            "t_ready_us": [us(p.ready_s) for p in parts],
            "first": range(n),
            "count": [1] * n,
            "n_vessels": [1] * n,
            "n_false": [0] * n,
        }
        contacts = {"target": [p.target for p in parts], "dt_us": [0] * n, "merged": [1] * n}
        log = DetectionLog(
            Table.of(REPORTS, columns, {"sensors": ["radar"]}),
            Table.of(CONTACTS, contacts),
            CARDS,
            n_vessels,
            n_vessels,
        )
        rows, last = hop_rows(parts)
        silent = parts_of(log)
        deliveries = DeliveryLog(*silent, hops_table(rows), Table.empty(HOPS), log.digest())
        came = []
        for p, part in enumerate(parts):
            for c, copy in enumerate(part.copies):
                if not math.isinf(copy.t_s):
                    way = BY_GROUP if copy.by_group else last.get((p, c), BY_FEED)
                    came.append((p, us(copy.t_s), us(copy.gone_s), 0.0, way))
        came.sort()
        names = ("part", "t_received_us", "t_purged_us", "coarsened_m", "hop")
        columns = {name: [row[i] for row in came] for i, name in enumerate(names)}
        received = Table.of(RECEIPTS, columns, {"node": "n2"})
        fates = Fates(
            np.array([p.outcome for p in parts], np.uint8), np.array([p.gates for p in parts], np.uint16)
        )
        answer_before, gone_us = answer_before_arrival(fates), forgotten_us(received, n)
        known = history(log).by_part(deliveries)
        aware = awareness(log, deliveries, received, contacts=known)
        found = split(
            tracks(known, answer_before, aware, aware, gone_us), scored, TAU_S, n_vessels, n_vessels
        )
        cells = cells_of(n_vessels)
        way = ways(log, deliveries, SHARING, received, fates, answer_before, gone_us)
        made_of = causes(way, known, found, TAU_S, cells)
        figures = cause_figures(made_of, time_in(scored, n_vessels), cells, groups(cells, "AAA"))
        figures += gap_split_figures(found.answer_us, time_in(scored, n_vessels), cells, groups(cells, "AAA"))
        return Made(found.answer_us, *made_of), {f.metric: f.value for f in figures if f.group == "all"}

    return make


@pytest.fixture(scope="module")
def seconds(made, scored_of):
    """Stage or set of gates -> seconds, those without any left out."""

    def make(parts, spans=((0.0, 12.0),), **options):
        found, figures = made(parts, scored_of([(0, *span) for span in spans]), **options)
        assert found.stage_us.sum() == found.answer_us[:, Answer.LATENCY].sum()
        assert found.mask_us.sum() == found.answer_us[:, Answer.POLICY].sum()
        stages = dict(zip(STAGE_NAMES, (found.stage_us.sum(axis=0) / S).tolist(), strict=True))
        masks = dict(enumerate((found.mask_us.sum(axis=0) / S).tolist()))
        return {name: t for name, t in (stages | masks).items() if t}, figures

    return make


STAGE_ALONE = {
    "product": Part(0, 30, (Copy((), t_s=30),), Outcome.DELIVERED),
    "feed": Part(0, 0, (Copy((), t_s=30),), Outcome.DELIVERED),
    **{
        stage: Part(0, 0, (route(STRAIGHT, 0, [30 * (i == j) for j in range(7)]),), Outcome.DELIVERED)
        for i, stage in enumerate(
            ("case_forming", "desk_wait", "review", "elapsed", "consent", "link_wait", "transmission")
        )
    },
    "relay": Part(0, 0, (route(BY_HUB, 0, [0] * 7 + [30, 0, 0, 0, 0, 0, 0]),), Outcome.DELIVERED),
}


@pytest.mark.parametrize("stage", STAGE_NAMES)
def test_each_stage_can_be_all_there_is(seconds, stage):
    found, figures = seconds([STAGE_ALONE[stage]])
    assert found == {stage: 12.0}
    assert {name for name, share in figures.items() if share} == {
        f"gap_latency_{stage}_fraction",
        "gap_latency_fraction",
    }
    assert figures[f"gap_latency_{stage}_fraction"] == 1.0


@pytest.mark.parametrize("done", range(1, 8))
def test_what_is_in_flight_at_the_end_of_the_run_stays_in_the_stage_it_reached(seconds, done):
    found, _ = seconds([Part(0, 0, (route(STRAIGHT, 0, [0] * 7, done),))])
    assert found == {STAGE_NAMES[done + 1]: 12.0}


def test_what_no_link_was_offered_is_in_product_then_on_its_feed(seconds):
    assert seconds([Part(0, 5)])[0] == {"product": 5.0, "feed": 7.0}


def test_what_a_group_brings_is_all_in_product(seconds):
    part = Part(0, 7, (Copy((), t_s=7, by_group=True),), Outcome.DELIVERED)
    assert seconds([part])[0] == {"product": 7.0}


def test_a_consent_on_a_later_link_is_consent_and_the_rest_of_that_link_relay(seconds):
    waits = [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 2, 0, 1]
    part = Part(0, 1, (route(BY_HUB, 1, waits),), Outcome.DELIVERED)
    expected = {"product": 1.0, "case_forming": 1.0, "desk_wait": 1.0, "review": 1.0, "elapsed": 1.0}
    assert seconds([part])[0] == expected | {"transmission": 1.0, "relay": 3.0, "consent": 2.0}


def test_the_contact_that_arrives_first_counts_however_often_the_vessel_is_seen(seconds):
    """One a second, each 9 s at the desk: the wait until the first arrives is a wait for the desk."""
    parts = [Part(t, t, (route(STRAIGHT, t, [0, 9, 0, 0, 0, 0, 0]),), Outcome.DELIVERED) for t in range(12)]
    assert seconds(parts)[0] == {"desk_wait": 9.0}
    overtaken = Part(2, 2, (route(STRAIGHT, 2, [3, 0, 0, 0, 0, 0, 0]),), Outcome.DELIVERED)
    assert seconds([parts[0], overtaken])[0] == {"desk_wait": 2.0, "case_forming": 3.0}


def test_of_those_in_flight_at_the_end_the_first_seen_counts_while_it_is_young_enough(seconds):
    parts = [
        Part(0, 0, (route(STRAIGHT, 0, [0] * 7, 4),)),
        Part(3, 3, (route(STRAIGHT, 3, [0] * 7, 2),)),
    ]
    assert seconds(parts, [(0.0, 20.0)])[0] == {"elapsed": 12.0, "desk_wait": 3.0}


def test_between_two_copies_the_wait_is_that_of_the_second(seconds):
    first = route(STRAIGHT, 0, [2, 0, 0, 0, 0, 0, 0], gone_s=5.0)
    second = route(BY_HUB, 0, [0, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 1])
    found, _ = seconds([Part(0, 0, (first, second), Outcome.DELIVERED)])
    assert found == {"case_forming": 2.0, "relay": 3.0}


@pytest.mark.parametrize("gate", list(Gate))
@pytest.mark.parametrize("outcome", [Outcome.WITHHELD, Outcome.NO_ROUTE])
def test_each_gate_can_be_all_there_is(seconds, gate, outcome):
    found, figures = seconds([Part(0, 0, outcome=outcome, gates=gate)])
    name = str(gate.name).lower()
    assert found == {gate.value: 12.0}
    assert {metric for metric, share in figures.items() if share} == {
        "gap_policy_fraction",
        f"gap_policy_{name}_sole_fraction",
        f"gap_policy_{name}_any_fraction",
    }
    assert figures[f"gap_policy_{name}_sole_fraction"] == 1.0


def test_several_gates_are_joint_and_each_of_them_counts_as_any(seconds):
    both = Gate.CEILING | Gate.RELEASE
    found, figures = seconds([Part(0, 0, outcome=Outcome.WITHHELD, gates=both)])
    assert found == {both: 12.0}
    assert {metric for metric, share in figures.items() if share} == {
        "gap_policy_fraction",
        "gap_policy_joint_fraction",
        "gap_policy_ceiling_any_fraction",
        "gap_policy_release_any_fraction",
    }


def test_what_was_destroyed_stands_apart_from_the_gates(seconds):
    part = Part(0, 0, (Copy((), t_s=0, gone_s=4.0),), Outcome.DELIVERED)
    found, figures = seconds([part])
    assert found == {PURGED: 8.0}
    assert {metric for metric, share in figures.items() if share} == {
        "gap_held_fraction",
        "gap_policy_fraction",
        "gap_policy_purged_fraction",
    }


def test_the_contact_that_the_fewest_gates_stop_counts_then_the_newest(seconds):
    refused = {"outcome": Outcome.WITHHELD}
    parts = [
        Part(0, 0, gates=Gate.IN_FORCE, **refused),
        Part(2, 2, gates=Gate.CEILING | Gate.RELEASE, **refused),
        Part(5, 5, gates=Gate.RELEASE, **refused),
    ]
    spans = [(0.0, 25.0)]
    assert seconds(parts, spans)[0] == {Gate.IN_FORCE: 5.0, Gate.RELEASE: 12.0}
    assert seconds(parts[:2], spans)[0] == {Gate.IN_FORCE: 12.0, Gate.CEILING | Gate.RELEASE: 2.0}


def test_a_refusal_that_names_no_gate_is_an_error(made, scored_of):
    with pytest.raises(ShapeError, match="must name the gates"):
        made([Part(0, 0, outcome=Outcome.WITHHELD, gates=0)], scored_of([(0, 0.0, 1.0)]))


waits = st.lists(st.integers(0, 4), min_size=14, max_size=14)


@st.composite
def some_parts(draw):
    """A few contacts of two vessels, each on its way, arrived, destroyed, refused, or lost."""
    parts = []
    for t_s in sorted(draw(st.sets(st.integers(0, 30), max_size=8))):
        ready_s = t_s + draw(st.integers(0, 3))
        kind = draw(
            st.sampled_from(["feed", "group", "one", "hub", "two", "flight", "idle", "refused", "lost"])
        )
        fed_s = ready_s + draw(st.integers(0, 3))
        copies: tuple[Copy, ...] = ()
        outcome, gates = Outcome.DELIVERED, 0
        lasts = draw(st.one_of(st.none(), st.integers(0, 6)))
        if kind == "feed":
            copies = (Copy((), t_s=fed_s),)
        elif kind == "group":
            copies = (Copy((), t_s=ready_s, by_group=True),)
        elif kind in ("one", "hub"):
            copies = (route(STRAIGHT if kind == "one" else BY_HUB, fed_s, draw(waits)),)
        elif kind == "two":
            copies = (route(STRAIGHT, fed_s, draw(waits)), route(BY_HUB, fed_s, draw(waits)))
            copies = tuple(sorted(copies, key=lambda copy: copy.t_s))
        elif kind == "flight":
            links = draw(st.sampled_from([STRAIGHT, BY_HUB]))
            copies = (route(links, fed_s, draw(waits), draw(st.integers(1, 7))),)
            outcome = Outcome.IN_FLIGHT
        elif kind == "idle":
            outcome = Outcome.IN_FLIGHT
        elif kind == "refused":
            outcome, gates = Outcome.WITHHELD, draw(st.integers(1, 31))
        else:
            outcome = Outcome.LOST
        if kind in ("one", "hub", "two") and lasts is not None:
            copies = tuple(copy._replace(gone_s=copy.t_s + lasts) for copy in copies)
        parts.append(Part(t_s, ready_s, copies, outcome, gates, draw(st.integers(0, 1))))
    return parts


def stage_at(t_s, part, copy):
    """The stage of a copy at a moment before it comes, word by word."""
    if t_s < part.ready_s or (copy is not None and copy.by_group):
        return "product"
    if copy is None or not copy.hops or t_s < copy.hops[0][0]:
        return "feed"
    number = max(i for i, moments in enumerate(copy.hops) if moments[0] <= t_s)
    bounds = copy.hops[number]
    names = ("case_forming", "desk_wait", "review", "elapsed", "consent", "link_wait", "transmission")
    name = next(n for n, a, b in zip(names, bounds, bounds[1:], strict=False) if a <= t_s < b)
    return name if number == 0 or name == "consent" else "relay"


def cause_at(t_s, target, parts):
    """What counts at a moment that is no whole second: a stage, a set of gates, or nothing."""
    young = [p for p in parts if p.target == target and t_s - TAU_S < p.t_s < t_s]
    if any(copy.t_s < t_s < copy.gone_s for p in young for copy in p.copies):
        return None
    waiting, stopped = [], []
    for p in young:
        last_s = max((copy.gone_s for copy in p.copies if not math.isinf(copy.t_s)), default=math.inf)
        if p.outcome == Outcome.WITHHELD:
            stopped.append((p.gates.bit_count(), -p.t_s, p.gates))
        elif last_s < t_s:
            stopped.append((1, -p.t_s, PURGED))
        elif p.outcome in (Outcome.DELIVERED, Outcome.IN_FLIGHT):
            coming = [copy for copy in p.copies if copy.t_s > t_s and copy.gone_s > copy.t_s]
            vain = [copy for copy in p.copies if copy.t_s >= t_s]  # to be destroyed as they come
            coming = coming or sorted(vain, key=lambda copy: copy.t_s)[-1:] or list(p.copies) or [None]
            arrives_s = math.inf if coming[0] is None or coming[0].gone_s == coming[0].t_s else coming[0].t_s
            waiting.append((arrives_s, p.t_s, stage_at(t_s, p, coming[0])))
    if waiting:
        return min(waiting)[2]
    if any(p.outcome == Outcome.LOST for p in young):
        return None
    return min(stopped)[2] if stopped else None


@settings(max_examples=250, deadline=None)
@given(parts=some_parts(), cuts=st.lists(st.integers(0, 45), max_size=6, unique=True))
def test_stages_and_gates_equal_asking_the_definition_at_every_second(made, scored_of, parts, cuts):
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = [(k, f, t) for k in range(2) for f, t in zip(cuts[::2], cuts[1::2], strict=True)]
    stage_s, mask_s = np.zeros((2, len(STAGE_NAMES)), np.int64), np.zeros((2, PURGED + 1), np.int64)
    for k, begin, end in spans:
        for second in range(begin, end):
            cause = cause_at(second + 0.5, k, parts)
            if isinstance(cause, str):
                stage_s[k, STAGE_NAMES.index(cause)] += 1
            elif cause is not None:
                mask_s[k, cause] += 1
    found, figures = made(parts, scored_of(spans), n_vessels=2)
    assert found.stage_us.tolist() == (stage_s * S).tolist()
    assert found.mask_us.tolist() == (mask_s * S).tolist()
    assert found.stage_us.sum(axis=1).tolist() == found.answer_us[:, Answer.LATENCY].tolist()
    assert found.mask_us.sum(axis=1).tolist() == found.answer_us[:, Answer.POLICY].tolist()
    if spans:
        named = {name: figures[name] for name in CAUSE_METRICS}
        of_gates = [
            v for n, v in named.items() if n.startswith("gap_policy") and not n.endswith("any_fraction")
        ]
        of_stages = [v for n, v in named.items() if n.startswith("gap_latency")]
        assert sum(of_gates) == pytest.approx(figures["gap_policy_fraction"], abs=1e-12)
        assert sum(of_stages) == pytest.approx(figures["gap_latency_fraction"], abs=1e-12)
