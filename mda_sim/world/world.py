"""The world of one replicate: all traffic and probes of a scenario, as a fleet.

Model: each class of traffic makes its groups of vessels alone (``merchant``, ``ferries``, ``militia``,
``fishing``, ``patrol``, ``small_boats``, ``survey``, ``rendezvous``) or takes them from a recording
(``recorded``); then followers are laid to the vessels that they follow (``follower``), the probes are added,
and ``groups.assemble`` numbers them. All live in the area widened by ``buffer_m``, so that what enters the
area has been seen on its way.

Assumptions and limits: those of each kind of traffic. Vessels do not react to each other; those who follow or
meet know each other's tracks beforehand.
Where next: ``pipeline`` builds the fleet of each seed; ``sensing`` looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from mda_sim.core.spec import IdMap, NonNegative, Spec
from mda_sim.core.time import Timeline
from mda_sim.data import catalogue
from mda_sim.data.rows import Port
from mda_sim.geo.nearest_nation import FeatureOwners
from mda_sim.geo.regions import Area, Box, widened
from mda_sim.world.environment_spec import EnvironmentSpec
from mda_sim.world.ferries import FerryTraffic, ferry_groups
from mda_sim.world.fishing import FishingTraffic, fishing_groups
from mda_sim.world.fleet import PROBE, Fleet
from mda_sim.world.follower import FollowerTraffic, follower_groups
from mda_sim.world.groups import Group, assemble
from mda_sim.world.lane_laying import lane_network
from mda_sim.world.lanes import LaneNetwork
from mda_sim.world.merchant import MerchantTraffic, merchant_groups
from mda_sim.world.militia import MilitiaTraffic, militia_groups
from mda_sim.world.passages import with_ports
from mda_sim.world.patrol import PatrolTraffic, patrol_groups
from mda_sim.world.places import CoastSpec, PortSpec
from mda_sim.world.probes import ProbeSpec, probe_group
from mda_sim.world.recorded.group import recorded_group
from mda_sim.world.recorded.recording import read_recording
from mda_sim.world.recorded.spec import RecordedAisTraffic
from mda_sim.world.rendezvous import RendezvousTraffic, rendezvous_groups
from mda_sim.world.small_boats import SmallBoatTraffic, small_boat_groups
from mda_sim.world.survey import SurveyTraffic, survey_groups

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

TrafficSpec = Annotated[
    MerchantTraffic
    | FerryTraffic
    | MilitiaTraffic
    | FishingTraffic
    | PatrolTraffic
    | SmallBoatTraffic
    | SurveyTraffic
    | RendezvousTraffic
    | FollowerTraffic
    | RecordedAisTraffic,
    Field(discriminator="kind"),
]
"""A class of traffic, told apart by ``kind``."""


class WorldSpec(Spec):
    """What is at sea."""

    buffer_m: NonNegative = 200_000.0
    """How far beyond the area traffic is simulated. >= 0 m"""
    coast: CoastSpec | None = None
    """Where the land is; the shipped coast (95-150 E, 5 S-45 N) without it."""
    feature_owners: FeatureOwners = Field(default_factory=dict)
    """For which nation a feature of the catalogue counts in regions of kind ``nearest_nation``; one that is
    not listed is disputed and counts for nobody."""
    ports: IdMap[PortSpec] = Field(default_factory=dict)
    """Ports by id, beside those of the catalogue."""
    probes: ProbeSpec | None = None
    """The grid of probes; none without it."""
    traffic: IdMap[TrafficSpec] = Field(default_factory=dict)
    """Classes of traffic by id."""
    environment: EnvironmentSpec | None = None
    """Wind, waves, rain and cloud; without it none are known to any sensor."""

    @model_validator(mode="after")
    def _names_are_free(self) -> Self:
        if PROBE in self.traffic:
            raise ValueError(f"'{PROBE}' is the class of the probes; give this class of traffic another id")
        return self

    def land(self) -> Land:
        """The land; errors as ``geo.coast.load_land``."""
        from mda_sim.geo.coast import load_land

        return load_land(self.coast.file if self.coast is not None else None)

    def port(self, port_id: str) -> Port:
        """A port of the scenario or of the catalogue; UnknownIdError (a KeyError) if neither has it."""
        own = self.ports.get(port_id)
        return own.row(port_id) if own is not None else catalogue.port(port_id)

    @property
    def port_ids(self) -> tuple[str, ...]:
        """Ids of all ports that traffic uses, sorted."""
        return tuple(sorted({port for one in self.traffic.values() for port in one.port_ids}))

    @property
    def port_pairs(self) -> tuple[tuple[str, str], ...]:
        """Both ends of each part of all routes of all classes."""
        routed = (one for one in self.traffic.values() if isinstance(one, MerchantTraffic | FerryTraffic))
        return tuple(pair for one in routed for pair in one.port_pairs)

    @property
    def feature_ids(self) -> tuple[str, ...]:
        """Ids of all features that traffic keeps to, sorted."""
        return tuple(sorted({feature for one in self.traffic.values() for feature in one.feature_ids}))


def build_fleet(
    world: WorldSpec,
    area: Area,
    timeline: Timeline,
    seed: int,
    *,
    land: Land | None = None,
    lanes: LaneNetwork | None = None,
) -> Fleet:
    """All vessels and probes of one replicate, during [0, score_to_us].

    ``land`` is that of the world and ``lanes`` the network between the routes' ports unless given. Raises
    KeyError for a port or feature that the catalogue does not have or a stream that is followed and not
    there, RunError for a place that ships cannot use, RecordingError or DigestMismatch for a recording that
    cannot be used or was changed, HashCollision if two streams share a draw address.
    """
    if land is None:
        land = world.land()
    if lanes is None:
        lanes = lanes_of(world, land)
    box = widened(area, world.buffer_m)
    groups = list(_groups(world, lanes, box, timeline, seed, land))
    groups += _followers(world, groups, box, timeline, seed)
    if world.probes is None:
        return assemble(groups)
    probes = probe_group(world.probes, area, timeline, land)
    return assemble(groups, probes, {"probe_spacing_deg": world.probes.spacing_deg})


def lanes_of(world: WorldSpec, land: Land) -> LaneNetwork:
    """The lanes of all routes of a world, from the cache or made now; errors as ``build_fleet``."""
    named = sorted({port for pair in world.port_pairs for port in pair})
    places = {name: world.port(name) for name in named}
    ports = {name: (place.lat_deg, place.lon_deg) for name, place in places.items()}
    nations = {name: place.nation for name, place in places.items() if place.nation}
    return replace(lane_network(ports, world.port_pairs, land), nations=nations)


def _groups(
    world: WorldSpec, lanes: LaneNetwork, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    ports = {name: (port.lat_deg, port.lon_deg) for name, port in world.ports.items()}
    for class_id, one in world.traffic.items():
        traffic = with_ports(one, ports) if ports else one
        if isinstance(traffic, MerchantTraffic):
            yield from merchant_groups(class_id, traffic, lanes, box, timeline, seed)
        elif isinstance(traffic, FerryTraffic):
            yield from ferry_groups(class_id, traffic, lanes, box, timeline, seed)
        elif isinstance(traffic, FishingTraffic):
            yield from fishing_groups(class_id, traffic, box, timeline, seed, land)
        elif isinstance(traffic, PatrolTraffic):
            yield from patrol_groups(class_id, traffic, box, timeline, seed, land)
        elif isinstance(traffic, SmallBoatTraffic):
            yield from small_boat_groups(class_id, traffic, box, timeline, seed, land)
        elif isinstance(traffic, RecordedAisTraffic):
            yield recorded_group(class_id, traffic, read_recording(traffic, box, timeline, land))
        elif isinstance(traffic, SurveyTraffic):
            yield from survey_groups(class_id, traffic, box, timeline, seed, land)
        elif isinstance(traffic, RendezvousTraffic):
            yield from rendezvous_groups(class_id, traffic, box, timeline, seed, land)
        elif isinstance(traffic, MilitiaTraffic):
            yield from militia_groups(class_id, traffic, box, timeline, seed, land)


def _followers(
    world: WorldSpec, groups: list[Group], box: Box, timeline: Timeline, seed: int
) -> Iterator[Group]:
    by_stream = {group.stream: group for group in groups}
    for class_id, traffic in world.traffic.items():
        if isinstance(traffic, FollowerTraffic):
            yield from follower_groups(class_id, traffic, by_stream, box, timeline, seed)
