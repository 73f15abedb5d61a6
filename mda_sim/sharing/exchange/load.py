"""Offered load of desks and links: whether an arrangement can work at all.

Model: offered load = work that arrives / work that can be done, over the time in which sensors report:

    desk   cases and requests for consent x mean touch time / (servers x open time)
    link   bits of all cases / (bandwidth x time that it is up)

A queue whose offered load is 1 or more grows without end. What arrives is counted by a run of the exchange in
which desks and links cost no time, so relays are counted too; cases of ghosts are not, nor are those that the
sender does not want to send (by the draws of seed 0).

Assumptions and limits: without delays more reports pass gates that close during the run than would with them.
A link without a bandwidth has no load.
Source: L. Kleinrock, "Queueing Systems", vol. 1, 1975, section 2.1 (utilisation factor).
Where next: the verb ``check`` prints it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.records import ContactFacts, DetectionLog
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.desks import Always, Constant
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.exchange.run import run_engine
from mda_sim.sharing.hours import open_hours
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.schedules import Push, UpTime


class Load(NamedTuple):
    """Offered load of one desk or link."""

    kind: Literal["desk", "link"]
    id: str
    offered_load: float
    """Work that arrives over work that can be done; inf where work arrives and none can be done."""
    cases_per_day: float
    """Cases with a vessel that arrive, and requests about them."""
    bytes_per_day: float
    """Bytes that arrive."""


def offered_load(
    sharing: SharingSpec, log: DetectionLog, timeline: Timeline, facts: ContactFacts | None = None
) -> list[Load]:
    """Load of every desk, then of every link, in the order of ids.

    RunError if links filter contacts and no ``facts`` about them are given.
    """
    parts, _ = split_reports(log, sharing, facts)
    engine = run_engine(log, parts, _without_delays(sharing), timeline, seed=0)
    n_cases, n_bytes = dict.fromkeys(sharing.links, 0), dict.fromkeys(sharing.links, 0)
    for case in engine.cases:
        size = sum(bundle.n_bytes for bundle in case.bundles)
        if size and not case.is_unwilling:
            link = engine.topology.links[case.lane.link]
            n_cases[link] += 1
            n_bytes[link] += size
    n_requests = dict.fromkeys(sharing.desks, 0)
    for request in engine.requests:
        consent = sharing.consents[sorted(sharing.consents)[request.consent]]
        if (
            isinstance(consent, ConsentOnRequest)
            and consent.desk is not None
            and any(bundle.n_bytes for bundle in request.bundles)
        ):
            n_requests[consent.desk] += 1
    days = timeline.score_to_us / US_PER_DAY
    rows = []
    for id_, desk in sorted(sharing.desks.items()):
        served = [link for link, spec in sharing.links.items() if spec.desk == id_]
        cases = sum(n_cases[link] for link in served) + n_requests[id_]
        hours = open_hours(desk.calendar, timeline)
        open_s = (hours.worked(timeline.score_to_us) - hours.worked(0)) / US_PER_S
        load = _ratio(cases * desk.touch.mean_s, desk.servers * open_s)
        rows.append(Load("desk", id_, load, cases / days, sum(n_bytes[link] for link in served) / days))
    for id_, link_spec in sorted(sharing.links.items()):
        capacity = float("inf") if link_spec.bandwidth_bps is None else link_spec.bandwidth_bps
        up_s = UpTime(link_spec.outages, timeline).lasted(timeline.score_to_us) / US_PER_S
        load = _ratio(8.0 * n_bytes[id_], capacity * up_s if up_s else 0.0)
        rows.append(Load("link", id_, load, n_cases[id_] / days, n_bytes[id_] / days))
    return rows


def _ratio(work: float, capacity: float) -> float:
    if work == 0:
        return 0.0
    return work / capacity if capacity > 0 else float("inf")


def _without_delays(sharing: SharingSpec) -> SharingSpec:
    """The same arrangement with desks and links that cost no time."""
    swift = {"touch": Constant(), "elapsed": Constant(), "calendar": Always(), "expiry_s": None}
    desks = {id_: desk.model_copy(update=swift) for id_, desk in sharing.desks.items()}
    links = {
        id_: link.model_copy(update={"bandwidth_bps": None, "delay_s": 0.0, "outages": (), "pattern": Push()})
        for id_, link in sharing.links.items()
    }
    consents = {
        id_: consent.model_copy(update={"answer": Constant()})
        if isinstance(consent, ConsentOnRequest)
        else consent
        for id_, consent in sharing.consents.items()
    }
    return sharing.model_copy(update={"desks": desks, "links": links, "consents": consents})
