"""The command line, as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mda_sim.cli import main

ROOT = Path(__file__).parent.parent
TINY = Path(__file__).parent / "study" / "tiny.yaml"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(ROOT / "run_sim.py"), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run with one worker, with maps, and what it printed."""
    out = tmp_path_factory.mktemp("serial") / "out"
    return out, command(TINY, "--workers", "1", "--out", out)


def test_a_run_ends_well_and_prints_the_answer(serial: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, result = serial
    assert result.returncode == 0, result.stderr
    assert "custody 6 h" in result.stdout
    assert "perfect association" in result.stdout
    assert str(out) in result.stdout
    assert str(out / "answer.md") in result.stdout
    assert str(out / "report.html") in result.stdout
    assert "take no position on claims" in result.stdout
    assert re.search(r"Exchange +live choices +cases +hops +µs per case +µs per hop", result.stdout)
    assert re.search(r"\n  direct +[\d,]+ +\d+ +\d+ +[\d.,]+ +[\d.,]+\n", result.stdout)
    assert "[6/6]" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_folder_has_the_maps_and_charts_of_every_nation(
    serial: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, _ = serial
    names = {path.relative_to(out).as_posix() for path in out.rglob("*.png")}
    assert names == {
        "maps/scenario.png",
        "charts/custody.png",
        "charts/gaps.png",
        "charts/gap_causes.png",
        "charts/latency.png",
        "charts/backlog.png",
        *(
            f"maps/{kind}_{name}_{nation}.png"
            for kind in ("coverage_6h", "gaps_24h")
            for name in ("today", "direct")
            for nation in ("JPN", "PHL")
        ),
        *(f"maps/difference_6h_direct_{nation}.png" for nation in ("JPN", "PHL")),
    }
    listed = json.loads((out / "manifest.json").read_text())["files"]
    assert names < set(listed)
    assert {"answer.md", "tables/custody.csv", "tables/gaps.csv"} < set(listed)


def test_two_workers_write_the_same_bytes(
    serial: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    out, _ = serial
    result = command(TINY, "--workers", "2", "--out", tmp_path / "out", "--quiet")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.strip() == str(tmp_path / "out")
    varying = {"manifest.json", "unit.json"}
    one, two = (
        {
            p.relative_to(f).as_posix(): p.read_bytes()
            for p in f.rglob("*")
            if p.is_file() and p.name not in varying
        }
        for f in (out, tmp_path / "out")
    )
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_a_second_run_shows_the_first_again(serial: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, _ = serial
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = CliRunner().invoke(main, ["run", str(TINY), "--out", str(out)])
    assert again.exit_code == 0
    assert "shown again, nothing was computed" in again.output
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == stamps
    as_json = CliRunner().invoke(main, ["run", str(TINY), "--out", str(out), "--json"])
    content = json.loads(as_json.stdout)
    assert content["shown_again"] is True
    assert content["summary"] == json.loads((out / "summary.json").read_text())


def test_another_scenario_is_not_written_over_it(
    serial: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, _ = serial
    result = CliRunner().invoke(main, ["run", str(TINY), "--out", str(out), "--set", "seed.first=5"])
    assert result.exit_code == 1
    assert "another scenario" in result.stderr
    result = CliRunner().invoke(main, ["run", str(TINY), "--out", str(out), "--seeds", "1"])
    assert result.exit_code == 1
    assert "with 2 seeds, more than 1" in result.stderr
    assert json.loads((out / "manifest.json").read_text())["seeds"] == [1, 2]


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (("stock:", "stok:"), r"bad\.yaml:\d+:\d+", "stok"),
        (("antenna_height_m: 120", "antenna_height_m: -120"), r"bad\.yaml:\d+:\d+", "-120"),
        (("baseline: today", "baseline: tomorrow"), r"bad\.yaml:\d+:\d+", "tomorrow"),
    ],
)
def test_bad_input_is_told_with_its_place_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], place: str, message: str
) -> None:
    (tmp_path / "bad.yaml").write_text(TINY.read_text().replace(*change))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["run", "bad.yaml"])
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert re.search(place, result.stderr)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.yaml"],
        [str(TINY), "--set", "duration_d=-1"],
        [str(TINY), "--set", "no.such.key=1"],
        [str(TINY), "--configurations", "tomorrow"],
        [str(TINY), "--seeds", "0"],
        [str(TINY), "--workers", "0"],
        [str(TINY), "--no-such-option"],
        [],
    ],
)
def test_bad_arguments_end_with_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["run", *arguments])
    assert result.exit_code == 2
    assert result.stderr
    assert list(tmp_path.iterdir()) == []


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = TINY.read_text().replace("stock:", "stok:").replace("baseline: today", "basline: today")
    (tmp_path / "bad.yaml").write_text(text)
    result = CliRunner().invoke(main, ["check", str(tmp_path / "bad.yaml")])
    assert result.exit_code == 2
    assert "stok" in result.stderr
    assert "basline" in result.stderr
    assert "nothing was done" in result.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["check", str(tmp_path / "nowhere.yaml"), "--debug"])
    assert result.exception is not None
    assert type(result.exception).__name__ == "ScenarioError"


def test_configurations_seeds_and_sets_reach_the_run(tmp_path: Path) -> None:
    arguments = [
        str(TINY),
        "--out",
        str(tmp_path / "out"),
        "--configurations",
        "today",
        "--seeds",
        "1",
        "--workers",
        "1",
    ]
    result = CliRunner().invoke(main, ["run", *arguments, "--set", "output.maps=false", "--quiet"])
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["configurations"], manifest["seeds"]) == (["today"], [1])
    assert manifest["overrides"] == ["output.maps=false"]
    assert not (tmp_path / "out" / "maps").exists()


def test_hostile_names_go_through_every_output_unharmed(tmp_path: Path) -> None:
    text = TINY.read_text()
    for name in ("Philippines", "Around the shoal", "A tiny scenario."):
        text = text.replace(name, f'"{HOSTILE}"')
    (tmp_path / "hostile.yaml").write_text(text)
    arguments = [
        str(tmp_path / "hostile.yaml"),
        "--out",
        str(tmp_path / "out"),
        "--seeds",
        "1",
        "--workers",
        "1",
    ]
    result = CliRunner().invoke(main, ["run", *arguments])
    assert result.exit_code == 0, result.output
    assert "[bold red]x[/bold red]" in " ".join(result.stdout.split())
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "hostile.yaml")])
    for output in (result.output, checked.output):
        assert "\x1b" not in output
        assert "\u202e" not in output
    assert len(list((tmp_path / "out").rglob("*.png"))) == 16
    document = (tmp_path / "out" / "answer.md").read_text()
    assert "\\[bold red\\]x\\[/bold red\\] \\$" in document
    assert "\x1b" not in document
    assert "<script>" not in document.replace("\\<script\\>", "")
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".csv", ".md", ".json", ".yaml", ".html"):
            assert not set(path.read_text()) & {"\x1b", "\u202e"}, path.name
        if path.suffix == ".csv":
            assert not re.search(r"(^|,)\"?[=+@]", path.read_text(), flags=re.MULTILINE), path.name


def test_check_tells_what_is_in_a_scenario_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", str(TINY), "--load"])
    assert result.exit_code == 0, result.output
    assert "direct: 3 feeds, 1 agreement, 1 desk, 2 links" in result.output
    assert "Philippines (nation): 1 ais, 1 radar" in result.output
    assert re.search(r"desk +phl_release +\d\.\d{3}", result.output)
    assert list(tmp_path.iterdir()) == []


def test_strict_turns_warnings_into_errors(tmp_path: Path) -> None:
    text = TINY.read_text().replace("{parties: [JPN, PHL]", "{parties: [JPN, USA]")
    text = text.replace("  JPN: {name", "  USA: {name: United States}\n  JPN: {name")
    (tmp_path / "odd.yaml").write_text(text)
    lenient = CliRunner().invoke(main, ["check", str(tmp_path / "odd.yaml")])
    assert lenient.exit_code == 0
    assert "warning" in lenient.stderr
    strict = CliRunner().invoke(main, ["check", str(tmp_path / "odd.yaml"), "--strict"])
    assert strict.exit_code == 2


@pytest.mark.parametrize(
    "table",
    [
        "sites",
        "features",
        "ports",
        "sensor_types",
        "agreements",
        "agreement_types",
        "satellites",
        "environment_regions",
        "environment_climate",
        "environment_presets",
    ],
)
def test_the_catalogue_is_listed_with_its_sources(table: str) -> None:
    listed = CliRunner().invoke(main, ["catalogue", table])
    rows = json.loads(CliRunner().invoke(main, ["catalogue", table, "--json"]).stdout)
    assert listed.exit_code == 0
    lines = listed.output.splitlines()
    assert len(lines) == 2 * len(rows)
    assert all(row["source"] and row["confidence"] for row in rows)
    assert all(row["confidence"] in line for row, line in zip(rows, lines[1::2], strict=True))


def test_help_names_the_verbs() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(verb in result.output for verb in ("run", "check", "catalogue", "new", "schema"))


def test_a_new_scenario_is_sound_and_nothing_is_ever_written_over(tmp_path: Path) -> None:
    path = tmp_path / "sulu_sea.yaml"
    assert CliRunner().invoke(main, ["new", str(path)]).exit_code == 0
    made = path.read_bytes()
    checked = CliRunner().invoke(main, ["check", str(path), "--strict"])
    assert checked.exit_code == 0
    assert checked.stdout.startswith("sulu_sea")
    again = CliRunner().invoke(main, ["new", str(path)])
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert path.read_bytes() == made


def test_the_schema_that_shipped_scenarios_name_is_the_one_that_is_printed() -> None:
    folder = ROOT / "scenarios"
    printed = CliRunner().invoke(main, ["schema"])
    assert printed.stdout == (folder / "scenario.schema.json").read_text()
    for path in folder.glob("*.yaml"):
        first = path.read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=scenario.schema.json", path.name
