"""The story of one target as plain data: every sighting, hop, gate and stage, for JSON.

Model: times are whole microseconds since the start of the run (``_us``); what never came is null.
Where next: ``study.explain`` hands it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mda_sim.core.time import NEVER_US
from mda_sim.metrics.story import HopTold, Sighting, Stage
from mda_sim.picture.judgements import Judgement
from mda_sim.report.instant_words import Asked, Shown
from mda_sim.report.story_words import Told
from mda_sim.sharing.gates import Refusal


def story_data(told: Told) -> dict[str, Any]:
    """A story as JSON holds it."""
    return {
        "name": told.name,
        "what": told.what,
        "nation": told.nation,
        "node": told.node,
        "configuration": told.configuration,
        "seed": told.seed,
        "start_utc": told.timeline.datetime_at(0).isoformat(),
        "sightings": [_sighting(one) for one in told.sightings],
        "custody": [
            {"age_s": age_s, "held_us": [list(stretch) for stretch in stretches]}
            for age_s, stretches in told.held
        ],
        "at": None if told.asked is None else _asked(told.asked),
    }


def _sighting(one: Sighting) -> dict[str, Any]:
    return {
        "report": one.report,
        "part": one.part,
        "contact": one.contact,
        "sensor": one.sensor,
        "operator": one.operator,
        "category": one.category,
        "error_m": one.error_m,
        "t_observed_us": one.t_observed_us,
        "t_ready_us": one.t_ready_us,
        "is_false": one.is_false,
        "feed_node": one.feed_node or None,
        "t_fed_us": _time(one.t_fed_us),
        "outcome": None if one.outcome is None else one.outcome.name,
        "hops": [_hop(hop) for hop in one.hops],
        "without_link": None if one.without_link is None else _judgement(one.without_link),
        "receipts": [
            {
                "t_received_us": receipt.t_received_us,
                "t_purged_us": _time(receipt.t_purged_us),
                "error_m": receipt.error_m,
                "way": list(receipt.way),
            }
            for receipt in one.receipts
        ],
        "stages": _stages(one.stages),
    }


def _hop(hop: HopTold) -> dict[str, Any]:
    return {
        "row": hop.row,
        "link": hop.link,
        "sender": hop.sender,
        "recipient": hop.recipient,
        "label": hop.label,
        "level": hop.level,
        "coarsened_m": hop.coarsened_m,
        "is_stripped": hop.is_stripped,
        "t_arrived_us": hop.t_arrived_us,
        "t_received_us": _time(hop.t_received_us),
        "t_purged_us": _time(hop.t_purged_us),
        "outcome": hop.outcome.name,
        "end": hop.end.value,
        "agreement": hop.agreement or None,
        "consent": hop.consent or None,
        "is_asked": hop.is_asked,
        "judgements": [_judgement(one) for one in hop.judgements],
        "stages": _stages(hop.stages),
    }


def _judgement(one: Judgement) -> dict[str, Any]:
    return {
        "when": one.when,
        "t_us": one.t_us,
        "agreement": one.agreement or None,
        "tried": [
            {"agreement": tried.agreement, "refusals": _refusals(tried.refusals)} for tried in one.tried
        ],
        "refusals": _refusals(one.refusals),
        "consents": list(one.consents),
    }


def _refusals(refusals: Sequence[Refusal]) -> list[dict[str, str]]:
    return [{"gate": str(one.gate.name), "reason": one.reason, "basis": one.basis} for one in refusals]


def _stages(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    return [
        {"stage": one.name, "link": one.link or None, "from_us": one.from_us, "to_us": one.to_us}
        for one in stages
    ]


def _asked(asked: Asked) -> dict[str, Any]:
    instant = asked.instant
    return {
        "t_us": instant.t_us,
        "newest": _shown(asked.newest),
        "good": _shown(asked.good),
        "custody": [{"age_s": age_s, "held": held} for age_s, held in instant.custody],
        "tau_s": instant.tau_s,
        "answer": instant.answer.name,
        "because": None if asked.because is None else _sighting(asked.because),
    }


def _shown(shown: Shown | None) -> dict[str, Any] | None:
    return None if shown is None else shown._asdict()


def _time(t_us: int) -> int | None:
    return None if t_us >= NEVER_US else t_us
