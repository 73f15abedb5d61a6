"""Maps of a world: where vessels spend their time, and their tracks of a day.

Model: cells show vessel-hours a day on a logarithmic scale that all density maps of a world share; land lies
over them. A track is drawn leg by leg along the great circle, with a dot where it ends.

Assumptions and limits: truth, not what any sensor holds. Zones are illustrative and take no position on
claims. From the thirteenth group on colours repeat.

Source: P. Tol, "Colour Schemes", SRON/EPS/TN/09-002, 2021, scheme 'muted' (general knowledge), and three
more. Where next: ``show_gallery`` chooses what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import lat_lon
from mda_sim.report.basemap import Sheet, add_key, new_sheet
from mda_sim.report.labels import place_labels
from mda_sim.report.maps import Caption, colour_bar, draw_zones, scale_bar_box, zone_handle, zone_label
from mda_sim.report.style import SHARE_COLOURS, house_style
from mda_sim.report.text import for_figure
from mda_sim.world.legs import clip_legs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.core.table import Table
    from mda_sim.report.scene import Scene
    from mda_sim.report.world_density import Grid

DECADES: Final = 4
"""Decades of vessel-hours that the colours span; less is drawn as the least."""
TRUTH_NOTE: Final = "The simulated world itself: nothing here is what a sensor holds."

#: Colours of groups of tracks: more of them, and lighter ones, than the categories of charts have.
TRACK_COLOURS: Final = (
    "#332288",
    "#CC6677",
    "#117733",
    "#88CCEE",
    "#AA4499",
    "#DDCC77",
    "#44AA99",
    "#882255",
    "#999933",
    "#E69F00",
    "#0072B2",
    "#7F5539",
)

_ARC_RAD: Final = 0.01


@dataclass(frozen=True)
class Tracks:
    """The tracks of one group of vessels."""

    name: str
    lines: Sequence[NDArray[np.float64]]
    """Longitude and latitude along each unbroken track, (n, 2) each."""
    n_vessels: int
    """Number of vessels that they are of."""


def density_map(
    scene: Scene, grid: Grid, hours_a_day: NDArray[np.float64], most: float, caption: Caption
) -> Figure:
    """Vessel-hours a day in each cell, (n_rows, n_columns); ``most`` (> 0) is the end of the scale."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FuncFormatter

    notes = [f"Empty cells are plain. {TRUTH_NOTE} {scene.extent.coast_note}", caption.source]
    with house_style():
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, side_in=0.95)
        least = most / 10**DECADES
        values = np.ma.masked_where(hours_a_day <= 0.0, np.maximum(hours_a_day, least))
        drawn = sheet.axes.pcolormesh(
            grid.lon_edges_deg,
            grid.lat_edges_deg,
            values,
            cmap=SHARE_COLOURS,
            norm=LogNorm(least, most),
            zorder=1,
            rasterized=True,
        )
        colour_bar(sheet, drawn, "vessel-hours a day in a cell")
        if sheet.side is not None:
            sheet.side.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        _zones_with_names(sheet, scene)
        add_key(sheet, [zone_handle()])
        return sheet.figure


def tracks_map(scene: Scene, groups: Sequence[Tracks], caption: Caption) -> Figure:
    """Tracks, one colour for each group; the smaller a group, the higher it lies."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    notes = [
        f"In brackets: vessels. A dot is where a track ends. {TRUTH_NOTE} {scene.extent.coast_note}",
        caption.source,
    ]
    n_tracks = sum(len(group.lines) for group in groups)
    width, alpha = (0.7, 0.8) if n_tracks < 1000 else (0.4, 0.55)
    with house_style():
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes)
        handles: list[Any] = []
        order = sorted(range(len(groups)), key=lambda number: -groups[number].n_vessels)
        for number, group in enumerate(groups):
            colour = TRACK_COLOURS[number % len(TRACK_COLOURS)]
            height = 2.0 + 0.9 * order.index(number) / len(groups)
            sheet.axes.add_collection(
                LineCollection(group.lines, colors=colour, linewidths=width, alpha=alpha, zorder=height),
                autolim=False,
            )
            ends = np.array([line[-1] for line in group.lines]).reshape(-1, 2)
            sheet.axes.plot(
                ends[:, 0], ends[:, 1], ".", color=colour, markersize=1.6, markeredgewidth=0, zorder=height
            )
            words = f"{for_figure(group.name, 28)} ({group.n_vessels:,})"
            handles.append(Line2D([], [], color=colour, linewidth=1.4, label=words))
        _zones_with_names(sheet, scene)
        add_key(sheet, [*handles, zone_handle()], columns=4 if len(handles) < 8 else 5)
        return sheet.figure


def tracks_of(name: str, legs: Table, is_shown: NDArray[np.bool_], t_from_us: int, t_to_us: int) -> Tracks:
    """The tracks of targets (a mask) within a time, as a group of that name.

    Points lie at most 0.01 rad apart; what is at rest has one place twice.
    """
    shown = clip_legs(legs.take(is_shown[legs["target"]]), t_from_us, t_to_us)
    if not len(shown):
        return Tracks(name, (), 0)
    arc = shown["w_rad_s"] * (shown["t_to_us"] - shown["t_from_us"]) / US_PER_S
    pieces = np.maximum(1, np.ceil(arc / _ARC_RAD)).astype(np.int64)
    points = pieces + 1
    leg = np.repeat(np.arange(len(shown)), points)
    nth = np.arange(len(leg)) - np.repeat(np.cumsum(points) - points, points)
    angle = arc[leg] * nth / pieces[leg]
    cosine, sine = np.cos(angle), np.sin(angle)
    at = [shown[f"a{axis}"][leg] * cosine + shown[f"b{axis}"][leg] * sine for axis in "xyz"]
    lat, lon = lat_lon(np.stack(at, axis=1))
    goes_on = (shown["target"][1:] == shown["target"][:-1]) & (
        shown["t_from_us"][1:] == shown["t_to_us"][:-1]
    )
    begins = (np.cumsum(points) - points)[1:][~goes_on]
    lines = np.split(np.stack([lon, lat], axis=1), begins)
    return Tracks(name, lines, len(np.unique(shown["target"])))


def scale_end(hours_a_day: NDArray[np.float64]) -> float:
    """The end of a logarithmic scale for values: the power of ten at or above the largest; 1 for none."""
    largest = float(hours_a_day.max(initial=0.0))
    return float(10.0 ** np.ceil(np.log10(largest) - 1e-9)) if largest > 0 else 1.0


def _zones_with_names(sheet: Sheet, scene: Scene) -> None:
    draw_zones(sheet.axes, scene.zones)
    place_labels(sheet.axes, [zone_label(zone) for zone in scene.zones], [scale_bar_box(sheet)])
