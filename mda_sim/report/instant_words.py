"""What a nation's picture said of a target at an instant, and why no more, in words.

Model: the newest observation held, whatever it is worth; whether the target is held at each custody age; and
the answer of the gap split (``metrics.standpoint``) with the newest contact that gives it, as its reason.

Assumptions and limits: the contact that gives the answer is one of several, as a rule; the newest is named.
Where next: ``story_words`` ends with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.spec import age_label
from mda_sim.metrics.standpoint import Instant
from mda_sim.metrics.story import HopTold, Sighting
from mda_sim.records import Outcome
from mda_sim.report.moments import clock, length_words, time_words
from mda_sim.report.text import plain
from mda_sim.report.words import GAP_WORDS, STAGE_WORDS, age_words


class Shown(NamedTuple):
    """An observation that a picture shows."""

    t_observed_us: int
    error_m: float
    report: int
    sensor: str
    operator: str


class Asked(NamedTuple):
    """What was asked about an instant."""

    instant: Instant
    newest: Shown | None
    """The newest observation held; None if none is."""
    good: Shown | None
    """The newest that is good enough for custody; None if none is held."""
    because: Sighting | None
    """The newest contact that gives the answer of the gap split; None for ``sensing``."""
    error_max_m: float
    """Largest error that still counts for custody [m]."""


def instant_lines(asked: Asked, nation: str, timeline: Timeline) -> Iterator[str]:
    """The instant, line by line."""
    instant = asked.instant
    yield f"At {clock(timeline, instant.t_us)} the picture of {plain(nation)} said:"
    yield f"    {_shown(asked.newest, instant.t_us, timeline)}"
    if asked.good != asked.newest:
        yield f"    good enough for custody: {_shown(asked.good, instant.t_us, timeline)}"
    ages = [(age_words(age_label(age_s)), held) for age_s, held in instant.custody]
    yield (
        f"    in custody up to: {_listed([age for age, held in ages if held])}; "
        f"not up to: {_listed([age for age, held in ages if not held])}"
    )
    window = age_words(age_label(instant.tau_s))
    yield f"    gap split over {window}: {GAP_WORDS[instant.answer.name.lower()]}"
    for line in _reason(asked, timeline):
        yield f"    because {line}"


def _shown(shown: Shown | None, t_us: int, timeline: Timeline) -> str:
    if shown is None:
        return "nothing held"
    return (
        f"seen {clock(timeline, shown.t_observed_us)} ({time_words((t_us - shown.t_observed_us) / US_PER_S)} "
        f"old) by {plain(shown.sensor)} of {plain(shown.operator)}, error {length_words(shown.error_m)}, "
        f"report {shown.report}"
    )


def _listed(words: list[str]) -> str:
    return ", ".join(words) if words else "none"


def _reason(asked: Asked, timeline: Timeline) -> Iterator[str]:
    instant, one = asked.instant, asked.because
    if one is None:
        window = age_words(age_label(instant.tau_s))
        yield f"no sensor that feeds anybody held it in the {window} before"
        return
    seen = f"what {plain(one.sensor)} of {plain(one.operator)} saw {clock(timeline, one.t_observed_us)}"
    which = f"{seen} (report {one.report})"
    if instant.answer == Answer.HELD:
        yield f"{which} is held, not false, with an error of at most {length_words(asked.error_max_m)}"
    elif instant.answer == Answer.QUALITY:
        what = (
            "says a false position"
            if one.is_false
            else f"has an error over {length_words(asked.error_max_m)}"
        )
        yield f"{which} is held, and {what}"
    elif instant.answer == Answer.LATENCY:
        yield f"{which} {_on_its_way(one, instant.t_us, timeline)}"
    elif instant.answer == Answer.NO_LINK:
        yield f"{which} has no route, though no gate would refuse it"
    elif one.receipts:
        gone = clock(timeline, max(receipt.t_purged_us for receipt in one.receipts))
        yield f"{which} was held, and had to be destroyed {gone}"
    elif one.without_link is not None:
        reasons = "; ".join(
            f"{str(refusal.gate.name).lower()}: {plain(refusal.reason)}"
            for refusal in one.without_link.refusals
        )
        judged = one.without_link.agreement
        under = f" (agreement {plain(judged)})" if judged else ""
        yield f"{which} has no route, and gates would refuse it{under}: {reasons}"
    else:
        yield from _stopped(which, one)


def _on_its_way(one: Sighting, t_us: int, timeline: Timeline) -> str:
    """When a contact comes, and what it waits for at the instant."""
    coming = [receipt.t_received_us for receipt in one.receipts if receipt.t_received_us > t_us]
    if coming:
        stage = next((stage for stage in one.stages if stage.from_us <= t_us < stage.to_us), None)
        where = (
            ""
            if stage is None
            else f"; it is in {_stage(stage.name)}" + (f" on {plain(stage.link)}" if stage.link else "")
        )
        return f"comes {clock(timeline, min(coming))}{where}"
    ends = {hop.end.value for hop in one.hops if hop.outcome == Outcome.IN_FLIGHT}
    return "had not come by the end of the run" + (f" ({'; '.join(sorted(ends))})" if ends else "")


def _stage(name: str) -> str:
    return STAGE_WORDS.get(name, "its reporting interval")


def _stopped(which: str, one: Sighting) -> Iterator[str]:
    """Where a contact stopped: the hops that ended as the part did for the nation."""
    for hop in one.hops:
        if hop.outcome == one.outcome:
            yield f"{which} was stopped on {plain(hop.link)}: {hop.end.value}{_gates(hop)}"


def _gates(hop: HopTold) -> str:
    said = [
        f"{str(refusal.gate.name).lower()}: {plain(refusal.reason)}"
        for judged in hop.judgements
        for refusal in judged.refusals
    ]
    judged_under = {judged.agreement for judged in hop.judgements if judged.refusals and judged.agreement}
    under = f" (agreement {', '.join(plain(id_) for id_ in sorted(judged_under))})" if judged_under else ""
    return f"{under}: {'; '.join(said)}" if said else ""
