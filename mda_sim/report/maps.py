"""Maps: who holds what where, what a configuration changes, and the scenario itself.

Model: cells are drawn as they are, without smoothing or interpolation; land lies over them. Shares use one
scale from 0 to 1 on every map, differences one scale symmetric about zero on every map of a run, so that maps
can be laid side by side.

Assumptions and limits: a cell shows its probe, a stationary steel trawler without AIS of the length that the
title names, not the vessels that happen to be there. Zones are illustrative and take no position on claims.
Where next: ``gallery`` chooses what is drawn and writes the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.spec import age_label
from mda_sim.report.basemap import Sheet, add_key, new_sheet
from mda_sim.report.grids import Mesh
from mda_sim.report.labels import Label, PixelBox, boxes_around, place_labels
from mda_sim.report.parties import draw_links
from mda_sim.report.scene import (
    REFERENCE_HEIGHT_M,
    Arrangement,
    Outline,
    Scene,
    SensorMark,
    range_ring,
)
from mda_sim.report.style import (
    DIFFERENCE_COLOURS,
    INK,
    MUTED,
    NEVER,
    OWN,
    SHARE_COLOURS,
    colour_of,
    house_style,
)
from mda_sim.report.text import for_figure
from mda_sim.report.words import ABOARD_WORDS, CATEGORY_WORDS, ORBIT_WORDS, age_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Marker of each sensor category; others get a diamond.
MARKERS: Final = {"radar": "^", "ais": "o"}


@dataclass(frozen=True)
class Caption:
    """What a map says of itself."""

    title: str
    subtitle: str
    source: str
    """Last line of the footer: scenario, seeds, program."""


def coverage_map(
    scene: Scene, mesh: Mesh, sensors: Sequence[SensorMark], nation: str, caption: Caption, tau_s: float
) -> Figure:
    """Share of time in custody, cell by cell, in one nation's picture under one configuration."""
    from matplotlib.colors import Normalize
    from matplotlib.patches import Patch

    label = age_words(age_label(tau_s))
    notes = [
        "Colour: share of the scored time in which this nation's picture holds a vessel that stays in the "
        f"cell, seen no more than {label} ago; mean over seeds. Cells with their centre on land have none. "
        f"{scene.extent.coast_note}",
        caption.source,
    ]
    with house_style():
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, side_in=0.85)
        _never_held(sheet.axes, mesh)
        positive = replace(mesh, values=np.where(mesh.values > 0, mesh.values, np.nan))
        drawn = draw_cells(sheet.axes, positive, SHARE_COLOURS, Normalize(0.0, 1.0))
        colour_bar(sheet, drawn, f"share of time held, age at most {label}")
        draw_zones(sheet.axes, scene.zones)
        handles = draw_sensors(sheet.axes, sensors, own=nation)
        never = Patch(facecolor=NEVER, edgecolor=MUTED, linewidth=0.4, label="held at no time in any seed")
        add_key(sheet, [*handles, zone_handle(), never])
        name_zones(sheet, scene, sensors)
        return sheet.figure


def difference_map(
    scene: Scene,
    mesh: Mesh,
    sensors: Sequence[SensorMark],
    nation: str,
    caption: Caption,
    tau_s: float,
    limit: float,
) -> Figure:
    """What a configuration changes against the baseline; ``limit`` is the end of the colour scale, > 0."""
    from matplotlib.patches import Patch

    notes = [
        f"Colour: difference in the share of time held (age at most {age_words(age_label(tau_s))}), "
        "configuration minus baseline, paired by seed. Hatched: the 95 % interval over seeds includes zero "
        "(pointwise). Cells with their centre on land have none. "
        f"{scene.extent.coast_note}",
        caption.source,
    ]
    with house_style():
        subtitle = f"{caption.subtitle}; {changes(mesh)}"
        sheet = new_sheet(scene.extent, caption.title, subtitle, notes, side_in=0.85)
        drawn = draw_cells(sheet.axes, mesh, DIFFERENCE_COLOURS, diverging_norm(limit))
        hatch(sheet.axes, mesh)
        colour_bar(sheet, drawn, "difference in share of time held")
        draw_zones(sheet.axes, scene.zones)
        handles = draw_sensors(sheet.axes, sensors, own=nation)
        noise = Patch(
            facecolor="none", edgecolor=MUTED, hatch="/////", linewidth=0.4, label="interval includes zero"
        )
        add_key(sheet, [*handles, zone_handle(), noise])
        name_zones(sheet, scene, sensors)
        return sheet.figure


def scenario_map(
    scene: Scene,
    tracks: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    arrangements: Sequence[Arrangement],
    caption: Caption,
) -> Figure:
    """Sensors with ranges, vessel tracks, features, ports, and who sends to whom.

    ``tracks`` are (latitudes, longitudes), ``arrangements`` those of each configuration, baseline first.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    notes = [
        f"Rings: instrumented range or radio horizon to a vessel {REFERENCE_HEIGHT_M:g} m high, whichever is "
        "shorter. Thin lines: tracks of a sample of the vessels of the first seed, which trace the lanes. "
        f"{_not_drawn(scene)}{scene.extent.coast_note}",
        caption.source,
    ]
    with house_style():
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, side_in=2.9, side_full=True)
        segments = [np.column_stack([lon, lat]) for lat, lon in tracks if len(lat) > 1]
        sheet.axes.add_collection(
            LineCollection(segments, colors="#5f7f95", linewidths=0.35, alpha=0.45, zorder=2)
        )
        draw_zones(sheet.axes, scene.zones)
        handles = [
            *_operators(sheet.axes, scene),
            Line2D([], [], color="#5f7f95", linewidth=1, label="vessel tracks, lanes"),
        ]
        for places, marker, colour, words in (
            (scene.features, "x", "#8c2d04", "feature with vessels"),
            (scene.ports, "s", INK, "port or passage"),
        ):
            if places:
                handles.append(
                    Line2D([], [], color=colour, marker=marker, linestyle="", markersize=4, label=words)
                )
            for place in places:
                sheet.axes.plot(
                    place.lon_deg,
                    place.lat_deg,
                    marker,
                    color=colour,
                    markersize=3.5,
                    markeredgewidth=0.9,
                    zorder=6,
                )
        add_key(sheet, [*handles, zone_handle()], columns=5)
        _name_places(sheet, scene)
        if sheet.side is not None:
            draw_links(sheet.side, scene, arrangements)
        return sheet.figure


def changes(mesh: Mesh) -> str:
    """How many cells of a difference map change, and by how much, so that a blank map says that it is.

    >>> one = Mesh(np.arange(2.0), np.arange(3.0), np.array([[0.0, 0.25]]), np.array([[False, False]]))
    >>> changes(one)
    '1 of 2 cells changes, by +0.25'
    """
    known = mesh.values[np.isfinite(mesh.values)]
    changed = known[known != 0]
    if not len(changed):
        return "no cell changes"
    low, high = (f"{end:+.{2 if abs(end) >= 0.005 else 5}f}" for end in (changed.min(), changed.max()))
    verb = "changes" if len(changed) == 1 else "change"
    return f"{len(changed):,} of {len(known):,} cells {verb}, by {low if low == high else f'{low} to {high}'}"


def diverging_norm(limit: float) -> Any:
    """A colour scale from -limit to limit, so that zero is the middle colour; ValueError unless positive."""
    from matplotlib.colors import Normalize

    if not limit > 0:
        raise ValueError(f"the limit of a difference scale must be positive, got {limit}")
    return Normalize(-limit, limit)


def common_limit(meshes: Sequence[Mesh]) -> float:
    """End of the difference scale for several maps: their largest difference, rounded up to 0.05."""
    largest = [float(np.nanmax(np.abs(mesh.values))) for mesh in meshes if np.isfinite(mesh.values).any()]
    return max(0.05, float(np.ceil(max(largest, default=0.0) * 20 - 1e-9) / 20))


def draw_cells(axes: Axes, mesh: Mesh, colours: str, norm: Any) -> Any:
    """The cells of a mesh as they are; those without a value stay plain."""
    values = np.ma.masked_invalid(mesh.values)
    return axes.pcolormesh(
        mesh.lon_edges_deg, mesh.lat_edges_deg, values, cmap=colours, norm=norm, zorder=1, rasterized=True
    )


def _never_held(axes: Axes, mesh: Mesh) -> None:
    """Cells whose value is exactly zero, in a colour outside the scale."""
    from matplotlib.colors import ListedColormap

    zero = np.ma.masked_where(~(mesh.values == 0), mesh.values)
    axes.pcolormesh(mesh.lon_edges_deg, mesh.lat_edges_deg, zero, cmap=ListedColormap([NEVER]), zorder=0.9)


def hatch(axes: Axes, mesh: Mesh) -> None:
    """Hatch the cells that a mesh marks."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    rows, columns = np.nonzero(mesh.is_hatched)
    if not len(rows):
        return
    west, east = mesh.lon_edges_deg[columns], mesh.lon_edges_deg[columns + 1]
    south, north = mesh.lat_edges_deg[rows], mesh.lat_edges_deg[rows + 1]
    corners = np.stack([west, south, east, south, east, north, west, north, west, south], axis=1)
    codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(rows))
    # One path of all cells: a hatched path a cell takes longer than the rest of the map.
    axes.add_collection(
        PathCollection(
            [Path(corners.reshape(-1, 2), codes)],
            facecolor="none",
            edgecolor=MUTED,
            linewidth=0.0,
            hatch="/////",
            zorder=1.2,
            gid="hatched",
        )
    )


def colour_bar(sheet: Sheet, drawn: Any, label: str) -> None:
    """The colour scale of drawn cells, in the strip at the right of the map."""
    bar = sheet.figure.colorbar(drawn, cax=sheet.side)
    bar.set_label(label, fontsize=7.5)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(length=2, width=0.5)


def draw_zones(axes: Axes, zones: Sequence[Outline], *, halo: bool = False) -> None:
    """Outlines of zones, dashed; with a pale ``halo`` where they cross dark cells."""
    for zone in zones:
        if halo:
            axes.plot(zone.lon_deg, zone.lat_deg, color="white", linewidth=1.8, alpha=0.75, zorder=3.9)
        axes.plot(zone.lon_deg, zone.lat_deg, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)


def zone_handle() -> Any:
    """What the key shows for zones."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label="illustrative zone")


def draw_sensors(axes: Axes, sensors: Sequence[SensorMark], own: str) -> list[Any]:
    """Markers of the sensors, filled for the nation's own; returns the handles of the key."""
    from matplotlib.lines import Line2D

    handles = []
    for category in sorted({sensor.category for sensor in sensors}):
        for is_own in (True, False):
            marks = [s for s in sensors if s.category == category and (s.operator == own) == is_own]
            if not marks:
                continue
            look: dict[str, Any] = {
                "marker": MARKERS.get(category, "D"),
                "markersize": 5.5 if is_own else 4.5,
                "markerfacecolor": OWN if is_own else "white",
                "markeredgecolor": "white" if is_own else INK,
                "markeredgewidth": 0.5 if is_own else 0.7,
                "linestyle": "",
            }
            words = f"{'own' if is_own else 'other'} {CATEGORY_WORDS.get(category, category)}"
            axes.plot(
                [s.lon_deg for s in marks], [s.lat_deg for s in marks], zorder=7 if is_own else 6, **look
            )
            edge = {"markeredgecolor": OWN} if is_own else {}
            handles.append(Line2D([], [], label=for_figure(words), **{**look, **edge}))
    return handles


def _operators(axes: Axes, scene: Scene) -> list[Any]:
    """Sensors coloured by operator, with the rings of the radars; returns the handles of the key."""
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    for number, (code, _, _) in enumerate(scene.parties):
        marks = [sensor for sensor in scene.sensors if sensor.operator == code]
        colour = colour_of(number)
        for sensor in marks:
            if sensor.category == "radar" and np.isfinite(sensor.range_m):
                ring = range_ring(sensor)
                axes.fill(ring.lon_deg, ring.lat_deg, color=colour, alpha=0.12, linewidth=0, zorder=2.5)
                axes.plot(ring.lon_deg, ring.lat_deg, color=colour, linewidth=0.7, zorder=3.4)
        for category in sorted({sensor.category for sensor in marks}):
            these = [sensor for sensor in marks if sensor.category == category]
            look: dict[str, Any] = {
                "marker": MARKERS.get(category, "D"),
                "markersize": 5.0,
                "color": colour,
                "markeredgecolor": "white",
                "markeredgewidth": 0.5,
                "linestyle": "",
            }
            axes.plot([s.lon_deg for s in these], [s.lat_deg for s in these], zorder=7, **look)
            words = f"{CATEGORY_WORDS.get(category, category)}, {code}"
            handles.append(Line2D([], [], label=for_figure(words, 40), **look))
    return handles


def name_zones(sheet: Sheet, scene: Scene, sensors: Sequence[SensorMark]) -> None:
    """Names of zones, clear of the sensors."""
    labels = [zone_label(zone) for zone in scene.zones]
    taken = boxes_around(sheet.axes, [s.lat_deg for s in sensors], [s.lon_deg for s in sensors], 5.0)
    place_labels(sheet.axes, labels, [*taken, scale_bar_box(sheet)])


def _name_places(sheet: Sheet, scene: Scene) -> None:
    shown = (*scene.features, *scene.ports)
    labels = [zone_label(zone) for zone in scene.zones]
    labels += [
        Label(place.lat_deg, place.lon_deg, place.name.partition(" (")[0], size_pt=5.8)
        for place in scene.ports
        if _inside(sheet, place.lat_deg, place.lon_deg)
    ]
    labels += [
        Label(place.lat_deg, place.lon_deg, place.name, colour="#8c2d04", size_pt=5.8)
        for place in scene.features
        if _inside(sheet, place.lat_deg, place.lon_deg)
    ]
    lats = [sensor.lat_deg for sensor in scene.sensors] + [place.lat_deg for place in shown]
    lons = [sensor.lon_deg for sensor in scene.sensors] + [place.lon_deg for place in shown]
    place_labels(sheet.axes, labels, [*boxes_around(sheet.axes, lats, lons, 5.0), scale_bar_box(sheet)])


def zone_label(zone: Outline) -> Label:
    """The name of a zone, over the middle of its upper edge."""
    drawn = ~np.isnan(zone.lat_deg)
    lat, lon = zone.lat_deg[drawn], zone.lon_deg[drawn]
    top = float(lat.max())
    edge = lon[lat >= top - 0.02 * (top - float(lat.min()))]
    return Label(
        top,
        float((edge.min() + edge.max()) / 2),
        zone.name,
        size_pt=6.8,
        style="italic",
        above=True,
    )


def _not_drawn(scene: Scene) -> str:
    """A sentence on the sensors that stand nowhere; empty without any."""
    words = [
        f"{one.n} {(ABOARD_WORDS if one.is_aboard else ORBIT_WORDS).get(one.category, one.category)} "
        f"({one.operator})"
        for one in scene.moving
    ]
    return f"Not drawn, since they move: {', '.join(words)}. " if words else ""


def _inside(sheet: Sheet, lat_deg: float, lon_deg: float) -> bool:
    extent = sheet.extent
    return (
        extent.lat_min_deg <= lat_deg <= extent.lat_max_deg
        and extent.lon_min_deg <= lon_deg <= extent.lon_max_deg
    )


def scale_bar_box(sheet: Sheet) -> PixelBox:
    """The corner of the scale bar, which names keep off."""
    frame = sheet.axes.get_window_extent()
    return PixelBox(frame.x0, frame.y0, frame.x0 + 0.34 * frame.width, frame.y0 + 0.10 * frame.height)
