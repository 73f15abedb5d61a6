"""Fill in what the catalogue, or another part of the scenario, knows: places, parameters, coasts.

Model: ``site`` gives a sensor or node the keys ``lat_deg`` and ``lon_deg``; ``type`` gives a sensor the
parameters of its type, a platform those of its type, and an agreement the terms, name, source and confidence
of its type. A sensor aboard a platform gets the height of its antenna from the platform. A base or berth
at a port of the scenario gets its place, and a region of kind ``nearest_nation`` the scenario's coast and
owners of features. A value that the scenario states itself always wins, as a whole where it is a list or a
mapping; an orbit is stated in one way, so what gives it in another way is not filled in. Each filled-in value
keeps the catalogue id, or the place of the platform's own value, as its origin, so that ``Scenario.origin``
and every message name it.

Assumptions and limits: this happens after all files, configurations and settings are merged; so a
configuration that moves a node to another site takes the new site's place.

Source: the rows of ``mda_sim.data``. Where next: ``load.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mda_sim.data import catalogue
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, Node, ScalarNode, join

_PLACE: Final = ("lat_deg", "lon_deg")
_SUN_SYNCHRONOUS: Final = ("ltan_s",)
_INCLINED: Final = ("inclination_deg", "raan_deg")
_ORBIT: Final = (
    *("n_satellites", "n_planes", "plane_spread_deg", "phasing", "altitude_m", "phase_deg"),
    *_SUN_SYNCHRONOUS,
    *_INCLINED,
)
"""What gives the orbits of satellites in numbers; a file of element sets takes the place of all."""


def with_sites(collection: MapNode, findings: Findings) -> MapNode:
    """Sensors or nodes with the places of their sites."""
    return collection.with_entries(
        {key: _with_site(entry, findings) for key, entry in collection.entries.items()}
    )


def with_types(sensors: MapNode, findings: Findings) -> MapNode:
    """Sensors with the parameters of their types."""
    return sensors.with_entries({key: _with_type(entry, findings) for key, entry in sensors.entries.items()})


def with_platform_types(platforms: MapNode, findings: Findings) -> MapNode:
    """Platforms with the parameters of their types."""
    return platforms.with_entries(
        {key: _with_platform_type(entry, findings) for key, entry in platforms.entries.items()}
    )


def with_heights(sensors: MapNode, platforms: MapNode) -> MapNode:
    """Sensors aboard a platform with its height as that of their antennas, unless they state one."""
    return sensors.with_entries(
        {key: _with_height(entry, platforms) for key, entry in sensors.entries.items()}
    )


def with_terms(agreements: MapNode, findings: Findings) -> MapNode:
    """Agreements with the terms of their types."""
    return agreements.with_entries(
        {key: _with_terms(entry, findings) for key, entry in agreements.entries.items()}
    )


def with_berths(tree: MapNode, ports: MapNode) -> MapNode:
    """A part of the scenario with each base or berth at one of its own ``ports`` as that port's place."""

    def change(node: MapNode) -> MapNode:
        port = node.get("port")
        if not isinstance(port, ScalarNode) or port.value not in ports.entries:
            return node
        place = ports.section(str(port.value)).entries
        kept = node.without("port")
        return kept.with_entries({**kept.entries, **{key: place[key] for key in _PLACE if key in place}})

    return _changed(tree, change)


def with_waters(tree: MapNode, world: MapNode) -> MapNode:
    """``tree`` with the coast and owners of features of the scenario's ``world`` in its nearest waters."""
    known = {
        "coast": world.section("coast").entries.get("file"),
        "owners": world.entries.get("feature_owners"),
    }

    def change(node: MapNode) -> MapNode:
        if _kind(node) != "nearest_nation":
            return node
        filled = {key: entry for key, entry in known.items() if entry is not None}
        return node.with_entries({**filled, **node.entries})

    return _changed(tree, change)


def _changed(tree: MapNode, change: Callable[[MapNode], MapNode]) -> MapNode:
    """``tree`` with every mapping below it changed."""
    entries = {
        key: Entry(entry.written, entry.mark, change(_changed(entry.node, change)))
        if isinstance(entry.node, MapNode)
        else entry
        for key, entry in tree.entries.items()
    }
    return tree.with_entries(entries)


def _with_site(entry: Entry, findings: Findings) -> Entry:
    site_id = _reference(entry.node, "site", "site", catalogue.sites(), findings)
    if site_id is None:
        return entry
    site = catalogue.site(site_id)
    return _filled(entry, {"lat_deg": site.lat_deg, "lon_deg": site.lon_deg}, site_id)


def _with_type(entry: Entry, findings: Findings) -> Entry:
    type_id = _reference(entry.node, "type", "sensor type", catalogue.sensor_types(), findings)
    if type_id is None or not isinstance(entry.node, MapNode):
        return entry
    sensor_type = catalogue.sensor_type(type_id)
    kind = _kind(entry.node)
    if kind != sensor_type.kind and kind in {one.kind for one in catalogue.sensor_types().values()}:
        place = entry.node.entries["type"]
        message = f"the type {type_id!r} is one of kind {sensor_type.kind!r}, this sensor is of {kind!r}"
        findings.error(place.mark, place.node.path, message)
        findings.excuse(entry.node.path)
        return entry
    other_way = _given_otherwise(entry.node)
    values = {key: value for key, value in sensor_type.parameters.items() if key not in other_way}
    return _filled(entry, values, type_id)


def _given_otherwise(sensor: MapNode) -> tuple[str, ...]:
    """The keys of an orbit that must not be filled in, since the sensor gives its orbit in another way."""
    if _states(sensor, "elements"):
        return _ORBIT
    if _states(sensor, *_INCLINED):
        return _SUN_SYNCHRONOUS
    return _INCLINED if _states(sensor, *_SUN_SYNCHRONOUS) else ()


def _states(sensor: MapNode, *keys: str) -> bool:
    """Whether it states one of these keys, other than as null."""
    given = (sensor.get(key) for key in keys)
    return any(
        node is not None and not (isinstance(node, ScalarNode) and node.value is None) for node in given
    )


def _with_platform_type(entry: Entry, findings: Findings) -> Entry:
    type_id = _reference(entry.node, "type", "platform type", catalogue.platform_types(), findings)
    if type_id is None:
        return entry
    return _filled(entry, catalogue.platform_type(type_id).parameters, type_id)


def _with_height(entry: Entry, platforms: MapNode) -> Entry:
    node = entry.node
    if not isinstance(node, MapNode) or "antenna_height_m" in node.entries:
        return entry
    platform = node.get("platform")
    name = platform.value if isinstance(platform, ScalarNode) else None
    height = platforms.section(str(name)).entries.get("height_m")
    if height is None or not isinstance(height.node, ScalarNode):
        return entry
    path = join(node.path, "antenna_height_m")
    own = ScalarNode(height.node.value, height.node.mark, path, height.node.text, height.node.unit)
    new = Entry("antenna_height_m", height.mark, own)
    return Entry(entry.written, entry.mark, node.with_entries({**node.entries, "antenna_height_m": new}))


def _with_terms(entry: Entry, findings: Findings) -> Entry:
    known = catalogue.agreement_types()
    type_id = _reference(entry.node, "type", "agreement type", known, findings)
    if type_id is None:
        return entry
    kind = known[type_id]
    head = {"name": kind.name, "source": kind.source, "confidence": kind.confidence}
    return _filled(entry, {**kind.terms, **head}, type_id)


def _reference(
    node: Node, key: str, table: str, known: Mapping[str, object], findings: Findings
) -> str | None:
    """The catalogue id under ``key``, if there is one and the catalogue has it."""
    entry = node.entries.get(key) if isinstance(node, MapNode) else None
    if entry is None or not isinstance(entry.node, ScalarNode) or not isinstance(entry.node.value, str):
        return None
    wanted = entry.node.value
    if wanted in known:
        return wanted
    if wanted:
        hint = did_you_mean(wanted, known) or f"; it has {listed(known)}"
        findings.error(entry.mark, entry.node.path, f"the catalogue has no {table} {wanted!r}{hint}")
        findings.excuse(node.path)
    return None


def _kind(sensor: MapNode) -> str:
    kind = sensor.get("kind")
    return kind.value if isinstance(kind, ScalarNode) and isinstance(kind.value, str) else ""


def _filled(entry: Entry, values: Mapping[str, object], origin: str) -> Entry:
    node = entry.node
    assert isinstance(node, MapNode)
    mark = Mark(f"catalogue:{origin}")
    new = {
        key: Entry(key, mark, _tree(value, mark, join(node.path, key)))
        for key, value in values.items()
        if key not in node.entries
    }
    return Entry(entry.written, entry.mark, node.with_entries({**node.entries, **new}))


def _tree(value: object, mark: Mark, path: str) -> Node:
    """A value of the catalogue as a tree all of whose parts have one mark."""
    if isinstance(value, Mapping):
        below = {key: Entry(key, mark, _tree(one, mark, join(path, key))) for key, one in value.items()}
        return MapNode(below, mark, path)
    if isinstance(value, list):
        return ListNode(tuple(_tree(one, mark, path) for one in value), mark, path)
    assert value is None or isinstance(value, bool | int | float | str), f"{path}: {value!r}"
    return ScalarNode(value, mark, path, str(value))
