"""A simulated world beside published figures: each figure measured in one replicate, the same way everywhere.

Model: a figure (``data/published_world.csv``) names its measure, the vessels that it is about, and a place:
the scenario's area, a count line, or the water within a radius of some features. Each measure is one
function here; all but transits, speeds and images are means over the instants of ``world_snapshots`` in the
scored time.

Assumptions and limits: a figure applies to a scenario that has vessels it is about, and whose world (the
area and its buffer) holds its place; what does not apply says why. Radii, and how a source's words are read,
stand in the column ``method`` of the figure. A broadcast is taken as received, so shares matched to AIS are
upper bounds for the assumed carriage; a vessel that is not matched to AIS is no more than that.

Source: per figure. Where next: ``show_tables`` prints the comparison, ``validation/world.py`` repeats it over
seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_DAY, US_PER_S
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.data.published import PublishedFigure, count_line
from mda_sim.geo.regions import Box, contains, widened
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m
from mda_sim.report.world_crossings import crossings
from mda_sim.report.world_snapshots import Snapshots, broadcasts, snapshots
from mda_sim.world.fleet import AisClass
from mda_sim.world.legs import clip_legs

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.report.world_images import ImagedVessels
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

Mask = NDArray[np.bool_]

DAYS_PER_YEAR: Final = 365.0
UNDER_WAY_MPS: Final = 0.5 * KNOT_MPS
"""Speed above which a vessel counts as under way (assumption). [m/s]"""
TOLERANCE: Final = 0.1
"""Relative difference up to which a value counts as the published one (assumption)."""


class SimulatedWorld:
    """One replicate of a scenario's world, and what figures ask of it; what is asked first is kept."""

    def __init__(self, scenario: Scenario, fleet: Fleet, seed: int) -> None:
        self.scenario, self.fleet, self.seed = scenario, fleet, seed
        self.timeline = scenario.timeline
        self._crossings: dict[str, Table] = {}
        self._images: dict[str, ImagedVessels] = {}

    @cached_property
    def snapshots(self) -> Snapshots:
        """The vessels at the instants of the scored time."""
        return snapshots(self.fleet, self.timeline)

    @cached_property
    def in_area(self) -> Mask:
        """Which rows of the snapshots lie in the scenario's area."""
        at = self.snapshots
        return contains(self.scenario.spec.area, at.lat_deg, at.lon_deg)

    @property
    def box(self) -> Box:
        """Where vessels live: the area and its buffer."""
        return widened(self.scenario.spec.area, self.scenario.spec.world.buffer_m)

    @property
    def scored_days(self) -> float:
        """Length of the scored time [d]."""
        return self.timeline.duration_us / US_PER_DAY

    @property
    def kind_of_class(self) -> Mapping[str, str]:
        """Kind of traffic of each class."""
        return {name: traffic.kind for name, traffic in self.scenario.spec.world.traffic.items()}

    def vessels(self, selection: tuple[str, ...]) -> Mask:
        """Which vessels are selected, (n_vessels,); all by an empty selection (see ``PublishedFigure``)."""
        fleet, kinds = self.fleet, self.kind_of_class
        targets = fleet.targets.take(np.arange(fleet.n_vessels))
        if not selection:
            return np.ones(fleet.n_vessels, np.bool_)
        wanted_kinds = {word.removeprefix("kind:") for word in selection if word.startswith("kind:")}
        patterns = [word for word in selection if not word.startswith("kind:")]
        by_class = [
            kinds.get(name, "") in wanted_kinds or any(fnmatchcase(name, pattern) for pattern in patterns)
            for name in fleet.classes
        ]
        of_streams = [pattern for pattern in patterns if "/" in pattern]
        by_stream = [any(fnmatchcase(name, pattern) for pattern in of_streams) for name in fleet.streams]
        chosen = np.array(by_class, np.bool_)[targets["traffic_class"]]
        return np.asarray(chosen | np.array(by_stream, np.bool_)[targets["stream"]])

    def near(self, features: tuple[str, ...], radius_m: float) -> Mask:
        """Which rows of the snapshots lie within a radius of any of some features; in the area if none."""
        if not features:
            return self.in_area
        at = self.snapshots
        near = np.zeros(len(at.target), np.bool_)
        reach_deg = 1.01 * math.degrees(radius_m / EARTH_RADIUS_M)
        for place in (catalogue.feature(name) for name in features):
            band = np.flatnonzero(np.abs(at.lat_deg - place.lat_deg) <= reach_deg)
            distances_m = distance_m(place.lat_deg, place.lon_deg, at.lat_deg[band], at.lon_deg[band])
            near[band] |= distances_m <= radius_m
        return near

    def rows(self, figure: PublishedFigure) -> Mask:
        """Which rows of the snapshots a figure is about."""
        near = self.near(figure.where, figure.radius_m)
        return np.asarray(near & self.vessels(figure.who)[self.snapshots.target])

    def crossed(self, line_id: str) -> Table:
        """Crossings of a count line by vessels in the scored time."""
        if line_id not in self._crossings:
            found = crossings(self.fleet.legs, count_line(line_id))
            t_us = found["t_us"]
            scored = (t_us >= self.timeline.score_from_us) & (t_us < self.timeline.score_to_us)
            self._crossings[line_id] = found.take(scored & (found["target"] < self.fleet.n_vessels))
        return self._crossings[line_id]

    def images(self, type_id: str) -> ImagedVessels:
        """What satellites of a catalogue type hold in the area in the scored time."""
        from mda_sim.report.world_images import imaged_vessels

        if type_id not in self._images:
            self._images[type_id] = imaged_vessels(self.scenario, self.fleet, self.seed, type_id)
        return self._images[type_id]


def needs_sensing(figure: PublishedFigure) -> bool:
    """Whether a figure asks what a sensor holds, not only what is at sea."""
    return figure.measure in _OF_IMAGES


def why_not(figure: PublishedFigure, world: SimulatedWorld) -> str:
    """Why a figure does not apply to a world, in words; empty if it does."""
    if not world.vessels(figure.who).any():
        return "the world has no such vessels"
    for lat_deg, lon_deg in _places(figure):
        if not contains(world.box, lat_deg, lon_deg):
            return "its place lies outside the world"
    return ""


def measured(figure: PublishedFigure, world: SimulatedWorld) -> float:
    """The figure in a simulated world, in the figure's unit; nan where nothing is there to measure.

    KeyError for a measure, line, feature or sensor type that does not exist.
    """
    return float(MEASURES[figure.measure](world, figure))


def agrees(figure: PublishedFigure, mean: float, low: float = math.nan, high: float = math.nan) -> bool:
    """Whether a simulated mean, with its interval if there is one, agrees with the published figure.

    With published bounds: the mean, or some of its interval, lies within them. Without: the published value
    lies in the interval, or the mean no farther from it than ``TOLERANCE`` of it.
    """
    ends = [mean if math.isnan(low) else low, mean if math.isnan(high) else high]
    if math.isnan(figure.low) and math.isnan(figure.high):
        is_near = abs(mean - figure.value) <= TOLERANCE * abs(figure.value)
        return is_near or ends[0] <= figure.value <= ends[1]
    is_above = math.isnan(figure.low) or ends[1] >= figure.low
    return is_above and (math.isnan(figure.high) or ends[0] <= figure.high)


def _places(figure: PublishedFigure) -> list[tuple[float, float]]:
    """Points that must lie in a world for the figure to be measured there."""
    places = [catalogue.feature(name) for name in figure.sea]
    points = [(place.lat_deg, place.lon_deg) for place in places]
    if figure.measure in _AT_LINES:
        lines = [count_line(name) for name in figure.where]
        middles = [((one.lat1_deg + one.lat2_deg) / 2, (one.lon1_deg + one.lon2_deg) / 2) for one in lines]
        return points + middles
    features = [catalogue.feature(name) for name in figure.where]
    return points + [(feature.lat_deg, feature.lon_deg) for feature in features]


def _transits_per_day(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Crossings of the line in both directions, a day."""
    crossed = world.crossed(figure.where[0])
    return float(world.vessels(figure.who)[crossed["target"]].sum()) / world.scored_days


def _share_of_transits(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of the vessels in the crossings of the line by the vessels in ``of``."""
    targets = world.crossed(figure.where[0])["target"]
    return _share(world.vessels(figure.who)[targets], world.vessels(figure.of)[targets])


def _mean_count(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Mean number of vessels at the place at a time."""
    return float(world.rows(figure).sum()) / len(world.snapshots.t_us)


def _median_count(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Median over the instants of the number of vessels at the place."""
    return float(np.median(world.snapshots.counts(world.rows(figure))))


def _largest_count(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Largest number of vessels at the place at an instant."""
    return float(world.snapshots.counts(world.rows(figure)).max())


def _share_at(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of the place in the vessel-time at the features in ``of``, same radius."""
    at_all = world.near(figure.of, figure.radius_m) & world.vessels(figure.who)[world.snapshots.target]
    return _share(world.rows(figure), at_all)


def _ship_days_per_year(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Vessel-days at the place in a year."""
    return _mean_count(world, figure) * DAYS_PER_YEAR


def _share_of_days(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of the UTC days that lie whole in the scored time on which a vessel is at the place."""
    start = world.timeline.start.astimezone(UTC)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    since_us = (start - midnight) // timedelta(microseconds=1)
    day = (world.snapshots.t_us + since_us) // US_PER_DAY
    first = -(-(world.timeline.score_from_us + since_us) // US_PER_DAY)
    stop = (world.timeline.score_to_us + since_us) // US_PER_DAY
    if stop <= first:
        return math.nan
    present = np.unique(day[world.snapshots.counts(world.rows(figure)) > 0])
    return float(((present >= first) & (present < stop)).sum()) / float(stop - first)


def _silent_share(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of vessel-time at the place without AIS."""
    rows = world.rows(figure)
    return _share(rows & ~world.snapshots.is_broadcasting, rows)


def _median_speed_kn(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Median over time under way of the speed over the ground, in the whole world [kn]."""
    speed_mps, hours = under_way(world, world.vessels(figure.who))
    if not len(hours):
        return math.nan
    order = np.argsort(speed_mps, kind="stable")
    until = np.cumsum(hours[order])
    return float(speed_mps[order][np.searchsorted(until, until[-1] / 2)] / KNOT_MPS)


def _median_length_m(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Median length of the vessels [m]."""
    chosen = world.vessels(figure.who)
    return (
        float(np.median(world.fleet.targets["length_m"][: len(chosen)][chosen])) if chosen.any() else math.nan
    )


def _images_per_day(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Images of the area a day, by the sensor type in ``of``."""
    return world.images(figure.of[0]).n_images / world.scored_days


def _contacts_per_day(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Contacts of the vessels in the area a day, by the sensor type in ``of``."""
    targets = world.images(figure.of[0]).target
    return float(world.vessels(figure.who)[targets].sum()) / world.scored_days


def _matched_share(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of these contacts whose vessel sends its true position at that moment."""
    held = world.images(figure.of[0])
    chosen = world.vessels(figure.who)[held.target]
    return _share(chosen & broadcasts(world.fleet, held.target, held.t_us, truly=True), chosen)


def _matched_share_class_a(world: SimulatedWorld, figure: PublishedFigure) -> float:
    """Share of these contacts whose vessel sends its true position at that moment by a class A set."""
    held = world.images(figure.of[0])
    chosen = world.vessels(figure.who)[held.target]
    is_class_a = world.fleet.targets["ais"][held.target] == AisClass.CLASS_A
    sent = broadcasts(world.fleet, held.target, held.t_us, truly=True)
    return _share(chosen & sent & is_class_a, chosen)


def under_way(world: SimulatedWorld, vessels: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Speed [m/s] and duration [h] of each leg in the scored time on which vessels (a mask) are under way."""
    speed_mps, hours = speeds(world, vessels)
    moving = speed_mps > UNDER_WAY_MPS
    return speed_mps[moving], hours[moving]


def speeds(world: SimulatedWorld, vessels: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Speed [m/s] and duration [h] of each leg of vessels (a mask) in the scored time."""
    legs = world.fleet.legs
    chosen = np.zeros(world.fleet.n_targets, np.bool_)
    chosen[: len(vessels)] = vessels
    scored = clip_legs(
        legs.take(chosen[legs["target"]]), world.timeline.score_from_us, world.timeline.score_to_us
    )
    return scored["speed_mps"], (scored["t_to_us"] - scored["t_from_us"]) / (3600.0 * US_PER_S)


def _share(part: Mask, whole: Mask) -> float:
    """Number in a part over the number in the whole; nan if that is none."""
    return float(part.sum()) / float(whole.sum()) if whole.any() else math.nan


MEASURES: Final[Mapping[str, Callable[[SimulatedWorld, PublishedFigure], float]]] = MappingProxyType(
    {
        "transits_per_day": _transits_per_day,
        "share_of_transits": _share_of_transits,
        "mean_count": _mean_count,
        "median_count": _median_count,
        "largest_count": _largest_count,
        "share_at": _share_at,
        "ship_days_per_year": _ship_days_per_year,
        "share_of_days": _share_of_days,
        "silent_share": _silent_share,
        "median_speed_kn": _median_speed_kn,
        "median_length_m": _median_length_m,
        "images_per_day": _images_per_day,
        "contacts_per_day": _contacts_per_day,
        "matched_share": _matched_share,
        "matched_share_class_a": _matched_share_class_a,
    }
)
"""The measures by the name that figures call them."""

_AT_LINES: Final = frozenset({"transits_per_day", "share_of_transits"})
_OF_IMAGES: Final = frozenset(
    {"images_per_day", "contacts_per_day", "matched_share", "matched_share_class_a"}
)
