"""Pictures of a world, judged by their data: what was drawn, not which pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.patches import StepPatch
from matplotlib.text import Text

from mda_sim.core.time import US_PER_H
from mda_sim.report.basemap import CAUTION
from mda_sim.report.maps import Caption
from mda_sim.report.show_charts import Panel, histograms
from mda_sim.report.show_maps import TRUTH_NOTE, density_map, scale_end, tracks_map, tracks_of
from mda_sim.report.world_density import grid_over
from mda_sim.world.legs import legs_between

CAPTION = Caption("Title $\\frac{", "subtitle $x", "source line")
HOSTILE = "$\\frac{1$ [bold red]x[/] \x1b[31m\u202e<script> 太"


def texts(figure):
    return [str(text.get_text()) for text in figure.findobj(Text)]


def test_a_density_map_shows_its_cells_and_leaves_empty_ones_plain(scene):
    grid = grid_over(*scene.extent[:4])
    hours = np.zeros(grid.shape)
    hours[3, 4], hours[0, 0] = 50.0, 1e-6
    figure = density_map(scene, grid, hours, 100.0, CAPTION)
    (cells,) = [c for c in figure.axes[0].collections if isinstance(c, QuadMesh)]
    drawn = np.ma.masked_array(cells.get_array()).reshape(grid.shape)
    assert drawn.count() == 2
    assert drawn[3, 4] == 50.0
    assert drawn[0, 0] == cells.norm.vmin == 0.01
    words = " ".join(" ".join(texts(figure)).split())
    assert CAUTION in words
    assert TRUTH_NOTE in words
    assert not [text for text in texts(figure) if "mathdefault" in text]


def test_tracks_are_unbroken_stretches_and_vessels_are_counted_once(scene):
    hours = np.array([0, 1, 2, 3, 0, 3]) * US_PER_H
    lat, lon = [14.2, 14.3, 14.4, 14.5, 14.6, 14.6], [118.2, 118.3, 119.0, 119.1, 120.0, 120.0]
    legs = legs_between(lat, lon, hours, [0, 0, 0, 0, 1, 1])
    with_gap = legs.take([0, 2, 3])
    tracks = tracks_of(HOSTILE, with_gap, np.array([True, True]), 0, 3 * US_PER_H)
    assert tracks.n_vessels == 2
    assert [line[[0, -1]].round(6).tolist() for line in tracks.lines] == [
        [[118.2, 14.2], [118.3, 14.3]],
        [[119.0, 14.4], [119.1, 14.5]],
        [[120.0, 14.6], [120.0, 14.6]],
    ]
    none = tracks_of("none", with_gap, np.array([False, False]), 0, US_PER_H)
    figure = tracks_map(scene, [tracks, none], CAPTION)
    assert sum(isinstance(c, LineCollection) for c in figure.axes[0].collections) == 2
    assert not set("".join(texts(figure))) & {"\x1b", "\u202e"}
    assert any("(2)" in text for text in texts(figure))


def test_histograms_show_shares_of_each_class_and_its_published_span():
    nan = math.nan
    panels = [
        Panel(HOSTILE, np.array([10.0, 20.0, 20.0]), np.array([1.0, 1.0, 2.0]), "3 vessels", 5.0, 25.0),
        Panel("one value", np.array([7.0]), np.array([2.0]), "1 vessel", nan, nan),
        Panel("empty", np.empty(0), np.empty(0), "no vessels", nan, nan),
    ]
    figure = histograms(panels, "Lengths", "all", "length [m]", "Note.")
    assert len(figure.axes) == 3
    for axes, panel in zip(figure.axes[:2], panels[:2], strict=True):
        (steps,) = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
        values, edges, _ = steps.get_data()
        assert values.sum() == pytest.approx(100.0)
        assert edges[0] <= panel.values.min() <= panel.values.max() <= edges[-1]
        low, high = axes.get_xlim()
        assert low <= (5.0 if panel.low == 5.0 else 7.0)
        assert high >= (25.0 if panel.high == 25.0 else 7.0)
    assert CAUTION in " ".join(texts(figure))
    assert not set("".join(texts(figure))) & {"\x1b", "\u202e"}


@pytest.mark.parametrize(
    ("largest", "end"), [(0.0, 1.0), (1.0, 1.0), (1.01, 10.0), (950.0, 1000.0), (0.02, 0.1)]
)
def test_the_scale_ends_at_the_next_power_of_ten(largest, end):
    assert scale_end(np.array([0.0, largest])) == pytest.approx(end)
