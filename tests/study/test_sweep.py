"""Sweeps of a tiny scenario: what is run, what is used again, what comes out."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import mda_sim.study.sensed_store as store
import mda_sim.study.variant_jobs as jobs
from mda_sim.core.errors import RunError, ScenarioError
from mda_sim.study.status import status_of
from mda_sim.study.sweep import Sweep, plan_sweep, sweep

HERE = Path(__file__).parent
SWEPT, MOVED = HERE / "swept.yaml", HERE / "moved.yaml"
DELAY = "configurations.direct.desks.jpn_release.elapsed.value_min"
STAGES = {"build_world": store, "sense": store} | dict.fromkeys(
    ("build_frame", "share", "score_asked", "score"), jobs
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

    for name, home in STAGES.items():
        patch.setattr(home, name, counting(name))
    yield counts
    patch.undo()


@pytest.fixture(scope="module")
def found(counted: Counter[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, Counter[str]]:
    """A grid, and how often each stage was called for it."""
    out = tmp_path_factory.mktemp("sweep") / "out"
    result = sweep(SWEPT, out=out, workers=1, keep_sensing=True)
    return result, Counter(counted)


def figure(found: Sweep, configuration: str, against: str, nation: str = "PHL") -> dict[str, Any]:
    (one,) = (
        one
        for one in found.results["figures"]
        if (one["configuration"], one["against"], one["nation"]) == (configuration, against, nation)
    )
    return dict(one)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_what_points_share_is_made_once(found: tuple[Sweep, Counter[str]]) -> None:
    """Per seed: one world and sensing for all, deliveries for today and three delays, two frames, and
    figures of four arrangements under two bounds."""
    counts = found[1]
    made = {"build_world": 2, "sense": 2, "share": 2 * 4, "build_frame": 2 * 2, "score_asked": 2 * 4 * 2}
    assert {name: counts[name] for name in made} == made
    assert counts["score"] == 0
    planned = found[0].results["counts"]
    assert (planned["points"], planned["sensings"], planned["deliveries"], planned["units"]) == (6, 2, 8, 16)


def test_figures_are_those_of_plain_runs(found: tuple[Sweep, Counter[str]]) -> None:
    from mda_sim.pipeline import run_seed
    from mda_sim.scenario import load_scenario

    point = found[0].points[2]
    assert point["values"] == {"bound": 1.0, "delay": 90}
    scenario = load_scenario(MOVED, sets=point["set"], seeds=1)
    rows = [row for one in run_seed(scenario, 1).arranged.values() for row in one.scores.rows]
    plain = {
        (row.configuration, row.nation): row.value
        for row in rows
        if (row.metric, row.group) == ("custody_fraction_1h", "not_broadcasting_foreign")
    }
    swept = {
        (one.configuration, one.nation): one.value
        for one in found[0].responses
        if (one.point, one.seed) == (point["point"], 1)
    }
    assert swept == plain


def test_effects_and_thresholds_are_those_of_the_responses(found: tuple[Sweep, Counter[str]]) -> None:
    """By hand, from the rows: the gain at each delay, averaged over bounds, in each seed."""
    gains: dict[tuple[int, int], list[float]] = {}
    values = {(r.point, r.configuration, r.seed): r.value for r in found[0].responses if r.nation == "PHL"}
    for (point, name, seed), value in values.items():
        if name == "direct":
            delay = found[0].points[point - 1]["values"]["delay"]
            gains.setdefault((delay, seed), []).append(value - values[point, "today", seed])
    mean = {key: sum(own) / len(own) for key, own in gains.items()}
    gain = figure(found[0], "direct", "today")
    (effect,) = (one for one in gain["effects"] if one["factor"] == "delay")
    changes = [mean[90, seed] - mean[5, seed] for seed in (1, 2)]
    assert effect["effect"]["mean"] == pytest.approx(sum(changes) / 2)
    assert effect["effect"]["mean"] < 0
    (down,) = (
        one for one in gain["thresholds"] if (one["factor"], one["held"], one["level"]) == ("delay", "", 0.05)
    )
    curve = [sum(mean[delay, seed] for seed in (1, 2)) / 2 for delay in (5, 45, 90)]
    assert curve[1] > 0.05 >= curve[2]
    assert down["of_mean"] == pytest.approx(45 + 45 * (curve[1] - 0.05) / (curve[1] - curve[2]))
    assert {one["held"] for one in gain["thresholds"]} == {"", "delay", "bound"}
    assert not figure(found[0], "today", "")["thresholds"]


def test_a_factor_that_cannot_matter_has_exactly_no_effect(found: tuple[Sweep, Counter[str]]) -> None:
    """Today shares nothing, so no delay of release moves it."""
    today = figure(found[0], "today", "", "JPN")
    (effect,) = (one["effect"] for one in today["effects"] if one["factor"] == "delay")
    assert (effect["mean"], effect["low"], effect["high"]) == (0, 0, 0)


def test_the_folder_holds_tables_charts_and_record(found: tuple[Sweep, Counter[str]]) -> None:
    folder = found[0].folder
    record = json.loads((folder / "sweep.json").read_text())
    assert record["complete"]
    assert record["figures"] == json.loads(json.dumps(found[0].results["figures"]))
    read = {}
    for name in ("points", "responses", "effects", "interactions", "thresholds"):
        assert f"{name}.csv" in record["files"]
        with (folder / f"{name}.csv").open(newline="") as file:
            read[name] = list(csv.DictReader(file))
    assert len(read["points"]) == 6
    assert len(read["responses"]) == 6 * 2 * 2 * 2
    row = read["responses"][0]
    assert (row["point"], row["bound"], row["delay"], row["seed"]) == ("1", "1.0", "5", "1")
    assert float(row["value"]) == found[0].responses[0].value
    assert len(read["interactions"]) == len(record["figures"])
    words = {one["words"] for one in read["thresholds"] if one["nation"] == "PHL" and not one["held"]}
    assert any("comes down to zero at 90 min" in text for text in words)
    assert [one["words"] for one in found[0].thresholds] == [one["words"] for one in read["thresholds"]]
    charts = {path.name for path in (folder / "charts").iterdir()}
    assert "gain_custody_fraction_1h_not_broadcasting_foreign_PHL.png" in charts
    assert "pair_custody_fraction_1h_not_broadcasting_foreign_PHL_bound_delay.png" in charts


def test_later_calls_make_only_what_is_new(found: tuple[Sweep, Counter[str]], counted: Counter[str]) -> None:
    """The same again makes nothing; another point reads the kept sensing back."""
    before, folder = Counter(counted), found[0].folder
    files = contents(folder)
    assert sweep(SWEPT, out=folder, workers=1, keep_sensing=True).results == found[0].results
    assert Counter(counted) == before
    assert contents(folder) == files
    spec = {
        "name": "swept",
        "scenario": str(MOVED),
        "seeds": 2,
        "design": {"kind": "list", "points": [{"delay": 5}, {"delay": 20}]},
        "factors": {"delay": {"key": DELAY}},
        "responses": [{"metric": "custody_fraction_1h", "group": "not_broadcasting_foreign"}],
    }
    more = sweep(spec, out=folder, workers=1)
    assert counted["sense"] == before["sense"]
    assert counted["share"] - before["share"] == 2 * (1 + 2)
    assert [point["values"] for point in more.points] == [{"delay": 5}, {"delay": 20}]
    assert not (folder / "sensed").exists()


def test_an_interrupted_sweep_goes_on_and_workers_change_no_byte(
    found: tuple[Sweep, Counter[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after five units in this process, then completed by two processes from the kept sensing."""
    stored = 0

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        nonlocal stored
        stored = done
        if done == 5:
            raise Stop

    with pytest.raises(Stop):
        sweep(SWEPT, out=tmp_path / "out", workers=1, watch=stop)
    assert stored == 5
    assert not json.loads((tmp_path / "out" / "sweep.json").read_text())["complete"]
    status = status_of(tmp_path / "out")
    assert (status.counts["whole"], status.counts["absent"]) == (5, 16 - 5)
    assert not status.is_complete
    left: list[tuple[int, int]] = []
    done = sweep(SWEPT, out=tmp_path / "out", workers=2, watch=lambda *pair: left.append(pair))
    assert left[0] == (0, 16 - 5)
    assert left[-1] == (11, 11)
    assert done.results == found[0].results
    assert not (tmp_path / "out" / "sensed").exists()
    status = status_of(tmp_path / "out")
    assert status.is_complete
    assert status.counts["whole"] == len(status.units) == 16


def test_a_damaged_unit_of_a_sweep_is_seen_and_made_again(
    found: tuple[Sweep, Counter[str]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(found[0].folder, out)
    plan = plan_sweep(SWEPT)
    reader = jobs.UnitReader(plan.scenario.seeds, out, plan.asked)
    damaged, cut, *_ = reader.paths(plan.variants[0])
    text = damaged.read_text()
    damaged.write_text(text.replace("custody", "cusdoty", 1))
    cut.write_bytes(cut.read_bytes()[:-90])
    status = status_of(out)
    assert status.counts["damaged"] == 2
    assert not status.is_complete
    left: list[tuple[int, int]] = []
    done = sweep(SWEPT, out=out, workers=1, keep_sensing=True, watch=lambda *pair: left.append(pair))
    assert left[-1] == (2, 2)
    assert done.results == found[0].results
    assert damaged.read_text() == text


def test_drawn_points_are_fitted(found: tuple[Sweep, Counter[str]], tmp_path: Path) -> None:
    spec = {
        "scenario": str(MOVED),
        "seeds": 2,
        "configurations": ["direct"],
        "design": {"kind": "latin_hypercube", "points": 8, "seed": 3},
        "factors": {
            "delay": {"key": DELAY, "low": 5, "high": 60},
            "bound": {"key": "metrics.error_max_km", "low": 10, "high": 20},
        },
        "responses": [{"metric": "custody_fraction_1h", "group": "not_broadcasting_foreign"}],
    }
    found_ = sweep(spec, out=tmp_path / "out", workers=1, nation="PHL")
    assert found_.results["method"] == "fit"
    delays = sorted(point["values"]["delay"] for point in found_.points)
    assert [int((delay - 5) / 55 * 8) for delay in delays] == list(range(8))
    gain = figure(found_, "direct", "today")
    effects = {one["factor"]: one["effect"]["mean"] for one in gain["effects"]}
    assert effects["delay"] < 0
    assert 0 <= gain["first_order"]["r2"]["mean"] <= gain["second_order"]["r2"]["mean"] <= 1
    assert {one["by"] for one in gain["thresholds"]} == {"second order"}
    assert any("R²" in line for line in found_.lines())


def test_all_problems_of_a_sweep_are_told_before_anything_is_written(tmp_path: Path) -> None:
    text = SWEPT.read_text().replace("moved.yaml", str(MOVED))
    text = text.replace("custody_fraction_1h", "custody_fraction_2h").replace("error_max_km", "error_most_km")
    text = text.replace("values: [5, 45, 90]", "values: [5, -45, -90]")
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        plan_sweep(path)
    (metric,) = caught.value.problems
    assert (metric.line, metric.key) == (14, "responses.0") or metric.key.startswith("responses")
    path.write_text(text.replace("custody_fraction_2h", "custody_fraction_1h"))
    with pytest.raises(ScenarioError) as caught:
        sweep(path, out=tmp_path / "out")
    told = {(problem.line, problem.key): problem.message for problem in caught.value.problems}
    assert set(told) == {(7, "factors.delay"), (11, "factors.bound")}
    assert "error_most_km" in told[11, "factors.bound"]
    assert "-45" in told[7, "factors.delay"]
    assert "and at" in told[7, "factors.delay"]
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(found: tuple[Sweep, Counter[str]], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no look at a sweep"):
        sweep(SWEPT, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_any_key_that_set_reaches_can_be_a_factor(tmp_path: Path) -> None:
    """One that assumptions may not move, a list, and a mapping; multiples of what configurations state."""
    spec = {
        "scenario": str(MOVED),
        "design": {"kind": "list", "points": [{"drain": 0.2}, {"drain": 0.3, "to": ["JPN"], "many": 2}]},
        "factors": {
            "drain": {"key": "drain_d"},
            "to": {"key": "sharing.labels.phl_radar.rel_to"},
            "spent": {"key": "sharing.desks.idle.touch"},
            "many": {"key": "configurations.*.desks.*.servers", "factors": True},
        },
    }
    spec["design"]["points"].append({"spent": {"kind": "constant", "value_min": 7}})  # type: ignore[index]
    plan = plan_sweep(spec)
    second, third = (plan.points[number].variant.scenario() for number in (1, 2))
    assert second.spec.drain_s == 0.3 * 86400
    assert second.arrangements["direct"].desks["jpn_release"].servers == 18
    assert third.arrangements["direct"].desks["idle"].touch.value_s == 420  # type: ignore[union-attr]
    assert third.arrangements["direct"].desks["jpn_release"].servers == 9
    assert plan.grid() is None
