"""What a node received, scan by scan, as a tracker reads it: what contacts say, and nothing that is true.

Model: a scan is what a node received of one report at one instant; its parts that came together are put
together again. A part counts on its first receipt. A contact says its product (``sensing.products``): time,
place, error ellipse, and by AIS the identity that was broadcast. In a copy that was made coarser the place is
off by another round normal error of that size, by one draw for each contact, so that all copies of a contact
are off in the same direction. Scans are in order of receipt, at one instant in order of report (sensor, then
interval); contacts of a scan in order of time, place and identity, so that the numbering of vessels does not
enter.

Assumptions and limits: what makes a copy coarser leaves the identity; a copy that comes again less coarse is
not read again; what a node had to destroy stays in its tracks. Probes are left out: they are weightless.

Where next: ``tracks.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.rng import address, draw_normal, stream_key
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.geo.sphere import destination
from mda_sim.picture.receipts import is_first
from mda_sim.records import NO_TARGET, DeliveryLog, DetectionLog
from mda_sim.sensing.products import products

if TYPE_CHECKING:
    from mda_sim.sensing.sensor import SensorBase
    from mda_sim.world.fleet import Fleet
    from mda_sim.world.sorties import Carrier

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Said:
    """What the contacts of vessels and false contacts say; made once of a log; arrays are (n,)."""

    contact: Ints
    """Row of `contacts`."""
    report: Ints
    """Its report."""
    target: NDArray[np.uint32]
    """Vessel that it is of, NO_TARGET for a false contact: for those who judge, not for the tracker."""
    t_us: Ints
    """When the vessel was where it is said to be [us]."""
    lat_deg: Floats
    lon_deg: Floats
    semi_major_m: NDArray[np.float32]
    semi_minor_m: NDArray[np.float32]
    orientation_deg: NDArray[np.float32]
    mmsi: NDArray[np.uint32]
    """Identity as broadcast, 0 for none."""
    is_image: NDArray[np.bool_]
    """Whether its sensor makes images, and does not watch over intervals."""
    z_east: NDArray[np.float32]
    """By how many sigmas a coarser copy is off to the east."""
    z_north: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Received:
    """Contacts that a node received, in order of scans; arrays are (n,) but for ``first``."""

    first: Ints
    """First contact of each scan, and their number, (n_scans + 1,)."""
    t_received_us: Ints
    """When each scan was received, (n_scans,) [us]; does not fall."""
    report: Ints
    """Report of each scan, (n_scans,)."""
    said: Ints
    """Row of each contact in a ``Said``."""
    coarsened_m: NDArray[np.float32]
    """What sanitising put on the copy, 1 sigma [m]."""

    def digest(self) -> str:
        """SHA-256 of all of it."""
        found = hashlib.sha256()
        for array in (self.first, self.t_received_us, self.report, self.said, self.coarsened_m):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


def said_of(
    log: DetectionLog,
    fleet: Fleet,
    sensors: Mapping[str, SensorBase],
    seed: int,
    carriers: Mapping[str, Carrier] | None = None,
) -> Said:
    """What the contacts of a log say; arguments as of ``products``."""
    table = products(log, fleet, sensors, seed, carriers)
    target = table["target"]
    row = np.flatnonzero((target < log.n_vessels) | (target == NO_TARGET))
    columns: dict[str, NDArray[Any]] = {
        name: table[name][row]
        for name in (
            "target",
            "t_us",
            "lat_deg",
            "lon_deg",
            "semi_major_m",
            "semi_minor_m",
            "orientation_deg",
        )
    }
    report = table["report"][row].astype(np.int64)
    sensor = log.reports["sensor"][report]
    makes_images = np.array([card.interval_s == 0 for card in log.sensors], np.bool_)
    where = np.array([address(card.id) for card in log.sensors], np.uint32)
    # a false contact is told by its number in the report; class hashes of vessels take the place of its 0
    is_false = columns["target"] == NO_TARGET
    end = log.reports["first"][report].astype(np.int64) + log.reports["count"][report]
    known = np.where(is_false, 0, columns["target"])
    words = (
        np.where(is_false, np.uint32(0), fleet.draw_address[known]),
        np.where(is_false, end - row, fleet.targets["index"][known].astype(np.int64)),
        where[sensor],
        log.reports["interval"][report].astype(np.int64),
    )
    east, north = (draw_normal(stream_key(seed, f"picture.coarse.{axis}"), *words) for axis in ("e", "n"))
    return Said(
        contact=row,
        report=report,
        mmsi=table["mmsi"][row],
        is_image=makes_images[sensor],
        z_east=east.astype(np.float32),
        z_north=north.astype(np.float32),
        **columns,
    )


def received_scans(said: Said, deliveries: DeliveryLog, received: Table) -> Received:
    """What a node received, of all that was said; ``received`` is its RECEIPTS table.

    ShapeError if ``deliveries`` are of fewer contacts than ``said``.
    """
    if len(said.contact) and int(said.contact[-1]) >= len(deliveries.contact_part):
        raise ShapeError(f"the deliveries are of {len(deliveries.contact_part)} contacts only")
    first = np.flatnonzero(is_first(received["part"]))
    t_received_us = np.full(len(deliveries.parts), NEVER_US, np.int64)
    coarsened_m = np.zeros(len(deliveries.parts), np.float32)
    part = received["part"][first]
    t_received_us[part], coarsened_m[part] = received["t_received_us"][first], received["coarsened_m"][first]
    of = deliveries.contact_part[said.contact]
    came = np.flatnonzero(t_received_us[of] < NEVER_US)
    came_us, report = t_received_us[of[came]], said.report[came]
    keys = (said.mmsi[came], said.lon_deg[came], said.lat_deg[came], said.t_us[came], report, came_us)
    order = np.lexsort(keys)
    came, came_us, report = came[order], came_us[order], report[order]
    begins = np.ones(len(came), np.bool_)
    begins[1:] = (report[1:] != report[:-1]) | (came_us[1:] != came_us[:-1])
    starts = np.flatnonzero(begins)
    return Received(
        first=np.append(starts, len(came)),
        t_received_us=came_us[starts],
        report=report[starts],
        said=came,
        coarsened_m=coarsened_m[of[came]],
    )


def places(said: Said, received: Received) -> tuple[Floats, Floats]:
    """Latitude and longitude that each contact received says [deg], (n,) each."""
    lat_deg, lon_deg = said.lat_deg[received.said], said.lon_deg[received.said]
    coarse = np.flatnonzero(received.coarsened_m > 0)
    east = said.z_east[received.said[coarse]].astype(np.float64)
    north = said.z_north[received.said[coarse]].astype(np.float64)
    off_m = received.coarsened_m[coarse] * np.hypot(east, north)
    bearing_deg = np.rad2deg(np.arctan2(east, north))
    lat_deg[coarse], lon_deg[coarse] = destination(lat_deg[coarse], lon_deg[coarse], bearing_deg, off_m)
    return lat_deg, lon_deg
