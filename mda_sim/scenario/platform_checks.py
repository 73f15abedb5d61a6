"""Checks of platforms: what they and their sensors name, and whether they reach what they are to search.

Model: a platform must be able to go to its area, search and come back (``world.sorties.reach_problem``): else
that is an error with the numbers. Legal but doubtful are a platform that carries nothing, and a search
outside the area and its traffic buffer, where nothing is at sea.

Where next: ``crosschecks`` and ``load`` ask these.
"""

from __future__ import annotations

import numpy as np

from mda_sim.data import catalogue
from mda_sim.geo.regions import bounds, contains, widened
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.references import NOT_CATALOGUED, mappings, must_be_known
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import MapNode, find
from mda_sim.sensing.mobile import MobileSensor


def check_platform_names(tree: MapNode, findings: Findings) -> None:
    """A sensor is aboard a platform, or a platform based at a site or port, that nobody has."""
    platforms = tree.section("platforms").entries
    ports = {*catalogue.ports(), *tree.section("world", "ports").entries}
    for sensor in mappings(tree.section("sensors")):
        must_be_known(sensor, "platform", "platform", platforms, findings)
    for platform in mappings(tree.section("platforms")):
        base = platform.section("base")
        must_be_known(base, "site", "site", catalogue.sites(), findings, NOT_CATALOGUED)
        must_be_known(base, "port", "port", ports, findings, NOT_CATALOGUED)


def check_reach(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """A platform cannot search its area and be back in time, or a ship has its base on land."""
    if not spec.platforms:
        return
    from mda_sim.world.sorties import reach_problem

    for name, platform in spec.platforms.items():
        problem = reach_problem(platform)
        if problem:
            spot = find(tree, ("platforms", name, "search"))
            findings.error(spot.mark, spot.path, problem)
        if platform.medium == "sea":
            lat_deg, lon_deg = platform.base.place
            land = spec.world.land()
            if bool(land.covers(lat_deg, lon_deg)) and bool(land.is_land(lat_deg, lon_deg)):
                spot = find(tree, ("platforms", name, "base"))
                message = (
                    f"a ship must be based at sea, off its harbour; latitude {lat_deg:g}, longitude "
                    f"{lon_deg:g} is on land: give a port"
                )
                findings.error(spot.mark, spot.path, message)


def doubt_platforms(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """Warn of platforms that see nothing: no sensor is aboard, or they search where no traffic is."""
    carrying = {one.platform for one in spec.sensors.values() if isinstance(one, MobileSensor)}
    lives = widened(spec.area, spec.world.buffer_m)
    for name, platform in spec.platforms.items():
        if name not in carrying:
            spot = find(tree, ("platforms", name))
            findings.warn(spot.mark, spot.path, "no sensor is aboard this platform: it sees nothing")
        west, south, east, north = bounds(platform.search.region)
        lat, lon = np.meshgrid(np.linspace(south, north, 9), np.linspace(west, east, 9))
        if not bool(contains(lives, lat.ravel(), lon.ravel()).any()):
            spot = find(tree, ("platforms", name, "search", "region"))
            message = "it searches outside the area and its traffic buffer, where nothing is at sea"
            findings.warn(spot.mark, spot.path, message)
