"""``mda-sim picture`` and ``mda.picture_at``: what a node held, from the stored tables of a run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result

import mda_sim as mda
from mda_sim.cli import main
from mda_sim.picture.awareness import awareness
from mda_sim.picture.receipts import receipts
from mda_sim.records import NO_REPORT
from mda_sim.study.run import Study
from mda_sim.study.stored import open_unit


def verb(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["picture", *map(str, arguments)])


def test_the_table_is_that_of_the_steps_of_each_node(told: Path) -> None:
    """AWARENESS steps of the same receipts, for picture nodes of three nations at eight instants."""
    unit, scenario, _ = open_unit(told, "hub", 1)
    assert unit is not None
    rng, n_gone = np.random.default_rng(3), 0
    for nation, node in (("JPN", "jpn_centre"), ("PHL", "phl_centre"), ("USA", "usa_centre")):
        came = receipts(unit.log, unit.deliveries, unit.sharing, node, end_us=scenario.timeline.end_us)
        steps = awareness(unit.log, unit.deliveries, came)
        for t_us in rng.integers(0, scenario.timeline.end_us, 8).tolist():
            at = scenario.timeline.datetime_at(t_us)
            table = mda.picture_at(told, nation, at, configuration="hub")
            by_then = np.flatnonzero(steps["t_received_us"] <= t_us)
            last = {int(steps["target"][row]): row for row in by_then}
            assert table["target"].tolist() == sorted(last)
            rows = [last[target] for target in table["target"].tolist()]
            for name in ("t_observed_us", "report"):
                assert table[name].tolist() == steps[name][rows].tolist()
            assert np.array_equal(table["error_m"], steps["error_m"][rows], equal_nan=True)
            n_gone += int((table["report"] == NO_REPORT).sum())
    assert n_gone > 0


def test_conflicts_are_those_of_vessels_that_lie(told: Path) -> None:
    table = mda.picture_at(told, "JPN", "12h", configuration="hub")
    unit, _, _ = open_unit(told, "hub", 1)
    assert unit is not None
    states = unit.fleet.broadcasts
    liars = set(states["target"][states["state"] == 2].tolist())
    found = set(table["target"][table["n_conflicts"] > 0].tolist())
    assert found
    assert found <= liars


def test_csv_holds_every_row_and_its_names(told: Path, tmp_path: Path) -> None:
    out = tmp_path / "picture.csv"
    result = verb(told, "--nation", "USA", "--configuration", "hub", "--at", "14h", "--out", out)
    assert (result.exit_code, result.output.strip()) == (0, str(out))
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    table = mda.picture_at(told, "USA", "14h", configuration="hub")
    assert [int(row["target"]) for row in rows] == table["target"].tolist()
    held = [row for row in rows if row["is_held"] == "1"]
    assert {row["originator"] for row in held} <= {"JPN", "PHL"}
    assert any(row["route"] == "phl_centre > phl_usa > usa_centre" for row in held)
    for row in rows:
        if row["is_held"] == "0":
            assert (row["sensor"], row["t_observed_utc"], row["error_m"]) == ("", "", "nan")


def test_json_says_null_where_nothing_is_held(told: Path) -> None:
    result = verb(told, "--nation", "USA", "--configuration", "hub", "--at", "19h", "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert (content["node"], content["seed"], content["tau_s"]) == ("usa_centre", 1, 86_400.0)
    gone = [row for row in content["rows"] if not row["is_held"]]
    assert gone
    assert all(row["error_m"] is None and row["age_s"] is None and row["route"] is None for row in gone)


def test_the_terminal_shows_the_freshest_vessels_first(told: Path) -> None:
    result = verb(told, "--nation", "JPN", "--configuration", "hub", "--at", "12h", "--rows", "5")
    assert result.exit_code == 0
    lines = [line for line in result.output.splitlines() if "militia/scarborough_shoal#" in line]
    assert len(lines) == 5
    assert "7 more vessels" in result.output
    assert "a bound on how far off the vessel is by now, not an estimate" in " ".join(result.output.split())


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_written(told: Path, tmp_path: Path) -> None:
    out = tmp_path / "no" / "folder.csv"
    result = verb(
        told, "--nation", "XXX", "--configuration", "never", "--seed", "7", "--at", "99d", "--out", out
    )
    assert result.exit_code == 2
    for text in (
        "no nation 'XXX'; with a picture: JPN, PHL, USA",
        "no configuration 'never'; it has hub, today",
        "no seed 7; it has 1",
        "outside the run",
        "cannot write to",
        "5 problems",
    ):
        assert text in result.output
    assert not out.parent.exists()
    result = verb(told, "--nation", "JPN", "--node", "phl_centre", "--at", "1h")
    assert result.exit_code == 2
    assert "JPN has no node 'phl_centre' in this configuration; it has jpn_centre" in result.output


def test_what_is_no_finished_run_with_logs_is_refused(tmp_path: Path, finished: Study) -> None:
    assert verb(tmp_path, "--nation", "JPN", "--at", "1h").exit_code == 2
    assert verb(tmp_path / "none", "--nation", "JPN", "--at", "1h").exit_code == 2
    assert verb(finished.folder, "--nation", "JPN").exit_code == 2


def test_the_page_names_every_column() -> None:
    from mda_sim.report.picture_table import COLUMNS

    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
