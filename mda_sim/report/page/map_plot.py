"""The map of the page, as a Bokeh figure whose layers ``page.js`` shows, hides and fills.

Model: longitude and latitude as x and y, stretched by 1 / cos(middle latitude), as the maps of the run. Cells
are three sets of rectangles over the same columns: shares, differences and the gap split. Everything that
changes is a data source with a name.

Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.report.basemap import Extent, land_paths
from mda_sim.report.charts import GAP_PARTS
from mda_sim.report.page.content import Floats
from mda_sim.report.page.link_layer import draw_links
from mda_sim.report.scene import Outline, Scene, range_ring
from mda_sim.report.style import (
    COAST,
    DIFFERENCE_COLOURS,
    INK,
    LAND,
    MUTED,
    NEVER,
    SEA,
    SHARE_COLOURS,
    colour_of,
)
from mda_sim.report.text import plain
from mda_sim.report.words import CATEGORY_WORDS

if TYPE_CHECKING:
    from bokeh.plotting import figure as BokehFigure

WIDTH: Final = 900
"""Width at which the map is laid out; it scales with the window [px]."""
TRUE_COLOUR: Final = "#7d8a94"
_SIMPLER_DEG: Final = 0.02
"""How far the drawn coast may lie from the true one: a pixel or so of the whole map."""
_LANE_DEG: Final = 1.0
"""Tracks that reach less far trace no lane."""
_MARKERS: Final = {"radar": "triangle", "ais": "circle"}


def map_figure(
    scene: Scene, edges: Floats, limit: float, lanes: Sequence[tuple[Floats, Floats]]
) -> BokehFigure:
    """The map; ``edges`` (n_cells, 4) of cells, ``limit`` the end of the scale of differences, ``lanes`` the
    tracks that trace the lanes as (latitudes, longitudes).
    """
    plot = _frame(scene.extent)
    cells = _cells(plot, edges, limit)
    _coast(plot, scene.extent)
    _lanes(plot, lanes)
    _zones(plot, scene.zones)
    _sensors(plot, scene)
    draw_links(plot)
    moving = _moving(plot)
    _hover(plot, cells, moving)
    return plot


def _frame(extent: Extent) -> BokehFigure:
    from bokeh.models import Range1d
    from bokeh.plotting import figure

    span = extent.lon_max_deg - extent.lon_min_deg
    height = (WIDTH - 70) * extent.stretch * (extent.lat_max_deg - extent.lat_min_deg) / span + 50
    plot = figure(
        name="map",
        width=WIDTH,
        height=round(height),
        sizing_mode="scale_width",
        x_range=Range1d(start=extent.lon_min_deg, end=extent.lon_max_deg),
        y_range=Range1d(start=extent.lat_min_deg, end=extent.lat_max_deg),
        tools="pan,wheel_zoom,box_zoom,reset",
        active_drag="pan",
        active_scroll=None,
        toolbar_location="above",
        x_axis_label="longitude [°E]",
        y_axis_label="latitude [°N]",
        background_fill_color=SEA,
        output_backend="canvas",
    )
    plot.toolbar.logo = None
    plot.grid.grid_line_alpha = 0.5
    return plot


def _cells(plot: BokehFigure, edges: Floats, limit: float) -> list[Any]:
    """The rectangles of shares, differences and the gap split, of which only the first are visible.

    Over them lie those whose interval includes zero; a hatch for each row of a column takes minutes to draw.
    """
    from bokeh.models import ColumnDataSource, LinearColorMapper

    n = len(edges)
    columns: dict[str, Any] = dict(zip(("left", "bottom", "right", "top"), edges.T.copy(), strict=True))
    columns |= {"value": np.full(n, np.nan), "words": [""] * n}
    source = ColumnDataSource(columns, name="cells")
    looks = {
        "share": LinearColorMapper(
            palette=palette_of(SHARE_COLOURS), low=1e-9, high=1.0, low_color=NEVER, nan_color="rgba(0,0,0,0)"
        ),
        "difference": LinearColorMapper(
            palette=palette_of(DIFFERENCE_COLOURS), low=-limit, high=limit, nan_color="rgba(0,0,0,0)"
        ),
        "gaps": LinearColorMapper(
            palette=[colour for _, _, colour in GAP_PARTS],
            low=-0.5,
            high=len(GAP_PARTS) - 0.5,
            nan_color="rgba(0,0,0,0)",
        ),
    }
    drawn = []
    for name, mapper in looks.items():
        renderer = plot.quad(
            left="left",
            right="right",
            bottom="bottom",
            top="top",
            source=source,
            name=f"cells_{name}",
            fill_color={"field": "value", "transform": mapper},
            line_color={"field": "value", "transform": mapper},
            line_width=0.6,
            visible=name == "share",
        )
        renderer.nonselection_glyph = None
        drawn.append(renderer)
    nothing: dict[str, list[float]] = {"left": [], "right": [], "bottom": [], "top": []}
    plot.quad(
        left="left",
        right="right",
        bottom="bottom",
        top="top",
        source=ColumnDataSource(nothing, name="noise"),
        name="cells_noise",
        fill_color=None,
        line_color=None,
        hatch_pattern="/",
        hatch_color=MUTED,
        hatch_scale=6,
        hatch_weight=0.6,
    )
    return drawn


def palette_of(name: str) -> list[str]:
    """Colours of a matplotlib map in 64 steps, as the maps of the run have them."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps[name](np.linspace(0.0, 1.0, 64))]


def _coast(plot: BokehFigure, extent: Extent) -> None:
    import shapely

    window = shapely.box(extent.lon_min_deg, extent.lat_min_deg, extent.lon_max_deg, extent.lat_max_deg)
    xs, ys = [], []
    for path in land_paths(extent):
        rings = [np.asarray(ring) for ring in path.to_polygons()]
        rings = [ring for ring in rings if len(ring) > 3]
        land = shapely.make_valid(shapely.Polygon(rings[0], rings[1:])) if rings else shapely.Polygon()
        shown = shapely.simplify(shapely.intersection(land, window), _SIMPLER_DEG)
        for polygon in shapely.get_parts(shown):
            if polygon.geom_type == "Polygon" and not polygon.is_empty:
                parts = [np.asarray(r.coords).round(3) for r in (polygon.exterior, *polygon.interiors)]
                xs.append([[part[:, 0].tolist() for part in parts]])
                ys.append([[part[:, 1].tolist() for part in parts]])
    plot.multi_polygons(xs=xs, ys=ys, name="coast", fill_color=LAND, line_color=COAST, line_width=0.5)


def _lanes(plot: BokehFigure, lanes: Sequence[tuple[Floats, Floats]]) -> None:
    import shapely

    lines = [shapely.LineString(np.column_stack([lon, lat])) for lat, lon in lanes if len(lat) > 1]
    drawn = [np.asarray(shapely.simplify(line, _SIMPLER_DEG).coords).round(3) for line in lines]
    long = [line for line in drawn if np.ptp(line, axis=0).max() > _LANE_DEG]
    plot.multi_line(
        xs=[line[:, 0].tolist() for line in long],
        ys=[line[:, 1].tolist() for line in long],
        name="lanes",
        line_color="#5f7f95",
        line_width=0.5,
        line_alpha=0.35,
        visible=False,
    )


def _zones(plot: BokehFigure, zones: Sequence[Outline]) -> None:
    """Outlines of zones, with their names when pointed at."""
    from bokeh.models import ColumnDataSource, HoverTool

    columns = {
        "xs": [zone.lon_deg.round(3).tolist() for zone in zones],
        "ys": [zone.lat_deg.round(3).tolist() for zone in zones],
        "name": [f"{plain(zone.name)} (illustrative)" for zone in zones],
    }
    drawn = plot.multi_line(
        "xs", "ys", source=ColumnDataSource(columns), name="zones", line_color=INK, line_dash=[6, 3]
    )
    plot.add_tools(HoverTool(renderers=[drawn], tooltips="@name", line_policy="interp", visible=False))


def _sensors(plot: BokehFigure, scene: Scene) -> None:
    """Markers by category and party, and the rings of their ranges."""
    from bokeh.models import ColumnDataSource, HoverTool

    parties = [code for code, _, _ in scene.parties]
    rings = [(mark, range_ring(mark)) for mark in scene.sensors if np.isfinite(mark.range_m)]
    plot.multi_line(
        xs=[ring.lon_deg.round(3).tolist() for _, ring in rings],
        ys=[ring.lat_deg.round(3).tolist() for _, ring in rings],
        name="reach",
        line_color=[colour_of(parties.index(mark.operator)) for mark, _ in rings],
        line_width=0.8,
        visible=False,
    )
    drawn: list[Any] = []
    for category in sorted({mark.category for mark in scene.sensors}):
        marks = [mark for mark in scene.sensors if mark.category == category]
        words = CATEGORY_WORDS.get(category, category)
        columns = {
            "x": [mark.lon_deg for mark in marks],
            "y": [mark.lat_deg for mark in marks],
            "colour": [colour_of(parties.index(mark.operator)) for mark in marks],
            "name": [plain(f"{mark.id}: {words}, {mark.operator}") for mark in marks],
        }
        drawn.append(
            plot.scatter(
                "x",
                "y",
                source=ColumnDataSource(columns),
                name=f"sensors_{category}",
                marker=_MARKERS.get(category, "diamond"),
                size=9,
                fill_color="colour",
                line_color="white",
            )
        )
    plot.add_tools(HoverTool(renderers=drawn, tooltips="@name", visible=False))


def _moving(plot: BokehFigure) -> list[Any]:
    """Vessels where they are, and where the nation holds them to be; filled frame by frame."""
    from bokeh.models import ColumnDataSource

    nothing: dict[str, list[Any]] = {"x": [], "y": [], "name": []}
    true = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource(nothing, name="vessels"),
        name="vessels_true",
        size=4,
        fill_color=TRUE_COLOUR,
        line_color=None,
        visible=False,
    )
    held = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource({**nothing, "colour": [], "size": []}, name="held"),
        name="vessels_held",
        size="size",
        fill_color="colour",
        line_color="white",
        line_width=0.5,
        visible=False,
    )
    return [true, held]


def _hover(plot: BokehFigure, cells: list[Any], moving: list[Any]) -> None:
    from bokeh.models import HoverTool

    plot.add_tools(HoverTool(renderers=cells, tooltips="@words", visible=False))
    plot.add_tools(HoverTool(renderers=moving, tooltips="@name", visible=False))
