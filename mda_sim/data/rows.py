"""The rows of the catalogue: one frozen class per table, its fields named as the table's columns.

Assumptions and limits
    Numbers carry their unit in the column's name; a number that is not public is nan. Yes/no columns are
    written ``yes`` and ``no``, lists are separated by semicolons.

Where next
    ``mda_sim.data.catalogue`` reads the tables into these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A place on land (or an outpost) where sensors stand or an operations centre works."""

    id: str
    """Id of the site."""
    name: str
    """Name in plain words; starts with 'Notional' where the place is not published."""
    kind: str
    """What stands there: coastal_radar, coast_watch_station, operations_centre, air_base, ..."""
    nation: str
    """ISO 3166 trigraph of the nation that runs the site."""
    lat_deg: float
    """Latitude, degrees north, in [-90, 90]."""
    lon_deg: float
    """Longitude, degrees east, in [-180, 180]."""
    position_uncertainty_m: float
    """How far the true place may be from the coordinates, metres."""
    notional: bool
    """True if the place was chosen by the authors because none is published."""
    supplier: str
    """Nation that supplied the main sensor there, as a trigraph; empty if not known."""
    programme: str
    """Programme or contract under which it was supplied; empty if under none, or if not known."""
    from_date: str
    """Since when it stands there: year, month or day, as far as known (ISO 8601); empty if not known."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A named feature or passage of the sea; carries no nation."""

    id: str
    """Id of the feature."""
    name: str
    """International (English chart) name."""
    local_names: str
    """Names in use around the region, romanised, each with its language; empty if none is listed."""
    kind: str
    """shoal, reef, island, artificial_island, cay, bank, seamount, strait or lane."""
    lat_deg: float
    """Latitude of a central point, degrees north."""
    lon_deg: float
    """Longitude of a central point, degrees east."""
    position_uncertainty_m: float
    """How far the central point may be off, metres."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port, gateway or entry point: a point in navigable sea where voyages of ships begin, end or pass."""

    id: str
    """Id of the port."""
    name: str
    """Name in plain words."""
    nation: str
    """ISO 3166 trigraph of the port's nation; empty for a gateway or entry point at sea."""
    lat_deg: float
    """Latitude of a point at sea off the port, degrees north."""
    lon_deg: float
    """Longitude of a point at sea off the port, degrees east."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class SeaLane:
    """A named sea lane: a line through the waters that ships use; not a charted route."""

    id: str
    """Id of the lane."""
    name: str
    """Name in plain words."""
    waypoints: tuple[tuple[float, float], ...]
    """Waypoints in order: degrees north, degrees east; joined by great circles."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class SeaArea:
    """Waters with a name (a sea, a fishing ground, a shoal): an outline that takes no position on rights."""

    id: str
    """Id of the area."""
    name: str
    """Name in plain words."""
    corners: tuple[tuple[float, float], ...]
    """Corners in order: degrees north, degrees east; edges straight in longitude and latitude."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class SensorType:
    """A type of sensor: the parameters that sensors of this type share."""

    id: str
    """Id of the type."""
    name: str
    """Name in plain words."""
    kind: str
    """Kind of the spec that takes the parameters: coastal_radar, sar_satellite, mobile_radar, ..."""
    parameters: Mapping[str, float | int]
    """Parameters by the spec's SI field names; counts are integers."""
    source: str
    """Where the values come from, value by value."""
    confidence: str
    """Confidence in the set as a whole: that of its least known value that matters."""


@dataclass(frozen=True, slots=True)
class PlatformType:
    """A type of platform: what all its hulls share."""

    id: str
    """Id of the type."""
    name: str
    """Name in plain words."""
    parameters: Mapping[str, object]
    """Parameters by the spec's SI field names."""
    source: str
    """Where the values come from, value by value."""
    confidence: str
    """Confidence in the set as a whole: that of its least known value that matters."""


@dataclass(frozen=True, slots=True)
class AgreementRule:
    """One rule of one agreement, in our own words; an agreement has several rows."""

    id: str
    """Id of the rule: the agreement's id and a number."""
    agreement: str
    """Id of the agreement that the rule belongs to."""
    name: str
    """Name of the agreement."""
    parties: tuple[str, ...]
    """ISO 3166 trigraphs of the parties that are listed."""
    signed: str
    """Date of signature as far as known: a date, a year, or words."""
    in_force: str
    """Date of entry into force as far as known: a date, a year, or words."""
    rule: str
    """What the rule says, in our own words."""
    article: str
    """Article of the text, empty where the text is not public or was not found."""
    source: str
    """Where the rule was read."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class AgreementType:
    """A type of agreement: the terms that agreements of this type share."""

    id: str
    """Id of the type; that of its rules in the table of rules, where it has some."""
    name: str
    """Name of the agreement."""
    terms: Mapping[str, object]
    """Terms by the spec's SI field names, dates as ISO 8601 text."""
    source: str
    """Where the terms come from, and which are assumptions."""
    confidence: str
    """Confidence in the set as a whole."""


@dataclass(frozen=True, slots=True)
class Satellite:
    """A satellite or shell of like satellites in one imaging or listening mode; nan where not public."""

    id: str
    """Id of the row."""
    name: str
    """Constellation and mode."""
    operator: str
    """Who runs it."""
    nations: tuple[str, ...]
    """ISO 3166 trigraphs, or a code X.. for an organisation (XEU: European Union)."""
    sensor: str
    """What it carries."""
    altitude_m: float
    """Orbit altitude, metres."""
    inclination_deg: float
    """Orbit inclination, degrees."""
    planes: str
    """Local time of the node or spread of planes, in words."""
    count: int
    """How many satellites."""
    swath_m: float
    """Width of the swath or footprint, metres."""
    resolution_m: float
    """Resolution or position error class, metres; nan for AIS listeners."""
    mode: str
    """Imaging or listening mode."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class ClimateRegion:
    """A box that has one climate at a time; it is no boundary of any other kind."""

    id: str
    """Id of the region."""
    name: str
    """Name in plain words."""
    lat_min_deg: float
    """Southern edge, degrees north."""
    lat_max_deg: float
    """Northern edge, degrees north."""
    lon_min_deg: float
    """Western edge, degrees east."""
    lon_max_deg: float
    """Eastern edge, degrees east."""
    fetch_m: float
    """Open water over which the wind raises waves, metres."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class ClimateMonth:
    """Wind, swell, rain and cloud of one region in one month of the year."""

    id: str
    """Id of the row: the region's id and the month."""
    name: str
    """Region and month in plain words."""
    region: str
    """Id of the region."""
    month: int
    """Month of the year, 1 to 12."""
    wind_mean_mps: float
    """Mean wind speed at 10 m, metres a second."""
    wind_shape: float
    """Shape of the Weibull distribution of wind speed."""
    wind_from_deg: float
    """Prevailing direction that the wind blows from, degrees clockwise from north."""
    wind_steadiness: float
    """Length of the mean of the unit vectors of direction, in (0, 1]."""
    swell_m: float
    """Significant height of swell, metres."""
    rain_fraction: float
    """Share of the time that it rains, in [0, 1]."""
    rain_mm_per_hour: float
    """Mean rain rate while it rains, millimetres an hour."""
    cloud_fraction: float
    """Mean share of the sky that is clouded, in (0, 1)."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class EnvironmentPreset:
    """A named environment: which month's climate holds, and which storms pass."""

    id: str
    """Id of the preset."""
    name: str
    """Name in plain words."""
    month: int | None
    """Month whose climate holds throughout; None for the calendar's."""
    storms: Mapping[str, object]
    """Storms by id, each a tree of the storm's spec in SI units."""
    source: str
    """Where the values come from."""
    confidence: str
    """high, medium, low or assumption."""
