"""A scenario with a recording: what is said of it, what its digest is, and how its run is run again."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mda_sim.core.errors import ScenarioError
from mda_sim.scenario import Scenario, load_scenario, load_scenario_text
from mda_sim.study.run import Study, run

Write = Callable[..., Path]

CLASS = """\
    seen:
      kind: recorded_ais
      file: data/seen.csv
"""
ROWS = ["mmsi,timestamp,lon,lat"] + [
    f"548000001,2026-03-02T{k // 6:02d}:{k % 6}0:00Z,{119.0 + k / 500:.4f},14.5" for k in range(84)
]


@pytest.fixture
def recorded(small: str, write: Write) -> Path:
    """A scenario that takes its only class of traffic from a recording of 14 hours."""
    write("\n".join(ROWS) + "\n", "data/seen.csv")
    begin, end = small.index("    general:"), small.index("sensors:")
    text = small[:begin] + CLASS + small[end:]
    return write(text.replace("class:general", "class:seen"))


def line_of(path: Path) -> int:
    """The line that names the recording."""
    return path.read_text().split("\n").index("      file: data/seen.csv") + 1


def errors_of(path: Path, **options: object) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, **options)  # type: ignore[arg-type]
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


def test_what_became_of_the_recording_is_noted_and_is_no_warning(recorded: Path) -> None:
    scenario = load_scenario(recorded)
    assert scenario.warnings == ()
    (note,) = scenario.notes
    assert str(note).startswith(f"note: {recorded}:{line_of(recorded)}:7  world.traffic.seen.file: ")
    assert "84 rows read, 84 used" in note.message
    assert "only ships that broadcast and were received" in note.message


def test_a_recording_that_loses_many_rows_is_doubted(recorded: Path) -> None:
    (recorded.parent / "data/seen.csv").write_text("\n".join([*ROWS, *["548000001,,,"] * 9]))
    (warning,) = load_scenario(recorded).warnings
    assert "10% of the rows are lost" in warning.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file: 'data/seen.csv'"),
        ("", "the file is empty"),
        ("when;who;where\n", "names the columns of no known recording"),
        ("mmsi,timestamp,lon,lat\n0,2026-03-02,1,1\n", "no fix of it can be used: 1 unreadable time"),
        ("mmsi,timestamp,l\x1b[2Jon,lon\n0,2026-03-02,1,1\n", "l\\x1b[2Jon"),
    ],
)
def test_a_recording_that_cannot_be_used_is_a_problem_at_its_key(
    recorded: Path, content: str | None, says: str
) -> None:
    file = recorded.parent / "data/seen.csv"
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    (error,) = errors_of(recorded)
    assert error.startswith(f"{recorded}:{line_of(recorded)}:7  world.traffic.seen.file: ")
    assert says in error


def test_the_digest_takes_the_content_and_not_the_place(recorded: Path, write: Write) -> None:
    before = load_scenario(recorded).digest()
    shutil.copy(recorded.parent / "data/seen.csv", recorded.parent / "moved.csv")
    assert load_scenario(recorded, sets=["world.traffic.seen.file=moved.csv"]).digest() == before
    (recorded.parent / "moved.csv").write_text("\n".join(ROWS[:-1]))
    assert load_scenario(recorded, sets=["world.traffic.seen.file=moved.csv"]).digest() != before


def test_the_written_scenario_is_the_same_and_knows_a_file_that_was_changed(
    recorded: Path, write: Write
) -> None:
    scenario = load_scenario(recorded)
    written = write(scenario.to_yaml(), "elsewhere/scenario.yaml")
    assert load_scenario(written).digest() == scenario.digest()
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()
    (recorded.parent / "data/seen.csv").write_text("\n".join(ROWS[:-1]))
    (error,) = errors_of(written)
    assert "no file that can be read at" in error
    assert "has the SHA-256 that is stated" in error
    (error,) = errors_of(written, allow_path=True)
    assert "holds other content than 'sha256' states" in error


def test_values_of_the_class_are_checked_as_any(recorded: Path) -> None:
    sets = ["world.traffic.seen.gap_max_h=0", "world.traffic.seen.starts=late", "world.traffic.seen.fil=x"]
    errors = errors_of(recorded, sets=sets)
    assert len(errors) == 3
    assert any("expected a number > 0 h, got 0" in error for error in errors)
    assert any("did you mean 'file'" in error for error in errors)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Study]:
    """The shipped example, briefly."""
    path = Path(__file__).parents[2] / "scenarios" / "recorded_example.yaml"
    scenario = load_scenario(path, sets=["warmup_h=1", "duration_h=5", "drain_h=1", "world.probes=null"])
    return scenario, run(scenario, out=tmp_path_factory.mktemp("recorded") / "out", workers=1)


def test_a_run_accounts_for_every_row_and_says_what_a_recording_is(
    finished: tuple[Scenario, Study],
) -> None:
    _, study = finished
    lines = (study.folder / "tables" / "recorded_recorded.csv").read_text().splitlines()
    rows = {row["rule"]: int(row["rows"]) for row in csv.DictReader(lines)}
    rules = {name: count for name, count in rows.items() if name != "read" and not name.startswith("noted")}
    assert rows["read"] == sum(rules.values()) == 1459
    assert (rows["jump"], rows["bad_identity"], rows["position_not_available"]) == (1, 1, 1)
    summary = json.loads((study.folder / "summary.json").read_text())
    assert "only ships that broadcast and were received" in summary["caveats"][-1]
    assert "only ships that broadcast and were received" in (study.folder / "answer.md").read_text()
    vessels = (study.folder / "tables" / "recorded_recorded_vessels.csv").read_text().splitlines()
    assert len(vessels) > 5


def test_the_scenario_of_a_run_folder_runs_again_as_it_is(finished: tuple[Scenario, Study]) -> None:
    scenario, study = finished
    again = load_scenario(study.folder / "scenario.yaml")
    assert again.digest() == scenario.digest()
    assert run(again, out=study.folder, workers=1).shown_again
