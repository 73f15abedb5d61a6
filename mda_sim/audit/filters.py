"""Whether reports were split into parts as filters and areas demand, contact by contact.

Model: every contact is asked again by every filter (does it broadcast, is it long enough, is it in the area)
and by every area of an agreement or consent. The answers are the share class that its part must have: bits of
filters, then bits of areas. A split is right if each contact lies in a part of its report and class, parts
are numbered by report and class without a gap, and none is counted wrongly. A false contact is in no area.

Assumptions and limits: the facts about contacts are taken as given.
Where next: ``case_file`` takes up the parts that sensors feed, ``trails`` asks which of them pass.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.findings import Notebook
from mda_sim.audit.moments import Tree
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


def areas_of(sharing: Tree) -> list[list[str]]:
    """Agreements and consents that share an area and their categories, in the order of their first name."""
    alike: dict[str, list[str]] = {}
    for kind in ("agreements", "consents"):
        for id_ in sorted(sharing[kind]):
            spec = sharing[kind][id_]
            if spec["area"] is not None:
                text = json.dumps([spec["area"], list(spec["categories"])], sort_keys=True)
                alike.setdefault(text, []).append(f"{kind}.{id_}")
    return list(alike.values())


def check_parts(
    log: DetectionLog, deliveries: DeliveryLog, sharing: Tree, facts: ContactFacts | None, notes: Notebook
) -> None:
    """Every contact is in the part of its report that its filters give, and parts hold nothing else."""
    from mda_sim.audit.part_kernels import hold_against

    parts, of_contact = deliveries.parts, deliveries.contact_part
    filters, areas = filters_of(sharing), areas_of(sharing)
    for key, rule, entries in (
        ("filters", "parts are not about the filters of the links", filters),
        ("areas", "parts are not about the areas of agreements and consents", areas),
    ):
        if [list(names) for names in parts.meta.get(key, [])] != entries:
            notes.broken(rule, [f"expected {entries}"])
    if notes.findings or not _are_facts_whole(log, sharing, filters, areas, facts, notes):
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
    asked = bool(filters or areas)
    answers = _share_classes(log, sharing, filters, areas, facts)
    counts = np.zeros((3, len(parts)), np.int64)
    strangers, others = hold_against(
        log.reports["report"],
        log.reports["count"],
        log.contacts["target"],
        log.n_vessels,
        NO_TARGET,
        answers,
        of_contact,
        parts["report"],
        share_class,
        counts,
    )
    if strangers:
        own_report = np.repeat(log.reports["report"], log.reports["count"])
        notes.rows(
            "a contact in a part of another report",
            parts["report"][of_contact] != own_report,
            "contacts",
            expected=own_report,
            part=of_contact,
        )
    if others or not asked:
        expected = answers if asked else np.zeros(len(parts), np.uint64)
        found = share_class[of_contact] if asked else share_class
        notes.rows(
            "share_class is not what the filters give",
            found != expected,
            "contacts" if asked else "parts",
            expected=expected,
            found=found,
        )
    for name, counted in zip(("count", "n_vessels", "n_false"), counts, strict=True):
        wrong = (parts[name] != counted) | (parts["count"] == 0)
        notes.rows(f"parts: {name} is not what it holds", wrong, "parts", expected=counted, found=parts[name])


def _are_facts_whole(
    log: DetectionLog,
    sharing: Tree,
    filters: list[list[str]],
    areas: list[list[str]],
    facts: ContactFacts | None,
    notes: Notebook,
) -> bool:
    """Whether all that filters and areas ask about is known of every contact."""
    if not (filters or areas):
        return True
    if facts is None:
        notes.broken(
            "links have filters or rules have areas, but there are no facts about the contacts",
            [str(filters + areas)],
        )
        return False
    asked = [links[0] for links in filters if sharing["links"][links[0]]["filter"]["area"] is not None]
    asked += [names[0] for names in areas]
    missing = [f"area of {name}" for name in asked if name not in facts.inside]
    known = [facts.broadcasting, facts.length_m, *(facts.inside[name] for name in asked if not missing)]
    missing += [f"{len(fact):,} entries" for fact in known if len(fact) != len(log.contacts)]
    notes.broken("the facts about the contacts are not whole", missing)
    return not missing


def _share_classes(
    log: DetectionLog,
    sharing: Tree,
    filters: list[list[str]],
    areas: list[list[str]],
    facts: ContactFacts | None,
) -> NDArray[np.uint64]:
    """The share class of each contact; nothing if there are neither filters nor areas."""
    from mda_sim.audit.part_kernels import answer

    if facts is None or not (filters or areas):
        return np.zeros(0, np.uint64)
    answers = np.zeros(len(log.contacts), np.uint64)
    of_reports, nowhere = (log.reports["sensor"], log.reports["count"]), np.zeros(0, bool)
    for bit, links in enumerate(filters):
        link = sharing["links"][links[0]]
        asks, goes = link["filter"], _goes(log, sharing, link["categories"])
        broadcasting = -1 if asks["broadcasting"] is None else int(asks["broadcasting"])
        least_m = 0.0 if asks["length_min_m"] is None else float(np.float32(asks["length_min_m"]))
        is_inside = nowhere if asks["area"] is None else facts.inside[links[0]]
        asked: tuple[Any, ...] = broadcasting, facts.broadcasting, least_m, facts.length_m, is_inside
        asked = (*of_reports, goes, *asked, np.uint64(1 << bit), answers)
        answer(*asked)
    for bit, names in enumerate(areas, len(filters)):
        kind, _, id_ = names[0].partition(".")
        goes = _goes(log, sharing, sharing[kind][id_]["categories"])
        is_inside = facts.inside[names[0]] & (log.contacts["target"] != NO_TARGET)
        asked = -1, facts.broadcasting, 0.0, facts.length_m, is_inside
        asked = (*of_reports, goes, *asked, np.uint64(1 << bit), answers)
        answer(*asked)
    return answers


def _goes(log: DetectionLog, sharing: Tree, categories: list[str]) -> NDArray[np.bool_]:
    """Of which sensors reports are fed and of one of these categories; none named: of any."""
    return np.array(
        [
            card.id in sharing["feeds"] and (not categories or card.category in categories)
            for card in log.sensors
        ],
        bool,
    )
