"""``mda-sim show --passes --sorties --revisit``, as a user meets it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main

TINY = Path(__file__).parent / "study" / "tiny.yaml"
HOSTILE = "[bold red]x[/bold red] $\\\\frac{1$ \\e[31m\\u202e=cmd() <script>"
SATELLITES = (
    "  seer: {kind: sar_satellite, operator: JPN, type: sar_sentinel_1, n_satellites: 6, n_planes: 2, "
    "duty: 0.5}\n"
    "  ears: {kind: ais_satellite, operator: JPN, altitude_m: 600000, inclination_deg: 50, raan_deg: 20, "
    "source: a test, confidence: assumption}\n"
)
PLATFORMS = (
    "platforms:\n"
    "  patrol:\n"
    "    medium: air\n"
    "    base: {lat_deg: 15.2, lon_deg: 120.5}\n"
    "    n_hulls: 2\n"
    "    cruise_mps: 120\n"
    "    search_mps: 90\n"
    "    height_m: 1000\n"
    "    endurance_h: 5\n"
    "    turn_round_h: 2\n"
    "    search: {region: {kind: box, lat_min_deg: 14.0, lat_max_deg: 15.0, lon_min_deg: 118.0, "
    "lon_max_deg: 119.0}, spacing_km: 30}\n"
    "    sorties: {per_day: 4, leaves_from_h: 0, leaves_to_h: 24}\n"
    "    source: a test\n"
    "    confidence: assumption\n"
)
TABLES = {"tables/passes.csv", "tables/sorties.csv", "tables/revisit.csv"}
PICTURES = {
    "maps/passes_ais.png",
    "maps/passes_sar.png",
    "maps/sorties.png",
    "charts/sorties.png",
    "charts/revisit.png",
}


def show(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["show", *map(str, arguments)])


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny scenario with two constellations and a platform, and names that are hostile."""
    path = tmp_path_factory.mktemp("moving") / "moving.yaml"
    text = TINY.read_text().replace("sensors:\n", f"{PLATFORMS}sensors:\n{SATELLITES}", 1)
    for name in ("Philippines", "Around the shoal", "A tiny scenario."):
        text = text.replace(name, f'"{HOSTILE}"')
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def shown(source: Path) -> tuple[Path, Result]:
    """A look at all that moves."""
    out = source.parent / "out"
    return out, show(source, "--passes", "--sorties", "--revisit", "--out", out)


def test_a_look_writes_all_that_was_asked_for_and_says_so(shown: tuple[Path, Result]) -> None:
    out, result = shown
    assert result.exit_code == 0, result.output
    record = json.loads((out / "show.json").read_text())
    assert set(record["files"]) == TABLES | PICTURES
    assert (record["look"], record["seed"], record["what"]) == ("moving", 1, ["passes", "sorties", "revisit"])
    with (out / "tables" / "passes.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for name, category in (("ears", "ais"), ("seer", "sar")):
        own = [row for row in rows if row["sensor"] == name]
        n_worked = sum(row["worked"] == "yes" for row in own)
        assert re.search(rf"{name} +{category} +{len(own)} +{n_worked} ", result.stdout)
        assert own
        assert n_worked == len(own) or category == "sar"
    assert "take no position on claims" in result.stdout
    assert result.stdout.splitlines()[-1] == str(out)


def test_hostile_names_leave_no_control_characters(shown: tuple[Path, Result]) -> None:
    out, result = shown
    written = [path.read_text() for path in out.rglob("*.csv")] + [result.output]
    for text in written:
        assert not {"\x1b", "\u202e"} & set(text)


def test_the_same_look_gives_the_same_bytes_and_writes_over_itself(
    source: Path, shown: tuple[Path, Result]
) -> None:
    out, _ = shown
    before = digests(out)
    again = source.parent / "again"
    assert show(source, "--passes", "--sorties", "--revisit", "--out", again).exit_code == 0
    assert digests(again) == before
    assert show(source, "--sorties", "--out", again).exit_code == 0
    assert set(digests(again)) == {
        "show.json",
        "tables/sorties.csv",
        "maps/sorties.png",
        "charts/sorties.png",
    }
    other = show(source, "--sorties", "--seed", "2", "--out", again)
    assert other.exit_code != 0  # another seed is another look: it takes no folder of this one


def test_days_are_counted_from_one_or_dated(source: Path, tmp_path: Path) -> None:
    first = show(source, "--passes", "--day", "1", "--out", tmp_path / "a", "--quiet")
    assert first.exit_code == 0
    wrong = show(source, "--passes", "--day", "9", "--out", tmp_path / "b")
    assert wrong.exit_code != 0
    assert "no scored day 9" in wrong.output
    assert not (tmp_path / "b").exists()
    assert "1999-01-01" in show(source, "--passes", "--day", "1999-01-01", "--out", tmp_path / "b").output


def test_the_look_as_json_holds_the_rows(source: Path, tmp_path: Path) -> None:
    result = show(source, "--sorties", "--json", "--out", tmp_path / "out")
    found = json.loads(result.stdout)
    assert found["passes"] == []
    assert {row["platform"] for row in found["sorties"]} == {"patrol"}
    assert all(row["hull"] is None or row["hull"] >= 1 for row in found["sorties"])
