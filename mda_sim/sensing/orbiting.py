"""Satellites of one operator that carry like sensors: where they fly, when they work, when products arrive.

Model: the orbits are either circular ones of a few numbers (``geo.orbits``: sun-synchronous by altitude and
local time, or a Walker shell by inclination, planes and phasing), or those of a file of two-line element sets
(``geo.elements``), moved by SGP4. A **pass** is half a revolution, from one turn of latitude to the next; its
number, the address of its draws, is 2^20 times the satellite's number plus the turns of latitude since the
scenario's start: it depends on no other satellite and not on how long the run is. Of the passes over the area
a share ``duty`` is worked, one draw each; or, with ``tasks``, areas are worked in order of their priority as
far as one beam and ``longest_image_s`` go (``tasking``). A product exists ``product_delay_s`` after its data
are on the ground: at once, or after ``downlink_s`` of the first contact with one of ``ground_stations`` that
lasts so long (``downlink``).

Assumptions and limits: where satellites are at the scenario's start is an assumption (``phase_deg``) unless
element sets say it, and the same in every replicate. Passes are worked or not independently: no power or
memory from day to day. One length of contact for data of all sizes (``downlink_s``) is an assumption.

Source: Walker shells: see ``geo.orbits``. Where next: ``swath`` (imagers) and ``footprint`` (listeners)
extend this.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from mda_sim.core.errors import RunError
from mda_sim.core.spec import DataFile, Id, IdMap, Items, Positive, Probability, Spec
from mda_sim.core.time import Timeline, to_us
from mda_sim.data import catalogue
from mda_sim.geo.elements import sets_of
from mda_sim.geo.orbits import (
    CircularOrbit,
    Orbit,
    Track,
    constellation,
    prolonged,
    raan_of_local_time_deg,
    sun_synchronous_inclination_deg,
    track,
)
from mda_sim.geo.regions import Box
from mda_sim.sensing.downlink import LONGEST_WAIT_H, highest_latitude_deg, received_us
from mda_sim.sensing.sensor import SensorBase

PASSES_PER_SATELLITE: Final = 2**20
"""Numbers set aside for the passes of one satellite: those of 90 years."""

_NUMBERS_OF_AN_ORBIT: Final = (
    *("altitude_m", "ltan_s", "inclination_deg", "raan_deg", "phase_deg"),
    *("n_satellites", "n_planes", "plane_spread_deg", "phasing"),
)


class TaskSpec(Spec):
    """An area that satellites are tasked with."""

    area: Box
    """What is to be worked."""
    priority: Annotated[int, Field(ge=1, le=1000)] = 1
    """1 goes first; of equal priorities the smaller id."""


class OrbitingSensor(SensorBase):
    """What all satellite sensors have. See the module for the model and its limits."""

    n_satellites: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of satellites, spread evenly; not used with ``elements``."""
    n_planes: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of orbital planes, evenly in ``plane_spread_deg``; each holds the same number of satellites."""
    plane_spread_deg: Annotated[float, Field(gt=0, le=360)] = 360.0
    """Angle that the nodes of the planes are spread over: 360 for a Walker delta pattern, 180 for a star.
    [deg]"""
    phasing: Annotated[int, Field(ge=0, le=999)] = 1
    """F of the Walker pattern: each plane is ahead of the one before by F * 360 / n_satellites; below
    ``n_planes``, or 1."""
    altitude_m: Annotated[float, Field(ge=160e3, le=2000e3)] | None = None
    """Altitude: mean semi-major axis minus equatorial radius, 160 to 2,000 km. [m]"""
    ltan_s: Annotated[float, Field(ge=0, lt=86400)] | None = None
    """Mean local time at the first plane's ascending node, for a sun-synchronous orbit,
    as time after midnight. [s]"""
    inclination_deg: Annotated[float, Field(ge=1, le=179)] | None = None
    """Inclination, together with ``raan_deg``; not near 0 or 180, where no pass ends. [deg]"""
    raan_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    """Right ascension of the first plane's ascending node at the scenario's start. [deg]"""
    phase_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0
    """Angle of the first satellite from its ascending node at the scenario's start (assumption). [deg]"""
    elements: DataFile | None = None
    """File of two-line element sets, one for each satellite, instead of the numbers above."""
    duty: Probability = 1.0
    """Probability that a pass over the area is worked."""
    tasks: IdMap[TaskSpec] = Field(default_factory=dict)
    """Areas that are worked instead of the scenario's, by id; none: the whole area."""
    longest_image_s: Positive | None = None
    """Longest time that one satellite works in one pass; None for no limit. [s]"""
    ground_stations: Items[Id] = ()
    """Ground stations, as sites of the catalogue, that data wait for; none: no wait, ``product_delay_s``
    holds all of it."""
    station_elevation_deg: Annotated[float, Field(ge=0, le=60)] = 5.0
    """Least elevation at which a ground station receives (5 degrees is usual). [deg]"""
    downlink_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """How long a contact with a ground station must last for data to be received (assumption). [s]"""

    @field_validator("ground_stations")
    @classmethod
    def _are_known(cls, stations: tuple[str, ...]) -> tuple[str, ...]:
        known = catalogue.sites()
        wrong = [str(catalogue.UnknownIdError("site", one, known)) for one in stations if one not in known]
        if wrong:
            raise ValueError("; ".join(wrong))
        return stations

    @model_validator(mode="after")
    def _is_an_orbit(self) -> Self:
        if self.elements is not None:
            given = [name for name in _NUMBERS_OF_AN_ORBIT if getattr(self, name) != self._default(name)]
            if given:
                raise ValueError(
                    f"elements give the whole orbit; expected no other, got {' and '.join(given)}"
                )
            return self
        if self.n_satellites % self.n_planes:
            raise ValueError(
                f"{self.n_satellites} satellites cannot be shared out evenly over n_planes {self.n_planes}"
            )
        if self.phasing >= self.n_planes and self.phasing != 1:
            raise ValueError(
                f"phasing must be less than n_planes {self.n_planes} (or 1), got {self.phasing:g}"
            )
        ways = [name for name in ("ltan_s", "inclination_deg", "raan_deg") if getattr(self, name) is not None]
        if ways not in (["ltan_s"], ["inclination_deg", "raan_deg"]):
            raise ValueError(
                "expected the orbit as either ltan_s (sun-synchronous) or both inclination_deg and raan_deg "
                f"or elements, got {' and '.join(ways) or 'none of them'}"
            )
        if self.altitude_m is None:
            raise ValueError(f"altitude_m is missing; expected it with {' and '.join(ways)}")
        self._sees_its_stations(CircularOrbit(self.altitude_m, self._inclination_deg(), 0.0, 0.0))
        return self

    @property
    def number_of_satellites(self) -> int:
        """How many satellites it has; raises as ``orbits``."""
        return self.n_satellites if self.elements is None else len(sets_of(self.elements))

    def orbits(self, epoch: datetime) -> tuple[Orbit, ...]:
        """The orbit of each satellite; ``epoch``, the scenario's start, is that of circular ones.

        ElementsError if the file of element sets is none, DigestMismatch if it was changed.
        """
        if self.elements is not None:
            return sets_of(self.elements)
        assert self.altitude_m is not None
        raan_deg = self.raan_deg
        if raan_deg is None:
            assert self.ltan_s is not None
            raan_deg = raan_of_local_time_deg(self.ltan_s / 3600.0, epoch)
        first = CircularOrbit(self.altitude_m, self._inclination_deg(), raan_deg, self.phase_deg)
        return constellation(first, self.n_satellites, self.n_planes, self.plane_spread_deg, self.phasing)

    def tracks(self, timeline: Timeline) -> tuple[Track, ...]:
        """The track of each satellite over all of sensing."""
        return tuple(
            track(orbit, timeline.start, timeline.score_to_us) for orbit in self.orbits(timeline.start)
        )

    def ready_us(
        self, timeline: Timeline, satellite: NDArray[np.int64], t_end_us: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """When the products of data that satellites hold complete at ``t_end_us`` exist, (n,) [us].

        ``satellite``: number of the satellite of each, (n,). RunError if no ground station receives some of
        them within ``LONGEST_WAIT_H`` hours after sensing.
        """
        if not self.ground_stations:
            return np.asarray(t_end_us + to_us(self.product_delay_s), np.int64)
        orbits = self.orbits(timeline.start)

        def track_until(own: int, until_us: int) -> Track:
            known = track(orbits[own], timeline.start, timeline.score_to_us)
            return prolonged(known, orbits[own], timeline.start, until_us)

        down_us = received_us(
            track_until,
            timeline.score_to_us,
            self.ground_stations,
            self.station_elevation_deg,
            to_us(self.downlink_s),
            satellite,
            t_end_us,
        )
        lost = np.flatnonzero(down_us < 0)
        if len(lost):
            own, moment = int(satellite[lost[0]]), timeline.datetime_at(int(t_end_us[lost[0]]))
            raise RunError(
                f"no ground station of {self.operator}'s {getattr(self, 'kind', 'satellites')} "
                f"({', '.join(self.ground_stations)}) sees satellite {own} for {self.downlink_s:g} s at "
                f"{self.station_elevation_deg:g} degrees or more from {moment:%Y-%m-%d %H:%M} UTC, when data "
                f"are complete, to {LONGEST_WAIT_H} h after sensing: add a station, or lower downlink_s or "
                "station_elevation_deg"
            )
        return np.asarray(down_us + to_us(self.product_delay_s), np.int64)

    def _inclination_deg(self) -> float:
        """That of the circular orbits."""
        if self.inclination_deg is not None:
            return self.inclination_deg
        assert self.altitude_m is not None
        return sun_synchronous_inclination_deg(self.altitude_m)

    def _sees_its_stations(self, orbit: CircularOrbit) -> None:
        """ValueError with the numbers of all ground stations that these satellites never come to see."""
        limit_deg = highest_latitude_deg(orbit, self.station_elevation_deg)
        sites = {name: catalogue.site(name) for name in self.ground_stations}
        hidden = [
            f"{name} (latitude {one.lat_deg:g})"
            for name, one in sites.items()
            if abs(one.lat_deg) > limit_deg
        ]
        if hidden:
            raise ValueError(
                f"ground_stations {', '.join(hidden)} can never receive: satellites at "
                f"{orbit.altitude_m / 1e3:g} km with an inclination of {orbit.inclination_deg:.2f} degrees "
                f"are at {self.station_elevation_deg:g} degrees or more up to latitude {limit_deg:.1f}"
            )

    @classmethod
    def _default(cls, name: str) -> Any:
        return cls.model_fields[name].default
