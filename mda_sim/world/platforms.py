"""Platforms: aircraft, drones and ships that carry sensors out to sea and back.

Model: hulls of one type work from a base. On the days of a calendar a sortie leaves at a time drawn from a
span of local time, goes to a search area, sails or flies a pattern there and is back within its endurance
(``search_patterns``, ``sorties``). A sortie is not flown if no hull is ready, if the weather at the base or
in the middle of the area is beyond the limits, or by chance (``serviceability``).

Assumptions and limits: a platform carries sensors and is no target: nobody sees it. Aircraft take great
circles at a constant speed and height whatever the wind; ships go round land. Sorties are planned, not sent
where somebody has seen something.

Where next: ``sorties`` makes a ``Carrier`` of each platform in one replicate; moving sensors name it by
``platform``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mda_sim.core.spec import Id, Items, LatDeg, LonDeg, NonNegative, Positive, Probability, Sourced, Spec
from mda_sim.data import catalogue
from mda_sim.geo.regions import Region

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""A day of the week, in local time."""
EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""All days of the week."""


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; expected an IANA zone such as 'Asia/Manila'"
        ) from error
    return name


class BaseSpec(Spec):
    """Where hulls come from and go back to: a site or port of the catalogue, or a position."""

    site: Id | None = None
    """Site by its id in the catalogue, such as an air base."""
    port: Id | None = None
    """Port by its id in the catalogue, for ships."""
    lat_deg: LatDeg | None = None
    """Latitude. [-90, 90]"""
    lon_deg: LonDeg | None = None
    """Longitude. [-180, 180]"""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        parts = (self.lat_deg is not None) + (self.lon_deg is not None)
        named = (self.site is not None) + (self.port is not None)
        if (named, parts) not in {(1, 0), (0, 2)}:
            raise ValueError("expected one of site, port, or both lat_deg and lon_deg")
        return self

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude; KeyError for a site or port that the catalogue does not have."""
        if self.site is not None:
            site = catalogue.site(self.site)
            return site.lat_deg, site.lon_deg
        if self.port is not None:
            port = catalogue.port(self.port)
            return port.lat_deg, port.lon_deg
        return float(self.lat_deg or 0.0), float(self.lon_deg or 0.0)


class SearchSpec(Spec):
    """What a sortie does on station: the same pattern over and over until it must go home."""

    region: Region
    """Where it searches."""
    pattern: Literal["ladder", "expanding_square", "racetrack", "barrier"] = "ladder"
    """Ladder: parallel tracks ``spacing_m`` apart over the whole region, and back. Expanding square: from the
    middle outwards, turns of ``spacing_m``. Racetrack: two long sides ``spacing_m`` apart through the middle.
    Barrier: to and fro on one line through the middle."""
    spacing_m: Annotated[float, Field(ge=500, le=500e3)] = 20_000.0
    """Distance between tracks; not used by a barrier (20 km is an assumption). [m]"""
    course_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0
    """Course of the first long leg, clockwise from north. [deg]"""


class SortieSpec(Spec):
    """When sorties leave."""

    weekdays: Items[Weekday] = EVERY_DAY
    """Days on which one sortie is planned, by the local calendar: so many a week."""
    per_day: Annotated[int, Field(ge=1, le=24)] = 1
    """Sorties planned on each of these days, evenly over the span of ``leaves_from_s`` to ``leaves_to_s``."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """IANA time zone of calendar and times."""
    leaves_from_s: Annotated[float, Field(ge=0, le=86400)] = 6 * 3600.0
    """Earliest time of leaving the base, after local midnight. [s]"""
    leaves_to_s: Annotated[float, Field(ge=0, le=86400)] = 6 * 3600.0
    """Latest time of leaving, not before the earliest; drawn uniformly in each sortie's share of the span.
    [s]"""
    serviceability: Probability = 1.0
    """Probability that a planned sortie is flown if hull and weather allow it."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.leaves_to_s < self.leaves_from_s:
            raise ValueError(
                f"leaves_to_s {self.leaves_to_s:g} is before leaves_from_s {self.leaves_from_s:g}"
            )
        return self


class LimitSpec(Spec):
    """Weather beyond which no sortie leaves; a limit that is not given does not count."""

    wind_max_mps: Positive | None = None
    """Highest wind speed. [m/s]"""
    wave_height_max_m: Positive | None = None
    """Highest significant wave height. [m]"""


class PlatformSpec(Sourced):
    """Hulls of one type at one base that search one area. See the module for the model and its limits."""

    type: str = ""
    """Catalogue id of the platform type that the parameters came from; empty if they were given."""
    medium: Literal["air", "sea"]
    """Whether it flies or sails."""
    base: BaseSpec
    """Where it comes from."""
    n_hulls: Annotated[int, Field(ge=1, le=200)] = 1
    """Number of hulls that take turns."""
    cruise_mps: Annotated[float, Field(gt=0, le=350)]
    """Speed over the ground on the way to and from the area. [m/s]"""
    search_mps: Annotated[float, Field(gt=0, le=350)]
    """Speed over the ground in the area. [m/s]"""
    height_m: Annotated[float, Field(gt=0, le=25_000)]
    """Height of the antennas above the sea: that of flight while searching, or that of a ship's mast. [m]"""
    endurance_s: Annotated[float, Field(gt=0, le=120 * 86400)]
    """From leaving the base to being back, reserves taken off. [s]"""
    turn_round_s: NonNegative = 0.0
    """From being back to leaving again, the least. [s]"""
    search: SearchSpec
    """Where and how it searches."""
    sorties: SortieSpec = SortieSpec()
    """When it leaves."""
    limits: LimitSpec = LimitSpec()
    """Weather in which it stays at home."""
