"""What the vessels of a class do with their AIS: switches, each with a rate, each off unless stated.

Model: a vessel carries a set with probability ``carriage`` and, if it does, has it switched off for the
whole run with probability ``off_fraction``. Beyond that it is silent while it is in a zone in which it makes
a habit of switching off (``off_in``), and in gaps; and in between it may send false positions. Gaps and false
positions are alternating renewal processes: exponential waits of rate r between episodes of exponential
length of mean m. A vessel begins in the stationary state, in an episode with probability r m / (1 + r m),
which then is the share of its time in episodes. Silence goes before false positions. A false position lies at
a distance and bearing of its own for each episode: from the vessel, which sails beside itself, or, with
``circle``, from where it was as the episode began, and what it sends goes round that place. Every switch has
draws of its own at (address of the stream, index in the stream), so turning one on or changing its rate moves
no draw of another.

Assumptions and limits: the switches are independent of each other and of all else; whether a vessel has the
habit of a zone is drawn once for life. Lengths are exponential: published figures give means. Two hulls share
an identity by one sending the made-up identity of its neighbour in the stream; contacts are laid to the right
hull all the same (perfect association).

Source: alternating renewal processes: D. R. Cox, "Renewal Theory", Methuen, 1962, chapter 7. That sets are
switched off: H. Welch et al., "Hot spots of unseen fishing vessels", Science Advances 8(44), 2022,
doi:10.1126/sciadv.abq2109. That positions go round a place: B. Bergman, "Circling above Point Reyes", Global
Fishing Watch and SkyTruth, 2020.
Where next: ``traffic.vessel_group`` calls ``draw_broadcasts``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mda_sim.core.spec import IdMap, Positive, Probability, Sourced, Spec
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.regions import Region
from mda_sim.geo.sphere import destination
from mda_sim.world.broadcasts import MADE_UP, AisState, broadcasts_of
from mda_sim.world.draws import Span, uniform
from mda_sim.world.fleet import AisClass, Fleet
from mda_sim.world.groups import Group, assemble
from mda_sim.world.inside import inside_intervals

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DAY_S: Final = 86_400.0

PerDay = Annotated[float, Field(ge=0, le=24)]
"""A rate of at most 24 a day. [1/d]"""
MeanS = Annotated[float, Field(ge=60, le=1e8)]
"""A mean length of at least a minute. [s]"""


class OffZone(Spec):
    """A zone in which some vessels switch their AIS off while they are there."""

    region: Region
    """Where."""
    fraction: Probability
    """Share of the vessels with a set in use that do so, whenever they are there. [0, 1]"""


class AisGaps(Sourced):
    """Times in which the AIS is off, wherever the vessel is."""

    per_day: PerDay
    """Mean number of gaps that begin in a day of use. [0, 24] 1/d"""
    lasts_mean_s: MeanS
    """Mean length of a gap, exponential. >= 60 s"""


class Circling(Spec):
    """A circle on which false positions go round."""

    radius_m: Positive
    """Radius. > 0 m"""
    period_s: MeanS
    """Time of one round, clockwise. >= 60 s"""


class FalsePositions(Sourced):
    """Times in which positions are sent that are not the vessel's own."""

    per_day: PerDay
    """Mean number of episodes that begin in a day of true positions. [0, 24] 1/d"""
    lasts_mean_s: MeanS
    """Mean length of an episode, exponential. >= 60 s"""
    distance_m: Span
    """Distance of the false position, or of the circle's centre, uniform in the span. > 0 m"""
    circle: Circling | None = None
    """The circle that is sent, round a fixed place; without it the false track runs beside the true one."""


class AisCarriage(Spec):
    """Which AIS the vessels of a class carry, and what they do with it."""

    carriage: Probability
    """Share of vessels that carry a transponder. [0, 1]"""
    transponder: Literal["class_a", "class_b", "class_b_so"] = "class_a"
    """Kind of transponder: class A (required of larger ships), class B with carrier sense (CS), or class B
    self-organised (SO)."""
    off_fraction: Probability = 0.0
    """Share of the vessels that carry one and have switched it off for the whole run. [0, 1]"""
    off_in: IdMap[OffZone] = Field(default_factory=dict)
    """Zones in which AIS is switched off, by id."""
    gaps: AisGaps | None = None
    """Gaps in use; none without it."""
    false_positions: FalsePositions | None = None
    """Episodes of false positions; none without it."""
    shared_identity_fraction: Probability = 0.0
    """Share of the vessels that send the identity of another hull of their stream. [0, 1]"""
    garbled_fraction: Probability = 0.0
    """Share of messages that are sent so that nobody can decode them. [0, 1]"""

    @property
    def ais_class(self) -> AisClass:
        """The AisClass of the transponder."""
        return AisClass[self.transponder.upper()]


class _Episodes(NamedTuple):
    """Stretches of vessels, sorted by vessel and time; all (n,)."""

    target: Ints
    t_from_us: Ints
    t_to_us: Ints
    nth: Ints
    """Number within the vessel's life."""


def draw_broadcasts(
    use: AisCarriage,
    is_used: NDArray[np.bool_],
    stream: str,
    index: Ints,
    legs: Table,
    seed: int,
    silent: Table | None = None,
) -> Table:
    """What the vessels ``index`` (n,) of a stream broadcast over their lives: a BROADCASTS table.

    ``is_used`` (n,) says which have a set that is not off for the whole run. In ``legs``, a LEGS table, and
    in ``silent``, a PRESENCE table of stretches in which the set is off whatever else, the column ``target``
    counts the vessels.
    """
    n = len(index)
    first = np.searchsorted(legs["target"], np.arange(n))
    last = np.searchsorted(legs["target"], np.arange(n), side="right") - 1
    begin_us, end_us = legs["t_from_us"][first], legs["t_to_us"][last]
    vessels = _Stream(stream, index, seed, begin_us, end_us)
    dark = _zones(use, vessels, legs)
    if use.gaps:
        gaps = vessels.episodes("ais.gap", use.gaps.per_day, use.gaps.lasts_mean_s)
        dark.append(np.stack(gaps[:3]))
    if silent is not None:
        asked = [silent[name].astype(np.int64) for name in ("target", "t_from_us", "t_to_us")]
        dark.append(np.stack(asked))
    lies = _none()
    sent: dict[str, Floats] = {}
    if use.false_positions:
        spec = use.false_positions
        lies = vessels.episodes("ais.false", spec.per_day, spec.lasts_mean_s)
        sent = _false_places(spec, vessels, lies, legs)
    target, t_us, state, lie = _overlay(
        is_used, begin_us, end_us, np.concatenate([np.empty((3, 0), np.int64), *dark], axis=1), lies
    )
    identity = MADE_UP + _hull_named(use, vessels)[target]
    columns = {
        name: np.where(lie >= 0, np.append(values, 0.0)[lie], _UNSENT[name]) for name, values in sent.items()
    }
    mmsi = np.where(state == AisState.SILENT, 0, identity)
    return broadcasts_of(target, t_us, state, mmsi=mmsi, garbled_fraction=use.garbled_fraction, **columns)


_UNSENT: Final = {
    "offset_east_m": 0.0,
    "offset_north_m": 0.0,
    "place_lat_deg": np.nan,
    "place_lon_deg": np.nan,
    "period_s": 0.0,
}
"""What stands in the columns of a false position where none is sent."""


class _Stream(NamedTuple):
    """The vessels of one stream, and when each is first and last there."""

    name: str
    vessel: Ints
    seed: int
    begin_us: Ints
    end_us: Ints

    def uniform(self, what: str, rows: Ints | slice = slice(None), step: int = 0) -> Floats:
        """Uniforms in (0, 1) about some of the vessels."""
        return uniform(self.seed, what, self.name, self.vessel[rows], step)

    def episodes(self, what: str, per_day: float, lasts_mean_s: float) -> _Episodes:
        """The episodes of an alternating renewal process that begin within each vessel's life."""
        if per_day == 0.0 or not len(self.vessel):
            return _none()
        wait_mean_s = _DAY_S / per_day
        begins_in_one = self.uniform(f"{what}.first") < lasts_mean_s / (wait_mean_s + lasts_mean_s)
        t_us, live, found = self.begin_us.copy(), np.arange(len(self.vessel)), []
        nth = 0
        while len(live):
            wait_s = -np.log(self.uniform(f"{what}.wait", live, nth)) * wait_mean_s
            if nth == 0:
                wait_s = np.where(begins_in_one, 0.0, wait_s)
            start_us = t_us[live] + np.rint(wait_s * US_PER_S).astype(np.int64)
            within = start_us < self.end_us[live]
            live, start_us = live[within], start_us[within]
            lasts_s = -np.log(self.uniform(f"{what}.lasts", live, nth)) * lasts_mean_s
            t_us[live] = start_us + np.rint(lasts_s * US_PER_S).astype(np.int64)
            found.append(np.stack([live, start_us, t_us[live], np.full(len(live), nth)]))
            live = live[t_us[live] < self.end_us[live]]
            nth += 1
        rows = np.concatenate(found, axis=1)
        return _Episodes(*rows[:, np.lexsort((rows[1], rows[0]))])


def _none() -> _Episodes:
    return _Episodes(*np.empty((4, 0), np.int64))


def _zones(use: AisCarriage, vessels: _Stream, legs: Table) -> list[Ints]:
    """Vessel, entry and exit (3, k) of the visits to each zone of vessels with the habit."""
    visits = []
    for zone_id, zone in use.off_in.items():
        rows = np.flatnonzero(vessels.uniform(f"ais.zone.{zone_id}") < zone.fraction)
        if not len(rows):
            continue
        fleet = _fleet_of(legs, rows)
        window = int(vessels.begin_us[rows].min()), int(vessels.end_us[rows].max())
        inside = inside_intervals(fleet, zone.region, *window)
        visits.append(np.stack([rows[inside["target"]], inside["t_from_us"], inside["t_to_us"]]))
    return visits


def _fleet_of(legs: Table, rows: Ints) -> Fleet:
    """A fleet of the vessels ``rows`` (sorted) alone, of which nothing but the motion is known."""
    own = legs.take(np.isin(legs["target"], rows))
    own = Table.of(own.schema, {**own.columns, "target": np.searchsorted(rows, own["target"])})
    n = len(rows)
    begin_us = own["t_from_us"][np.searchsorted(own["target"], np.arange(n))]
    silent = broadcasts_of(np.arange(n), begin_us, AisState.SILENT)
    no_ais = np.full(n, AisClass.NONE, np.uint8)
    return assemble([Group("", "", np.arange(n), [""] * n, np.ones(n), no_ais, own, silent)])


def _false_places(spec: FalsePositions, vessels: _Stream, lies: _Episodes, legs: Table) -> dict[str, Floats]:
    """What each episode of false positions sends: columns of BROADCASTS, (n_episodes,)."""
    steps = range(int(lies.nth.max(initial=-1)) + 1)
    share, bearing_deg = np.empty(len(lies.nth)), np.empty(len(lies.nth))
    for step in steps:
        rows = np.flatnonzero(lies.nth == step)
        share[rows] = vessels.uniform("ais.false.distance", lies.target[rows], step)
        bearing_deg[rows] = 360.0 * vessels.uniform("ais.false.bearing", lies.target[rows], step)
    distance_m = spec.distance_m.at(share)
    if spec.circle is None:
        bearing = np.deg2rad(bearing_deg)
        return {"offset_east_m": distance_m * np.sin(bearing), "offset_north_m": distance_m * np.cos(bearing)}
    lat, lon = _last_places(legs, lies.target, lies.t_from_us)
    lat, lon = destination(lat, lon, bearing_deg, distance_m)
    return {
        "offset_north_m": np.full(len(lat), spec.circle.radius_m),
        "place_lat_deg": lat,
        "place_lon_deg": lon,
        "period_s": np.full(len(lat), spec.circle.period_s),
    }


def _last_places(legs: Table, target: Ints, t_us: Ints) -> tuple[Floats, Floats]:
    """Where vessels are at times, or last were; latitude and longitude [deg]."""
    owner = legs["target"].astype(np.int64)
    fleet = _fleet_of(legs, np.unique(owner))
    span_us = 1 + max(int(legs["t_to_us"].max(initial=0)), int(t_us.max(initial=0)))
    begun = np.searchsorted(owner * span_us + legs["t_from_us"], target * span_us + t_us, side="right")
    return fleet.positions(target, np.minimum(t_us, legs["t_to_us"][begun - 1]))


def _hull_named(use: AisCarriage, vessels: _Stream) -> Ints:
    """The row whose identity each vessel sends: its own, or a neighbour's, (n,)."""
    rows = np.arange(len(vessels.vessel))
    if use.shared_identity_fraction == 0.0:
        return rows
    shares = vessels.uniform("ais.shared") < use.shared_identity_fraction
    neighbour = np.where(rows > 0, rows - 1, min(1, max(len(rows) - 1, 0)))
    return np.where(shares, neighbour, rows)


def _overlay(
    is_used: NDArray[np.bool_], begin_us: Ints, end_us: Ints, dark: Ints, lies: _Episodes
) -> tuple[Ints, Ints, Ints, Ints]:
    """Vessel, time, state and row of ``lies`` (-1 if none) at each change of what is sent, in order.

    ``dark`` (3, k) has vessel, begin and end of times of silence, which may overlap.
    """
    n, n_dark, n_lies = len(begin_us), dark.shape[1], len(lies.target)
    target = np.concatenate([np.arange(n), dark[0], dark[0], lies.target, lies.target])
    t_us = np.concatenate([begin_us, dark[1], dark[2], lies.t_from_us, lies.t_to_us])
    t_us = np.maximum(t_us, begin_us[target])
    opens_dark = np.repeat([0, 1, -1, 0, 0], [n, n_dark, n_dark, n_lies, n_lies])
    opens_lie = np.repeat([0, 0, 0, 1, -1], [n, n_dark, n_dark, n_lies, n_lies])
    lie = np.full(len(target), -1)
    lie[n + 2 * n_dark : n + 2 * n_dark + n_lies] = np.arange(n_lies)
    order = np.lexsort((t_us, target))
    target, t_us = target[order], t_us[order]
    is_dark = (np.cumsum(opens_dark[order]) > 0) | ~is_used[target]
    is_lying = (np.cumsum(opens_lie[order]) > 0) & ~is_dark
    state = np.where(is_dark, AisState.SILENT, np.where(is_lying, AisState.FALSE_POSITION, AisState.TRUE))
    lie = np.where(is_lying, np.maximum.accumulate(lie[order]), -1)
    settled = np.append((np.diff(target) > 0) | (np.diff(t_us) > 0), np.ones(min(len(target), 1), np.bool_))
    lives = (t_us < end_us[target]) | (t_us == begin_us[target])
    rows = np.flatnonzero(settled & lives)
    now = np.stack([target[rows], state[rows], lie[rows]])
    rows = rows[(np.diff(now, axis=1, prepend=-2) != 0).any(axis=0)]
    return target[rows], t_us[rows], state[rows], lie[rows]
