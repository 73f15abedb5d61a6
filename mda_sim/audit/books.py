"""Whether the books hold every offer that had to be made, and no other.

Model: each fed report that comes to its feed's node, and each report that first comes to another node, is
offered once to every link that leaves the node, except one that does not carry it, one to the originator's
nation, and one back to where it came from; at the moment it came. Hops are compared with that set, both
ways.
"""

from __future__ import annotations

import numpy as np

from mda_sim.audit.case_file import CaseFile
from mda_sim.audit.findings import Notebook


def check_offers(file: CaseFile, notes: Notebook) -> None:
    """Every due offer is in the books, once and at its time, and nothing else is."""
    hops = file.hops
    notes.rows("hop of a report that no sensor fed", ~file.is_known, "hops", report=hops["report"])
    key = hops["report"] * len(file.links) + file.link
    notes.rows(
        "hops not in the order of report and link, or twice", np.diff(key, prepend=-1) <= 0, "hops", key=key
    )
    t_us, by = file.arrivals()
    due: list[np.ndarray] = []
    for link in range(len(file.links)):
        sender, recipient = file.sender[link], file.recipient[link]
        came_by = by[:, sender]
        came_from = np.where(came_by >= 0, file.sender[file.link[came_by]] if len(file.link) else -1, -1)
        is_due = file.usable[link][file.kind] & (t_us[:, sender] <= file.end_us) & (came_from != recipient)
        due.append(file.report[is_due] * len(file.links) + link)
    expected = np.sort(np.concatenate(due)) if due else np.empty(0, np.int64)
    missing, extra = np.setdiff1d(expected, key), np.setdiff1d(key, expected)
    for rule, keys in (
        ("report not offered to a link", missing),
        ("report offered to a link that was not due", extra),
    ):
        notes.broken(
            rule, [f"report {k // len(file.links)}, link {file.links[k % len(file.links)]}" for k in keys]
        )
    if len(file.link) and not len(extra):
        arrived = t_us[file.row, file.sender[file.link]]
        notes.rows(
            "t_arrived_us is not when the report came to the sender",
            hops["t_arrived_us"] != arrived,
            "hops",
            expected=arrived,
            found=hops["t_arrived_us"],
        )
    first = file.first_deliveries()
    notes.rows(
        "is_new does not mark the first delivery",
        hops["is_new"] != first,
        "hops",
        expected=first,
        found=hops["is_new"],
    )
