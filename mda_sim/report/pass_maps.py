"""Maps of the passes of a day: swaths that are worked, and those that could have been.

Model: one map for each category. The swath of a worked pass is filled in the colour of its sensor, with the
time of its middle (UTC); that of a listener is its footprint at the middle of the pass. Passes that are not
worked are faint outlines. Tracks are those of the points below the satellites, during the passes.

Assumptions and limits: of many passes only some are drawn, evenly through the day, and the note says how many
are left out; the table has all. Zones are illustrative and take no position on claims.
Where next: ``moving_look`` chooses what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import lat_lon, unit_vectors
from mda_sim.report.basemap import Extent, add_key, new_sheet
from mda_sim.report.labels import Label, place_labels
from mda_sim.report.maps import Caption, draw_zones, scale_bar_box, zone_handle, zone_label
from mda_sim.report.style import colour_of, house_style, stroke_of
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mda_sim.report.passes import Pass
    from mda_sim.report.scene import Scene

WORKED_MOST: Final = 40
"""Most worked swaths of one sensor that are drawn."""
CIRCLES_MOST: Final = 8
"""Most footprints of one sensor that are drawn; they are large."""
FAINT_MOST: Final = 30
"""Most outlines of one sensor's passes that are not worked."""

_LIGHT_NOTES: Final = {
    "optical": " Passes in the dark are shown too, and hold nothing.",
    "night_light": " Passes by day are shown too, and hold nothing.",
}
_GRID: Final = 41  # points each way that the middle of a swath on the map is found from
_TURN_DEG: Final = 360.0
_COLUMNS: Final = 3  # of the key

T = TypeVar("T")


def pass_map(
    scene: Scene, passes: Sequence[Pass], caption: Caption, time_words: Callable[[int], str]
) -> Figure:
    """The passes of one category; ``time_words`` is the time of day of an instant [us]."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    with house_style():
        sensors = sorted({one.sensor for one in passes})
        drawn: list[Pass] = []
        handles: list[Any] = []
        left_out = 0
        for number, sensor in enumerate(sensors):
            own = [one for one in passes if one.sensor == sensor]
            shown, n_left = _shown(own)
            drawn += shown
            left_out += n_left
            n_worked = sum(one.is_worked for one in own)
            words = f"{for_figure(sensor, 26)} ({n_worked} of {len(own)})"
            stroke: Any = stroke_of(number)
            handles.append(
                Line2D([], [], color=colour_of(number), linestyle=stroke, linewidth=1.6, label=words)
            )
        handles.append(Patch(facecolor="#9aa5ae", alpha=0.4, label="worked, with its time (UTC)"))
        handles.append(Line2D([], [], color="#9aa5ae", linewidth=0.6, label="not worked"))
        handles.append(
            Line2D([], [], color="#5c6770", linewidth=0.8, linestyle=(0, (1, 2)), label="below the satellite")
        )
        notes = [_note(passes, left_out, scene.extent), caption.source]
        rows = -(-(len(handles) + 1) // _COLUMNS)
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, key_rows=rows)
        draw_zones(sheet.axes, scene.zones, halo=True)
        for one in drawn:
            _draw(sheet.axes, one, sensors.index(one.sensor))
        labels = [zone_label(zone) for zone in scene.zones]
        labels += [
            Label(
                *middle,
                time_words((one.t_from_us + one.t_to_us) // 2),
                colour_of(sensors.index(one.sensor)),
                6.2,
            )
            for one in drawn
            if one.is_worked
            for middle in _middle(one, scene.extent)
        ]
        place_labels(sheet.axes, labels, [scale_bar_box(sheet)])
        add_key(sheet, [*handles, zone_handle()], columns=_COLUMNS)
        return sheet.figure


def thinned(items: Sequence[T], most: int) -> list[T]:
    """At most so many of some items, evenly spread.

    >>> thinned([0, 1, 2, 3, 4, 5], 3)
    [0, 2, 5]
    """
    if len(items) <= most:
        return list(items)
    return [items[round(k)] for k in np.linspace(0, len(items) - 1, most).tolist()]


def is_listener(one: Pass) -> bool:
    """Whether the outline is a footprint: then it holds the point below the satellite at the middle."""
    return one.category in ("ais", "rf")


def _shown(own: Sequence[Pass]) -> tuple[list[Pass], int]:
    """The passes of one sensor that are drawn, faint ones first, and how many are not."""
    worked = [one for one in own if one.is_worked]
    faint = [one for one in own if not one.is_worked]
    most = CIRCLES_MOST if any(is_listener(one) for one in own) else WORKED_MOST
    most_faint = min(most, FAINT_MOST)
    shown = thinned(faint, most_faint) + thinned(worked, most)
    return shown, len(own) - len(shown)


def _draw(axes: Axes, one: Pass, number: int) -> None:
    """One swath and the track of its satellite."""
    colour, stroke = colour_of(number), stroke_of(number)
    lat, lon = one.outline
    lon = _unwrapped(lon)
    if one.is_worked:
        alpha = 0.06 if is_listener(one) else 0.22
        axes.fill(lon, lat, facecolor=colour, alpha=alpha, linewidth=0, zorder=2.4)
        axes.plot(lon, lat, color=colour, linewidth=0.8, linestyle=stroke, zorder=3.2)
    else:
        axes.plot(lon, lat, color=colour, linewidth=0.5, alpha=0.4, linestyle=stroke, zorder=2.2)
    lat, lon = one.track
    axes.plot(
        _unwrapped(lon),
        lat,
        color=colour,
        linewidth=0.8 if one.is_worked else 0.5,
        alpha=0.9 if one.is_worked else 0.4,
        linestyle=(0, (1, 2)),
        zorder=3.3,
    )


def _unwrapped(lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes without jumps at 180, near those of the first."""
    turns = np.round(np.diff(lon_deg, prepend=lon_deg[:1]) / _TURN_DEG)
    return np.asarray(lon_deg - _TURN_DEG * np.cumsum(turns), np.float64)


def _middle(one: Pass, extent: Extent) -> list[tuple[float, float]]:
    """Where the time of a pass stands: the middle of the part of its swath, or of the edge of its footprint,
    that is on the map; none if nothing of it is.
    """
    from matplotlib.path import Path

    lat = np.linspace(extent.lat_min_deg, extent.lat_max_deg, _GRID)[1:-1]
    lon = np.linspace(extent.lon_min_deg, extent.lon_max_deg, _GRID)[1:-1]
    if is_listener(one):
        rim_lat, rim_lon = one.outline[0], _unwrapped(one.outline[1])
        is_on = (rim_lon > lon[0]) & (rim_lon < lon[-1]) & (rim_lat > lat[0]) & (rim_lat < lat[-1])
        on_map = np.flatnonzero(is_on)
        if not len(on_map):
            return []
        at = on_map[len(on_map) // 2]
        return [(float(rim_lat[at]), float(rim_lon[at]))]
    ring = np.stack([_unwrapped(one.outline[1]), one.outline[0]], axis=1)
    grid = np.stack([one.ravel() for one in np.meshgrid(lon, lat)], axis=1)
    inside = grid[Path(ring).contains_points(grid)]
    if not len(inside):
        return []
    mean_lat, mean_lon = lat_lon(unit_vectors(inside[:, 1], inside[:, 0]).mean(axis=0))
    return [(float(mean_lat), float(mean_lon))]


def _note(passes: Sequence[Pass], left_out: int, extent: Extent) -> str:
    """What the reader of the map must know."""
    what = (
        "Filled: footprints of passes that are worked, at their middle: from where the satellite can hear."
        if any(is_listener(one) for one in passes)
        else "Filled: swaths of passes that are worked, from the first to the last instant over the area; "
        "where a satellite can look, not what it sees."
    )
    what += "".join(_LIGHT_NOTES.get(category, "") for category in sorted({one.category for one in passes}))
    sides = " one that could look to either side counts for each." if any(one.side for one in passes) else ""
    off = sum(one.is_worked and not is_listener(one) and not _middle(one, extent) for one in passes)
    few = f" Worked in the margin, off the map: {off}." if off else ""
    few += f" Not drawn, to stay legible: {left_out:,} passes." if left_out else ""
    return (
        f"{what} In brackets: worked passes, of all over the area and its margin that begin in the day"
        f"{';' if sides else '.'}{sides}{few} All passes: tables/passes.csv. {extent.coast_note}"
    )
