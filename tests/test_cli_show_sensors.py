"""``mda-sim show --sensors``, as a user meets it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main

TINY = Path(__file__).parent / "study" / "tiny.yaml"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"
ALWAYS = {"tables/sensors.csv", "tables/satellites.csv", "tables/ranges.csv"}
NAMED = {"charts/radar_luzon.png", "tables/curve_radar_luzon.csv", "tables/budget.csv"}
COVERAGE = {"maps/coverage_radar.png", "tables/coverage.csv", "tables/cells_radar.csv"}


def show(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["show", *map(str, arguments)])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Result]:
    """A look at one radar and what it covers, with names that are hostile."""
    folder = tmp_path_factory.mktemp("sensors")
    text = TINY.read_text()
    for name in ("Philippines", "Around the shoal", "A tiny scenario."):
        text = text.replace(name, f'"{HOSTILE}"')
    source = folder / "hostile.yaml"
    source.write_text(text)
    return (
        source,
        folder / "out",
        show(source, "--sensor", "radar_luzon", "--coverage", "--out", folder / "out"),
    )


def test_a_look_writes_what_was_asked_for_and_says_so(shown: tuple[Path, Path, Result]) -> None:
    _, out, result = shown
    assert result.exit_code == 0, result.output
    record = json.loads((out / "show.json").read_text())
    assert set(record["files"]) == ALWAYS | NAMED | COVERAGE
    assert (record["look"], record["sensors"], record["target"]) == ("sensors", ["radar_luzon"], "probe")
    assert all((out / name).stat().st_size == entry["bytes"] for name, entry in record["files"].items())
    with (out / "tables" / "sensors.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    km = f"{float(row['held_to_p50_m']) / 1000:.1f}"
    assert re.search(rf"radar_luzon +300 +300 .* {km} ", result.stdout)
    assert "signal-to-noise ratio of one pulse" in result.stdout
    assert "take no position on claims" in result.stdout
    assert result.stdout.splitlines()[-1] == str(out)


def test_hostile_names_are_harmless_in_every_output(shown: tuple[Path, Path, Result]) -> None:
    _, out, result = shown
    assert not set(result.output) & {"\x1b", "\u202e"}
    for path in out.rglob("*.csv"):
        assert not re.search(r"(^|,)\"?[=+@]", path.read_text(), flags=re.MULTILINE), path.name


def test_the_same_look_gives_the_same_bytes_and_any_look_at_sensors_may_follow(
    shown: tuple[Path, Path, Result], tmp_path: Path
) -> None:
    source, out, _ = shown
    arguments = (source, "--sensor", "radar_luzon", "--coverage", "--quiet")
    assert show(*arguments, "--out", tmp_path / "again").exit_code == 0
    names = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    assert names == sorted(
        p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*") if p.is_file()
    )
    assert all((out / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    other = show(source, "--sensors", "--json", "--out", tmp_path / "again")
    assert other.exit_code == 0, other.output
    content = json.loads(other.stdout)
    assert [row["sensor"] for row in content["sensors"]] == ["ais_luzon", "radar_luzon", "radar_shoal"]
    blind = next(row for row in content["ranges"] if (row["sensor"], row["target"]) == ("ais_luzon", "probe"))
    assert blind["held_to_p50_m"] is None
    assert {p.name for p in (tmp_path / "again" / "tables").iterdir()} == {Path(name).name for name in ALWAYS}


def test_a_look_at_sensors_and_one_at_the_world_leave_each_other_alone(
    shown: tuple[Path, Path, Result], tmp_path: Path
) -> None:
    source, out, _ = shown
    refused = show(source, "--out", out)
    assert refused.exit_code == 1
    assert "something else" in refused.stderr
    (tmp_path / "show.json").write_text((out / "show.json").read_text().replace('"sensors"', '"world"'))
    assert show(source, "--sensors", "--out", tmp_path).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sensor", "radar_luzn"], "did you mean 'radar_luzon'?"),
        (["--sensors", "--class", "militai"], "did you mean 'militia'?"),
        (["--coverage", "--seed", "2"], "--seed belongs to a look at the world"),
        (["--class", "militia"], "--class belongs to a look at sensors"),
    ],
)
def test_bad_input_ends_with_code_2_and_writes_nothing(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = show(TINY, *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_stops_early_hears_no_complaint(tmp_path: Path) -> None:
    program = "from mda_sim.cli import main; main()"
    arguments = ["show", str(TINY), "--sensors", "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # long before the first line is printed
        assert process.stderr.read() == "tables ...\n"
    assert (tmp_path / "out" / "show.json").exists()
