"""Runs side by side on the tiny scenario: what is compared with what, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.core.spec import content_sha256
from mda_sim.metrics.contrasts import COLUMNS, Contrast, welch
from mda_sim.metrics.score_rows import from_csv
from mda_sim.report.forest import ForestCaption, blocks_of
from mda_sim.scenario import load_scenario
from mda_sim.study.compare import Comparison, compare
from mda_sim.study.run import run
from mda_sim.study.run_reader import _differences, names_of

TINY = Path(__file__).parent / "tiny.yaml"
METRIC, GROUP = "custody_fraction_6h", "not_broadcasting_foreign"
QUIET = ("output.maps=false", "output.logs=false")


def made(place: Path, *sets: str, seeds: int = 3) -> Path:
    scenario = load_scenario(TINY, sets=[*QUIET, *sets], seeds=seeds)
    return run(scenario, out=place, workers=1).folder


def test_what_defines_figures_is_compared_part_by_part_and_names_are_not() -> None:
    here = {"a": {"name": "x", "b": 1}, "zones": {"one": {"name": "One", "r": {"k": 2}}}, "same": [1]}
    there = {"a": {"name": "y", "b": 2}, "zones": {}, "same": [1]}
    assert list(_differences(here, there, "")) == [("a.b", "1", "2"), ("zones.one", "there", "absent")]
    assert list(_differences(here, here, "")) == []


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs of 3 seeds; of 4 with a slower link; of other luck; that measure something else."""
    root = tmp_path_factory.mktemp("runs")
    slower = "configurations.direct.links.jpn_phl.delay_s=20000"
    return {
        "plain": made(root / "plain"),
        "slow": made(root / "slow", slower, seeds=4),
        "elsewhere": made(root / "elsewhere", "world.traffic.militia.stock.scarborough_shoal=9", seeds=2),
        "strict": made(root / "strict", "metrics.error_max_m=2000", seeds=1),
    }


@pytest.fixture(scope="module")
def both(places: dict[str, Path]) -> Comparison:
    return compare([places["plain"], places["slow"]])


def by_seed(place: Path, configuration: str, nation: str, group: str = GROUP) -> dict[int, float]:
    wanted = (configuration, nation, METRIC, group)
    rows = from_csv(place / "scores.csv")
    return {
        row.seed: row.value
        for row in rows
        if (row.configuration, row.nation, row.metric, row.group) == wanted
    }


def row_of(found: Comparison, run: str, configuration: str, nation: str) -> Contrast:
    return next(
        row
        for row in found.rows
        if (row.run, row.configuration, row.nation, row.group) == (run, configuration, nation, GROUP)
    )


def test_runs_that_share_sensing_are_paired_over_the_seeds_that_all_have(
    both: Comparison, places: dict[str, Path]
) -> None:
    assert both.paired
    assert both.seeds == (1, 2, 3)
    assert both.baseline == ("plain", "today")
    assert any("of the 4 seeds of 'slow' the 3 that all runs have" in note for note in both.notes)
    slow, today = by_seed(places["slow"], "direct", "PHL"), by_seed(places["plain"], "today", "PHL")
    differences = [slow[seed] - today[seed] for seed in (1, 2, 3)]
    row = row_of(both, "slow", "direct", "PHL")
    assert row.difference == pytest.approx(np.mean(differences))
    assert row.difference == pytest.approx(row.mean - row_of(both, "plain", "today", "PHL").mean)
    assert (row.n, row.difference_n) == (3, 3)
    assert (
        row_of(both, "slow", "direct", "PHL").difference < row_of(both, "plain", "direct", "PHL").difference
    )
    assert row_of(both, "plain", "today", "PHL").difference is None
    assert row_of(both, "slow", "today", "PHL")[10:13] == (0.0, 0.0, 0.0)
    assert both.figures() == [(METRIC, GROUP), (METRIC, f"{GROUP}@shoal")]


def test_one_run_alone_says_what_its_summary_says(places: dict[str, Path]) -> None:
    found = compare(places["plain"])
    told = json.loads((places["plain"] / "summary.json").read_text())["configurations"]
    for row in found.rows:
        entry = told[row.configuration][row.nation][row.metric][row.group]
        assert (row.mean, row.low, row.high, row.n) == tuple(entry[k] for k in ("mean", "low", "high", "n"))
        if row.configuration != "today":
            difference = entry["difference"]
            assert row.difference == difference["mean"]
            assert (row.difference_low, row.difference_high) == (difference["low"], difference["high"])


def test_the_other_baseline_turns_the_differences_around(both: Comparison, places: dict[str, Path]) -> None:
    turned = compare([places["plain"], places["slow"]], baseline="slow:direct")
    assert turned.baseline == ("slow", "direct")
    there, back = row_of(both, "slow", "direct", "PHL"), row_of(turned, "plain", "today", "PHL")
    assert back.difference == pytest.approx(-there.difference)
    assert (back.difference_low, back.difference_high) == pytest.approx(
        (-there.difference_high, -there.difference_low)
    )
    by_path = compare([places["plain"], places["slow"]], baseline=f"{places['slow']}:direct")
    assert by_path.rows == turned.rows
    assert compare([places["plain"]], baseline="direct").baseline == ("plain", "direct")


def test_unpaired_rows_are_those_of_welch_and_say_so(places: dict[str, Path]) -> None:
    found = compare([places["plain"], places["elsewhere"]], unpaired=True)
    assert not found.paired
    assert not any(row.paired for row in found.rows)
    assert found.seeds == ()
    row = row_of(found, "elsewhere", "today", "PHL")
    sides = (by_seed(places[name], "today", "PHL") for name in ("elsewhere", "plain"))
    expected = welch(*(list(side.values()) for side in sides))
    told = (row.difference, row.difference_low, row.difference_high, row.difference_n)
    assert told == tuple(expected[key] for key in ("mean", "low", "high", "n"))
    title = found.forest(METRIC, GROUP).texts[0].get_text()
    assert title.startswith("UNPAIRED")
    with pytest.raises(ScenarioError, match="unpaired"):
        found.plot_difference("elsewhere", "today", "PHL")
    shared = compare([places["plain"], places["slow"]], unpaired=True)
    assert any("without --unpaired they are paired" in note for note in shared.notes)


def test_what_cannot_be_compared_is_said_all_at_once(places: dict[str, Path], tmp_path: Path) -> None:
    broken = Path(shutil.copytree(places["plain"], tmp_path / "broken"))
    with (broken / "scores.csv").open("a") as file:
        file.write("\n")
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "manifest.json").write_text('{"complete": false}')
    runs = [places["plain"], places["elsewhere"], places["strict"], broken, unfinished, tmp_path / "none"]
    with pytest.raises(ScenarioError) as raised:
        compare(runs, metrics=["custody_fraction_7h"], nations=["PLH"], baseline="plain:todya")
    text = str(raised.value)
    assert "world or sensing of seeds 1, 2 is not that of 'plain'" in text
    assert "metrics.error_max_m is 2000.0, and 10000.0 in 'plain'" in text
    assert "scores.csv is not the one that the run wrote" in text
    assert "the run is not finished" in text
    assert "no run: there is no manifest.json" in text
    assert "unknown metric 'custody_fraction_7h'; did you mean 'custody_fraction_" in text
    assert "unknown nation 'PLH'; did you mean 'PHL'?" in text
    assert "unknown configuration 'todya'; did you mean 'today'?" in text
    assert raised.value.exit_code == 2
    with pytest.raises(ScenarioError, match="unknown group of age_mean_s 'al'; did you mean 'all'"):
        compare(places["plain"], metrics=["age_mean_s"], group="al")
    with pytest.raises(ScenarioError, match="stands twice"):
        compare([places["plain"], places["plain"]])
    with pytest.raises(ScenarioError, match="one run at least"):
        compare([])


def test_runs_without_a_common_seed_are_not_paired(places: dict[str, Path], tmp_path: Path) -> None:
    later = made(tmp_path / "later", "seed.first=7", seeds=1)
    with pytest.raises(ScenarioError, match="no seed in common with 'plain'"):
        compare([places["plain"], later])
    four, two = (made(tmp_path / f"n{n}", f"seed.first={first}", seeds=1) for n, first in ((4, 4), (2, 2)))
    assert compare([places["slow"], four, places["elsewhere"]], unpaired=True).rows
    with pytest.raises(ScenarioError, match="no seed that all runs have"):
        compare([made(tmp_path / "wide", seeds=4), four, two])


def test_metrics_groups_and_nations_are_chosen(places: dict[str, Path]) -> None:
    found = compare(places["plain"], metrics=["custody_fraction", "age_mean_s"], group="all", nations=["PHL"])
    assert found.figures() == [
        *((f"custody_fraction_{age}", "all") for age in ("1h", "6h", "24h", "72h")),
        ("age_mean_s", "all"),
    ]
    assert {row.nation for row in found.rows} == {"PHL"}


def test_the_table_reads_back_as_it_was(both: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(both.csv_text())))
    assert tuple(rows[0]) == COLUMNS
    for text, row in zip(rows, both.rows, strict=True):
        assert text["paired"] == "true"
        for name, value in row._asdict().items():
            if isinstance(value, float):
                assert float(text[name]) == value
            elif value is None:
                assert text[name] == ""
    plain = json.loads(json.dumps(both.plain_data(), allow_nan=False))
    assert plain["seeds"] == {"plain": [1, 2, 3], "slow": [1, 2, 3]}
    assert [tuple(row.values()) for row in plain["rows"]] == [tuple(row) for row in both.rows]


def test_the_forest_has_every_row_once_sorted_by_nation(both: Comparison) -> None:
    rows = [row for row in both.rows if row.group == GROUP]
    caption = ForestCaption(both.baseline, True, True, {})
    blocks = blocks_of(rows, caption)
    assert [block.nation for block in blocks] == ["JPN", "PHL"]
    for block in blocks:
        shown = [*block.changed, *block.same, *block.undefined, block.baseline]
        assert sorted(shown) == sorted(row for row in rows if row.nation == block.nation)
        differences = [row.difference for row in block.changed]
        assert differences == sorted(differences, reverse=True)
    assert [(row.run, row.configuration) for row in blocks[1].same] == [("slow", "today")]
    figure = both.forest(METRIC, GROUP)
    words = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "plain: direct" in words
    assert "slow: direct" in words
    assert "Perfect association" in " ".join(text.get_text() for text in figure.texts)
    with pytest.raises(KeyError, match="not compared"):
        both.forest("age_mean_s")


def test_maps_across_runs_are_those_of_the_probes_of_common_seeds(
    both: Comparison, places: dict[str, Path]
) -> None:
    from mda_sim.study.compare_maps import maps_of, mesh_of

    assert list(maps_of(both)) == [
        ("plain", "direct", "JPN"),
        ("plain", "direct", "PHL"),
        *(("slow", name, nation) for name in ("direct", "today") for nation in ("JPN", "PHL")),
    ]
    same = mesh_of(both, "slow", "today", "PHL").values
    assert (same[~np.isnan(same)] == 0).all()
    fast, slow = (mesh_of(both, name, "direct", "PHL").values for name in ("plain", "slow"))
    assert np.nansum(fast) > np.nansum(slow)
    assert both.plot_difference("slow", "direct", "PHL").axes
    with pytest.raises(KeyError, match="no difference map"):
        both.plot_difference("plain", "today", "PHL")


def test_runs_of_one_name_are_told_apart_by_their_folders() -> None:
    assert names_of([Path("x/out"), Path("y/out"), Path("z/other")]) == ["x/out", "y/out", "other"]


def verb(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def test_nations_are_named_with_commas_or_one_by_one_and_all_is_all(places: dict[str, Path]) -> None:
    def told(*options: str) -> str:
        found = verb(places["plain"], "--json", *options)
        assert found.exit_code == 0, found.output
        return found.output

    assert told("--nation", "JPN,PHL") == told("--nation", "JPN", "--nation", "PHL")
    assert told("--nation", "all") == told() != told("--nation", "PHL")


def test_the_verb_writes_the_same_bytes_twice_and_prints_the_answer(
    places: dict[str, Path], tmp_path: Path
) -> None:
    runs = (places["plain"], places["slow"])
    results = [verb(*runs, "--out", tmp_path / name, "--maps", "--nation", "PHL") for name in ("a", "b")]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert "slow: direct" in results[0].output
    assert "no change in any seed: slow: today" in results[0].output
    assert "perfect association" in results[0].output
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        "compare.csv",
        "compare.json",
        "difference_plain_direct_PHL.png",
        "difference_slow_direct_PHL.png",
        f"forest_{METRIC}_{GROUP}.png",
        f"forest_{METRIC}_{GROUP}_shoal.png",
    ]
    digests = [[content_sha256(tmp_path / place / name) for name in files] for place in ("a", "b")]
    assert digests[0] == digests[1]
    as_json = verb(*runs, "--json")
    assert json.loads(as_json.output)["baseline"] == {"run": "plain", "configuration": "today"}


def test_the_verb_refuses_with_exit_code_2_and_writes_nothing(
    places: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = verb(places["plain"], places["elsewhere"], "--metric", "nothing", "--out", out)
    assert result.exit_code == 2
    assert "cannot be paired" in result.output
    assert "unknown metric 'nothing'" in result.output
    assert "2 problems" in result.output
    assert not out.exists()
    for wrong in (("--maps",), ("--maps", "--unpaired", "--out", str(out))):
        assert verb(places["plain"], *wrong).exit_code == 2
