"""``mda-sim sweep``, as a user meets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main
from mda_sim.scenario.json_schema import sweep_schema_text
from mda_sim.scenario.sweep_file import read_sweep
from mda_sim.scenario.sweep_spec import ListDesign
from mda_sim.study.sweep import plan_sweep

STUDY = Path(__file__).parent / "study"
SWEEPS = Path(__file__).parent.parent / "scenarios" / "sweeps"
SWEPT, MOVED = STUDY / "swept.yaml", STUDY / "moved.yaml"
DELAY = "configurations.direct.desks.jpn_release.elapsed.value_min"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"


def sweep(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["sweep", *map(str, arguments)])


def test_the_table_and_hostile_names(tmp_path: Path) -> None:
    text = SWEPT.read_text().replace("moved.yaml", str(MOVED)).replace("Delay of release", f'"{HOSTILE}"')
    path, out = tmp_path / "hostile.yaml", tmp_path / "out"
    path.write_text(text)
    result = sweep(path, "--seeds", "1", "--workers", "1", "--nation", "PHL", "--out", out)
    assert result.exit_code == 0, result.output
    assert "How long may release take?" in result.stdout
    assert "6 points (a grid) × 2 configurations × 1 seed" in result.stdout
    assert "comes down to zero at 90 min" in result.stdout
    assert "an interval needs six seeds" in result.stdout
    assert "[bold red]x[/bold red]" in result.stdout
    assert result.stdout.splitlines()[-1] == str(out)
    assert not set(result.output) & {"\x1b", "\u202e"}
    assert "\x1b" not in (out / "points.csv").read_text()
    again = sweep(path, "--seeds", "1", "--nation", "PHL", "--out", out, "--json")
    assert "every unit is there already" in again.stderr
    assert json.loads(again.stdout)["method"] == "grid"


def test_check_prints_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    result = sweep(SWEPT, "--check", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "6 points (a grid) × 2 configurations × 2 seeds" in result.stdout
    assert "2 worlds with sensing, 8 exchanges, 16 units" in result.stdout
    assert "Delay of release: 5 min, 45 min, 90 min; the scenario states 5 min" in result.stdout
    assert not (tmp_path / "out").exists()


def test_factors_of_the_command_line_are_those_of_a_file() -> None:
    options = ("--factor", f"delay={DELAY}:5,45,90", "--factor", "bound=metrics.error_max_km:1..50@log")
    more = ("--points", "2", "--seeds", "2", "--check", "--json")
    group = ("--metric", "custody_fraction_1h", "--group", "not_broadcasting_foreign")
    typed = json.loads(sweep(MOVED, *options, *group, *more).stdout)
    filed = json.loads(sweep(SWEPT, "--check", "--json").stdout)
    for part in ("points", "figures_asked", "counts", "seeds"):
        assert typed[part] == filed[part], part


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--factor", "delay"), "expected NAME=KEY:1,2,4"),
        (("--factor", f"delay={DELAY}:5..1"), "'low' must be less than 'high'"),
        (("--factor", f"delay={DELAY}:x1..2"), "before both ends"),
        (("--factor", "Delay=metrics.error_max_km:1,2"), "expected an id"),
        (("--factor", "delay=sharing.nothing:1,2"), "unknown key 'nothing'"),
        (("--factor", f"delay={DELAY}:1,2", "--design", "lhs"), "needs a number of points"),
        (("--factor", f"delay={DELAY}:1,2", "--draw-seed", "1"), "a grid draws nothing"),
        (("--factor", f"delay={DELAY}:1,2", "--factor", f"again={DELAY}:3,4"), "is moved by 'again' too"),
        (("--factor", "all=configurations.*.desks.nowhere*.servers:1,2"), "stands for no value"),
        (("--points", "3"), "belong to --factor"),
        ((), "unknown key 'extends'"),
    ],
)
def test_bad_questions_give_exit_code_2_and_write_nothing(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    result = sweep(MOVED, *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_bad_file_tells_all_its_problems_with_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "format: 1\nscenario: x.yaml\nseeds: 0\ndesign: {kind: latin_hypercupe, points: 3}\nfactors:\n"
        "  a: {key: b.c, low: 3, high: 1}\n  b: {key: b.c, vales: [1]}\n"
    )
    result = sweep(path)
    assert result.exit_code == 2
    for line in (
        ":3:1  seeds: expected a number >= 1",
        ":4:10  design: unknown kind 'latin_hypercupe'",
        ":6:3  factors.a: 'low' must be less than 'high'",
        ":7:17  factors.b.vales: unknown key 'vales'; did you mean 'values'?",
    ):
        assert f"{path}{line}" in result.stderr, result.stderr
    assert "4 problems; nothing was done" in result.stderr


def test_the_quick_shipped_sweep_can_be_run() -> None:
    result = sweep(SWEEPS / "quick_release.yaml", "--check")
    assert result.exit_code == 0, result.output
    assert "Nothing was run" in result.stdout


@pytest.mark.parametrize("path", sorted(SWEEPS.glob("*.yaml")), ids=lambda path: path.stem)
def test_both_ends_of_every_factor_of_shipped_sweeps_can_be_run(path: Path) -> None:
    file = read_sweep(path)
    ends = [{name: spec.at(end) for name, spec in file.spec.factors.items()} for end in (0.0, 1.0)]
    corners = file.spec.model_copy(update={"design": ListDesign(kind="list", points=ends)})
    plan = plan_sweep(replace(file, spec=corners))
    assert len(plan.points) == 2
    assert file.spec.question
    assert all(spec.source for spec in file.spec.factors.values())


def test_the_shipped_schema_is_that_of_the_specs() -> None:
    assert (SWEEPS / "sweep.schema.json").read_text() == sweep_schema_text()
    assert CliRunner().invoke(main, ["schema", "--sweep"]).stdout == sweep_schema_text()
