"""``mda-sim show``, as a user meets it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main

TINY = Path(__file__).parent / "study" / "tiny.yaml"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"
PICTURES = {
    "maps/density_all.png",
    "maps/density_militia.png",
    "maps/tracks_all.png",
    "maps/tracks_militia.png",
    "charts/lengths.png",
    "charts/speeds.png",
}
TABLES = {"tables/counts.csv", "tables/published.csv"}


def show(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["show", *map(str, arguments)])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A look at the tiny world with names that are hostile."""
    folder = tmp_path_factory.mktemp("show")
    text = TINY.read_text()
    for name in ("Philippines", "Around the shoal", "A tiny scenario."):
        text = text.replace(name, f'"{HOSTILE}"')
    (folder / "hostile.yaml").write_text(text)
    return folder / "out", show(folder / "hostile.yaml", "--out", folder / "out")


def test_a_look_writes_pictures_and_tables_and_prints_the_counts(shown: tuple[Path, Result]) -> None:
    out, result = shown
    assert result.exit_code == 0, result.output
    record = json.loads((out / "show.json").read_text())
    assert set(record["files"]) == PICTURES | TABLES
    assert all((out / name).stat().st_size == entry["bytes"] for name, entry in record["files"].items())
    assert record["seed"] == 1
    assert re.search(r"all vessels +8\.0 +8\.0 +8\.0 +\d+ %", result.stdout)
    assert "take no position on claims" in result.stdout
    assert "no more than that" in result.stdout
    assert result.stdout.splitlines()[-1] == str(out)


def test_hostile_names_are_harmless_in_every_output(shown: tuple[Path, Result]) -> None:
    out, result = shown
    assert "[bold red]x[/bold red]" in result.stdout
    assert not set(result.output) & {"\x1b", "\u202e"}
    for path in out.rglob("*"):
        if path.suffix in (".csv", ".json"):
            assert not set(path.read_text()) & {"\x1b", "\u202e"}, path.name
        if path.suffix == ".csv":
            assert not re.search(r"(^|,)\"?[=+@]", path.read_text(), flags=re.MULTILINE), path.name


def test_the_tables_hold_every_class_zone_and_figure(shown: tuple[Path, Result]) -> None:
    from mda_sim.data.published import published_figures

    out, _ = shown
    with (out / "tables" / "counts.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["class"], row["zone"]) for row in rows} == {
        (name, zone) for name in ("(all)", "militia") for zone in ("(world)", "(area)", "shoal")
    }
    assert all(float(row["mean"]) == 8.0 for row in rows)
    with (out / "tables" / "published.csv").open() as stream:
        figures = list(csv.DictReader(stream))
    assert [row["id"] for row in figures] == list(published_figures())
    assert all(bool(row["simulated"]) != bool(row["note"]) for row in figures)


def test_the_same_look_twice_is_the_same_bytes_and_another_seed_is_another_world(
    shown: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = shown
    source = out.parent / "hostile.yaml"
    before = {name: (out / name).read_bytes() for name in PICTURES | TABLES}
    again = show(source, "--out", out, "--quiet")
    assert (again.exit_code, again.stdout.strip()) == (0, str(out))
    assert before == {name: (out / name).read_bytes() for name in PICTURES | TABLES}
    other = show(source, "--out", tmp_path / "other", "--seed", "2", "--json")
    content = json.loads(other.stdout)
    assert (content["seed"], content["folder"]) == (2, str(tmp_path / "other"))
    assert next(row for row in content["counts"] if row["zone"] == "(area)")["n_vessels"] == 8
    assert (tmp_path / "other" / "maps/tracks_all.png").read_bytes() != before["maps/tracks_all.png"]
    refused = show(source, "--out", out, "--seed", "2")
    assert refused.exit_code == 1
    assert "another scenario or seed" in refused.stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = show(TINY, "--out", tmp_path)
    assert result.exit_code == 1
    assert "holds no look" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert show(TINY, "--out", tmp_path / "mine.txt").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.yaml"],
        [str(TINY), "--set", "duration_d=-1"],
        [str(TINY), "--seed", "-1"],
        [str(TINY), "--seeds", "2"],
        [],
    ],
)
def test_bad_input_ends_with_code_2_and_writes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = show(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_scored_time_without_a_whole_hour_ends_with_code_1_and_says_what_to_do(tmp_path: Path) -> None:
    result = show(TINY, "--out", tmp_path / "out", "--set", "duration_h=0.5", "--set", "warmup_h=0.1")
    assert result.exit_code == 1, result.output
    assert "duration_h" in result.stderr


def test_a_world_without_vessels_is_shown_empty(tmp_path: Path) -> None:
    text = TINY.read_text()
    empty = text[: text.index("  traffic:\n")] + text[text.index("sensors:\n") :]
    (tmp_path / "empty.yaml").write_text(empty)
    result = show(tmp_path / "empty.yaml", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert all(row["mean"] == 0.0 and row["broadcasting"] is None for row in content["counts"])
    assert all(row["simulated"] is None and row["note"] for row in content["published"])
