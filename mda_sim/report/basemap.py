"""The sheet every map is drawn on: sea, coast, graticule, scale bar, title, key, footer.

Model: equirectangular (longitude and latitude as x and y), stretched by 1 / cos(middle latitude) so that
distances are true in all directions at the middle of the sheet. Sizes are set in inches, nothing is fitted
afterwards, so equal input gives equal pictures.

Assumptions and limits: away from the middle latitude east-west distances are off by the ratio of cosines
(8 % at 15 degrees from a middle of 15 N); the scale bar is true at its own latitude, and says which.
Where next: ``maps`` draws cells and sensors on it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mda_sim.core.spec import DataFile
from mda_sim.report.style import COAST, GRID, INK, LAND, MUTED, SEA, new_figure
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as DrawnPath

CAUTION: Final = (
    "Zones are illustrative and take no position on claims. Simulation only. Perfect association. "
    "Surface targets only, no cueing."
)
GATED_CAUTION: Final = CAUTION.replace("Perfect association", "Gated association")
"""The same where what is drawn is of tracks."""
_MAP_WIDTH_IN: Final = 6.4
_LEFT_IN: Final = 0.55
_TOP_IN: Final = 0.72
_KEY_IN: Final = 0.74
_KEY_ROW_IN: Final = 0.165
_FOOTER_IN: Final = 0.62
_SCALE_STEPS_KM: Final = (10, 20, 50, 100, 200, 500, 1000)


class Extent(NamedTuple):
    """What a map shows [deg]."""

    lat_min_deg: float
    lat_max_deg: float
    lon_min_deg: float
    lon_max_deg: float
    coast: DataFile | None = None
    """Coast file to draw, the shipped one if None."""

    @property
    def coast_note(self) -> str:
        """Where the coast comes from, in words."""
        if self.coast is None:
            return "Coast: Natural Earth 1:10m (public domain)."
        return f"Coast: {Path(self.coast.path).name}, whose source the scenario states."

    @property
    def stretch(self) -> float:
        """Height of a degree of latitude over the width of a degree of longitude, at the middle."""
        return 1.0 / math.cos(math.radians((self.lat_min_deg + self.lat_max_deg) / 2))


@dataclass(frozen=True)
class Sheet:
    """A figure with its map, an optional strip at the right, and the row for the key under the map."""

    figure: Figure
    axes: Axes
    side: Axes | None
    extent: Extent
    key_y: float
    """Height of the key row in the figure [fraction]."""


def new_sheet(
    extent: Extent,
    title: str,
    subtitle: str,
    notes: Sequence[str],
    *,
    side_in: float = 0.0,
    side_full: bool = False,
    key_rows: int = 2,
    caution: str = CAUTION,
) -> Sheet:
    """A sheet with coast, graticule, scale bar, title and footer; ``side_in`` reserves a strip at the right.

    The strip holds a colour bar (narrow axes) or, with ``side_full``, a panel of its own. ``key_rows`` is how
    many rows the key has, if more than two.
    """
    height_in = _MAP_WIDTH_IN * extent.stretch * (extent.lat_max_deg - extent.lat_min_deg)
    height_in = min(max(height_in / (extent.lon_max_deg - extent.lon_min_deg), 2.5), 9.0)
    footer_lines = [caution, *notes]
    width_in = _LEFT_IN + _MAP_WIDTH_IN + 0.25 + side_in
    lines = [
        line for note in footer_lines for line in textwrap.wrap(for_figure(note, 600), int(width_in * 17))
    ]
    footer_in = max(_FOOTER_IN, 0.14 * len(lines) + 0.18)
    bottom_in = footer_in + _KEY_IN + _KEY_ROW_IN * max(0, key_rows - 2)
    total_in = bottom_in + height_in + _TOP_IN
    figure = new_figure(width_in, total_in)
    axes = figure.add_axes(
        (_LEFT_IN / width_in, bottom_in / total_in, _MAP_WIDTH_IN / width_in, height_in / total_in)
    )
    _frame(axes, extent)
    _land(axes, extent)
    _scale_bar(axes, extent)
    left = _LEFT_IN / width_in
    figure.text(left, 1 - 0.20 / total_in, for_figure(title, 90), fontsize=12, fontweight="bold", va="top")
    figure.text(left, 1 - 0.46 / total_in, for_figure(subtitle, 130), fontsize=8.5, color=MUTED, va="top")
    figure.text(
        left,
        (footer_in - 0.06) / total_in,
        "\n".join(lines),
        fontsize=6.5,
        color=MUTED,
        va="top",
        linespacing=1.35,
    )
    side = None
    if side_in:
        start = _LEFT_IN + _MAP_WIDTH_IN + (0.2 if side_full else 0.15)
        span = (bottom_in, height_in) if side_full else (bottom_in + 0.1 * height_in, 0.8 * height_in)
        strip = side_in - 0.05 if side_full else 0.16
        side = figure.add_axes((start / width_in, span[0] / total_in, strip / width_in, span[1] / total_in))
    return Sheet(figure, axes, side, extent, (footer_in + 0.08) / total_in)


def add_key(sheet: Sheet, handles: Sequence[Any], columns: int = 4) -> None:
    """The key, in the row under the map; ``handles`` are labelled artists."""
    if handles:
        sheet.figure.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=(sheet.axes.get_position().x0 - 0.008, sheet.key_y),
            ncols=columns,
            handletextpad=0.5,
            columnspacing=1.4,
            borderaxespad=0.0,
        )


def _frame(axes: Axes, extent: Extent) -> None:
    axes.set_xlim(extent.lon_min_deg, extent.lon_max_deg)
    axes.set_ylim(extent.lat_min_deg, extent.lat_max_deg)
    axes.set_aspect(extent.stretch, adjustable="box", anchor="SW")
    axes.set_facecolor(SEA)
    step = _graticule_step_deg(
        max(extent.lat_max_deg - extent.lat_min_deg, extent.lon_max_deg - extent.lon_min_deg)
    )
    lons = _multiples(extent.lon_min_deg, extent.lon_max_deg, step)
    lats = _multiples(extent.lat_min_deg, extent.lat_max_deg, step)
    axes.set_xticks(lons, [_degrees(lon, "E", "W") for lon in lons])
    axes.set_yticks(lats, [_degrees(lat, "N", "S") for lat in lats])
    axes.tick_params(length=2.5, width=0.5)
    for spine in axes.spines.values():
        spine.set_zorder(12)
    axes.grid(True, color=GRID, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(False)


def _land(axes: Axes, extent: Extent) -> None:
    from matplotlib.collections import PathCollection

    land = PathCollection(land_paths(extent), facecolors=LAND, edgecolors=COAST, linewidths=0.4, zorder=3)
    land.set_transform(axes.transData)
    axes.add_collection(land, autolim=False)  # limits are set; searching them again costs a second a map


@lru_cache(maxsize=4)
def land_paths(extent: Extent) -> tuple[DrawnPath, ...]:
    """Outlines of the land that reaches into ``extent``, holes included: paths of longitude and latitude."""
    import numpy as np
    import shapely
    from matplotlib.path import Path as DrawnPath

    from mda_sim.geo.coast import load_land

    window = shapely.box(
        extent.lon_min_deg - 1, extent.lat_min_deg - 1, extent.lon_max_deg + 1, extent.lat_max_deg + 1
    )
    paths: list[DrawnPath] = []
    for polygon in shapely.get_parts(list(load_land(extent.coast).polygons)):
        if polygon.intersects(window):
            rings = [np.asarray(ring.coords)[:, :2] for ring in (polygon.exterior, *polygon.interiors)]
            paths.append(DrawnPath.make_compound_path(*(DrawnPath(ring, closed=True) for ring in rings)))
    return tuple(paths)


def _scale_bar(axes: Axes, extent: Extent) -> None:
    """A bar at the lower left, true at its own latitude."""
    from mda_sim.geo.sphere import EARTH_RADIUS_M

    lat = extent.lat_min_deg + 0.045 * (extent.lat_max_deg - extent.lat_min_deg)
    km_per_deg = math.radians(1) * EARTH_RADIUS_M / 1000 * math.cos(math.radians(lat))
    span_km = (extent.lon_max_deg - extent.lon_min_deg) * km_per_deg
    length_km = max((step for step in _SCALE_STEPS_KM if step <= span_km / 4), default=_SCALE_STEPS_KM[0])
    lon = extent.lon_min_deg + 0.03 * (extent.lon_max_deg - extent.lon_min_deg)
    end = lon + length_km / km_per_deg
    axes.plot([lon, (lon + end) / 2], [lat, lat], color=INK, linewidth=3, solid_capstyle="butt", zorder=10)
    axes.plot(
        [(lon + end) / 2, end], [lat, lat], color="white", linewidth=3, solid_capstyle="butt", zorder=10
    )
    for x0, x1, dy in ((lon, end, 1), (lon, end, -1)):
        height = dy * 0.0035 * (extent.lat_max_deg - extent.lat_min_deg)
        axes.plot([x0, x1], [lat + height] * 2, color=INK, linewidth=0.5, zorder=11)
    axes.text(
        lon,
        lat + 0.012 * (extent.lat_max_deg - extent.lat_min_deg),
        f"{length_km} km at {_degrees(round(lat, 1), 'N', 'S')}",
        fontsize=6.5,
        zorder=11,
        bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.0},
    )


def _graticule_step_deg(span_deg: float) -> float:
    return next((step for step in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0) if span_deg / step <= 7), 20.0)


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, positive: str, negative: str) -> str:
    side = positive if value > 0 else negative if value < 0 else ""
    return f"{abs(value):g}°{side}"
