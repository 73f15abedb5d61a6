"""What is legal but doubtful: it can be run, and is hardly what its author meant.

Model: each doubt is one small function and gives a warning, which ``--strict`` turns into an error. Texts
with characters that no output shows; lists that name a thing twice; regions without sea, or outside the
area; categories that no sensor makes; a primary endpoint of an age that is not measured; nobody who is
scored, nothing that is sensed, nothing at sea.

Assumptions and limits: whether a region holds sea is asked at 400 points of its bounding box at most, on the
raster of the coast; where the coast is not known there is no answer and no warning.

Where next: ``load.py`` asks all of them once a scenario has no errors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Region, bounds, contains
from mda_sim.metrics.spec import age_label
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import ListNode, MapNode, Mark, Node, ScalarNode, find, quoted
from mda_sim.sharing.network import SharingSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mda_sim.geo.coast import Land

NAME_MAX: Final = 200
"""Characters of a name that outputs show."""
CATEGORIES: Final = ("ais", "night_light", "optical", "radar", "rf", "sar")
"""Kinds of observation that the shipped kinds of sensor make."""

_ACROSS: Final = 20  # points across a region, each way
_ENDPOINT_AGE: Final = re.compile(r"(?:custody|awareness)_fraction(?:_[a-z]+)*_(\d+(?:\.\d+)?(?:h|min|s))")
Points = tuple["NDArray[np.float64]", "NDArray[np.float64]"]
"""Latitudes and longitudes, (n,) each."""

_LINES: Final = "\n\t"  # what a text of several lines may hold


def check_texts(tree: MapNode, findings: Findings) -> None:
    """Warn of characters that no output shows, of overlong names, and of things listed twice."""
    for mark, key, node in _nodes(tree, tree.mark, ""):
        if isinstance(node, ListNode):
            _listed_twice(mark, node, findings)
        elif isinstance(node, ScalarNode) and isinstance(node.value, str):
            if not node.value.isprintable() and not all(c.isprintable() or c in _LINES for c in node.value):
                message = f"the text {quoted(node.value)} holds characters that no output shows"
                findings.warn(mark, node.path, message)
            if key == "name" and len(node.value) > NAME_MAX:
                message = f"a name of {len(node.value):,} characters; outputs show the first {NAME_MAX}"
                findings.warn(mark, node.path, message)


def check_meaning(
    spec: ScenarioSpec, arrangements: Mapping[str, SharingSpec], tree: MapNode, findings: Findings
) -> None:
    """Warn of what can be run but means nothing, or hardly what was meant."""
    _regions(spec, tree, findings)
    _categories(spec, arrangements, tree, findings)
    _ages(spec, tree, findings)
    _nothing_there(spec, arrangements, tree, findings)


def check_starts(spec: ScenarioSpec, timeline: Timeline, tree: MapNode, findings: Findings) -> None:
    """Warn of sensors that begin to operate after the last scored moment."""
    for name, sensor in spec.sensors.items():
        if sensor.from_utc is not None and timeline.us_at(sensor.from_utc) >= timeline.score_to_us:
            _warn(("sensors", name, "from_utc"), "the sensor begins after the scored time", tree, findings)


def _nodes(tree: Node, mark: Mark, key: str) -> Iterator[tuple[Mark, str, Node]]:
    """Every node below, with the mark to report it at and the key it stands under; in no order."""
    todo = [(mark, key, tree)]
    while todo:
        mark, key, node = todo.pop()
        yield mark, key, node
        if isinstance(node, MapNode):
            todo += [(entry.mark, below, entry.node) for below, entry in node.entries.items()]
        elif isinstance(node, ListNode):
            todo += [(item.mark, key, item) for item in node.items]


def _listed_twice(mark: Mark, node: ListNode, findings: Findings) -> None:
    scalars = [item.value for item in node.items if isinstance(item, ScalarNode)]
    counts = Counter(value for value in scalars if isinstance(value, str))
    twice = [text for text, count in counts.items() if count > 1]
    if twice:
        findings.warn(mark, node.path, f"{listed(twice)} {'are' if len(twice) > 1 else 'is'} listed twice")


def _regions(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """The area holds no sea, or a zone holds none of it."""
    within, land = _points(spec.area), spec.world.land()
    if not _has_sea(within, land):
        message = "there is no sea in the area; are latitude and longitude the wrong way round?"
        _warn(("area",), message, tree, findings)
        return
    for name, zone in spec.metrics.zones.items():
        steps = ("metrics", "zones", name)
        here = _points(zone.region)
        if not _overlap(zone.region, here, spec.area, within):
            message = "the zone lies outside the area, where nothing is scored"
            _warn(steps, message, tree, findings)
        elif not _has_sea(here, land):
            _warn(steps, "there is no sea in the zone", tree, findings)


def _points(region: Region) -> Points:
    """Points in the region; none if it is thin."""
    west, south, east, north = bounds(region)
    shares = (np.arange(_ACROSS) + 0.5) / _ACROSS
    grids = np.meshgrid(south + shares * (north - south), west + shares * (east - west), indexing="ij")
    lat, lon = (grid.ravel() for grid in grids)
    inside = contains(region, lat, lon)
    return lat[inside], lon[inside]


def _has_sea(points: Points, land: Land) -> bool:
    """Whether one of the points is at sea, or of unknown coast, or there is none."""
    lat, lon = points
    if not len(lat) or not land.covers(lat, lon).all():
        return True
    return not bool(land.is_land(lat, lon).all())


def _overlap(zone: Region, in_zone: Points, area: Region, in_area: Points) -> bool:
    """Whether a point of one is in the other, as far as points of either can tell."""
    if bool(contains(area, *in_zone).any()) or not len(in_zone[0]):
        return True
    return bool(contains(zone, *in_area).any())


def _categories(
    spec: ScenarioSpec, arrangements: Mapping[str, SharingSpec], tree: MapNode, findings: Findings
) -> None:
    """An agreement or a link names a kind of observation that no sensor makes."""
    known = sorted({*CATEGORIES, *(sensor.category for sensor in spec.sensors.values())})
    for configuration, sharing in arrangements.items():
        for kind, parts in (("agreements", sharing.agreements), ("links", sharing.links)):
            for name, part in parts.items():
                for category in sorted(set(part.categories) - set(known)):
                    steps = _written(tree, configuration, kind, name, "categories")
                    hint = did_you_mean(category, known) or f"; they make {listed(known)}"
                    _warn(steps, f"no sensor makes {quoted(category)}{hint}", tree, findings)


def _written(tree: MapNode, configuration: str, *steps: str) -> tuple[str, ...]:
    """Where a configuration has a value: in itself, or in the ``sharing`` that it inherits."""
    own = ("configurations", configuration, *steps)
    return own if tree.get(*own) is not None else ("sharing", *steps)


def _ages(spec: ScenarioSpec, tree: MapNode, findings: Findings) -> None:
    """A primary endpoint is of an age that is not measured, or is there twice."""
    ages = [age_label(age_s) for age_s in spec.metrics.custody_age_s]
    for index, endpoint in enumerate(spec.metrics.primary):
        steps = ("metrics", "primary", index, "metric")
        found = _ENDPOINT_AGE.fullmatch(endpoint.metric)
        if found and endpoint.metric.startswith("custody") and found[1] not in ages:
            message = f"the age {found[1]} of {quoted(endpoint.metric)} is not measured; custody_age_s has"
            _warn(steps, f"{message} {listed(ages)}", tree, findings)
        if endpoint in spec.metrics.primary[:index]:
            _warn(steps[:3], "this endpoint is listed twice", tree, findings)


def _nothing_there(
    spec: ScenarioSpec, arrangements: Mapping[str, SharingSpec], tree: MapNode, findings: Findings
) -> None:
    """Nobody is scored, nothing is sensed, or nothing is at sea."""
    if not any(nation.kind == "nation" and nation.picture_node for nation in spec.nations.values()):
        _warn(("nations",), "no nation has a picture_node: nobody is scored", tree, findings)
    if not spec.sensors:
        _warn(("sensors",), "there are no sensors: nothing is seen", tree, findings)
    elif not any(sharing.feeds for sharing in arrangements.values()):
        _warn(("sharing",), "there are no feeds: no sensor is heard in any configuration", tree, findings)
    if not spec.world.traffic and spec.world.probes is None:
        _warn(("world",), "there is neither traffic nor probes: nothing is at sea", tree, findings)


def _warn(steps: Iterable[str | int], message: str, tree: MapNode, findings: Findings) -> None:
    spot = find(tree, tuple(steps))
    findings.warn(spot.mark, spot.path, message)
