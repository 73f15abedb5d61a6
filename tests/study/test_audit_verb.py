"""``mda-sim audit``: the audit of a run, repeated on its stored files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mda_sim.cli import main
from mda_sim.core.spec import content_sha256
from mda_sim.core.table import Table, read_parquet, write_parquet
from mda_sim.records import CONTACT_PARTS, HOPS, PARTS, DeliveryLog, Outcome
from mda_sim.scenario import load_scenario
from mda_sim.study.audit import audit_run
from mda_sim.study.jobs import stored_deliveries
from mda_sim.study.run import Study, run

TINY = Path(__file__).parent / "tiny.yaml"
DIRECT = "seeds/1/sharing/direct"


def verb(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", *map(str, arguments)])


@pytest.fixture
def copied(finished: Study, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.folder, tmp_path / "copy"))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which a filter, an area, an event and failures by chance matter."""
    out = tmp_path_factory.mktemp("chosen") / "out"
    return run(load_scenario(TINY.with_name("chosen.yaml")), out=out, workers=1).folder


def with_refreshed_hashes(folder: Path, unit: str, *, digest: bool) -> None:
    """Rewrite the lists of files after a change, as one would who wants to hide it."""
    record = json.loads((folder / unit / "unit.json").read_text())
    for name in record["files"]:
        path = folder / unit / name
        record["files"][name] = {"bytes": path.stat().st_size, "sha256": content_sha256(path)}
    if digest:
        record["digest"] = stored_deliveries(folder / unit).digest()
    (folder / unit / "unit.json").write_text(json.dumps(record))
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        path = folder / name
        manifest["files"][name] = {"bytes": path.stat().st_size, "sha256": content_sha256(path)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def tamper(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change the stored hops of one unit."""
    path = folder / DIRECT / "hops.parquet"
    hops = read_parquet(HOPS, path)
    columns = {name: column.copy() for name, column in hops.columns.items()}
    change(columns)
    write_parquet(Table.of(HOPS, columns, hops.meta), path)


def refuse(columns: dict[str, np.ndarray]) -> None:
    """Write one delivery as refused."""
    row = np.flatnonzero(columns["outcome"] == Outcome.DELIVERED)[0]
    columns["outcome"][row], columns["gates"][row] = Outcome.WITHHELD, 1


def test_a_finished_run_agrees_with_its_rules(finished: Study) -> None:
    result = verb(finished.folder)
    assert result.exit_code == 0, result.output
    hops = read_parquet(HOPS, finished.folder / DIRECT / "hops.parquet")
    assert f"{len(hops):,} hops" in result.output
    assert result.output.count(" agrees") == 4
    assert verb(finished.folder, "--quiet").output == ""


def test_the_counts_are_those_of_the_tables(finished: Study) -> None:
    result = CliRunner(catch_exceptions=False).invoke(
        main, ["audit", str(finished.folder), "--json", "--quiet"]
    )
    told = json.loads(result.stdout)
    assert told["clean"] is True
    unit = next(u for u in told["units"] if (u["seed"], u["configuration"]) == (1, "direct"))
    hops = read_parquet(HOPS, finished.folder / DIRECT / "hops.parquet")
    assert unit["hops_by_outcome"]["DELIVERED"] == (hops["outcome"] == Outcome.DELIVERED).sum()
    assert unit["hops"] == sum(unit["hops_by_outcome"].values()) == len(hops)
    assert sum(unit["withheld_by_gate"].values()) == (hops["outcome"] == Outcome.WITHHELD).sum()


def test_some_seeds_and_configurations_can_be_audited_alone(finished: Study) -> None:
    audited = audit_run(finished.folder, seeds=[2], configurations=["direct"])
    assert [(unit.seed, unit.configuration) for unit in audited.units] == [(2, "direct")]
    result = verb(finished.folder, "--seeds", "2", "--configurations", "direct", "--quiet", "--json")
    assert [(u["seed"], u["configuration"]) for u in json.loads(result.stdout)["units"]] == [(2, "direct")]


def test_filters_areas_and_events_are_asked_of_the_stored_world(chosen: Path) -> None:
    """Their bits differ within reports, so that a world that was made otherwise would be found out."""
    parts = read_parquet(PARTS, chosen / DIRECT / "parts.parquet")
    assert len(parts.meta["filters"]) == len(parts.meta["areas"]) == 1
    assert len(np.unique(parts["share_class"])) == 4
    gates = read_parquet(HOPS, chosen / DIRECT / "hops.parquet")["gates"]
    assert set(np.unique(gates & 3)) == {0, 1, 2, 3}
    assert verb(chosen).exit_code == 0


def test_what_is_no_run_is_refused(tmp_path: Path, finished: Study) -> None:
    result = verb(tmp_path)
    assert result.exit_code == 2
    assert "no run" in result.output
    result = verb(finished.folder, "--seeds", "7,1", "--configurations", "never")
    assert result.exit_code == 2
    assert "no seed '7'; it has 1, 2" in result.output
    assert "no configuration 'never'; it has direct, today" in result.output
    assert verb(finished.folder, "--seeds", "one").exit_code == 2


def test_a_run_that_is_not_finished_is_refused(copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    result = verb(copied)
    assert result.exit_code == 2
    assert "not finished" in result.output


def test_a_run_without_logs_is_refused_and_says_what_is_missing(tmp_path: Path) -> None:
    scenario = load_scenario(TINY, sets=["output.maps=false", "output.logs=false", "seed.count=1"])
    result = verb(run(scenario, out=tmp_path / "out", workers=1).folder)
    assert result.exit_code == 2
    assert "seeds/1/sensing has no reports, contacts; run this scenario again" in result.output
    assert "seeds/1/sharing/direct has no parts, contact_parts, hops, outcomes" in result.output


def test_a_changed_file_is_named_and_the_rest_is_audited(copied: Path) -> None:
    tamper(copied, refuse)
    result = verb(copied)
    assert result.exit_code == 1
    assert f"changed: {DIRECT}/hops.parquet" in result.output
    assert result.output.count(" agrees") == 3


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / DIRECT / "outcomes.parquet").unlink()
    result = verb(copied)
    assert result.exit_code == 1
    assert f"changed: {DIRECT}/outcomes.parquet" in result.output


@pytest.mark.parametrize("digest", [True, False])
def test_a_changed_table_with_refreshed_hashes_is_found_by_derivation(copied: Path, digest: bool) -> None:
    tamper(copied, refuse)
    with_refreshed_hashes(copied, DIRECT, digest=digest)
    result = verb(copied)
    assert result.exit_code == 1
    assert "gates differ from the rules" in result.output
    assert "withheld although every gate allows" in result.output
    assert ("not the one that was recorded" in result.output) != digest
    assert result.output.count(" agrees") == 3
    findings: list[dict[str, Any]] = [
        found
        for unit in json.loads(verb(copied, "--json", "--quiet").stdout)["units"]
        for found in unit["findings"]
    ]
    assert {"rule", "count", "places"} == set(findings[0])


def test_contacts_moved_to_other_parts_are_found(chosen: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(chosen, tmp_path / "copy"))
    path = folder / DIRECT / "contact_parts.parquet"
    part = read_parquet(CONTACT_PARTS, path)["part"].copy()
    report = read_parquet(PARTS, folder / DIRECT / "parts.parquet")["report"]
    row = np.flatnonzero((np.diff(part) == 1) & (report[part[1:]] == report[part[:-1]]))[0]
    part[row] += 1
    write_parquet(Table.of(CONTACT_PARTS, {"part": part}), path)
    with_refreshed_hashes(folder, DIRECT, digest=True)
    result = verb(folder)
    assert result.exit_code == 1
    assert "share_class is not what the filters give" in result.output


def test_another_scenario_in_the_folder_is_named(copied: Path) -> None:
    text = (copied / "scenario.yaml").read_text()
    (copied / "scenario.yaml").write_text(text.replace("ceiling: SECRET", "ceiling: UNCLASSIFIED"))
    result = verb(copied)
    assert result.exit_code == 1
    assert "changed: scenario.yaml" in result.output


def test_stored_deliveries_are_those_that_were_recorded(finished: Study) -> None:
    stored = stored_deliveries(finished.folder / DIRECT)
    assert isinstance(stored, DeliveryLog)
    assert stored.digest() == json.loads((finished.folder / DIRECT / "unit.json").read_text())["digest"]
