"""A sensitivity analysis of a tiny scenario: what is run, what is used again, what comes out."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import mda_sim.study.sensed_store as store
import mda_sim.study.variant_jobs as jobs
from mda_sim.core.errors import RunError, ScenarioError
from mda_sim.study.sensitivity import Sensitivity, sensitivity
from mda_sim.study.sensitivity_plan import plan_of
from mda_sim.study.variants import Source

HERE = Path(__file__).parent
MOVED = HERE / "moved.yaml"
Found = tuple[Sensitivity, Counter[str]]
STAGES = {"build_world": store, "sense": store} | dict.fromkeys(
    ("build_frame", "share", "audit", "score_asked", "score"), jobs
)


@pytest.fixture(scope="module")
def counted() -> Any:
    """Counts how often each stage is called in this process."""
    counts: Counter[str] = Counter()
    patch = pytest.MonkeyPatch()

    def counting(name: str) -> Any:
        stage = getattr(STAGES[name], name)

        def call(*arguments: Any) -> Any:
            counts[name] += 1
            return stage(*arguments)

        return call

    for name in STAGES:
        patch.setattr(STAGES[name], name, counting(name))
    yield counts
    patch.undo()


@pytest.fixture(scope="module")
def found(counted: Counter[str], tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The analysis one at a time, and how often each stage was called for it."""
    out = tmp_path_factory.mktemp("sensitivity") / "out"
    result = sensitivity(MOVED, out=out, workers=1)
    return result, Counter(counted)


def effects(found: Sensitivity, assumption: str, **wanted: str) -> list[dict[str, Any]]:
    return [
        effect
        for figure in found.results["figures"]
        if all(figure[key] == value for key, value in wanted.items())
        for effect in figure["effects"]
        if effect["assumption"] == assumption
    ]


def test_what_cannot_matter_has_exactly_no_effect(found: Found) -> None:
    changes = [effect["change"] for effect in effects(found[0], "idle")]
    assert len(changes) == 2 * len(found[0].results["figures"])
    assert all((change["mean"], change["low"], change["high"]) == (0, 0, 0) for change in changes)
    assert any(effect["change"]["mean"] for effect in effects(found[0], "height"))


def test_a_longer_delay_never_raises_custody_at_short_ages(found: Found) -> None:
    """Every look is longer on its way to the Philippines; beyond an hour it comes too late to count."""
    wanted = {"nation": "PHL", "metric": "custody_fraction_1h", "configuration": "direct", "against": ""}
    means = [effect["mean"] for effect in effects(found[0], "delay", **wanted)]
    assert len(means) == 5
    assert means == sorted(means, reverse=True)
    assert means[0] > means[2] > means[3]
    today = wanted | {"configuration": "today"}
    (without,) = (
        figure["mean"]
        for figure in found[0].results["figures"]
        if all(figure[key] == value for key, value in today.items())
    )
    assert means[3] == means[4] == without


def test_world_and_sensing_are_made_once_where_only_sharing_or_metrics_move(
    found: Found,
) -> None:
    """Two seeds. Sensing: the file's own, and two heights. Deliveries: two configurations each for these
    and for the idle desk's two ends, one for four other delays. Scores: those, and two bounds on both."""
    per_seed = {"build_world": 3, "sense": 3, "share": 2 * 3 + 2 * 2 + 4, "audit": 14}
    per_seed |= {"score_asked": 14 + 2 * 2, "score": 0}
    counts = found[1]
    assert {name: counts[name] for name in per_seed} == {name: 2 * count for name, count in per_seed.items()}
    assert counts["build_frame"] == 2 * (3 + 2)


def test_the_files_own_value_and_its_ends_are_those_of_plain_runs(
    found: Found,
) -> None:
    """The same seeds and settings through the stages of a run give the same figure."""
    from mda_sim.pipeline import run_seed
    from mda_sim.scenario import load_scenario

    figure = {"nation": "PHL", "metric": "custody_fraction_6h", "configuration": "direct", "against": "today"}
    (low, _) = effects(found[0], "height", **figure)
    text = found[0].results["assumptions"]["height"]["settings"]["low"]["set"]
    values = []
    scenario = load_scenario(MOVED, sets=text)
    for seed in scenario.seeds:
        rows = [row for one in run_seed(scenario, seed).arranged.values() for row in one.scores.rows]
        value = {
            row.configuration: row.value
            for row in rows
            if (row.nation, row.metric, row.group)
            == ("PHL", "custody_fraction_6h", "not_broadcasting_foreign@shoal")
        }
        values.append(value["direct"] - value["today"])
    assert low["mean"] == pytest.approx(sum(values) / 2, rel=1e-12)
    assert low["n"] == 2


def test_the_range_and_the_ranks_are_those_of_the_effects(found: Found) -> None:
    for figure in found[0].results["figures"]:
        means = [figure["mean"], *(effect["mean"] for effect in figure["effects"])]
        assert (figure["range"]["low"], figure["range"]["high"]) == (min(means), max(means))
        swings = [rank["swing"] for rank in figure["ranks"]]
        assert swings == sorted(swings, reverse=True)
        assert {rank["assumption"] for rank in figure["ranks"]} == {"delay", "idle", "height", "bound"}


def test_the_folder_holds_table_charts_and_record(found: Found) -> None:
    folder = found[0].folder
    record = json.loads((folder / "sensitivity.json").read_text())
    assert record["complete"]
    assert record["figures"] == json.loads(json.dumps(found[0].results["figures"]))
    chart = "charts/custody_fraction_1h_not_broadcasting_foreign_PHL.png"
    assert {"sensitivity.csv", chart} <= set(record["files"])
    assert not any("chart" in name and "morris" in name for name in record["files"])
    with (folder / "sensitivity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    per_figure = 1 + 5 + 2 + 2 + 2
    assert len(rows) == per_figure * len(record["figures"])
    by_file = [row for row in rows if row["setting"] == "file"]
    assert all(row["assumption"] == "" and row["difference"] == "" for row in by_file)
    moved = next(row for row in rows if (row["assumption"], row["setting"]) == ("bound", "high"))
    assert moved["key"] == "metrics.error_max_km"
    assert moved["value"] == "50 km"


def test_a_second_call_makes_nothing_anew(found: Found, counted: Counter[str]) -> None:
    before = Counter(counted)
    files = {path: path.read_bytes() for path in found[0].folder.rglob("*") if path.is_file()}
    again = sensitivity(MOVED, out=found[0].folder, workers=1)
    assert again.results == found[0].results
    assert Counter(counted) == before
    assert {path: path.read_bytes() for path in found[0].folder.rglob("*") if path.is_file()} == files


def test_two_workers_write_the_same_bytes(found: Found, tmp_path: Path) -> None:
    sensitivity(MOVED, out=tmp_path / "out", workers=2)

    def contents(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert contents(tmp_path / "out") == contents(found[0].folder)


def test_a_folder_of_something_else_is_left_alone(found: Found, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no look at sensitivity"):
        sensitivity(MOVED, out=tmp_path, workers=1)
    with pytest.raises(RunError, match="holds a look at something else"):
        sensitivity(MOVED, out=found[0].folder, workers=1, method="morris", trajectories=1)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_screening_moves_all_together_and_ranks_them(tmp_path: Path) -> None:
    """The idle desk has mu* 0 in every trajectory; the delay never raises what the partner gains."""
    found = sensitivity(
        MOVED,
        out=tmp_path / "out",
        workers=1,
        method="morris",
        trajectories=2,
        seeds=1,
        metric="custody_fraction_1h",
        nation="PHL",
    )
    assert (found.results["trajectories"], found.results["levels"]) == (2, 4)
    for figure in found.results["figures"]:
        by_name = {effect["assumption"]: effect for effect in figure["effects"]}
        assert (by_name["idle"]["mu_star"], by_name["idle"]["sigma"], by_name["idle"]["n"]) == (0, 0, 2)
        if figure["configuration"] == "direct":
            assert by_name["delay"]["mu"] <= 0
        stars = [effect["mu_star"] for effect in figure["effects"]]
        assert stars == sorted(stars, reverse=True)
    with (tmp_path / "out" / "morris.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * len(found.results["figures"])
    assert list((tmp_path / "out" / "charts").glob("morris_custody_fraction_1h*_PHL.png"))


def test_a_setting_that_cannot_be_run_is_refused_at_its_assumption(tmp_path: Path) -> None:
    """The type of the value is right; what it names is not."""
    text = MOVED.read_text().replace("extends: tiny.yaml", f"extends: {HERE / 'tiny.yaml'}")
    key = "key: sharing.feeds.radar_luzon.node"
    text += f"    other: {{name: Other, {key}, values: [phl_centre, nowhere], source: x}}\n"
    path = tmp_path / "node.yaml"
    path.write_text(text)
    line = 1 + text.splitlines().index(next(one for one in text.splitlines() if one.startswith("    other")))
    with pytest.raises(ScenarioError) as caught:
        plan_of(Source(path, allow_path=True), None)
    others = [problem for problem in caught.value.problems if "other" in problem.key]
    assert {(problem.file, problem.line) for problem in others} == {(str(path), line)}
    assert {problem.key for problem in others} == {"metrics.assumptions.other.values"}
    assert "nowhere" in others[0].message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"nation": "XYZ"}, "'XYZ' is no nation with a picture of its own; expected 'all' or one of 'JPN'"),
        ({"group": "class:none"}, "no primary endpoint of the group 'class:none'; name a metric"),
        ({"levels": 5, "method": "morris"}, "must be even"),
        ({"trajectories": 0}, "expected 1 at least"),
        ({"method": "sobol"}, "unknown method 'sobol'"),
        ({"sets": ["metrics.assumptions=null"]}, "names no assumptions"),
    ],
)
def test_bad_questions_are_refused_before_anything_is_written(
    options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match=re.escape(says)):
        sensitivity(MOVED, out=tmp_path / "out", workers=1, **options)
    assert not (tmp_path / "out").exists()


def test_a_metric_that_is_nowhere_is_named_with_its_nearest(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no metric 'custody_fraktion_6h'; did you mean 'custody_fraction_6h'"):
        sensitivity(MOVED, out=tmp_path / "out", workers=1, seeds=1, metric="custody_fraktion_6h")
