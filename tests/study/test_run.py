"""A study on the tiny scenario: what is written, what is used again, what fails."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from run_contents import contents, copy_of

import mda_sim.audit
from mda_sim.core.errors import DigestMismatch, RunError
from mda_sim.core.table import read_parquet
from mda_sim.metrics.score_rows import from_csv, to_csv
from mda_sim.pipeline import build_world, check_digest, run_seed, sense, share
from mda_sim.records import CONTACTS, HOPS, OUTCOMES, PARTS, REPORTS
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.failures import UnitsFailed
from mda_sim.study.folder import RunFolder
from mda_sim.study.jobs import SeedJob, shared_out
from mda_sim.study.run import Progress, Study, default_folder, run


def test_the_folder_holds_every_table_of_every_unit(finished: Study) -> None:
    names = set(contents(finished.folder))
    expected = {"scenario.yaml", "scores.csv", "summary.json", "answer.md"}
    themes = (
        "custody",
        "age",
        "awareness",
        "area",
        "findable",
        "silent",
        "agreement",
        "latency",
        "gaps",
        "counts",
        "sharing",
        "load",
        "exposure",
        "uncertainty",
    )
    expected |= {f"tables/{theme}.csv" for theme in themes}
    for seed in (1, 2):
        expected |= {
            f"seeds/{seed}/sensing/{name}.parquet"
            for name in ("targets", "legs", "broadcasts", "reports", "contacts")
        }
        for configuration in ("today", "direct"):
            place = f"seeds/{seed}/sharing/{configuration}"
            logs = ("parts", "contact_parts", "hops", "outcomes")
            scored = ("coverage", "probe_gaps", "exposure", "backlog", "queues")
            expected |= {f"{place}/{name}.parquet" for name in (*logs, *scored)}
            expected |= {f"{place}/scores.csv"}
    assert names == expected


def test_the_tables_are_those_of_the_stages_called_by_hand(finished: Study, tiny: Scenario) -> None:
    fleet = build_world(tiny, 2)
    log = sense(tiny, fleet, 2)
    deliveries = share(tiny, fleet, log, "direct", 2)
    place = finished.folder / "seeds" / "2"
    assert read_parquet(REPORTS, place / "sensing" / "reports.parquet").digest() == log.reports.digest()
    assert read_parquet(CONTACTS, place / "sensing" / "contacts.parquet").digest() == log.contacts.digest()
    assert read_parquet(PARTS, place / "sharing/direct/parts.parquet").digest() == deliveries.parts.digest()
    assert read_parquet(HOPS, place / "sharing/direct/hops.parquet").digest() == deliveries.hops.digest()
    assert (
        read_parquet(OUTCOMES, place / "sharing/direct/outcomes.parquet").digest()
        == deliveries.outcomes.digest()
    )
    units = json.loads((finished.folder / "manifest.json").read_text())["units"]
    assert units["2"]["sensing"]["digest"] == log.digest()
    assert units["2"]["sharing"]["direct"]["digest"] == deliveries.digest()


def test_deliveries_of_another_log_are_refused(tiny: Scenario) -> None:
    fleet = build_world(tiny, 1)
    log = sense(tiny, fleet, 1)
    other = sense(tiny, build_world(tiny, 2), 2)
    deliveries = share(tiny, fleet, log, "today", 1)
    check_digest(log, deliveries)
    with pytest.raises(DigestMismatch, match="share this log again"):
        check_digest(other, deliveries)


def test_the_summary_is_the_scores_recomputed(finished: Study) -> None:
    rows = from_csv(finished.folder / "scores.csv")
    stored = json.loads((finished.folder / "summary.json").read_text())["configurations"]
    metric, group = "area_coverage_fraction_6h", "all"
    for nation in ("JPN", "PHL"):
        by_seed = {
            name: {
                row.seed: row.value
                for row in rows
                if (row.configuration, row.nation, row.metric, row.group) == (name, nation, metric, group)
            }
            for name in ("today", "direct")
        }
        assert sorted(by_seed["today"]) == [1, 2]
        entry = stored["direct"][nation][metric][group]
        assert entry["mean"] == pytest.approx(sum(by_seed["direct"].values()) / 2, rel=1e-12)
        differences = [by_seed["direct"][seed] - by_seed["today"][seed] for seed in (1, 2)]
        assert entry["difference"]["mean"] == pytest.approx(sum(differences) / 2, rel=1e-12)
        assert "difference" not in stored["today"][nation][metric][group]
    assert (
        len(rows)
        == sum(len(groups) for n in stored.values() for m in n.values() for groups in m.values()) * 2
    )


def test_the_scores_are_those_of_the_units_in_order(finished: Study, tmp_path: Path) -> None:
    rows = from_csv(finished.folder / "scores.csv")
    places = [(name, seed) for name in ("direct", "today") for seed in (1, 2)]
    units = [from_csv(finished.folder / f"seeds/{seed}/sharing/{name}/scores.csv") for name, seed in places]
    assert repr(rows) == repr(tuple(row for unit in units for row in unit))
    to_csv(rows, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (finished.folder / "scores.csv").read_bytes()


def test_what_is_undefined_is_null_in_the_summary(finished: Study) -> None:
    rows = from_csv(finished.folder / "scores.csv")
    undefined = [row for row in rows if math.isnan(row.value)]
    assert undefined
    text = (finished.folder / "summary.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    row = next(row for row in undefined if (row.metric, row.nation) == ("latency_p50_s", "JPN"))
    entry = json.loads(text)["configurations"][row.configuration]["JPN"]["latency_p50_s"][row.group]
    assert entry["mean"] is None


def test_sharing_helps_whom_it_should(finished: Study) -> None:
    """The direct link brings the Philippines what the other radar sees, and takes nothing from anyone."""
    configurations = finished.summary["configurations"]
    before, after = (
        configurations[name]["PHL"]["custody_fraction_6h"]["all"]["mean"] for name in ("today", "direct")
    )
    assert after > before + 0.3
    for nation in ("JPN", "PHL"):
        for metric, groups in configurations["direct"][nation].items():
            if (
                metric.startswith("custody_fraction")
                and "all" in groups
                and groups["all"]["mean"] is not None
            ):
                assert groups["all"]["difference"]["mean"] >= 0


def test_a_whole_and_equal_folder_is_shown_again(finished: Study, tiny: Scenario) -> None:
    stamps = {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")}
    again = run(tiny, out=finished.folder)
    assert again.shown_again
    assert again.summary == finished.summary
    assert {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")} == stamps


@pytest.mark.parametrize(
    "lost", ["seeds/2/sharing/direct", "seeds/1/sensing", "scores.csv", "answer.md", "tables"]
)
def test_an_incomplete_folder_is_completed_to_the_same_bytes(
    finished: Study, tiny: Scenario, tmp_path: Path, lost: str
) -> None:
    folder = copy_of(finished, tmp_path)
    path = folder / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    kept = folder / "seeds/1/sharing/today/unit.json"
    stamp = kept.stat().st_mtime_ns
    seen: list[Progress] = []
    study = run(tiny, out=folder, workers=1, watch=seen.append)
    assert not study.shown_again
    assert contents(folder) == contents(finished.folder)
    assert kept.stat().st_mtime_ns == stamp
    assert all(note.units_total == 6 for note in seen)
    assert (seen[-1].units_done if seen else 6) == 6


def test_a_new_drawing_does_not_cost_a_new_computation(
    finished: Study, tiny: Scenario, tmp_path: Path
) -> None:
    folder = copy_of(finished, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "report_sources": "older"}))
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("seeds/**/*.parquet")}
    assert not run(tiny, out=folder, workers=1).shown_again
    assert {path: path.stat().st_mtime_ns for path in folder.glob("seeds/**/*.parquet")} == stamps
    assert run(tiny, out=folder, workers=1).shown_again


def test_a_changed_table_is_found_out(finished: Study, tiny: Scenario, tmp_path: Path) -> None:
    folder = copy_of(finished, tmp_path)
    path = folder / "summary.json"
    path.write_text(path.read_text().replace("today", "yadot"))
    study = run(tiny, out=folder, workers=1)
    assert not study.shown_again
    assert contents(folder) == contents(finished.folder)


def test_the_resolved_scenario_runs_to_the_same_bytes(finished: Study, tmp_path: Path) -> None:
    scenario = load_scenario(finished.folder / "scenario.yaml")
    study = run(scenario, out=tmp_path / "again", workers=1)
    assert contents(study.folder) == contents(finished.folder)


def test_without_logs_the_answer_is_the_same(finished: Study, tmp_path: Path) -> None:
    scenario = load_scenario(finished.folder / "scenario.yaml", sets=["output.logs=false"])
    study = run(scenario, out=tmp_path / "out", workers=1)
    assert study.summary == finished.summary
    assert not list(study.folder.rglob("contacts.parquet"))
    assert not list(study.folder.rglob("hops.parquet"))
    assert not list(study.folder.rglob("parts.parquet"))
    shutil.rmtree(study.folder / "seeds/1/sharing/today")
    assert run(scenario, out=study.folder, workers=1).summary == finished.summary


def test_the_manifest_names_versions_digests_and_costs_but_no_place(finished: Study) -> None:
    text = (finished.folder / "manifest.json").read_text()
    manifest = json.loads(text)
    assert manifest["complete"] is True
    assert manifest["seeds"] == [1, 2]
    assert {"mda_sim", "numpy", "numba", "python"} <= set(manifest["versions"])
    costs = manifest["units"]["1"]["sharing"]["today"]["costs"]
    assert set(costs) == {"frame", "share", "audit", "score"}
    assert all(cost["seconds"] >= 0 and cost["peak_mib"] > 10 for cost in costs.values())
    assert str(finished.folder.parent) not in text
    assert str(Path.home()) + "/" not in text


def test_what_the_exchange_took_is_in_the_manifest_and_not_in_the_summary(
    finished: Study, tiny: Scenario, tmp_path: Path
) -> None:
    folder = copy_of(finished, tmp_path)
    for seed in (1, 2):
        for name in ("today", "direct"):
            path = folder / f"seeds/{seed}/sharing/{name}/unit.json"
            record = json.loads(path.read_text())
            record.pop("stats", None)
            if name == "direct":
                record["stats"] = {"simpy_events": 10 * seed, "cases": 2, "hops": 5, "seconds": 0.5 * seed}
            path.write_text(json.dumps(record))
    (folder / "summary.json").unlink()
    study = run(tiny, out=folder, workers=1)
    assert set(study.efforts) == {"direct"}
    effort = study.efforts["direct"]
    assert (effort.n_units, effort.simpy_events, effort.cases, effort.hops) == (2, 30, 4, 10)
    assert (effort.us_per_case, effort.us_per_hop) == pytest.approx((375_000.0, 150_000.0))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["engine"] == {"direct": effort.record()}
    assert manifest["units"]["2"]["sharing"]["direct"]["stats"]["simpy_events"] == 20
    assert contents(folder) == contents(finished.folder)
    again = run(tiny, out=folder, workers=1)
    assert again.shown_again
    assert again.efforts == study.efforts


def test_a_finding_of_the_audit_fails_the_run_and_stores_no_such_unit(
    tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def suspicious(*_: Any) -> tuple[str, ...]:
        return ("a delivery that no gate allowed",)

    monkeypatch.setattr(mda_sim.audit, "audit", suspicious)
    with pytest.raises(UnitsFailed, match="no gate allowed"):
        run(tiny, out=tmp_path / "out", workers=1)
    assert not list((tmp_path / "out").glob("seeds/*/sharing/*/unit.json"))
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["complete"] is False


def test_an_unknown_configuration_is_named(tiny: Scenario) -> None:
    with pytest.raises(RunError, match="it has direct, today"):
        run_seed(tiny, 1, ["tomorrow"])


def test_the_default_folder_names_the_scenario(tiny: Scenario) -> None:
    assert default_folder(tiny) == Path("runs") / f"tiny-{tiny.digest()[:8]}"


@pytest.mark.parametrize(
    ("seeds", "configurations", "workers", "parts"),
    [
        (8, 24, 2, [1] * 8),
        (3, 24, 2, [1, 1, 2]),  # else one of two waits for the last seed
        (3, 24, 4, [1, 1, 1]),  # six parts by four take two turns
        (2, 24, 4, [2, 2]),
        (1, 2, 2, [2]),
        (1, 1, 4, [1]),
        (2, 0, 4, [1, 1]),
        (5, 24, 1, [1] * 5),
    ],
)
def test_the_last_seeds_are_divided_where_that_ends_a_study_sooner(
    seeds: int, configurations: int, workers: int, parts: list[int]
) -> None:
    names = tuple(f"c{number}" for number in range(configurations))
    jobs = [SeedJob(RunFolder(Path("out"), "key"), "digest", seed, names) for seed in range(seeds)]
    shares = shared_out(jobs, workers)
    assert [sum(share.seed == seed for share in shares) for seed in range(seeds)] == parts
    units = [name for share in shares for name in share.units]
    assert sorted(units) == sorted(name for job in jobs for name in job.units)
