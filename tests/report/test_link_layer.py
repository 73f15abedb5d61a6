"""Links on the page's map: widths by volume, ends on the map, heads at the recipient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shipped import shipped

from mda_sim.report.basemap import Extent
from mda_sim.report.page.link_layer import ENDS, HEADS, LINES, link_columns
from mda_sim.scenario import Scenario

QUICK = Path(__file__).parents[2] / "scenarios" / "quick.yaml"
EXTENT = Extent(3.0, 26.0, 105.0, 127.0)
WAYS = ("today", "direct_manual")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return shipped("quick")


def made(scenario: Scenario, volumes: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    queues = {
        name: {f"link:{link}": {"bytes": volume} for link, volume in of_one.items()}
        for name, of_one in volumes.items()
    }
    chosen = {name: scenario.arrangements[name] for name in WAYS}
    return link_columns(chosen, {"queues": queues}, EXTENT, list(scenario.spec.nations))


def row(columns: dict[str, Any], words: str) -> int:
    (found,) = [number for number, told in enumerate(columns["words"]) if words in told]
    return found


def test_four_times_the_volume_is_twice_as_much_wider(scenario: Scenario) -> None:
    found = made(scenario, {"today": {"phl_usa": 4e6}, "direct_manual": {"phl_jpn": 1e6, "phl_usa": 4e6}})
    lines = found[LINES]["direct_manual"]
    to_japan, to_usa = (row(lines, f"phl_ncwc of PHL to {node}") for node in ("jpn_mod", "usa_indopacom"))
    assert lines["width"][to_usa] - 1 == pytest.approx(2 * (lines["width"][to_japan] - 1), abs=0.01)
    assert "1.0 MB" in lines["words"][to_japan]
    assert "(off the map)" in lines["words"][to_japan]


def test_a_link_that_only_one_arrangement_has_is_drawn_there_alone(scenario: Scenario) -> None:
    found = made(scenario, {})[LINES]
    told = {name: {words.rsplit(":", 1)[0] for words in found[name]["words"]} for name in WAYS}
    only = told["direct_manual"] - told["today"]
    assert only
    assert all("PHL" in words and "JPN" in words for words in only)


def test_lines_stay_on_the_map_and_heads_stand_at_their_ends(scenario: Scenario) -> None:
    found = made(scenario, {})
    for name in WAYS:
        lines, heads = found[LINES][name], found[HEADS][name]
        assert len(lines["xs"]) == len(heads["x"]) > 3
        margin = 3.0  # a line bends by a tenth of its length
        for xs, ys, x, y in zip(lines["xs"], lines["ys"], heads["x"], heads["y"], strict=True):
            assert (xs[-1], ys[-1]) == (x, y)
            assert min(xs) > EXTENT.lon_min_deg - margin
            assert max(xs) < EXTENT.lon_max_deg + margin
            assert min(ys) > EXTENT.lat_min_deg - margin
            assert max(ys) < EXTENT.lat_max_deg + margin


def test_a_line_leads_toward_its_recipient(scenario: Scenario) -> None:
    """Manila to Tokyo leaves the map to the north-east; the line back comes from there."""
    found = made(scenario, {})
    lines, heads = found[LINES]["direct_manual"], found[HEADS]["direct_manual"]
    out, back = (
        row(lines, "phl_ncwc of PHL to jpn_mod"),
        row(lines, "jpn_mod of JPN (off the map) to phl_ncwc"),
    )
    assert lines["ys"][out][-1] > lines["ys"][out][0]
    assert lines["ys"][back][-1] < lines["ys"][back][0]
    assert np.cos(heads["angle"][out] + np.pi / 2 - np.pi / 4) > 0.5
    assert lines["colour"][out] != lines["colour"][back]


def test_the_way_to_hawaii_leads_east_and_says_where(scenario: Scenario) -> None:
    """The longitude of Hawaii is 158 degrees west."""
    found = made(scenario, {})
    lines, ends = found[LINES]["today"], found[ENDS]["today"]
    to_usa = row(lines, "phl_ncwc of PHL to usa_indopacom")
    assert lines["xs"][to_usa][-1] > lines["xs"][to_usa][0]
    east = [x for x, text in zip(ends["x"], ends["text"], strict=True) if text == "USA"]
    assert east
    assert all(x == pytest.approx(EXTENT.lon_max_deg, abs=1.0) for x in east)
