"""CZML: vessels, sensors, coverage and what each nation holds, over time, for viewers of the Cesium family.

Model: one packet a thing. Vessels move along sampled positions and are there only while they are present;
what a nation holds of a vessel stands where its newest observation laid it, until a newer one comes or it is
too old; coverage is a rectangle a cell, paler where little is held.

Source: Analytical Graphics, "CZML Guide" and "CZML Structure", CesiumJS wiki, 2013-2023 (version 1.0): first
packet ``document``; times as seconds since ``epoch``; longitude and latitude in degrees, height in metres.

Assumptions and limits: heights are zero. Colours are those of Okabe and Ito, in order of nation.
Where next: ``study.export``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mda_sim.core.slices import slices_of
from mda_sim.core.time import US_PER_S
from mda_sim.export.content import NOTE, Content
from mda_sim.export.files import rounded, write_json
from mda_sim.picture.spells import Holdings

_COLOURS: Final = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233))
_GREY: Final = (96, 106, 114)
_SPEED_UP: Final = 3600
"""How much faster than life the clock of a viewer begins to run."""


def write_czml(content: Content, folder: Path) -> list[Path]:
    """Write ``run.czml`` into ``folder``; the file."""
    path = folder / "run.czml"
    packets = [
        _document(content),
        *_vessels(content),
        *_sensors(content),
        *_coverage(content),
        *_held(content),
    ]
    write_json(path, packets)
    return [path]


def _document(content: Content) -> dict[str, Any]:
    span = f"{content.utc(content.from_us)}/{content.utc(content.to_us)}"
    clock = {
        "interval": span,
        "currentTime": content.utc(content.from_us),
        "multiplier": _SPEED_UP,
        "range": "LOOP_STOP",
    }
    return {"id": "document", "name": content.title, "version": "1.0", "description": NOTE, "clock": clock}


def _vessels(content: Content) -> Iterator[dict[str, Any]]:
    tracks = content.tracks
    yield {"id": "vessels", "name": "vessels, as they are"}
    for rows in slices_of(tracks.vessel):
        vessel = content.vessels[tracks.vessel[rows.start]]
        since_s = ((tracks.t_us[rows] - content.from_us) / US_PER_S).tolist()
        places = zip(since_s, tracks.lon_deg[rows].tolist(), tracks.lat_deg[rows].tolist(), strict=True)
        stretches = slices_of(tracks.stretch[rows])
        t_us = tracks.t_us[rows].tolist()
        yield {
            "id": f"vessels/{vessel.name}",
            "parent": "vessels",
            "name": vessel.name,
            "availability": [
                f"{content.utc(t_us[one.start])}/{content.utc(t_us[one.stop - 1])}" for one in stretches
            ],
            "position": {
                "epoch": content.utc(content.from_us),
                "interpolationAlgorithm": "LINEAR",
                "interpolationDegree": 1,
                "cartographicDegrees": [
                    number
                    for t_s, lon, lat in places
                    for number in (rounded(t_s, 3), rounded(lon), rounded(lat), 0)
                ],
            },
            "point": _point(_GREY, 4),
            "properties": {
                "traffic_class": vessel.traffic_class,
                "flag": vessel.flag,
                "length_m": rounded(vessel.length_m, 1),
            },
        }


def _sensors(content: Content) -> Iterator[dict[str, Any]]:
    colours = _by_party(content)
    yield {"id": "sensors", "name": "sensors and their reach"}
    for sensor in content.sensors:
        colour = colours.get(sensor.operator, _GREY)
        packet = {
            "id": f"sensors/{sensor.name}",
            "parent": "sensors",
            "name": f"{sensor.name}: {sensor.category}, {sensor.operator}",
            "position": {"cartographicDegrees": [rounded(sensor.lon_deg), rounded(sensor.lat_deg), 0]},
            "point": _point(colour, 7),
        }
        if sensor.ring:
            packet["ellipse"] = {
                "semiMajorAxis": rounded(sensor.range_m, 0),
                "semiMinorAxis": rounded(sensor.range_m, 0),
                "height": 0,
                "fill": False,
                "outline": True,
                "outlineColor": {"rgba": [*colour, 160]},
            }
        yield packet


def _coverage(content: Content) -> Iterator[dict[str, Any]]:
    """A rectangle for each cell that is ever held, by nation; hidden until somebody asks for it."""
    colours = _by_party(content)
    for layer in content.mapped:
        group = f"coverage/{layer.nation}"
        name = f"{layer.nation}: share of time in custody, seen within {layer.tau_s / 3600:g} h"
        yield {"id": group, "name": name}
        cells = zip(layer.cells().tolist(), layer.share.tolist(), strict=True)
        for number, (edges, share) in enumerate(cells):
            if share > 0:
                colour = [*colours.get(layer.nation, _GREY), round(20 + 160 * share)]
                yield {
                    "id": f"{group}/{number}",
                    "parent": group,
                    "rectangle": {
                        "show": False,
                        "coordinates": {"wsenDegrees": [rounded(edge) for edge in edges]},
                        "material": {"solidColor": {"color": {"rgba": colour}}},
                    },
                    "properties": {"custody_fraction": rounded(share)},
                }


def _held(content: Content) -> Iterator[dict[str, Any]]:
    colours = _by_party(content)
    for nation, held in content.holdings.items():
        group = f"held/{nation}"
        yield {"id": group, "name": f"what {nation} holds"}
        for rows in slices_of(held.vessel):
            vessel = content.vessels[held.vessel[rows.start]]
            yield {
                "id": f"{group}/{vessel.name}",
                "parent": group,
                "name": f"{vessel.name}, held by {nation}",
                "availability": [_spell(content, held, row) for row in range(rows.start, rows.stop)],
                "position": [
                    {
                        "interval": _spell(content, held, row),
                        "cartographicDegrees": [rounded(held.lon_deg[row]), rounded(held.lat_deg[row]), 0],
                    }
                    for row in range(rows.start, rows.stop)
                ],
                "point": _point(colours.get(nation, _GREY), 6),
            }


def _spell(content: Content, held: Holdings, row: int) -> str:
    return f"{content.utc(int(held.t_from_us[row]))}/{content.utc(int(held.t_to_us[row]))}"


def _point(colour: tuple[int, int, int], size: int) -> dict[str, Any]:
    return {"pixelSize": size, "color": {"rgba": [*colour, 230]}}


def _by_party(content: Content) -> dict[str, tuple[int, int, int]]:
    """A colour for each nation that has a picture, in order."""
    return {nation: _COLOURS[i % len(_COLOURS)] for i, nation in enumerate(sorted(content.holdings))}
