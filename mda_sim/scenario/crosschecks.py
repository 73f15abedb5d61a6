"""Named cross-checks of a scenario: what its parts refer to in each other, and what looks out of place.

Model: each check is one small function. References are looked up in the marked tree, so they are checked
even where another part of the file is wrong; what needs numbers is checked on the specs. The checks of
the sharing part live beside it (``sharing.checks``) and are only given their places here.

Assumptions and limits: a missing part is no cross-check's business; the type check has reported it.

Where next: ``load.py`` runs all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from mda_sim.core.errors import HashCollision, RunError
from mda_sim.core.rng import check_addresses
from mda_sim.data import catalogue
from mda_sim.geo.coast import BadCoastFile
from mda_sim.geo.regions import NearestNation, Region, bounds, contains, widened
from mda_sim.metrics.corridors import CORRIDOR_GROUP
from mda_sim.scenario.findings import Findings, listed
from mda_sim.scenario.metric_checks import check_metric_names
from mda_sim.scenario.platform_checks import check_platform_names
from mda_sim.scenario.references import NOT_CATALOGUED, is_true, mappings, must_be_known, text, unknown
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, ScalarNode, find, quoted
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.sharing.checks import Finding
from mda_sim.sharing.network import SharingSpec
from mda_sim.world.environment import climate_gap
from mda_sim.world.environment_spec import SeasonalEnvironment

_CLASS_GROUP: Final = "class:"
_BOUND_GROUP: Final = "bound:"
_STREAMS: Final = ("grounds", "stations", "homes", "stock", "areas", "meetings")  # each entry is a stream


def check_references(tree: MapNode, findings: Findings) -> None:
    """Everything in the tree that names something which is not there."""
    _unknown_operator(tree, findings)
    _unknown_baseline(tree, findings)
    _unknown_zone_or_group(tree, findings)
    _unknown_port(tree, findings)
    _port_of_the_catalogue(tree, findings)
    _unknown_feature(tree, findings)
    _unknown_ground(tree, findings)
    _unknown_stream(tree, findings)
    _shared_address(tree, findings)
    check_metric_names(tree, findings)
    check_platform_names(tree, findings)


def check_coast(
    spec: ScenarioSpec, sharing: Mapping[str, SharingSpec | None], tree: MapNode, findings: Findings
) -> bool:
    """Whether the coast file that the scenario names is one; also note coasts that it lacks.

    Zones and filters ask for the coasts of nations.
    """
    if spec.world.coast is not None:
        try:
            spec.world.land()
        except BadCoastFile as wrong:
            spot = find(tree, ("world", "coast", "file"))
            findings.error(spot.mark, spot.path, str(wrong))
            return False
    for steps, region in _regions(spec, sharing):
        if isinstance(region, NearestNation):
            try:
                bounds(region)
            except RunError as wrong:
                spot = find(tree, steps)
                findings.error(spot.mark, spot.path, str(wrong))
    return True


def _regions(
    spec: ScenarioSpec, sharing: Mapping[str, SharingSpec | None]
) -> Iterator[tuple[tuple[str, ...], Region | None]]:
    """Every region of a zone, search, filter, agreement or consent, with its place in the tree."""
    for name, zone in spec.metrics.zones.items():
        yield ("metrics", "zones", name, "region"), zone.region
    for name, platform in spec.platforms.items():
        yield ("platforms", name, "search", "region"), platform.search.region
    parts = {("sharing",): spec.sharing} | {("configurations", name): part for name, part in sharing.items()}
    for where, part in parts.items():
        for name, link in part.links.items() if part is not None else ():
            if link.filter is not None:
                yield (*where, "links", name, "filter", "area"), link.filter.area
        for name, deal in part.agreements.items() if part is not None else ():
            yield (*where, "agreements", name, "area"), deal.area
        for name, consent in part.consents.items() if part is not None else ():
            yield (*where, "consents", name, "area"), consent.area


def check_places(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """Warn of an area beyond the known coast, and of sensors far from all traffic."""
    _area_off_the_coast_map(spec, tree, findings)
    _sensor_far_from_traffic(spec, tree, findings)


def check_climate(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """Weather is drawn from a climate that holds nowhere near some part of the area."""
    environment = spec.world.environment
    gap = climate_gap(environment, spec.area) if isinstance(environment, SeasonalEnvironment) else ""
    if gap:
        spot = find(tree, ("world", "environment"))
        findings.error(spot.mark, spot.path, gap)


def place_findings(
    found: Mapping[str, Iterable[Finding]], trees: Mapping[str, MapNode], findings: Findings
) -> None:
    """Give the findings about each configuration's sharing part their places.

    ``found`` and ``trees`` (whole scenarios, with that configuration's ``sharing``) are keyed by
    configuration. What is found in some configurations only, but lies outside them, says in which.
    """
    where: dict[tuple[Mark, str, str, str], list[str]] = {}
    for name, these in found.items():
        for finding in these:
            steps = tuple(int(step) if step.isdigit() else step for step in finding.key.split("."))
            spot = find(trees[name], steps)
            where.setdefault((spot.mark, spot.path, finding.message, finding.severity), []).append(name)
    for (mark, path, message, severity), names in where.items():
        in_all = len(names) == len(trees) or path.startswith("configurations.")
        only = "" if in_all else f" (in {listed(names)})"
        note = findings.error if severity == "error" else findings.warn
        note(mark, path, message + only)


def _unknown_operator(tree: MapNode, findings: Findings) -> None:
    """A sensor's operator is not among the nations."""
    nations = tree.section("nations").entries
    for sensor in tree.section("sensors").entries.values():
        must_be_known(sensor.node, "operator", "nation", nations, findings)


def _unknown_baseline(tree: MapNode, findings: Findings) -> None:
    """The baseline is not among the configurations."""
    configurations = tree.section("configurations").entries
    if configurations:
        must_be_known(tree, "baseline", "configuration", configurations, findings)


def _unknown_zone_or_group(tree: MapNode, findings: Findings) -> None:
    """A primary endpoint names a zone, class of traffic, nation bound for or corridor that is not there."""
    zones = tree.section("metrics", "zones").entries
    members = {
        _CLASS_GROUP: tree.section("world", "traffic").entries,
        _BOUND_GROUP: tree.section("nations").entries,
        CORRIDOR_GROUP: tree.section("metrics", "corridors").entries,
    }
    primary = tree.get("metrics", "primary")
    for endpoint in primary.items if isinstance(primary, ListNode) else ():
        must_be_known(endpoint, "zone", "zone", zones, findings)
        for prefix, names in members.items():
            if text(endpoint, "group").startswith(prefix):
                known = [prefix + name for name in names]
                must_be_known(endpoint, "group", "group", known, findings)


def _unknown_port(tree: MapNode, findings: Findings) -> None:
    """A route, or a base or berth of a class, is a port that neither catalogue nor scenario has."""
    known = {*catalogue.ports(), *tree.section("world", "ports").entries}
    for traffic in mappings(tree.section("world", "traffic")):
        for route in mappings(traffic.section("routes")):
            for end in ("origin", "destination"):
                must_be_known(route, end, "port", known, findings, NOT_CATALOGUED)
            via = route.get("via")
            for stop in via.items if isinstance(via, ListNode) else ():
                if isinstance(stop, ScalarNode) and isinstance(stop.value, str) and stop.value not in known:
                    entry = Entry("via", stop.mark, stop)
                    unknown(entry, "port", stop.value, known, findings, NOT_CATALOGUED)
        for collection, key in (("grounds", "base"), ("stations", "base"), ("homes", "berth")):
            for place in mappings(traffic.section(collection)):
                must_be_known(place.section(key), "port", "port", known, findings, NOT_CATALOGUED)
        berths = [traffic.section("reliefs", "base")]
        berths += [area.section("reliefs", "base") for area in mappings(traffic.section("areas"))]
        for meeting in mappings(traffic.section("meetings")):
            ways = [
                meeting.section(role, end)
                for role in ("first", "second")
                for end in ("origin", "destination")
            ]
            berths += ways
        for berth in berths:
            must_be_known(berth, "port", "port", known, findings, NOT_CATALOGUED)


def _port_of_the_catalogue(tree: MapNode, findings: Findings) -> None:
    """A port of the scenario has the id of one of the catalogue: routes could mean either."""
    for name, entry in tree.section("world", "ports").entries.items():
        if name in catalogue.ports():
            message = f"the catalogue has a port {quoted(name)} already; give this one another id"
            findings.error(entry.mark, entry.node.path, message)


def _unknown_feature(tree: MapNode, findings: Findings) -> None:
    """Militia or patrols are kept at a feature that the catalogue does not have."""
    known = catalogue.features()
    for traffic in mappings(tree.section("world", "traffic")):
        for key, entry in traffic.section("stock").entries.items():
            if key not in known:
                unknown(entry, "feature", key, known, findings, NOT_CATALOGUED)
        for station in mappings(traffic.section("stations")):
            must_be_known(station, "feature", "feature", known, findings, NOT_CATALOGUED)


def _unknown_ground(tree: MapNode, findings: Findings) -> None:
    """Trawlers fish on a ground that the catalogue does not have."""
    known = catalogue.fishing_grounds()
    for traffic in mappings(tree.section("world", "traffic")):
        for ground in mappings(traffic.section("grounds")):
            must_be_known(ground, "ground", "fishing ground", known, findings, NOT_CATALOGUED)


def _unknown_stream(tree: MapNode, findings: Findings) -> None:
    """Ships follow a stream of vessels that no class of traffic has."""
    classes = tree.section("world", "traffic").entries
    known: list[str] = []
    for class_id, entry in classes.items():
        traffic = entry.node
        if isinstance(traffic, MapNode):
            for collection in _STREAMS:
                known += [f"{class_id}/{name}" for name in traffic.section(collection).entries]
            for route_id, route in traffic.section("routes").entries.items():
                ways = ("out", "back") if is_true(route.node, "both_ways") else ("out",)
                known += [f"{class_id}/{route_id}/{way}" for way in ways]
    for traffic in mappings(tree.section("world", "traffic")):
        for task in mappings(traffic.section("tasks")):
            must_be_known(task, "follows", "stream", known, findings, "no class of traffic has the")


def _shared_address(tree: MapNode, findings: Findings) -> None:
    """Two sensors, or two links of any configurations, share an address of random draws."""
    links = dict(tree.section("sharing", "links").entries)
    for configuration in mappings(tree.section("configurations")):
        links |= configuration.section("links").entries
    for kind, ids, steps in (
        ("sensor", tree.section("sensors").entries, ("sensors",)),
        ("link", links, ("sharing", "links")),
    ):
        try:
            check_addresses(ids, kind)
        except HashCollision as collision:
            spot = find(tree, steps)
            findings.error(spot.mark, spot.path, str(collision))


def _area_off_the_coast_map(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """The area reaches beyond the known coast."""
    west, south, east, north = bounds(spec.area)
    map_west, map_south, map_east, map_north = spec.world.land().bounds
    if west < map_west or south < map_south or east > map_east or north > map_north:
        spot = find(tree, ("area",))
        known = f"{map_west:g}..{map_east:g} E, {map_south:g}..{map_north:g} N"
        which = "shipped coast" if spec.world.coast is None else "coast of world.coast"
        findings.warn(spot.mark, spot.path, f"the area reaches beyond the {which} ({known})")


def _sensor_far_from_traffic(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """A sensor stands outside the area widened by the traffic buffer: it may see nothing."""
    reach = widened(spec.area, spec.world.buffer_m)
    for sensor_id, sensor in spec.sensors.items():
        if isinstance(sensor, FixedSensor) and not bool(
            np.all(contains(reach, sensor.lat_deg, sensor.lon_deg))
        ):
            spot = find(tree, ("sensors", sensor_id))
            place = f"{sensor.lat_deg:g}, {sensor.lon_deg:g}"
            message = (
                f"the sensor at latitude, longitude {place} stands outside the area and its traffic buffer"
            )
            if abs(sensor.lon_deg) <= 90 and bool(np.all(contains(reach, sensor.lon_deg, sensor.lat_deg))):
                message += "; are latitude and longitude the wrong way round?"
            findings.warn(spot.mark, spot.path, message)
