"""Products: what each contact says, measured, with the truth beside it.

Model: a position is the true one plus an error, normal along the two axes that the sensor's kind states
(``error_axes``), one draw each. AIS says the place, identity and length that were broadcast at that moment, a
false position included. A kind that can tell a length gives the true one times exp(sigma z), z standard
normal; the others give none. A false contact is where it was shown (``false_places``), and nothing is true of
it. The ellipse is that of the place shown: what a reader of the product can know.

Assumptions and limits: errors of two contacts are independent, those of one vessel in successive intervals
too, so no bias of a sensor is modelled. A length that AIS sends is the true one. A contact that stands for
several vessels of one cell says the place of the one it names. Errors of range and azimuth are laid along and
across the line of sight at the target, which is exact for errors that are small against the range; that of a
sensor aboard a platform is from where its hull was at the time.

Where next: kept in a run's folder where a scenario says ``output.products``; a pure function of the log, so
that the log need not hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.rng import address, draw_normal, stream_key
from mda_sim.core.table import Table
from mda_sim.geo.sphere import destination
from mda_sim.records import NO_TARGET, PRODUCTS, DetectionLog
from mda_sim.sensing.false_contacts import false_places
from mda_sim.sensing.mobile import MobileSensor, seen_from
from mda_sim.sensing.radar import Radar, RadarSet

if TYPE_CHECKING:
    from mda_sim.sensing.sensor import SensorBase
    from mda_sim.world.fleet import Fleet
    from mda_sim.world.sorties import Carrier

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def products(
    log: DetectionLog,
    fleet: Fleet,
    sensors: Mapping[str, SensorBase],
    seed: int,
    carriers: Mapping[str, Carrier] | None = None,
) -> Table:
    """The product of each contact of a log: a PRODUCTS table whose row i is of row i of ``contacts``.

    ``fleet``, ``sensors`` (by id), ``seed`` and ``carriers`` (by platform) are those that the log was made
    from; KeyError for a sensor of the log, or a platform that one is aboard of, that is not among them.
    """
    reports, contacts = log.reports, log.contacts
    report = np.repeat(reports["report"], reports["count"]).astype(np.int64)
    t_us = reports["t_observed_us"][report] - contacts["dt_us"].astype(np.int64)
    given = {"report": report, "target": contacts["target"], "t_us": t_us}
    columns = {
        column.name: np.zeros(len(contacts), column.dtype)
        for column in PRODUCTS.columns
        if column.name not in given
    }
    ends = np.searchsorted(reports["sensor"][report], np.arange(len(log.sensors) + 1))
    for nth, card in enumerate(log.sensors):
        rows = slice(ends[nth], ends[nth + 1])
        of = _Contacts.at(log, fleet, rows, report[rows], t_us[rows])
        sensor = sensors[card.id]
        carrier = (carriers or {})[sensor.platform] if isinstance(sensor, MobileSensor) else None
        for name, values in _of_sensor(sensor, of, fleet, address(card.id), seed, carrier).items():
            columns[name][rows] = values
    return Table.of(PRODUCTS, given | columns)


@dataclass(frozen=True, eq=False)
class _Contacts:
    """Contacts of one sensor; arrays are (n,)."""

    target: Ints
    t_us: Ints
    interval: Ints
    nth_false: Ints
    """Number of a false contact within its report; negative for the others."""
    lat_deg: Floats
    """True latitude, nan for a false contact [deg]."""
    lon_deg: Floats
    """True longitude, nan for a false contact [deg]."""

    @classmethod
    def at(cls, log: DetectionLog, fleet: Fleet, rows: slice, report: Ints, t_us: Ints) -> _Contacts:
        """Those in some rows of ``contacts``, of these reports and last held at ``t_us``."""
        target = log.contacts["target"][rows].astype(np.int64)
        end = log.reports["first"][report].astype(np.int64) + log.reports["count"][report]
        nth_false = np.arange(rows.start, rows.stop) - end + log.reports["n_false"][report]
        lat_deg, lon_deg = np.full((2, len(target)), np.nan)
        held = np.flatnonzero(target != NO_TARGET)
        lat_deg[held], lon_deg[held] = fleet.positions(target[held], t_us[held])
        interval = log.reports["interval"][report].astype(np.int64)
        return cls(target, t_us, interval, nth_false, lat_deg, lon_deg)


def _of_sensor(
    sensor: SensorBase, of: _Contacts, fleet: Fleet, where: int, seed: int, carrier: Carrier | None
) -> dict[str, NDArray[Any]]:
    """Columns of PRODUCTS that are measured, for the contacts of a sensor with draw address ``where``, aboard
    a carrier or not.
    """
    held = np.flatnonzero(of.target != NO_TARGET)
    target, t_us = of.target[held], of.t_us[held]
    lat_deg, lon_deg, length_m = np.full((3, len(of.target)), np.nan)
    mmsi = np.zeros(len(of.target), np.uint32)
    said_lat_deg, said_lon_deg = of.lat_deg[held], of.lon_deg[held]
    true_length_m = fleet.targets["length_m"][target].astype(np.float64)
    is_ais = sensor.category == "ais"
    if is_ais:
        said_lat_deg, said_lon_deg = fleet.broadcast_positions(target, t_us)
        mmsi[held] = fleet.broadcasts["mmsi"][fleet.broadcast_rows(target, t_us)]

    def z(what: str) -> Floats:
        """One standard normal for each target held."""
        key = stream_key(seed, f"sense.product.{what}")
        vessel, index = fleet.draw_address[target], fleet.targets["index"][target]
        return draw_normal(key, vessel, index, where, of.interval[held])

    seen = None if carrier is None else seen_from(carrier, of.interval, of.t_us)
    axes = sensor.error_axes(
        said_lat_deg, said_lon_deg, None if seen is None else (seen[0][held], seen[1][held])
    )
    along_m, across_m = axes.along_m * z("along"), axes.across_m * z("across")
    off_deg = np.rad2deg(np.arctan2(across_m, along_m))
    lat_deg[held], lon_deg[held] = destination(
        said_lat_deg, said_lon_deg, axes.bearing_deg + off_deg, np.hypot(along_m, across_m)
    )
    length_m[held] = true_length_m if is_ais else true_length_m * np.exp(sensor.length_sigma() * z("length"))
    false = np.flatnonzero(of.target == NO_TARGET)
    if len(false):
        assert isinstance(sensor, RadarSet)  # no other kind makes them
        lat_deg[false], lon_deg[false] = false_places(
            *_antenna(sensor, seen, false),
            sensor.max_range_m,
            where,
            of.interval[false],
            of.nth_false[false],
            seed,
        )
    major_m, minor_m, orientation_deg = sensor.error_axes(lat_deg, lon_deg, seen).ellipse()
    return {
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "true_lat_deg": of.lat_deg,
        "true_lon_deg": of.lon_deg,
        "semi_major_m": major_m,
        "semi_minor_m": minor_m,
        "orientation_deg": orientation_deg,
        "length_m": length_m,
        "mmsi": mmsi,
        "is_ais": np.full(len(of.target), is_ais),
    }


def _antenna(radar: RadarSet, seen: tuple[Floats, Floats] | None, rows: Ints) -> tuple[ArrayLike, ArrayLike]:
    """Latitude and longitude from which some contacts of a radar are shown [deg]."""
    if seen is not None:
        return seen[0][rows], seen[1][rows]
    assert isinstance(radar, Radar)
    return radar.lat_deg, radar.lon_deg
