"""Parts: reports split into the contacts that all filters and areas of a configuration treat alike.

Model: contacts of one report with the same share class are one part. Without filters and areas every report
with a contact is one part. Assumptions and limits: those of ``filters``.
Where next: ``intake`` puts parts into the network; ``picture`` looks up the part of each contact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.records import NO_TARGET, PARTS, ContactFacts, DetectionLog
from mda_sim.sharing.filters import area_entries, filter_entries, share_class
from mda_sim.sharing.network import SharingSpec


def split_reports(
    log: DetectionLog, sharing: SharingSpec, facts: ContactFacts | None
) -> tuple[Table, NDArray[np.uint32]]:
    """The parts of all reports, and the part of each contact, (n_contacts,), read-only.

    RunError if the configuration has filters or areas but there are no facts about the contacts.
    """
    from mda_sim.sharing.exchange.parts_kernels import number_parts

    n_contacts = len(log.contacts)
    part = np.empty(n_contacts, np.uint32)
    report, count, n_vessels = np.empty((3, n_contacts), np.uint32)
    n_false = np.empty(n_contacts, np.uint16)
    passed = np.empty(n_contacts, np.uint64)
    n = number_parts(
        log.reports["count"].astype(np.int64),
        share_class(log, sharing, facts),
        log.contacts["target"],
        log.n_vessels,
        NO_TARGET,
        part,
        report,
        passed,
        count,
        n_vessels,
        n_false,
    )
    part.flags.writeable = False
    meta = {
        "filters": [list(entry.links) for entry in filter_entries(sharing)],
        "areas": [list(entry.names) for entry in area_entries(sharing)],
    }
    columns: dict[str, NDArray[Any]] = {
        "part": np.arange(n),
        "report": report[:n].copy(),
        "share_class": passed[:n].copy(),
        "count": count[:n].copy(),
        "n_vessels": n_vessels[:n].copy(),
        "n_false": n_false[:n].copy(),
    }
    return Table.of(PARTS, columns, meta), part
