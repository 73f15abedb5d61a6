"""Maps of what a set of sensors covers.

Model: each cell in the colour of its probability, on one scale from 0 to 1, with the lines of 0.5 and 0.9;
land lies over them. Sensors are marked in the colour of their operator.

Assumptions and limits: those of ``sensor_coverage``. Zones are illustrative and take no position on claims.
Where next: ``sensor_look`` chooses what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.report.basemap import Sheet, add_key, new_sheet
from mda_sim.report.grids import Mesh
from mda_sim.report.labels import Label, boxes_around, place_labels
from mda_sim.report.maps import (
    MARKERS,
    Caption,
    colour_bar,
    draw_cells,
    draw_zones,
    scale_bar_box,
    zone_handle,
    zone_label,
)
from mda_sim.report.sensor_curves import LEVELS, NOTHING
from mda_sim.report.style import INK, MUTED, SHARE_COLOURS, colour_of, house_style
from mda_sim.report.text import for_figure
from mda_sim.report.words import CATEGORY_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mda_sim.report.scene import Scene, SensorMark
    from mda_sim.report.sensor_coverage import Floats, SeaCells

_LINES: Final[tuple[Any, ...]] = ((0, (2.5, 1.2)), "solid")  # of the levels
_NAMED_MOST: Final = 12  # sensors that are named on the map


def cover_map(
    scene: Scene, cells: SeaCells, p: Floats, sensors: Sequence[SensorMark], caption: Caption, note: str
) -> Figure:
    """Probability that a set of sensors holds the reference target, cell by cell."""
    from matplotlib.colors import Normalize

    notes = [f"{note} {scene.extent.coast_note}", caption.source]
    with house_style():
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, side_in=0.85)
        shown = np.where(p >= NOTHING, p, np.nan)
        mesh = Mesh(cells.grid.lat_edges_deg, cells.grid.lon_edges_deg, shown, np.zeros(p.shape, np.bool_))
        drawn = draw_cells(sheet.axes, mesh, SHARE_COLOURS, Normalize(0.0, 1.0))
        colour_bar(sheet, drawn, "P (contact in one interval)")
        handles = [*_levels(sheet.axes, cells, p), *_operators(sheet.axes, scene, sensors)]
        draw_zones(sheet.axes, scene.zones, halo=True)
        add_key(sheet, [*handles, *([zone_handle()] if scene.zones else [])])
        _names(sheet, scene, sensors)
        return sheet.figure


def _levels(axes: Axes, cells: SeaCells, p: Floats) -> list[Any]:
    """The lines of equal probability; returns the handles of the key."""
    from matplotlib.lines import Line2D

    handles = []
    filled = np.nan_to_num(p)
    for level, style in zip(LEVELS, _LINES, strict=True):
        if (filled >= level).any() and (filled < level).any():
            axes.contour(
                cells.lon_deg,
                cells.lat_deg,
                filled,
                [level],
                colors=INK,
                linewidths=0.5,
                linestyles=[style],
                zorder=2,
            )
        handles.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=style, label=f"P = {level:g}"))
    return handles


def _operators(axes: Axes, scene: Scene, sensors: Sequence[SensorMark]) -> list[Any]:
    """Sensors coloured by operator; returns the handles of the key."""
    from matplotlib.lines import Line2D

    handles = []
    for number, (code, _, _) in enumerate(scene.parties):
        for category in sorted({one.category for one in sensors if one.operator == code}):
            marks = [one for one in sensors if (one.operator, one.category) == (code, category)]
            look: dict[str, Any] = {
                "marker": MARKERS.get(category, "D"),
                "markersize": 5.0,
                "color": colour_of(number),
                "markeredgecolor": "white",
                "markeredgewidth": 0.5,
                "linestyle": "",
            }
            axes.plot([one.lon_deg for one in marks], [one.lat_deg for one in marks], zorder=7, **look)
            words = f"{CATEGORY_WORDS.get(category, category)}, {code}"
            handles.append(Line2D([], [], label=for_figure(words, 40), **look))
    return handles


def _names(sheet: Sheet, scene: Scene, sensors: Sequence[SensorMark]) -> None:
    labels = [zone_label(zone) for zone in scene.zones]
    extent = sheet.extent
    inside = [
        one
        for one in sensors
        if extent.lat_min_deg <= one.lat_deg <= extent.lat_max_deg
        and extent.lon_min_deg <= one.lon_deg <= extent.lon_max_deg
    ]
    if len(inside) <= _NAMED_MOST:
        labels += [Label(one.lat_deg, one.lon_deg, one.id, colour=MUTED, size_pt=5.8) for one in inside]
    taken = boxes_around(sheet.axes, [one.lat_deg for one in inside], [one.lon_deg for one in inside], 5.0)
    place_labels(sheet.axes, labels, [*taken, scale_bar_box(sheet)])
