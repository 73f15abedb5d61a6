"""``mda-sim sensitivity``, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from mda_sim.cli import main

MOVED = Path(__file__).parent / "study" / "moved.yaml"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"


def sensitivity(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["sensitivity", *map(str, arguments)])


def moved_text(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = MOVED.read_text().replace("tiny.yaml", str(MOVED.parent / "tiny.yaml"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "moved.yaml").write_text(text)
    return tmp_path / "moved.yaml"


def test_the_ranked_table_and_hostile_names(tmp_path: Path) -> None:
    hostile = f'"{HOSTILE}"'
    path = moved_text(tmp_path, ("Height of the radar", hostile), ("it has no work", hostile))
    out = tmp_path / "out"
    options = (path, "--allow-path", "--seeds", "1", "--workers", "1", "--out", out)
    result = sensitivity(*options)
    assert result.exit_code == 0, result.output
    assert "over the assumptions" in result.stdout
    assert "Assumptions by their largest effect" in result.stdout
    assert "No effect on any of them:" in result.stdout
    assert "Delay of an idle desk" in result.stdout
    assert "simulation only; perfect association" in result.stdout
    assert result.stdout.splitlines()[-1] == str(out)
    assert "[bold red]x[/bold red]" in result.stdout
    assert not set(result.output) & {"\x1b", "\u202e"}
    assert "\x1b" not in (out / "sensitivity.csv").read_text()
    again = sensitivity(*options, "--json")
    content = json.loads(again.stdout)
    assert content["method"] == "one_at_a_time"
    assert content["figures"][0]["range"]["low"] <= content["figures"][0]["mean"]
    assert "every unit is there already" in again.stderr


def test_bad_assumptions_give_exit_code_2_with_file_line_and_key(tmp_path: Path) -> None:
    path = moved_text(
        tmp_path,
        ("metrics.error_max_km, low: 0.1, high: 50", "metrics.error_max_km, low: 60, high: 50"),
    )
    result = sensitivity(path, "--allow-path", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stdout == ""
    line = 1 + next(n for n, one in enumerate(path.read_text().splitlines()) if one.startswith("    bound"))
    assert f"{path}:{line}:5  metrics.assumptions.bound: 'low' must be less than 'high'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_odd_levels_give_exit_code_2(tmp_path: Path) -> None:
    result = sensitivity(MOVED, "--method", "morris", "--levels", "5", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "must be even" in result.stderr
    assert not (tmp_path / "out").exists()
