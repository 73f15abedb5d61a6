"""The story of one target for one nation in words, in order of time.

Model: sightings that differ in nothing but times and numbers of reports, by one sensor and without a gap of
more than ``RUN_GAP_S``, are one run: told once, with how many there are, the first and the last. Told of each
run: who saw the target, when, in which reports and parts; what became of the report on every hop toward the
nation's picture node, with every gate that failed, in words, and the agreement that was judged; when it
arrived and in which stages the time went, or what the gates say where no route leads there. Then when the
target was in custody, and, if an instant was asked about, what the picture said then and why.

Assumptions and limits: stages are summed up over a run (mean; shortest and longest of the whole delay);
``all_rows`` tells each sighting by itself. Where next: ``study.explain`` makes a ``Told``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us
from mda_sim.metrics.spec import age_label
from mda_sim.metrics.story import End, HopTold, Sighting, Stage
from mda_sim.picture.judgements import DESTROYED, NO_ANSWER, Judgement
from mda_sim.records import Gate, Outcome
from mda_sim.report.instant_words import Asked, instant_lines
from mda_sim.report.moments import clock, length_words, time_words
from mda_sim.report.text import plain
from mda_sim.report.words import STAGE_WORDS, age_words
from mda_sim.sharing.gates import Refusal

RUN_GAP_S: Final = 3600.0
"""Longest time between two sightings of one run [s]: a choice, so that passes and watches stay apart."""
STRETCHES_SHOWN: Final = 6
"""Stretches of custody that are named unless every row is asked for."""

SHORTEST_S: Final = 0.05
"""Stages that took less are not named [s]."""

WHEN_WORDS: Final = {
    "arrival": "on arrival",
    "release": "at release",
    "answer": "when the answer came",
    "receipt": "on receipt",
}
STAGES: Final = {"interval": "end of the interval"} | STAGE_WORDS


@dataclass(frozen=True)
class Told:
    """A story, ready to be told."""

    name: str
    """Name of the target."""
    what: str
    """What it is, in words."""
    nation: str
    node: str
    configuration: str
    seed: int
    timeline: Timeline
    sightings: tuple[Sighting, ...]
    held: tuple[tuple[float, tuple[tuple[int, int], ...]], ...]
    """Each custody age [s], and the stretches in which the target was held at it [us]."""
    asked: Asked | None
    """What was asked about an instant."""


def story_lines(told: Told, *, all_rows: bool = False) -> Iterator[str]:
    """The story, line by line."""
    timeline = told.timeline
    yield f"{plain(told.name)}: {plain(told.what)}"
    yield (
        f"For {plain(told.nation)} at {plain(told.node)}, configuration {plain(told.configuration)}, "
        f"seed {told.seed}. Times are UTC; the run lasts from {clock(timeline, 0)} to "
        f"{clock(timeline, timeline.end_us)}, scored to {clock(timeline, timeline.score_to_us)}."
    )
    yield from _in_short(told.sightings)
    for run in runs(told.sightings, all_rows=all_rows):
        yield ""
        yield from _run_lines(run, told)
    yield ""
    yield from _custody_lines(told, all_rows=all_rows)
    if told.asked is not None:
        yield ""
        yield from instant_lines(told.asked, told.nation, timeline)


def runs(sightings: Sequence[Sighting], *, all_rows: bool = False) -> list[list[Sighting]]:
    """Sightings grouped into runs, in order of their first; one by one with ``all_rows``."""
    found: list[list[Sighting]] = []
    open_of: dict[str, list[Sighting]] = {}
    for one in sightings:
        run = open_of.get(one.sensor)
        if not all_rows and run is not None and _continues(run[-1], one):
            run.append(one)
        else:
            open_of[one.sensor] = run = [one]
            found.append(run)
    return found


def _continues(last: Sighting, one: Sighting) -> bool:
    near = one.t_observed_us - last.t_observed_us <= to_us(RUN_GAP_S)
    return near and one.likeness == last.likeness


def _in_short(sightings: Sequence[Sighting]) -> Iterator[str]:
    if not sightings:
        yield "No sensor of anybody held it in this run."
        return
    by = Counter(f"{one.sensor} of {one.operator}" for one in sightings)
    seen = ", ".join(f"{plain(name)} {count:,}" for name, count in sorted(by.items()))
    ends = Counter("not in this configuration" if o is None else _outcome(o) for o in _outcomes(sightings))
    came = ", ".join(f"{count:,} {words}" for words, count in ends.most_common())
    yield f"{_counted(len(sightings), 'sighting')}: {seen}. What became of them: {came}."


def _outcomes(sightings: Iterable[Sighting]) -> Iterator[Outcome | None]:
    return (one.outcome for one in sightings)


def _outcome(outcome: Outcome) -> str:
    return outcome.name.lower().replace("_", " ")


def _run_lines(run: Sequence[Sighting], told: Told) -> Iterator[str]:
    first, timeline = run[0], told.timeline
    span = _span([one.t_observed_us for one in run], timeline)
    reports, parts = _range([one.report for one in run]), _range([one.part for one in run])
    false = "; it broadcast a false position" if first.is_false else ""
    yield (
        f"{span}  {plain(first.sensor)} of {plain(first.operator)} ({plain(first.category)}, error "
        f"{length_words(first.error_m)}): {_counted(len(run), 'report')} {reports}, "
        f"part{'s' if len(run) > 1 else ''} {parts}{false}"
    )
    if first.outcome is None:
        yield "    feeds no node in this configuration: it does not exist here"
        return
    fed = _span([one.t_fed_us for one in run], timeline)
    late = " (past the end of the run)" if first.t_fed_us > timeline.end_us else ""
    yield f"    fed to {plain(first.feed_node)} {fed}{late}"
    ways = {name for receipt in first.receipts for name in receipt.way}
    for nth, hop in enumerate(first.hops):
        is_beside = bool(ways) and hop.link not in ways
        yield from _hop_lines(hop, [one.hops[nth] for one in run], timeline, is_beside=is_beside)
    if first.without_link is not None:
        yield from _no_route_lines(first.without_link, told.node)
    elif first.receipts:
        yield from _receipt_lines(run, told)
    elif not first.hops and first.outcome == Outcome.IN_FLIGHT:
        yield f"    had not come to {plain(told.node)} by the end of the run"


def _hop_lines(
    hop: HopTold, alike: Sequence[HopTold], timeline: Timeline, *, is_beside: bool
) -> Iterator[str]:
    """One hop of a run; one that is beside the way by which the part came is told in one line if it ended
    well.
    """
    head = f"    {plain(hop.link)}, {plain(hop.sender)} to {plain(hop.recipient)}: {hop.end.value}"
    if hop.outcome == Outcome.DELIVERED:
        head += f" {_span([one.t_received_us for one in alike], timeline)}"
    else:
        head += f" (came to {plain(hop.sender)} {_span([one.t_arrived_us for one in alike], timeline)})"
    yield head + _as_what(hop)
    if is_beside and hop.outcome == Outcome.DELIVERED:
        return
    if hop.judgements:
        yield f"        {_passing(hop)}"
    for asked in hop.judgements:
        yield from _refusal_lines(asked, timeline if len(alike) == 1 else None)
    if hop.outcome != Outcome.DELIVERED and hop.stages:
        yield f"        until then: {_stage_means([one.stages for one in alike])}"
    if any(one.t_purged_us < NEVER_US for one in alike):
        gone = [one.t_purged_us for one in alike if one.t_purged_us < NEVER_US]
        yield f"        had to be destroyed at {plain(hop.recipient)} {_span(gone, timeline)}"


def _as_what(hop: HopTold) -> str:
    """Label, level and precision of what was offered."""
    if hop.end == End.FILTERED:
        return ""
    words = f"; as {plain(hop.label)}, {plain(hop.level)}"
    if hop.coarsened_m:
        words += f", coarsened by {length_words(hop.coarsened_m)}"
    return words + (", source stripped" if hop.is_stripped else "")


def _passing(hop: HopTold) -> str:
    """Which agreement was judged, and on which consent release rests."""
    last = hop.judgements[-1]
    if not last.is_abroad:
        words = "inside the nation: accreditation alone is asked"
    elif not last.tried:
        words = "no agreement names both parties"
    else:
        passes = "passes in force, scope and ceiling" if hop.agreement else "was judged"
        words = f"agreement {plain(last.agreement)} {passes}"
    if hop.consent:
        words += f"; release rests on the {'consent on request' if hop.is_asked else 'standing consent'} "
        words += plain(hop.consent)
    return words


def _refusal_lines(asked: Judgement, timeline: Timeline | None) -> Iterator[str]:
    """Every gate that fails at one moment; ``timeline`` to name the moment."""
    when = WHEN_WORDS[asked.when] + ("" if timeline is None else f", {clock(timeline, asked.t_us)}")
    for refusal in asked.refusals:
        legal = refusal.gate in (Gate.IN_FORCE, Gate.SCOPE, Gate.CEILING)
        by = f"agreement {plain(asked.agreement)}, " if legal and asked.agreement else ""
        why = f"{by}{plain(refusal.reason)}{_basis(refusal, asked)}"
        yield f"        {when}, gate {_gate(refusal.gate)} fails: {why}"
    if asked.refusals and not any(not one.refusals for one in asked.tried):
        for other in asked.tried:
            if other.agreement != asked.agreement:
                stop = other.refusals[0]
                yield (
                    f"        {when}, agreement {plain(other.agreement)} gets no further: "
                    f"{_gate(stop.gate)}, {plain(stop.reason)}"
                )


def _no_route_lines(asked: Judgement, node: str) -> Iterator[str]:
    yield f"    no route to {plain(node)}: no chain of links that carry it leads there"
    if not asked.refusals:
        under = f" under {plain(asked.agreement)}" if asked.agreement else ""
        yield f"        if there were a link, every gate would let it pass{under}: only the pipe is missing"
        return
    yield "        if there were a link, gates would refuse it:"
    yield from _refusal_lines(asked, None)


def _receipt_lines(run: Sequence[Sighting], told: Told) -> Iterator[str]:
    first, timeline = run[0], told.timeline
    for nth, receipt in enumerate(first.receipts):
        came = _span([one.receipts[nth].t_received_us for one in run], timeline)
        way = " > ".join(plain(name) for name in receipt.way)
        again = "came" if nth == 0 else "came again, in a copy that counts besides,"
        yield f"    {again} to {plain(told.node)} {came} by {way}, error {length_words(receipt.error_m)}"
    delays_s = [(one.receipts[0].t_received_us - one.t_observed_us) / US_PER_S for one in run]
    shortest, longest = time_words(min(delays_s)), time_words(max(delays_s))
    took = shortest if shortest == longest else f"{shortest} to {longest}"
    yield f"        {took} after it was seen: {_stage_means([one.stages for one in run])}"


def _stage_means(of_runs: Sequence[Sequence[Stage]]) -> str:
    """The mean of each stage that took any time to speak of; links are named if there are several."""
    names: dict[tuple[str, str], float] = {}
    for stages in of_runs:
        for stage in stages:
            key = (stage.link, stage.name)
            names[key] = names.get(key, 0.0) + stage.lasted_us / US_PER_S
    several = len({link for link, _ in names if link}) > 1
    said = [
        f"{STAGES[name]}{f' on {plain(link)}' if several and link else ''} {time_words(total / len(of_runs))}"
        for (link, name), total in names.items()
        if total / len(of_runs) >= SHORTEST_S
    ]
    mean = "on average " if len(of_runs) > 1 else ""
    return mean + ", ".join(said) if said else "at once"


def _custody_lines(told: Told, *, all_rows: bool) -> Iterator[str]:
    yield f"In custody of {plain(told.nation)}, warm-up and drain included:"
    for age_s, stretches in told.held:
        label = age_words(age_label(age_s))
        if not stretches:
            yield f"    up to {label} old: never"
            continue
        total_s = sum(end - begin for begin, end in stretches) / US_PER_S
        shown = stretches if all_rows else stretches[:STRETCHES_SHOWN]
        named = "; ".join(_between(begin, end, told.timeline) for begin, end in shown)
        more = f"; and {len(stretches) - len(shown):,} more" if len(stretches) > len(shown) else ""
        yield f"    up to {label} old: {time_words(total_s)} in all: {named}{more}"


def _span(times_us: Sequence[int], timeline: Timeline) -> str:
    """The first and the last of some times."""
    return _between(min(times_us), max(times_us), timeline)


def _between(first_us: int, last_us: int, timeline: Timeline) -> str:
    """Two moments, the second without the date where it is the same day."""
    first, last = clock(timeline, first_us), clock(timeline, last_us)
    if first == last:
        return first
    return f"{first} to {last[11:] if first[:10] == last[:10] else last}"


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def _counted(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _gate(gate: Gate) -> str:
    return str(gate.name).lower()


def _basis(refusal: Refusal, asked: Judgement) -> str:
    """What a refusal rests on, in brackets; nothing where no agreement has a part in it."""
    is_bare = refusal.gate == Gate.ACCREDITATION or not asked.tried
    if is_bare or refusal.reason in (DESTROYED, NO_ANSWER):
        return ""
    return f" ({plain(refusal.basis)})"
