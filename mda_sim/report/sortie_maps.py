"""A map of the sorties of a week: where platforms come from, where they search, and how they get there.

Model: one colour for each platform: its base, the edge of its search region, its tracks, and, for a platform
with a radar, a circle of the radar's reach around the middle of the region, as ``scene`` draws ranges ashore.
The map is wide enough for all bases and regions.

Assumptions and limits: tracks are those of one seed; the circle moves with the platform. Zones are
illustrative and take no position on claims. Where next: ``moving_look`` chooses what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.geo.sphere import destination
from mda_sim.report.basemap import Extent, add_key, new_sheet
from mda_sim.report.labels import Label, boxes_around, place_labels
from mda_sim.report.maps import Caption, draw_zones, scale_bar_box, zone_handle, zone_label
from mda_sim.report.scene import REFERENCE_HEIGHT_M
from mda_sim.report.style import INK, MUTED, colour_of, house_style, stroke_of
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mda_sim.report.scene import Outline, Scene
    from mda_sim.report.show_maps import Tracks

MARGIN_DEG: Final = 0.8
"""What is left around bases and regions that lie beyond the scenario's area [deg]."""

_RIM_POINTS: Final = 91
_COLUMNS: Final = 3  # of the key


@dataclass(frozen=True, eq=False)
class PlatformTracks:
    """What a map shows of one platform."""

    id: str
    medium: str
    base_deg: tuple[float, float]
    """Latitude and longitude of its base."""
    region: Outline
    """Edge of its search region."""
    middle_deg: tuple[float, float]
    """Latitude and longitude of the middle of the region."""
    reach_m: float
    """Reach of its farthest radar to a vessel of the reference height; nan without a radar [m]."""
    tracks: Tracks
    """Its tracks; each vessel is a sortie."""


def sortie_map(scene: Scene, platforms: Sequence[PlatformTracks], caption: Caption) -> Figure:
    """Bases, search regions and tracks of some platforms."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    scene = replace(scene, extent=_wide(scene.extent, platforms))
    notes = [
        "Lines: tracks of the sorties in the time shown, in brackets how many. Squares: bases. Dashed in "
        "colour: search regions. Numbers: platforms, in black at their bases, in grey at their regions. "
        f"Dotted: reach of the radar aboard to a vessel {REFERENCE_HEIGHT_M:g} m high, around the middle of "
        "the region; it moves with the platform. Sorties are planned, not sent where something was seen. "
        f"{scene.extent.coast_note}",
        caption.source,
    ]
    with house_style():
        rows = -(-(len(platforms) + 1) // _COLUMNS)
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, key_rows=rows)
        draw_zones(sheet.axes, scene.zones, halo=True)
        handles: list[Any] = []
        for number, one in enumerate(platforms):
            colour = colour_of(number)
            stroke: Any = stroke_of(number)
            sheet.axes.add_collection(
                LineCollection(
                    one.tracks.lines, colors=colour, linewidths=0.7, linestyles=stroke, alpha=0.6, zorder=3
                ),
                autolim=False,
            )
            _places(sheet.axes, one, colour)
            words = f"{number + 1}  {for_figure(one.id, 28)} ({one.tracks.n_vessels})"
            handles.append(Line2D([], [], color=colour, linewidth=1.6, linestyle=stroke, label=words))
        bases = list(dict.fromkeys(one.base_deg for one in platforms))
        taken = boxes_around(sheet.axes, [lat for lat, _ in bases], [lon for _, lon in bases], 5.0)
        labels = [zone_label(zone) for zone in scene.zones]
        labels = [*_numbers(platforms), *labels]
        place_labels(sheet.axes, labels, [*taken, scale_bar_box(sheet)])
        add_key(sheet, [*handles, *([zone_handle()] if scene.zones else [])], columns=_COLUMNS)
        return sheet.figure


def _numbers(platforms: Sequence[PlatformTracks]) -> Iterator[Label]:
    """The numbers of platforms at their bases and at the upper right corners of their regions."""
    at_base: dict[tuple[float, float], list[str]] = {}
    at_region: dict[tuple[float, float], list[str]] = {}
    for number, one in enumerate(platforms):
        at_base.setdefault(one.base_deg, []).append(f"{number + 1}")
        corner = float(one.region.lat_deg.max()), float(one.region.lon_deg.max())
        at_region.setdefault(corner, []).append(f"{number + 1}")
    for (lat, lon), numbers in at_base.items():
        yield Label(lat, lon, ", ".join(numbers), INK, 6.8)
    for (lat, lon), numbers in at_region.items():
        yield Label(lat, lon, ", ".join(numbers), MUTED, 6.8)


def _places(axes: Axes, one: PlatformTracks, colour: str) -> None:
    """The base, the region and the reach of one platform."""
    axes.plot(
        one.region.lon_deg, one.region.lat_deg, color=colour, linewidth=1.0, linestyle=(0, (5, 2)), zorder=4
    )
    lat, lon = one.base_deg
    look: dict[str, Any] = {"color": colour, "markeredgecolor": "white", "markeredgewidth": 0.6, "zorder": 7}
    axes.plot(lon, lat, marker="s", markersize=5.5, **look)
    if np.isfinite(one.reach_m):
        rim = destination(*one.middle_deg, np.linspace(0.0, 360.0, _RIM_POINTS), one.reach_m)
        axes.plot(rim[1], rim[0], color=colour, linewidth=0.8, linestyle=(0, (1, 1.6)), zorder=3.6)


def _wide(extent: Extent, platforms: Sequence[PlatformTracks]) -> Extent:
    """The extent, wide enough for all bases and regions."""
    lats = [end for one in platforms for end in (one.base_deg[0], *one.region.lat_deg.tolist())]
    lons = [end for one in platforms for end in (one.base_deg[1], *one.region.lon_deg.tolist())]
    return extent._replace(
        lat_min_deg=max(-89.0, min([extent.lat_min_deg, *(lat - MARGIN_DEG for lat in lats)])),
        lat_max_deg=min(89.0, max([extent.lat_max_deg, *(lat + MARGIN_DEG for lat in lats)])),
        lon_min_deg=min([extent.lon_min_deg, *(lon - MARGIN_DEG for lon in lons)]),
        lon_max_deg=max([extent.lon_max_deg, *(lon + MARGIN_DEG for lon in lons)]),
    )
