"""The tables that the layers hand to each other: columns, dtypes, sort order.

``reports`` and ``contacts`` are the detection log (what sensors held), ``products`` what each contact says,
``parts``, ``hops`` and ``outcomes`` the delivery log (what became of it), ``scores`` the answer. Ids are
dense integers in the order of sorted names; the names travel in a table's metadata. Times are int64
microseconds since the scenario's start; one that never came is ``core.time.NEVER_US``; an id that is not
there is -1.

Where next: sensing writes the detection log, sharing the delivery log, metrics the scores; audit reads all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US

REPORTS: Final = Schema(
    "reports",
    (
        Column("report", "u4", "dense id of the report, its row number"),
        Column("sensor", "u2", "sensor that made it", names="sensors"),
        Column(
            "interval",
            "u4",
            "reporting interval since the sensor's phase; of a satellite: number x 2**20 + pass",
        ),
        Column("t_observed_us", "i8", "end of the interval: what the report is about [us]"),
        Column("t_ready_us", "i8", "when the sensor's product exists (processing, downlink) [us]"),
        Column("first", "u4", "row of its first contact in `contacts`"),
        Column("count", "u4", "number of contacts, probes and false ones included"),
        Column("n_vessels", "u4", "number of contacts of vessels"),
        Column("n_false", "u2", "number of false contacts; a report without these and vessels is weightless"),
    ),
    sort=("sensor", "interval"),
)
"""One row per operating interval of each sensor, empty intervals included."""

CONTACTS: Final = Schema(
    "contacts",
    (
        Column("target", "u4", "vessel, probe (ids from n_vessels on) or NO_TARGET for a false contact"),
        Column("dt_us", "u4", "how long before the report's t_observed_us the target was last held [us]"),
        Column("merged", "u2", "number of vessels in the resolution cell that the contact stands for"),
    ),
)
"""Contacts sorted by report, then target; a report's slice is [first, first + count)."""

NO_TARGET: Final = 0xFFFFFFFF
"""Target of a false contact: none. It is last in its report."""

PRODUCTS: Final = Schema(
    "products",
    (
        Column("report", "u4", "report of the contact"),
        Column("target", "u4", "as in `contacts`: vessel, probe or NO_TARGET for a false contact"),
        Column("t_us", "i8", "when the target was where it is said to be [us]"),
        Column("lat_deg", "f8", "latitude as measured or, by AIS, as broadcast [deg]"),
        Column("lon_deg", "f8", "longitude as measured or, by AIS, as broadcast [deg]"),
        Column("true_lat_deg", "f8", "latitude of the target, NaN for a false contact [deg]"),
        Column("true_lon_deg", "f8", "longitude of the target, NaN for a false contact [deg]"),
        Column("semi_major_m", "f4", "longer half axis of the error ellipse of 1 sigma [m]"),
        Column("semi_minor_m", "f4", "shorter half axis of it [m]"),
        Column("orientation_deg", "f4", "bearing of the longer axis, 0 to 180, clockwise from north [deg]"),
        Column("length_m", "f4", "length as measured or as broadcast, NaN if the sensor tells none [m]"),
        Column("mmsi", "u4", "identity as broadcast, 0 for none"),
        Column("is_ais", "u1", "1 if it is what the target broadcast, 0 if it was measured"),
    ),
)
"""What each contact says; row i is of row i of ``contacts``. Made on request, a pure function of the log."""

PARTS: Final = Schema(
    "parts",
    (
        Column("part", "u4", "dense id of the part, its row number"),
        Column("report", "u4", "report that it is a part of"),
        Column(
            "share_class",
            "u8",
            "filters that its contacts pass and areas they are in: bits by meta `filters`, then `areas`",
        ),
        Column("count", "u4", "number of its contacts, probes and false ones included; at least 1"),
        Column("n_vessels", "u4", "number of its contacts of vessels"),
        Column(
            "n_false", "u2", "number of its false contacts; a part without these and vessels is weightless"
        ),
    ),
    sort=("report", "share_class"),
)
"""What travels: the contacts of one report that all filters and areas of a configuration treat alike.

Every report with a contact has at least one part; without filters and areas each has exactly one.
"""

CONTACT_PARTS: Final = Schema(
    "contact_parts", (Column("part", "u4", "part that the contact in this row of `contacts` belongs to"),)
)
"""Row i is of row i of ``contacts``; stored beside ``parts``."""

HEADER_BYTES: Final = 64
"""Bytes of a part besides its contacts: an IPv6 header (40 bytes, RFC 8200) and a label. Assumption"""


def weight_of(parts: Table) -> NDArray[np.int64]:
    """Contacts that take bytes and need review in each row of a PARTS table: of vessels, and false ones,
    (n,).
    """
    weight: NDArray[np.int64] = parts["n_vessels"].astype(np.int64) + parts["n_false"]
    return weight


class Outcome(IntEnum):
    """What became of a copy on one hop, or of a part of a report for one nation."""

    DELIVERED = 0
    IN_FLIGHT = 1
    EXPIRED = 2
    LOST = 3
    WITHHELD = 4
    NOT_SENT = 5
    NO_ROUTE = 6


class Gate(IntFlag):
    """The rules on the way from a node onto a link, in the order in which they are asked.

    A set of gates is the bit mask of those that fail; the lowest bit names the refusal.
    """

    IN_FORCE = 1
    SCOPE = 2
    CEILING = 4
    ACCREDITATION = 8
    RELEASE = 16


HOPS: Final = Schema(
    "hops",
    (
        Column("part", "u4", "part that was offered"),
        Column("link", "i2", "link it was offered to", names="links"),
        Column("copy", "u2", "how many copies of the part were offered to the link before this one"),
        Column("source", "i4", "row of `hops` that brought the copy to the sending node, -1 if its feed did"),
        Column("label", "i2", "label of the copy as offered, after sanitising", names="labels"),
        Column("coarsened_m", "f4", "position error that sanitising has put on the copy so far, 1 sigma [m]"),
        Column("t_arrived_us", "i8", "when the copy came to the sending node [us]"),
        Column("t_case_us", "i8", "when its case was closed and handed to the desk [us]"),
        Column("t_review_us", "i8", "when a server began to review the case [us]"),
        Column("t_reviewed_us", "i8", "when the review ended (touch time) [us]"),
        Column("t_released_us", "i8", "when the elapsed delay after the review ended [us]"),
        Column(
            "t_asked_us", "i8", "when the originator was asked for consent; release if none was needed [us]"
        ),
        Column("t_decided_us", "i8", "when the originator's desk ended its review of the request [us]"),
        Column("t_consented_us", "i8", "when the originator's answer was back at the sender [us]"),
        Column("t_sent_us", "i8", "when its transmission began [us]"),
        Column("t_transmitted_us", "i8", "when its last bit left [us]"),
        Column("t_received_us", "i8", "when it was at the receiving node [us]"),
        Column("case", "i8", "number of the case on its link and category, -1 if it met no desk"),
        Column("gates", "u2", "gates that failed on arrival (bit mask of Gate)"),
        Column("gates_at_release", "u2", "gates that failed at release, when the answer came, or on receipt"),
        Column(
            "agreement",
            "i2",
            "agreement that passed all legal gates, -1 if none or none needed",
            names="agreements",
        ),
        Column(
            "consent",
            "i2",
            "consent on which its release rests, standing or asked for, -1 if none or none needed",
            names="consents",
        ),
        Column("is_stripped", "u1", "1 if the recipient is not told whose sensor it was"),
        Column(
            "t_purged_us", "i8", "when the receiving node had to destroy the copy, NEVER if it need not [us]"
        ),
        Column("outcome", "u1", "Outcome of this hop"),
        Column("is_kept", "u1", "1 if the receiving node kept the copy: none that it held beat it"),
    ),
    sort=("part", "link", "copy"),
)
"""One row per part, link and copy: every copy that a node keeps is offered to the links that leave it."""

OUTCOMES: Final = Schema(
    "outcomes",
    (
        Column("part", "u4", "part of a report"),
        Column("nation", "i2", "nation other than the originator, with a picture node", names="nations"),
        Column("t_received_us", "i8", "first receipt at its picture node, by any route [us]"),
        Column("hops", "u1", "number of links of that route, 0 if not received or by a group"),
        Column(
            "gates", "u2", "gates that refuse it: of the best route, or as if a link existed where none does"
        ),
        Column("outcome", "u1", "best Outcome over all routes"),
    ),
    sort=("part", "nation"),
)
"""One row per part that a sensor feeds to a node and nation other than its originator."""

NOTHING_US: Final = -NEVER_US
"""In place of the time of an observation: none is held. It is older than any age, and adds up in int64."""
NO_REPORT: Final = 0xFFFFFFFF
"""In place of a report: none is held."""

AWARENESS: Final = Schema(
    "awareness",
    (
        Column("target", "u4", "vessel or probe"),
        Column("t_received_us", "i8", "when the picture of this target changed [us]"),
        Column("t_observed_us", "i8", "the newest observation held from then on, NOTHING_US if none is [us]"),
        Column("error_m", "f4", "position error of that observation, 1 sigma; NaN if none is held [m]"),
        Column("report", "u4", "the report that brought it, NO_REPORT if none is held"),
    ),
    sort=("target", "t_received_us"),
)
"""The steps of one node's picture of each target. t_observed_us strictly increases, but where copies are
destroyed: there the picture falls back to the newest observation that is still held, or to none."""


@dataclass(frozen=True)
class SensorCard:
    """What the layers above sensing need to know of a sensor."""

    id: str
    category: str
    """Kind of observation, as agreements name it: 'radar', 'ais', ..."""
    operator: str
    """Nation or provider that operates it: the originator of its reports."""
    error_m: float
    """Position error of its contacts, 1 sigma, at its longest range [m]."""
    contact_bytes: float
    """Bytes that one contact takes on a link."""
    interval_s: float = 0.0
    """Length of a reporting interval; 0 where a report is an image, not a watch over an interval [s]."""


@dataclass(frozen=True)
class DetectionLog:
    """What all sensors held in one replicate: immutable, and the same for every configuration."""

    reports: Table
    contacts: Table
    sensors: tuple[SensorCard, ...]
    n_vessels: int
    n_targets: int

    def __repr__(self) -> str:
        return (
            f"<DetectionLog: {len(self.contacts):,} contacts in {len(self.reports):,} reports of "
            f"{len(self.sensors)} sensors>"
        )

    def digest(self) -> str:
        """SHA-256 over both tables and the sensors' cards."""
        text = "\x1f".join((self.reports.digest(), self.contacts.digest(), repr(self.sensors)))
        return hashlib.sha256(f"{text}\x1f{self.n_vessels}\x1f{self.n_targets}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class ContactFacts:
    """What filters and areas ask about each contact, as it is at its moment; arrays are (n_contacts,)."""

    broadcasting: NDArray[np.bool_]
    """Whether the vessel broadcasts AIS."""
    length_m: NDArray[np.float32]
    """Its length over all [m]."""
    inside: Mapping[str, NDArray[np.bool_]]
    """Whether it is in the area that a link's filter names, by link, or an agreement or consent names, by
    ``agreements.<id>`` and ``consents.<id>``; nothing where no area is named.
    """


@dataclass(frozen=True, eq=False)
class DeliveryLog:
    """What became of every report under one configuration, and which detection log that was."""

    parts: Table
    contact_part: NDArray[np.uint32]
    """Part that each row of `contacts` belongs to, (n_contacts,); read-only."""
    hops: Table
    outcomes: Table
    sensing_digest: str

    def __repr__(self) -> str:
        return (
            f"<DeliveryLog: {len(self.parts):,} parts, {len(self.hops):,} hops, "
            f"{len(self.outcomes):,} outcomes>"
        )

    def digest(self) -> str:
        """SHA-256 over the tables, the part of each contact and the digest of the detection log."""
        buffer = np.ascontiguousarray(self.contact_part, "<u4").view(np.uint8).data
        digests = [table.digest() for table in (self.parts, self.hops, self.outcomes)]
        text = "\x1f".join((*digests, hashlib.sha256(buffer).hexdigest(), self.sensing_digest))
        return hashlib.sha256(text.encode()).hexdigest()
