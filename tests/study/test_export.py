"""A finished run exported: tracks are the fleet's, holdings those of the picture, messages those received."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyais
import pytest
from click.testing import CliRunner
from lxml import etree

from mda_sim import export_run, picture_at
from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.core.time import US_PER_H, to_us
from mda_sim.export.aivdm import sentences
from mda_sim.geo.sphere import distance_m
from mda_sim.picture.spells import sampled_holdings
from mda_sim.records import NOTHING_US
from mda_sim.scenario import Scenario
from mda_sim.study.export import FORMATS
from mda_sim.study.run import Study, run
from mda_sim.study.status import status_of
from mda_sim.study.stored import StoredUnit, open_unit
from mda_sim.world.broadcasts import AisState
from mda_sim.world.recorded.nmea import read_nmea
from mda_sim.world.recorded.rows import Rule
from mda_sim.world.sampled import sampled_tracks


@pytest.fixture(scope="module")
def unit(told: Path) -> StoredUnit:
    found, _, wrong = open_unit(told, "hub", None)
    wrong.raise_any()
    assert found is not None
    return found


def test_tracks_are_where_the_fleet_is_and_have_no_hole(unit: StoredUnit) -> None:
    fleet, step_us = unit.fleet, US_PER_H // 2
    targets = np.arange(0, fleet.n_vessels, 2)
    from_us, to_us_ = US_PER_H, 9 * US_PER_H
    found = sampled_tracks(fleet, targets, from_us, to_us_, step_us)
    lat_deg, lon_deg = fleet.positions(targets[found.vessel], found.t_us)
    assert np.isfinite(lat_deg).all()
    assert (found.lat_deg == lat_deg).all()
    assert (found.lon_deg == lon_deg).all()
    same = found.stretch[1:] == found.stretch[:-1]
    gap_us = np.diff(found.t_us)
    assert (gap_us[same] > 0).all()
    assert (gap_us[same] <= step_us).all()
    at_us = np.arange(from_us, to_us_ + 1, step_us)  # whole steps at which a vessel is there are all told
    present = np.isfinite(fleet.positions(targets[:, None], at_us)[0]).reshape(len(targets), -1)
    told = {(int(v), int(t)) for v, t in zip(found.vessel, found.t_us, strict=True)}
    wanted = {(int(v), int(at_us[k])) for v, k in zip(*np.nonzero(present), strict=True)}
    assert wanted
    assert wanted <= told


@pytest.mark.parametrize("nation", ["JPN", "USA"])
def test_holdings_are_what_the_picture_holds_at_each_instant(unit: StoredUnit, nation: str) -> None:
    """Against the picture of the node, made by other code for one instant; some copies are destroyed."""
    from mda_sim.picture.awareness import awareness
    from mda_sim.picture.receipts import receipts

    fleet, log, scenario = unit.fleet, unit.log, unit.scenario
    node = scenario.spec.nations[nation].picture_node
    assert node is not None
    end_us = scenario.timeline.end_us
    received = receipts(log, unit.deliveries, unit.sharing, node, end_us=end_us)
    steps = awareness(log, unit.deliveries, received, contacts=unit.contacts.by_part(unit.deliveries))
    is_ais = np.array([card.category == "ais" for card in log.sensors])
    sensor = np.append(log.reports["sensor"], 0)[np.minimum(steps["report"], len(log.reports))]
    targets, tau_us = np.arange(fleet.n_vessels), to_us(4 * 3600)
    instants_us = np.arange(3, 15) * US_PER_H
    held = sampled_holdings(steps, fleet, is_ais[sensor], targets, instants_us, tau_us)
    n_held = 0
    for at_us in instants_us.tolist():
        picture = picture_at(unit.folder.path, nation, f"{at_us // US_PER_H}h", configuration="hub")
        fresh = (picture["t_observed_us"] != NOTHING_US) & (picture["age_us"] <= tau_us)
        fresh &= picture["target"] < fleet.n_vessels
        rows = np.flatnonzero((held.t_from_us <= at_us) & (at_us < held.t_to_us))
        assert held.vessel[rows].tolist() == picture["target"][fresh].tolist()
        for name in ("t_observed_us", "lat_deg", "lon_deg"):
            assert np.array_equal(getattr(held, name)[rows], picture[name][fresh])
        assert np.allclose(held.error_m[rows], picture["error_m"][fresh])
        n_held += len(rows)
    assert n_held > 10  # not empty on both sides


def test_receivers_tell_what_vessels_broadcast(unit: StoredUnit, tmp_path: Path) -> None:
    """Decoded by pyais: one position for each contact by AIS, where and as whom the vessel said to be."""
    log, fleet, timeline = unit.log, unit.fleet, unit.scenario.timeline
    span_us = (0, timeline.score_to_us)
    path = tmp_path / "ais.nmea"
    path.write_text("".join(f"{line}\n" for line in sentences(log, fleet, timeline, span_us)))
    heard = []
    parts: list[bytes] = []
    for line in path.read_bytes().splitlines():
        tag, sentence = line[1:].split(b"\\")
        parts.append(sentence)
        count, number = sentence.split(b",")[1:3]
        if count == number:
            heard.append((tag.decode(), pyais.decode(*parts)))
            parts = []
    told = [(tag, message) for tag, message in heard if message.msg_type in (1, 18)]
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    is_ais = np.array([card.category == "ais" for card in log.sensors])[log.reports["sensor"][report]]
    rows = np.flatnonzero(is_ais & (log.contacts["target"] < log.n_vessels))
    t_us = log.reports["t_observed_us"][report[rows]] - log.contacts["dt_us"][rows]
    target = log.contacts["target"][rows].astype(np.int64)
    assert len(told) == len(rows) > 20
    order = np.lexsort((target, log.reports["sensor"][report[rows]], t_us))
    target, t_us = target[order], t_us[order]
    lat_deg, lon_deg = fleet.broadcast_positions(target, t_us)
    mmsi = fleet.broadcasts["mmsi"][fleet.broadcast_rows(target, t_us)]
    start_s = int(timeline.datetime_at(0).timestamp())
    before, after = fleet.positions(target, t_us - 10_000_000), fleet.positions(target, t_us + 10_000_000)
    sailed = np.isfinite(before[0]) & np.isfinite(after[0])
    mean_kn = (
        distance_m(*before, *after) / 20 / (1852 / 3600)
    )  # about what was told, where it went straight on
    speeds_kn = np.array([message.speed for _, message in told])
    assert sailed.any()
    assert np.median(np.abs(speeds_kn - mean_kn)[sailed]) <= 0.1
    for (tag, message), at_us, lat, lon, who in zip(told, t_us, lat_deg, lon_deg, mmsi, strict=True):
        assert (message.lat, message.lon) == pytest.approx((lat, lon), abs=1 / 600_000)
        assert message.mmsi == who
        stamp = dict(word.split(":") for word in tag.split("*")[0].split(","))
        assert int(stamp["c"]) == start_s + at_us // 1_000_000
    assert (fleet.ais_states(target, t_us) == AisState.FALSE_POSITION).any()  # what was said, not what was
    recorded = read_nmea(path).rows  # the reader of recordings takes it too
    assert (recorded.rule == Rule.KEPT).sum() == len(told)


def test_every_format_is_written_from_a_run(told: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main,
        ["export", str(told), "--to", ",".join(FORMATS), "--vessels", "5", "--out", str(tmp_path), "--json"],
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["vessels"] == 5 < found["vessels_present"]
    assert {Path(file).parent.name for file in found["files"]} == set(FORMATS)
    assert all(Path(file).stat().st_size > 0 for file in found["files"])
    pictures = [Path(file) for file in found["files"] if file.endswith(".svg")]
    assert len(pictures) > 5
    for picture in pictures:
        assert etree.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert b"<dc:date>" not in picture.read_bytes()


def test_pictures_and_grids_need_no_logs(tiny: Scenario, tmp_path: Path) -> None:
    output = tiny.spec.output.model_copy(update={"logs": False})
    kept = replace(tiny, spec=tiny.spec.model_copy(update={"output": output})).with_seeds(1)
    folder = run(kept, out=tmp_path / "run", workers=1).folder
    made = [
        export_run(folder, ["svg", "netcdf"], configuration="direct", out=tmp_path / name) for name in "ab"
    ]
    for one, other in zip(made[0].files, made[1].files, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert {"difference_6h_direct_JPN.svg", "coverage.nc"} <= {file.name for file in made[0].files}
    assert not [file for file in made[0].files if "today" in file.name]
    with pytest.raises(ScenarioError, match=r"output\.logs"):
        export_run(folder, ["svg", "kml"])


def test_the_example_of_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root)
    (block,) = re.findall(r"```python\n(.*?)```", (root / "docs/exports.md").read_text(), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "docs/exports.md", "exec"), names)
    _, found, claim = textwrap.dedent(block).partition("    assert ")
    wrong = textwrap.dedent(found + claim).replace('"run.kml"', '"run.kmz"')
    with pytest.raises(AssertionError):  # the block itself asserts, and not in vain
        exec(compile(wrong, "docs/exports.md", "exec"), names)


def test_a_run_is_still_whole_with_its_exports_inside(finished: Study, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    made = export_run(folder, ["kml", "csv"])
    assert made.folder == folder / "exports" / "today-1"
    assert made.n_vessels == made.n_present
    assert status_of(folder).is_complete


def test_everything_that_is_wrong_is_told_at_once(finished: Study, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(ScenarioError) as wrong:
        export_run(
            finished.folder,
            "kmz,csv",
            configuration="nowhere",
            seed=99,
            begin="tomorrow",
            end="1h",
            step_s=1.0,
            vessels=0,
            out=taken,
        )
    text = str(wrong.value)
    for words in (
        "no configuration 'nowhere'",
        "no seed 99",
        "unknown format 'kmz'",
        "tomorrow",
        "nothing lies between",
        "a step of 10 s at least",
        "1 vessel at least",
        "is a file",
    ):
        assert words in text
    bad = CliRunner().invoke(main, ["export", str(tmp_path / "none"), "--to", "kml"])
    assert bad.exit_code == 2
