"""Sensors aboard a platform: when they report, where their hull is then, and which targets come near it.

Model: each flown sortie of the platform (``world.sorties``) is cut into reporting intervals of the sensor's
own grid; interval k of hull u is that from phase + k I to phase + (k + 1) I, with one addressed uniform for
the phase of the sensor, and there is one report for each interval that lies whole within one sortie. The
number of an interval, the address of its draws, is u * 2^24 + k: it does not depend on other hulls.

Which targets may be in reach is decided by spans of reports before anything is looked at: a span lies in a
cap (the hull's place at its instants, and as far beyond as it goes in between), and a target that in the
middle of the span is farther from the cap than its reach and its way in half the span does not come near.
Spans of a few hours are tried first, then the spans of ``REPORTS_PER_SPAN`` reports in them.

Assumptions and limits: a sensor works from leaving the base to being back, at one height, and what it holds
is known ashore at once, after ``product_delay_s``.

Where next: ``mobile_radar`` and ``mobile_ais`` are kinds; ``mobile_kernels`` finds what comes near.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import Id
from mda_sim.core.time import to_us
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon
from mda_sim.sensing.looks import Held, Plan, Setting
from mda_sim.sensing.sensor import SensorBase
from mda_sim.sensing.windows import Legs
from mda_sim.world.sorties import SortieOutcome

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet
    from mda_sim.world.sorties import Carrier

INTERVALS_PER_HULL: Final = 2**24
"""Numbers set aside for the intervals of one hull."""
REPORTS_PER_SPAN: Final = 16
"""Reports that are tried at once."""
SPANS_PER_GROUP: Final = 16
"""Spans that are tried at once before."""
LOOKS_DOWN_FROM_M: Final = 100.0
"""From this height on an antenna is in the air: land hides nothing from it, and no evaporation duct carries
its waves. Below it is aboard a ship (assumption: no mast is higher and no flight lower). [m]"""

SPAN: Final = np.dtype(
    [
        ("first", "i8"),
        ("stop", "i8"),
        ("from_us", "i8"),
        ("to_us", "i8"),
        ("x", "f8"),
        ("y", "f8"),
        ("z", "f8"),
        ("cap_rad", "f8"),
    ]
)
"""Successive reports of one sortie, or spans of them: the first and one past the last, their time [us], and
the cap that holds the hull: unit vector of its middle and angle from there [rad]."""

MEETING: Final = np.dtype([("target", "i8"), ("first", "i8"), ("stop", "i8"), ("leg", "i8")])
"""A target that may come near during some reports: those from the first to one before the stop; and the row
of the target's leg when they begin (of its first leg, if it is not there yet)."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class MobileSensor(SensorBase):
    """What all sensors aboard a platform have in common."""

    platform: Id
    """Platform that carries it."""
    antenna_height_m: Annotated[float, Field(gt=0, le=25_000)]
    """Height of the antenna above the sea; in a scenario that of the platform unless stated. [m]"""
    interval_s: Annotated[float, Field(ge=10, le=3600)] = 60.0
    """Reporting interval; one report leaves after each (60 s is an assumption). [s]"""

    @property
    def reports_every_s(self) -> float:
        """Reporting interval [s]."""
        return self.interval_s

    @property
    def is_in_the_air(self) -> bool:
        """Whether the antenna is so high that it is aboard an aircraft."""
        return self.antenna_height_m >= LOOKS_DOWN_FROM_M

    def slant_m(self, range_m: ArrayLike) -> Floats:
        """Straight from the antenna to what is at a ground range, its shape [m]: the chord and the height."""
        chord_m = 2.0 * EARTH_RADIUS_M * np.sin(np.asarray(range_m, np.float64) / (2.0 * EARTH_RADIUS_M))
        higher = 1.0 + self.antenna_height_m / EARTH_RADIUS_M
        return np.asarray(np.sqrt(self.antenna_height_m**2 + higher * chord_m**2), np.float64)

    def carrier(self, setting: Setting) -> Carrier:
        """The platform that it is aboard; ValueError if the setting has none of that name."""
        try:
            return setting.carriers[self.platform]
        except KeyError:
            raise ValueError(f"no platform {self.platform!r} in this world") from None

    def plan_of(self, aboard: Aboard, look: Callable[[int, int, Held], int]) -> Plan:
        """The plan of looks from aboard a carrier."""
        end_us = aboard.end_us
        return Plan(aboard.interval, end_us, end_us + to_us(self.product_delay_s), 0, look)


@dataclass(frozen=True, eq=False)
class Aboard:
    """The reports of one mobile sensor in one replicate, in order of their numbers; arrays are (n,)."""

    carrier: Carrier
    """What it is aboard."""
    interval_us: int
    """Length of an interval [us]."""
    interval: Ints
    """Number of the interval."""
    row: Ints
    """Row of the sortie in ``carrier.sorties``."""
    end_us: Ints
    """End of the interval [us]."""
    address: int
    """Draw address of the sensor."""

    @classmethod
    def of(cls, sensor: MobileSensor, sensor_id: str, setting: Setting) -> Self:
        """Those within sensing and no earlier than ``from_utc``."""
        timeline, carrier = setting.timeline, sensor.carrier(setting)
        interval_us, where = to_us(sensor.interval_s), address(sensor_id)
        u = draw_uniform(stream_key(setting.seed, "sense.phase"), 0, 0, where, 0)[0]
        phase_us = int(u * interval_us)
        from_us = 0 if sensor.from_utc is None else max(0, timeline.us_at(sensor.from_utc))
        numbers, rows = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for row in np.flatnonzero(carrier.sorties["outcome"] == SortieOutcome.FLOWN).tolist():
            sortie = carrier.sorties[row]
            leaves_us = max(int(sortie["leaves_us"]), from_us)
            back_us = min(int(sortie["back_us"]), timeline.score_to_us)
            first = -((phase_us - leaves_us) // interval_us)
            found = np.arange(first, max(first, (back_us - phase_us) // interval_us), dtype=np.int64)
            numbers.append(int(sortie["hull"]) * INTERVALS_PER_HULL + found)
            rows.append(np.full(len(found), row, np.int64))
        interval, row_of = np.concatenate(numbers), np.concatenate(rows)
        order = np.argsort(interval, kind="stable")
        interval = interval[order]
        end_us = phase_us + (interval % INTERVALS_PER_HULL + 1) * interval_us
        return cls(carrier, interval_us, interval, row_of[order], end_us, where)

    @cached_property
    def places(self) -> Floats:
        """Unit vectors of the hull at the start, in the middle and at the end of each interval, (n, 3, 3)."""
        at_us = [self.end_us - self.interval_us, self.end_us - self.interval_us // 2, self.end_us]
        return np.ascontiguousarray(
            np.stack([self.carrier.unit_vectors(self.row, t_us) for t_us in at_us], axis=1)
        )

    @property
    def legs(self) -> Legs:
        """The legs of all sorties as kernels take them."""
        return Legs(*(self.carrier.legs[name] for name in Legs._fields))

    @cached_property
    def leg(self) -> Ints:
        """Row of the leg that the hull is on when each interval begins."""
        legs, found = self.carrier.legs, np.zeros(len(self.row), np.int64)
        for row in np.unique(self.row):
            begin, end = np.searchsorted(legs["target"], (row, row + 1))
            own = self.row == row
            start_us = self.end_us[own] - self.interval_us
            found[own] = begin + np.searchsorted(legs["t_from_us"][begin:end], start_us, side="right") - 1
        return found

    @cached_property
    def spans(self) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Groups of spans, and the spans."""
        n = len(self.row)
        begins = np.flatnonzero(np.diff(self.row, prepend=-1) != 0)
        cuts = [
            np.arange(a, b, REPORTS_PER_SPAN) for a, b in zip(begins, [*begins[1:], n], strict=True) if b > a
        ]
        first = np.concatenate([np.zeros(0, np.int64), *cuts]).astype(np.int64)
        stop = np.append(first[1:], n)[: len(first)]
        spans = self._caps(first, stop)
        new = np.flatnonzero(np.diff(self.row[first], prepend=-1) != 0)
        cuts = [
            np.arange(a, b, SPANS_PER_GROUP)
            for a, b in zip(new, [*new[1:], len(first)], strict=True)
            if b > a
        ]
        first_span = np.concatenate([np.zeros(0, np.int64), *cuts]).astype(np.int64)
        stop_span = np.append(first_span[1:], len(first))[: len(first_span)]
        groups = self._caps(first[first_span], stop[stop_span - 1])
        groups["first"], groups["stop"] = first_span, stop_span
        return groups, spans

    def _caps(self, first: Ints, stop: Ints) -> NDArray[np.void]:
        """Reports from ``first`` up to ``stop``, each (m,), in order, and the cap of each."""
        found = np.zeros(len(first), SPAN)
        found["first"], found["stop"] = first, stop
        found["from_us"], found["to_us"] = self.end_us[first] - self.interval_us, self.end_us[stop - 1]
        speeds = self.carrier.legs["w_rad_s"]
        beyond = (float(speeds.max()) if len(speeds) else 0.0) * self.interval_us * 0.5e-6
        for k, (a, b) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
            places = self.places[a:b].reshape(-1, 3)
            middle = places.mean(axis=0)
            middle /= math.sqrt(float((middle**2).sum()))
            chord = float(np.sqrt(((places - middle) ** 2).sum(axis=1).max()))
            found["x"][k], found["y"][k], found["z"][k] = middle
            found["cap_rad"][k] = 2.0 * math.asin(min(0.5 * chord, 1.0)) + beyond
        return found


def meetings(aboard: Aboard, fleet: Fleet, reach_m: Floats) -> Callable[[int, int], NDArray[np.void]]:
    """A function that gives the ``MEETING`` rows of targets from a first up to a stop, in order.

    ``reach_m``: how far each target of the fleet can be seen, (n_targets,), negative for never. The rows hold
    until the next call.
    """
    from mda_sim.sensing.mobile_kernels import fill_meetings
    from mda_sim.sensing.windows import leg_columns

    groups, spans = aboard.spans
    legs, targets = leg_columns(fleet), fleet.targets
    first_leg, n_legs = targets["first_leg"].astype(np.int64), targets["n_legs"].astype(np.int64)
    room: dict[str, NDArray[np.void]] = {"rows": np.empty(0, MEETING)}

    def of(first: int, stop: int) -> NDArray[np.void]:
        needed = (stop - first) * len(spans)
        if needed > len(room["rows"]):
            room["rows"] = np.empty(needed, MEETING)  # memory is taken only as it is written
        rows = room["rows"]
        n = fill_meetings(first, stop, first_leg, n_legs, legs, reach_m, groups, spans, rows)
        return rows[:n]

    return of


def seen_from(carrier: Carrier, interval: ArrayLike, t_us: ArrayLike) -> tuple[Floats, Floats]:
    """Latitude and longitude of the hull of numbered intervals at times, each (n,) [deg].

    nan where that hull is not away then.
    """
    hull = np.asarray(interval, np.int64) // INTERVALS_PER_HULL
    times = np.asarray(t_us, np.int64)
    places = np.full((len(hull), 3), np.nan)
    for row in np.flatnonzero(carrier.sorties["outcome"] == SortieOutcome.FLOWN).tolist():
        sortie: Any = carrier.sorties[row]
        own = (hull == sortie["hull"]) & (times >= sortie["leaves_us"]) & (times <= sortie["back_us"])
        if own.any():
            places[own] = carrier.unit_vectors(row, times[own])
    return lat_lon(places)
