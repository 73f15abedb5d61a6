"""Links on the map of the page, from centre to centre, the wider the more bytes went over them.

Model: all that goes from one node to another of another party is one line, bent to the left of its way, in
the sender's colour. A line to a node that lies off the map ends at its edge, in the node's direction. Width
grows with the root of the volume, on one scale for all configurations.

Assumptions and limits: schematic: lines are no cables. Nodes without a place are left out, and so are lines
that meet the map nowhere. Where next: ``map_plot`` draws the sources that ``assembly`` fills.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.report.basemap import Extent
from mda_sim.report.page.plots import arc
from mda_sim.report.style import INK, colour_of
from mda_sim.report.text import plain

if TYPE_CHECKING:
    from bokeh.plotting import figure as BokehFigure

    from mda_sim.sharing.network import SharingSpec

LINES: Final = "map_links/lines"
"""Source of the lines."""
HEADS: Final = "map_links/heads"
"""Source of their heads."""
ENDS: Final = "map_links/ends"
"""Source of the names of parties where lines lead off the map."""
_INSET: Final = 0.015
"""How far from the edge a line ends that leads off the map, in widths of it."""
_CLOSE: Final = 0.04
"""How close together two names of one party may not stand, in widths of the map."""
_BEND: Final = 0.1

Columns = dict[str, list[Any]]
Place = tuple[float, float]


def link_columns(
    arrangements: Mapping[str, SharingSpec],
    summary: Mapping[str, Any],
    extent: Extent,
    parties: Sequence[str],
) -> dict[str, dict[str, Columns]]:
    """Columns of ``LINES``, ``HEADS``, ``ENDS`` by configuration; ``parties`` in order of their colours."""
    volumes = {name: _volumes(summary, name, sharing) for name, sharing in arrangements.items()}
    most = max((volume for found in volumes.values() for volume in found.values()), default=0.0) or 1.0
    drawn = {
        name: _drawn(sharing, volumes[name], most, extent, parties) for name, sharing in arrangements.items()
    }
    return {
        source: {name: columns[source] for name, columns in drawn.items()} for source in (LINES, HEADS, ENDS)
    }


def draw_links(plot: BokehFigure) -> None:
    """Lines and heads, of nothing yet and unseen."""
    from bokeh.models import ColumnDataSource, HoverTool

    lines = ColumnDataSource({name: [] for name in ("xs", "ys", "width", "colour", "words")}, name=LINES)
    heads = ColumnDataSource({name: [] for name in ("x", "y", "angle", "colour")}, name=HEADS)
    drawn = plot.multi_line(
        "xs",
        "ys",
        source=lines,
        name="map_links",
        line_width="width",
        line_color="colour",
        line_alpha=0.75,
        visible=False,
    )
    plot.scatter(
        "x",
        "y",
        source=heads,
        name="map_link_heads",
        marker="triangle",
        angle="angle",
        size=11,
        fill_color="colour",
        line_color="white",
        visible=False,
    )
    plot.text(
        "x",
        "y",
        text="text",
        source=ColumnDataSource({name: [] for name in ("x", "y", "text")}, name=ENDS),
        name="map_link_ends",
        text_align="center",
        text_baseline="bottom",
        text_font_size="11px",
        text_font_style="bold",
        text_color=INK,
        y_offset=-6,
        visible=False,
    )
    plot.add_tools(HoverTool(renderers=[drawn], tooltips="@words", line_policy="interp", visible=False))


def _volumes(summary: Mapping[str, Any], name: str, sharing: SharingSpec) -> dict[tuple[str, str], float]:
    """Bytes from node to node of another party, by sender and recipient."""
    queues = summary.get("queues", {}).get(name, {})
    found: dict[tuple[str, str], float] = {}
    for id_, link in sharing.links.items():
        if sharing.nodes[link.sender].nation != sharing.nodes[link.recipient].nation:
            told = float(queues.get(f"link:{id_}", {}).get("bytes", 0.0))
            pair = link.sender, link.recipient
            found[pair] = found.get(pair, 0.0) + told
    return found


def _drawn(
    sharing: SharingSpec,
    volumes: Mapping[tuple[str, str], float],
    most: float,
    extent: Extent,
    parties: Sequence[str],
) -> dict[str, Columns]:
    """Columns of each source under one configuration."""
    lines: Columns = {"xs": [], "ys": [], "width": [], "colour": [], "words": []}
    heads: Columns = {"x": [], "y": [], "angle": [], "colour": []}
    off: list[tuple[str, Place]] = []
    for (sender, recipient), volume in sorted(volumes.items()):
        places = _place(sharing, sender, extent), _place(sharing, recipient, extent)
        ends = _on_map(*places, extent)
        if ends is None:
            continue
        x, y = arc(*ends, bend=_BEND, first=0.02, last=0.98)
        colour = colour_of(parties.index(sharing.nodes[sender].nation))
        lines["xs"].append(x.round(3).tolist())
        lines["ys"].append(y.round(3).tolist())
        lines["width"].append(round(1.0 + 7.0 * float(np.sqrt(volume / most)), 2))
        lines["colour"].append(colour)
        words = [
            _words(sharing, node, place, extent)
            for node, place in zip((sender, recipient), places, strict=True)
        ]
        lines["words"].append(plain(f"{words[0]} to {words[1]}: {volume / 1e6:,.1f} MB"))
        heads["x"].append(round(float(x[-1]), 3))
        heads["y"].append(round(float(y[-1]), 3))
        slope = extent.stretch * (y[-1] - y[-2]), x[-1] - x[-2]
        heads["angle"].append(round(float(np.arctan2(*slope) - np.pi / 2), 4))
        heads["colour"].append(colour)
        for node, place, end in zip((sender, recipient), places, ends, strict=True):
            if end != place:
                off.append((plain(sharing.nodes[node].nation), end))
    return {LINES: lines, HEADS: heads, ENDS: _named(off, extent)}


def _named(off: Sequence[tuple[str, Place]], extent: Extent) -> Columns:
    """Names of parties where lines lead off the map, one where several lie close together."""
    close_deg = _CLOSE * (extent.lon_max_deg - extent.lon_min_deg)
    names: Columns = {"x": [], "y": [], "text": []}
    for name, (x, y) in off:
        near = zip(names["x"], names["y"], names["text"], strict=True)
        if all(name != other or np.hypot(x - a, y - b) > close_deg for a, b, other in near):
            for column, value in zip(("x", "y", "text"), (round(x, 3), round(y, 3), name), strict=True):
                names[column].append(value)
    return names


def _place(sharing: SharingSpec, node: str, extent: Extent) -> Place | None:
    """Longitude and latitude of a node, if they are stated; the longitude within 180 degrees of the map."""
    spec = sharing.nodes[node]
    if spec.lon_deg is None or spec.lat_deg is None:
        return None
    middle_deg = (extent.lon_min_deg + extent.lon_max_deg) / 2
    return middle_deg + (spec.lon_deg - middle_deg + 180.0) % 360.0 - 180.0, spec.lat_deg


def _on_map(start: Place | None, end: Place | None, extent: Extent) -> tuple[Place, Place] | None:
    """Ends of what the map shows of the line between two places; None if it shows nothing of it."""
    import shapely

    if start is None or end is None or start == end:
        return None
    inset = _INSET * (extent.lon_max_deg - extent.lon_min_deg)
    window = shapely.box(
        extent.lon_min_deg + inset,
        extent.lat_min_deg + inset,
        extent.lon_max_deg - inset,
        extent.lat_max_deg - inset,
    )
    shown = shapely.intersection(shapely.LineString([start, end]), window)
    if shown.is_empty or shown.geom_type != "LineString":
        return None
    first, last = (tuple(point) for point in shapely.get_coordinates(shown)[[0, -1]].tolist())
    return first, last


def _words(sharing: SharingSpec, node: str, place: Place | None, extent: Extent) -> str:
    """A node and its party, and whether it lies off the map."""
    lon_deg, lat_deg = place or (np.nan, np.nan)
    is_on = (
        extent.lon_min_deg <= lon_deg <= extent.lon_max_deg
        and extent.lat_min_deg <= lat_deg <= extent.lat_max_deg
    )
    return f"{node} of {sharing.nodes[node].nation}{'' if is_on else ' (off the map)'}"
