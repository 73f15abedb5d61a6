"""Offered load of desks and links: whether an arrangement can work at all.

Model: offered load = work that arrives / work that can be done, over the time in which sensors report:

    desk   cases and requests for consent x mean touch time / (open time x servers at that time)
    link   bits of all cases / (bandwidth x time that it is up)

A queue whose offered load is 1 or more grows without end. What arrives is counted by a run of the exchange in
which desks and links cost no time, so relays are counted too; cases of ghosts are not, nor are those that the
sender does not want to send, nor the onward load of what is lost on the way (by the draws of seed 0). A link
that fails at random is taken to be up as much as in the long run.

Assumptions and limits: without delays more reports pass gates that close during the run than would with them.
A link without a bandwidth has no load.
Source: L. Kleinrock, "Queueing Systems", vol. 1, 1975, section 2.1 (utilisation factor).
Where next: the verb ``check`` prints it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, US_PER_DAY, US_PER_S, Timeline
from mda_sim.records import ContactFacts, DetectionLog
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.desks import Always, Constant, DeskSpec
from mda_sim.sharing.exchange.build import scheduled_down
from mda_sim.sharing.exchange.desk import staffing
from mda_sim.sharing.exchange.engine import Engine
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.exchange.run import run_engine
from mda_sim.sharing.hours import desk_hours
from mda_sim.sharing.network import LinkSpec, SharingSpec
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
    n_cases, n_bytes, n_requests = _work(engine)
    links = sorted(sharing.links)
    days = timeline.score_to_us / US_PER_DAY
    rows = []
    for id_, desk in sorted(sharing.desks.items()):
        served = [i for i, name in enumerate(links) if sharing.links[name].desk == id_]
        asked = [
            i
            for i, consent in enumerate(sorted(sharing.consents))
            if isinstance(spec := sharing.consents[consent], ConsentOnRequest) and spec.desk == id_
        ]
        cases = int(n_cases[served].sum() + n_requests[asked].sum())
        load = _ratio(cases * desk.touch.mean_s, server_time_us(desk, timeline) / US_PER_S)
        rows.append(Load("desk", id_, load, cases / days, float(n_bytes[served].sum()) / days))
    for i, id_ in enumerate(links):
        link = sharing.links[id_]
        capacity = float("inf") if link.bandwidth_bps is None else link.bandwidth_bps
        up_s = up_time_us(link, timeline) / US_PER_S
        load = _ratio(8.0 * float(n_bytes[i]), capacity * up_s if up_s else 0.0)
        rows.append(Load("link", id_, load, float(n_cases[i]) / days, float(n_bytes[i]) / days))
    return rows


def server_time_us(desk: DeskSpec, timeline: Timeline) -> int:
    """Time for which servers can work while sensors report, added up over the servers [us]."""
    hours = desk_hours(desk, timeline)
    changes_us, servers = staffing(desk, timeline)
    edges = [0, *(min(max(change, 0), timeline.score_to_us) for change in changes_us), timeline.score_to_us]
    worked = [hours.worked(edge) for edge in edges]
    return sum(n * (later - earlier) for n, earlier, later in zip(servers, worked, worked[1:], strict=False))


def up_time_us(link: LinkSpec, timeline: Timeline) -> float:
    """Time for which a link is up while sensors report: expected, where it fails at random [us]."""
    scheduled = UpTime(scheduled_down(link, timeline)).lasted(timeline.score_to_us)
    if link.failures is None:
        return scheduled
    up_s, down_s = link.failures.up_mean_s, link.failures.down_mean_s
    return scheduled * up_s / (up_s + down_s)


def _work(engine: Engine) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cases with a vessel that their sender wants to send, and their bytes, by link; requests by consent."""
    pieces, state = engine.used("pieces"), engine.state
    came = pieces[(pieces["n_bytes"] > 0) & (pieces["is_unwilling"] == 0) & (pieces["came_us"] != NEVER_US)]
    is_case = came["request_of"] < 0
    cases, requests = came[is_case], came[~is_case]
    n_links = len(engine.topology.links)
    link = state.lanes["link"][cases["lane"]]
    n_bytes = np.zeros(n_links, np.int64)
    np.add.at(n_bytes, link, cases["n_bytes"])
    consents = np.bincount(state.ways["consent"][requests["way"]], minlength=len(engine.sharing.consents))
    return np.bincount(link, minlength=n_links), n_bytes, consents


def _ratio(work: float, capacity: float) -> float:
    if work == 0:
        return 0.0
    return work / capacity if capacity > 0 else float("inf")


def _without_delays(sharing: SharingSpec) -> SharingSpec:
    """The same arrangement with desks and links that cost no time."""
    swift_desk = {
        "touch": Constant(), "elapsed": Constant(), "calendar": Always(), "closures": (), "surges": (),
        "discipline": "fifo", "batch": None, "expiry_s": None,
    }  # fmt: skip
    swift_link = {
        "bandwidth_bps": None, "delay_s": 0.0, "extra_delay": Constant(), "queue_limit": None, "outages": (),
        "failures": None, "contact_windows": None, "pattern": Push(),
    }  # fmt: skip
    desks = {id_: desk.model_copy(update=swift_desk) for id_, desk in sharing.desks.items()}
    links = {id_: link.model_copy(update=swift_link) for id_, link in sharing.links.items()}
    consents = {
        id_: consent.model_copy(update={"answer": Constant()})
        if isinstance(consent, ConsentOnRequest)
        else consent
        for id_, consent in sharing.consents.items()
    }
    return sharing.model_copy(update={"desks": desks, "links": links, "consents": consents})
