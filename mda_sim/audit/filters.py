"""Whether reports were split into parts as the filters of links demand, contact by contact.

Model: every contact is asked again by every filter: does it broadcast, is it long enough, is it in the area.
The answers are the share class that its part must have. A split is right if each contact lies in a part of
its report and class, parts are numbered by report and class without a gap, and none is counted wrongly.

Assumptions and limits: the facts about contacts are taken as given.
Where next: ``case_file`` takes up the parts that sensors feed, ``trails`` asks which of them pass.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.findings import Notebook
from mda_sim.audit.rules import Tree
from mda_sim.records import NO_TARGET, ContactFacts, DeliveryLog, DetectionLog


def filters_of(sharing: Tree) -> list[list[str]]:
    """The links of each different filter and list of categories, in the order of their first link."""
    alike: dict[str, list[str]] = {}
    for id_ in sorted(sharing["links"]):
        link = sharing["links"][id_]
        if link["filter"] is not None:
            text = json.dumps([link["filter"], list(link["categories"])], sort_keys=True)
            alike.setdefault(text, []).append(id_)
    return list(alike.values())


def check_parts(
    log: DetectionLog, deliveries: DeliveryLog, sharing: Tree, facts: ContactFacts | None, notes: Notebook
) -> None:
    """Every contact is in the part of its report that its filters give, and parts hold nothing else."""
    parts, of_contact = deliveries.parts, deliveries.contact_part
    filters = filters_of(sharing)
    if [list(links) for links in parts.meta.get("filters", [])] != filters:
        notes.broken("parts are not about the filters of the links", [f"expected {filters}"])
        return
    if not _are_facts_whole(log, sharing, filters, facts, notes):
        return
    report, share_class = parts["report"].astype(np.int64), parts["share_class"]
    if len(of_contact) != len(log.contacts) or of_contact.max(initial=0) >= max(1, len(parts)):
        notes.broken("contacts without a part", [f"{len(of_contact):,} entries, {len(parts):,} parts"])
        return
    follows = (np.diff(report, prepend=-1) > 0) | (
        (np.diff(report, prepend=-1) == 0) & (share_class > np.roll(share_class, 1))
    )
    in_order = follows & (parts["part"] == np.arange(len(parts)))
    notes.rows("parts not numbered by report and share class, or twice", ~in_order, "parts", report=report)
    own_report = np.repeat(log.reports["report"], log.reports["count"])
    notes.rows(
        "a contact in a part of another report",
        parts["report"][of_contact] != own_report,
        "contacts",
        expected=own_report,
        part=of_contact,
    )
    expected = _share_classes(log, sharing, filters, facts)
    found = share_class[of_contact] if filters else share_class
    notes.rows(
        "share_class is not what the filters give",
        found != expected,
        "contacts" if filters else "parts",
        expected=np.broadcast_to(expected, found.shape),
        found=found,
    )
    is_vessel = log.contacts["target"] < log.n_vessels
    is_false = log.contacts["target"] == NO_TARGET
    counts = {
        "count": np.bincount(of_contact, minlength=len(parts)),
        "n_vessels": np.bincount(of_contact[is_vessel], minlength=len(parts)),
        "n_false": np.bincount(of_contact[is_false], minlength=len(parts)),
    }
    for name, counted in counts.items():
        wrong = (parts[name] != counted[: len(parts)]) | (parts["count"] == 0)
        notes.rows(f"parts: {name} is not what it holds", wrong, "parts", expected=counted, found=parts[name])


def _are_facts_whole(
    log: DetectionLog, sharing: Tree, filters: list[list[str]], facts: ContactFacts | None, notes: Notebook
) -> bool:
    """Whether all that filters ask about is known of every contact."""
    if not filters:
        return True
    if facts is None:
        notes.broken("links have filters, but there are no facts about the contacts", [str(filters)])
        return False
    areas = [links[0] for links in filters if sharing["links"][links[0]]["filter"]["area"] is not None]
    missing = [f"area of link {link}" for link in areas if link not in facts.inside]
    known = [facts.broadcasting, facts.length_m, *(facts.inside[link] for link in areas if not missing)]
    missing += [f"{len(fact):,} entries" for fact in known if len(fact) != len(log.contacts)]
    notes.broken("the facts about the contacts are not whole", missing)
    return not missing


def _share_classes(
    log: DetectionLog, sharing: Tree, filters: list[list[str]], facts: ContactFacts | None
) -> NDArray[np.uint64]:
    """The share class of each contact; a single 0 if there are no filters."""
    if facts is None or not filters:
        return np.zeros(1, np.uint64)
    answers = np.zeros(len(log.contacts), np.uint64)
    sensor = np.repeat(log.reports["sensor"], log.reports["count"])
    for bit, links in enumerate(filters):
        link = sharing["links"][links[0]]
        asks = link["filter"]
        goes = np.array(
            [
                card.id in sharing["feeds"]
                and (not link["categories"] or card.category in link["categories"])
                for card in log.sensors
            ],
            bool,
        )
        is_stopped = ~goes[sensor]
        if asks["broadcasting"] is not None:
            is_stopped |= facts.broadcasting != asks["broadcasting"]
        if asks["length_min_m"] is not None:
            is_stopped |= facts.length_m < np.float32(asks["length_min_m"])
        if asks["area"] is not None:
            is_stopped |= ~facts.inside[links[0]]
        answers[~is_stopped] += np.uint64(1 << bit)
    return answers
