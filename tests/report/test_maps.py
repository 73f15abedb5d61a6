"""Maps, judged by their data: what was drawn, not which pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.text import Text

from mda_sim.core.spec import DataFile
from mda_sim.core.table import Table
from mda_sim.report.basemap import CAUTION, Extent, new_sheet
from mda_sim.report.grids import Mesh, difference_mesh, probe_values, share_mesh
from mda_sim.report.labels import Label, place_labels
from mda_sim.report.maps import (
    Caption,
    changes,
    common_limit,
    coverage_map,
    difference_map,
    diverging_norm,
    scenario_map,
)
from mda_sim.report.scene import Arrangement, LinkMark, Scene, arrangement_of
from mda_sim.report.style import house_style, save
from mda_sim.scenario import load_scenario

Make = Callable[[list[float]], Table]
CAPTION = Caption("Title $\\frac{", "subtitle $x", "source line")
SIX_H = 21600.0
TINY = Path(__file__).parent.parent / "study" / "tiny.yaml"


def meshes(figure: Figure) -> list[QuadMesh]:
    return [artist for artist in figure.axes[0].collections if isinstance(artist, QuadMesh)]


def texts(figure: Figure) -> list[str]:
    return [str(text.get_text()) for text in figure.findobj(Text)]


def test_the_cells_of_a_coverage_map_are_the_values_of_the_table(coverage: Make, scene: Scene) -> None:
    mesh = share_mesh(probe_values([coverage([0.2, 0.0, 0.9])], "AAA", SIX_H), 0.5)
    figure = coverage_map(scene, mesh, scene.sensors, "AAA", CAPTION, SIX_H)
    never, shares = meshes(figure)
    assert np.ma.filled(shares.get_array(), -1.0).ravel().tolist() == [0.2, -1.0, 0.9, -1.0]
    assert np.ma.filled(never.get_array(), -1.0).ravel().tolist() == [-1.0, 0.0, -1.0, -1.0]
    assert (shares.norm.vmin, shares.norm.vmax) == (0.0, 1.0)


def test_every_map_says_what_it_is_and_what_it_is_not(coverage: Make, scene: Scene) -> None:
    mesh = share_mesh(probe_values([coverage([0.2, 0.0, 0.9])], "AAA", SIX_H), 0.5)
    for figure in (
        coverage_map(scene, mesh, scene.sensors, "AAA", CAPTION, SIX_H),
        difference_map(scene, mesh, scene.sensors, "AAA", CAPTION, SIX_H, 0.5),
        scenario_map(scene, [], [Arrangement("today")], CAPTION),
    ):
        words = " ".join(" ".join(texts(figure)).split())
        assert CAUTION in words
        assert "Coast: Natural Earth" in words
        assert "source line" in words
        assert "km at" in words


def test_a_map_of_another_coast_names_its_file(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "far_away.npz").write_bytes(b"")
    extent = Extent(*scene.extent[:4], coast=DataFile.at(tmp_path / "far_away.npz"))
    assert "far_away.npz" in extent.coast_note
    assert "Natural Earth" not in extent.coast_note


def test_a_difference_map_is_centred_on_zero_and_hatches_the_cells_of_the_mesh(
    coverage: Make, scene: Scene
) -> None:
    before = probe_values([coverage([0.1, 0.5, 0.3]), coverage([0.2, 0.5, 0.3])], "AAA", SIX_H)
    after = probe_values([coverage([0.6, 0.8, 0.3]), coverage([0.7, 0.4, 0.3])], "AAA", SIX_H)
    mesh = difference_mesh(after, before, 0.5)
    figure = difference_map(scene, mesh, scene.sensors, "AAA", CAPTION, SIX_H, 0.6)
    (drawn,) = meshes(figure)
    assert drawn.norm(0.0) == pytest.approx(0.5)
    assert (drawn.norm.vmin, drawn.norm.vmax) == (-0.6, 0.6)
    (hatched,) = [c for c in figure.axes[0].collections if c.get_gid() == "hatched"]
    (cell,) = hatched.get_paths()
    assert cell.get_extents().bounds == pytest.approx((118.5, 14.0, 0.5, 0.5))


def test_a_difference_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        diverging_norm(0.0)


def test_one_scale_holds_the_largest_difference_of_all_maps() -> None:
    assert common_limit([_mesh(0.1), _mesh(-0.42)]) == pytest.approx(0.45)
    assert common_limit([_mesh(0.45)]) == pytest.approx(0.45)
    assert common_limit([_mesh(0.0), _mesh(math.nan)]) == pytest.approx(0.05)
    assert common_limit([]) == pytest.approx(0.05)


def test_hostile_names_are_drawn_as_they_stand_without_mathtext(
    coverage: Make, scene: Scene, links: tuple[LinkMark, ...], tmp_path: Path
) -> None:
    track = (np.array([14.1, 14.9]), np.array([118.1, 119.0]))
    figure = scenario_map(
        scene, [track], [Arrangement("$today"), Arrangement("$\\sqrt{", links, news=("$\\int",))], CAPTION
    )
    shown = texts(figure)
    assert any("$\\frac{1$ [bold red]x[/] [31m<script> ?" in text for text in shown)
    assert {"$\\sqrt{", "$\\int"} <= set(shown)
    assert not any("\x1b" in text or "\u202e" in text for text in shown)
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if text.get_text().count("$"))
    save(figure, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_any_number_of_configurations_is_shown(scene: Scene, links: tuple[LinkMark, ...], n: int) -> None:
    names = [f"configuration_{number}" for number in range(n)]
    figure = scenario_map(scene, [], [Arrangement(name, links) for name in names], CAPTION)
    assert set(names) <= set(texts(figure))


def test_what_changes_without_a_new_arrow_is_said(scene: Scene, links: tuple[LinkMark, ...]) -> None:
    news = ("agreement of AAA and BBB", "standing: AAA to BBB by CCC", "one", "two")
    pool = Arrangement("pool", links, (frozenset({"AAA", "BBB"}),))
    figure = scenario_map(
        scene, [], [Arrangement("today", links), Arrangement("new", links, news=news), pool], CAPTION
    )
    shown = texts(figure)
    assert "agreement of AAA and BBB\nstanding: AAA to BBB by CCC\nand 2 more" in shown
    assert any("BBB: Beta" in text for text in shown)
    shades = [patch for patch in figure.axes[1].patches if isinstance(patch, Polygon)]
    assert len(shades) == 1


def test_a_new_link_between_parties_that_had_one_is_told_from_the_old() -> None:
    tiny = load_scenario(TINY)
    today, direct = tiny.arrangements["today"], tiny.arrangements["direct"]
    shown = arrangement_of("direct", direct, today)
    assert shown.new_pairs == {("JPN", "PHL"), ("PHL", "JPN")}
    assert shown.news == ("agreement of JPN and PHL",)
    assert arrangement_of("direct", direct, direct).new_pairs == frozenset()
    other = direct.model_copy(
        update={
            "links": {**direct.links, "second": direct.links["jpn_phl"].model_copy(update={"desk": None})}
        }
    )
    assert arrangement_of("other", other, direct).new_pairs == {("JPN", "PHL")}


def test_a_blank_map_says_that_nothing_changes() -> None:
    assert changes(_mesh(0.0)) == "no cell changes"
    assert changes(_mesh(-0.25)) == "1 of 1 cells changes, by -0.25"
    assert changes(_mesh(0.00012)) == "1 of 1 cells changes, by +0.00012"


def test_equal_figures_are_equal_files_and_leave_nothing_else_behind(
    coverage: Make, scene: Scene, tmp_path: Path
) -> None:
    mesh = share_mesh(probe_values([coverage([0.2, 0.0, 0.9])], "AAA", SIX_H), 0.5)
    for name in ("one.png", "two.png"):
        save(coverage_map(scene, mesh, scene.sensors, "AAA", CAPTION, SIX_H), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


def test_labels_never_overlap_and_those_without_room_are_reported() -> None:
    with house_style():
        sheet = new_sheet(Extent(14.0, 15.0, 118.0, 119.0), "t", "s", [])
        names = [f"a rather long name {number}" for number in range(60)]
        left_out = place_labels(sheet.axes, [Label(14.5, 118.5, name) for name in names])
        renderer = sheet.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        drawn = [text for text in sheet.axes.texts if text.get_text() in names]
        boxes = [text.get_window_extent(renderer) for text in drawn]
        frame = sheet.axes.get_window_extent(renderer)
    assert len(drawn) + len(left_out) == 60
    assert len(drawn) >= 5
    assert left_out
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1


def _mesh(value: float) -> Mesh:
    return Mesh(np.array([14.0, 15.0]), np.array([118.0, 119.0]), np.array([[value]]), np.array([[False]]))
