"""KML 2.2: tracks with their time, sensors, zones and coverage in folders.

Source: Open Geospatial Consortium, "OGC KML", OGC 07-147r2, 2008.

Assumptions and limits: a track is a line with the span of its time; KML 2.2 has no time for each point (the
CZML has). Coverage is that at the age of maps, hidden until somebody asks for it.
Where next: ``study.export``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from mda_sim.export.content import NOTE, Content, Coverage
from mda_sim.export.files import whole
from mda_sim.export.geojson import counterclockwise

_NAMESPACE: Final = "http://www.opengis.net/kml/2.2"
_STYLES: Final = {
    "track": ("LineStyle", {"color": "c0726a60", "width": "1"}),
    "reach": ("LineStyle", {"color": "c0b27200", "width": "1"}),
    "zone": ("LineStyle", {"color": "c0005ed5", "width": "1"}),
}
"""Colours as KML spells them: alpha, blue, green, red."""


def write_kml(content: Content, folder: Path) -> list[Path]:
    """Write ``run.kml`` into ``folder``; the file."""
    root = Element("kml", xmlns=_NAMESPACE)
    document = _named(root, "Document", content.title, NOTE)
    for name, (kind, rules) in _STYLES.items():
        style = SubElement(SubElement(document, "Style", id=name), kind)
        for key, value in rules.items():
            SubElement(style, key).text = value
    _tracks(_named(document, "Folder", "tracks"), content)
    _sensors(_named(document, "Folder", "sensors and their reach"), content)
    _zones(_named(document, "Folder", "zones, illustrative"), content)
    for layer in content.mapped:
        title = f"{layer.nation}: share of time in custody, seen within {layer.tau_s / 3600:g} h"
        _coverage(_named(document, "Folder", title, is_shown=False), layer)
    indent(root)
    path = folder / "run.kml"
    with whole(path) as partial:
        ElementTree(root).write(partial, encoding="utf-8", xml_declaration=True)
    return [path]


def _tracks(folder: Element, content: Content) -> None:
    tracks = content.tracks
    for rows in tracks.slices():
        vessel = content.vessels[tracks.vessel[rows.start]]
        told = f"{vessel.traffic_class}, {vessel.flag}, {vessel.length_m:.0f} m"
        mark = _named(folder, "Placemark", vessel.name, told)
        span = SubElement(mark, "TimeSpan")
        SubElement(span, "begin").text = content.utc(int(tracks.t_us[rows.start]))
        SubElement(span, "end").text = content.utc(int(tracks.t_us[rows.stop - 1]))
        SubElement(mark, "styleUrl").text = "#track"
        _line(mark, tuple(zip(tracks.lon_deg[rows].tolist(), tracks.lat_deg[rows].tolist(), strict=True)))


def _sensors(folder: Element, content: Content) -> None:
    for sensor in content.sensors:
        mark = _named(folder, "Placemark", sensor.name, f"{sensor.category}, {sensor.operator}")
        SubElement(mark, "styleUrl").text = "#reach"
        shapes = SubElement(mark, "MultiGeometry")
        SubElement(SubElement(shapes, "Point"), "coordinates").text = _pair((sensor.lon_deg, sensor.lat_deg))
        if sensor.ring:
            _line(shapes, sensor.ring)


def _zones(folder: Element, content: Content) -> None:
    for zone in content.zones:
        mark = _named(folder, "Placemark", zone.name)
        SubElement(mark, "styleUrl").text = "#zone"
        shapes = SubElement(mark, "MultiGeometry")
        for line in zone.lines:
            _line(shapes, line)


def _coverage(folder: Element, layer: Coverage) -> None:
    for (west, south, east, north), share in zip(layer.cells().tolist(), layer.share.tolist(), strict=True):
        if not share > 0:
            continue
        mark = _named(folder, "Placemark", f"{100 * share:.0f} %", is_shown=False)
        style = SubElement(mark, "Style")
        SubElement(SubElement(style, "LineStyle"), "width").text = "0"
        SubElement(SubElement(style, "PolyStyle"), "color").text = f"{round(20 + 160 * share):02x}b27200"
        boundary = SubElement(SubElement(mark, "Polygon"), "outerBoundaryIs")
        corners = counterclockwise(
            ((west, south), (east, south), (east, north), (west, north), (west, south))
        )
        ring = SubElement(boundary, "LinearRing")
        SubElement(ring, "coordinates").text = " ".join(map(_pair, corners))


def _named(parent: Element, kind: str, name: str, description: str = "", *, is_shown: bool = True) -> Element:
    """A feature with its name; children in the order that the schema wants."""
    made = SubElement(parent, kind)
    SubElement(made, "name").text = _legal(name)
    if not is_shown:
        SubElement(made, "visibility").text = "0"
    if description:
        SubElement(made, "description").text = _legal(description)
    return made


def _line(parent: Element, line: tuple[tuple[float, float], ...]) -> None:
    shape = SubElement(parent, "LineString")
    SubElement(shape, "tessellate").text = "1"
    SubElement(shape, "coordinates").text = " ".join(map(_pair, line))


def _pair(place: tuple[float, float]) -> str:
    return f"{place[0]:.6f},{place[1]:.6f}"


def _legal(text: str) -> str:
    """Text without the control characters that XML 1.0 cannot hold; markup is escaped on writing."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
