"""A recording becomes the ships that it was made from, whatever it is written in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from mda_sim.core.spec import DataFile
from mda_sim.geo.coast import load_land
from mda_sim.geo.sphere import distance_m
from mda_sim.world.fleet import Fleet
from mda_sim.world.groups import assemble
from mda_sim.world.militia import MilitiaTraffic
from mda_sim.world.recorded.group import recorded_group
from mda_sim.world.recorded.recording import Recording, make_recording, read_recording
from mda_sim.world.recorded.report import rule_cells, vessel_cells
from mda_sim.world.recorded.rows import RecordingError
from mda_sim.world.recorded.spec import RecordedAisTraffic
from mda_sim.world.world import WorldSpec, build_fleet

Read = Callable[..., Recording]
DIALECTS = ("nmea_lines", "plain_lines", "marine_cadastre_lines", "snake_lines", "danish_lines")


def fleet_of(recording: Recording, made: ModuleType) -> Fleet:
    file = DataFile(path="/recording", sha256="0" * 64)
    return assemble([recorded_group("seen", RecordedAisTraffic(kind="recorded_ais", file=file), recording)])


def lines_of(made: ModuleType, dialect: str) -> list[str]:
    return list(getattr(made, dialect)(made.voyages()))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_ships_back(read: Read, made: ModuleType, dialect: str) -> None:
    recording = read(lines_of(made, dialect))
    fixes = made.voyages()
    assert recording.vessels["mmsi"].tolist() == sorted(ship.mmsi for ship in made.SHIPS)
    assert made.counts(recording)["kept"] == len(fixes)
    fleet = fleet_of(recording, made)
    target = {mmsi: k for k, mmsi in enumerate(recording.vessels["mmsi"].tolist())}
    lat, lon = fleet.positions([target[fix.mmsi] for fix in fixes], [fix.t_s * 1_000_000 for fix in fixes])
    away_m = distance_m(lat, lon, [fix.lat_deg for fix in fixes], [fix.lon_deg for fix in fixes])
    assert away_m.max() <= 100.0 + 0.05  # the tolerance, and seven decimals of a degree
    assert len(recording.legs) < len(fixes) / 5


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "plain_lines"])
def test_particulars_are_those_that_were_broadcast(read: Read, made: ModuleType, dialect: str) -> None:
    cells = {row[0]: row[1:6] for row in vessel_cells(read(lines_of(made, dialect)))}
    for ship in made.SHIPS:
        flag = {548: "PHL", 431: "JPN", 563: "SGP"}[ship.mmsi // 1_000_000]
        kind = "A" if ship.is_class_a else "B"
        assert cells[ship.mmsi] == (ship.name, flag, str(ship.kind), float(ship.length_m), kind)


def test_what_is_not_stated_is_the_default_of_the_class(read: Read, made: ModuleType) -> None:
    recording = read(lines_of(made, "plain_lines"))
    fleet = fleet_of(recording, made)
    assert fleet.targets["length_m"].tolist() == [50.0] * 3
    assert fleet.targets["ais"].tolist() == [1] * 3
    assert [row[1] for row in rule_cells(recording) if row[0] == "noted: vessels_without_length"] == [3]


def test_a_ship_sends_her_own_identity_and_is_drawn_for_by_it(read: Read, made: ModuleType) -> None:
    fleet = fleet_of(read(lines_of(made, "plain_lines")), made)
    assert fleet.broadcasts["mmsi"].tolist() == fleet.targets["index"].tolist()
    assert sorted(fleet.flags[k] for k in fleet.targets["flag"]) == ["JPN", "PHL", "SGP"]


def test_a_ship_is_absent_in_a_gap_and_nowhere_else(read: Read, made: ModuleType) -> None:
    fleet = fleet_of(read(lines_of(made, "plain_lines")), made)
    silent = fleet.targets["index"].tolist().index(431000002)
    lat, _ = fleet.positions([silent] * 4, np.array([4.0, 4.01, 7.99, 8.0]) * 3.6e9)
    assert np.isnan(lat).tolist() == [False, True, True, False]
    presence = fleet.presence()
    hours = np.bincount(presence["target"], presence["t_to_us"] - presence["t_from_us"]) / 3.6e9
    assert np.delete(hours, silent).tolist() == [12.0, 12.0]
    assert hours[silent] == 8.0


def test_a_shorter_limit_opens_every_gap_and_a_longer_one_bridges_it(read: Read, made: ModuleType) -> None:
    lines = lines_of(made, "plain_lines")
    with pytest.raises(RecordingError, match=r"no fix of it can be used: .* lone fix"):
        read(lines, gap_max_s=299.0)
    assert read(lines, gap_max_s=4 * 3600.0).rules.meta["breaks"] == 0


def test_one_ship_is_as_she_was_whatever_else_is_recorded(read: Read, made: ModuleType) -> None:
    fixes = made.voyages()
    mine = [fix for fix in fixes if fix.mmsi == 548000001]
    alone, among = read(list(made.plain_lines(mine))), read(list(made.plain_lines(fixes)))
    row = among.vessels["mmsi"].tolist().index(548000001)
    legs = among.legs.take(among.legs["target"] == row)
    for column in alone.legs.columns:
        if column != "target":
            assert np.array_equal(alone.legs[column], legs[column])


def test_the_order_of_rows_changes_nothing_but_its_note(read: Read, made: ModuleType) -> None:
    header, *rows = lines_of(made, "marine_cadastre_lines")
    one, other = read([header, *rows]), read([header, *reversed(rows)])
    assert one.legs.digest() == other.legs.digest()
    assert one.rules.meta["out_of_order"] == 0
    assert other.rules.meta["out_of_order"] == len(rows) - len(made.SHIPS)


def test_parquet_with_numbers_and_times_is_read_as_the_text_is(
    read: Read, made: ModuleType, tmp_path: Path
) -> None:
    lines = lines_of(made, "marine_cadastre_lines")
    table = pa.csv.read_csv(pa.py_buffer("\n".join(lines).encode()))
    pa.parquet.write_table(table, tmp_path / "typed.parquet")
    typed = read((tmp_path / "typed.parquet").read_bytes(), "recording.parquet")
    assert typed.legs.digest() == read(lines).legs.digest()
    assert list(vessel_cells(typed)) == list(vessel_cells(read(lines)))


def test_packed_files_and_other_delimiters_are_read(read: Read, made: ModuleType) -> None:
    lines = lines_of(made, "danish_lines")
    digest = read(lines).legs.digest()
    text = ("\n".join(lines) + "\n").encode()
    for suffix, codec in ((".gz", "gzip"), (".zst", "zstd")):
        with pa.BufferOutputStream() as sink:
            with pa.CompressedOutputStream(sink, codec) as stream:
                stream.write(text)
            packed = sink.getvalue().to_pybytes()
        assert read(packed, f"recording.csv{suffix}").legs.digest() == digest
    continental = ";".join("\n".join(lines).split(",")).replace(".", ",").encode()
    assert read(continental).legs.digest() == digest


def test_at_start_moves_the_first_fix_to_the_start_and_as_recorded_keeps_the_calendar(
    read: Read, made: ModuleType
) -> None:
    fixes = made.voyages()
    year_before = [
        line.replace("2026-03-02", "2025-03-02").replace("2026-03-03", "2025-03-03")
        for line in made.plain_lines(fixes)
    ]
    moved, kept = read(year_before, starts="at_start"), read(year_before)
    assert moved.legs.digest() == read(list(made.plain_lines(fixes))).legs.digest()
    assert made.counts(kept) == {"outside_run": len(fixes)}
    assert len(kept.vessels) == 0


def test_times_without_a_zone_may_be_ahead_of_utc(read: Read, made: ModuleType) -> None:
    local = [fix._replace(t_s=fix.t_s + 8 * 3600) for fix in made.voyages()]
    recording = read(list(made.plain_lines(local, "%Y-%m-%d %H:%M:%S")), utc_offset_s=8 * 3600.0)
    assert recording.legs.digest() == read(lines_of(made, "plain_lines")).legs.digest()


def test_fixes_outside_the_run_are_counted_and_legs_cut_at_its_ends(read: Read, made: ModuleType) -> None:
    early = [fix._replace(t_s=fix.t_s - 150) for fix in made.voyages() if fix.mmsi == 548000001]
    recording = read(list(made.plain_lines(early)))
    assert made.counts(recording) == {"kept": len(early) - 1, "outside_run": 1}
    assert recording.legs["t_from_us"].min() == 0


def test_a_recording_is_kept_in_the_cache_under_all_that_it_depends_on(
    made: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "recording.csv"
    path.write_text("\n".join(lines_of(made, "plain_lines")))
    spec = RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path))
    other = RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path), tolerance_m=1.0)
    made_now = make_recording(spec, made.BOX, made.TIMELINE, load_land())
    for _ in range(2):
        stored = read_recording(spec, made.BOX, made.TIMELINE, load_land(), tmp_path / "cache")
        assert [t.digest() for t in (stored.vessels, stored.legs, stored.rules)] == [
            t.digest() for t in (made_now.vessels, made_now.legs, made_now.rules)
        ]
    assert len(read_recording(other, made.BOX, made.TIMELINE, load_land(), tmp_path / "cache").legs) > len(
        made_now.legs
    )
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_generated_traffic_is_the_same_beside_a_recording_and_without(
    made: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "recording.csv"
    path.write_text("\n".join(lines_of(made, "plain_lines")))
    militia = MilitiaTraffic.model_validate(
        {
            "kind": "militia",
            "stock": {"scarborough_shoal": 8},
            "length_m": {"low": 45.0, "high": 65.0},
            "flags": {"CHN": 1.0},
            "ais": {"carriage": 0.5},
        }
    )
    seen = RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path))
    alone, beside = (
        build_fleet(WorldSpec(traffic=traffic), made.BOX, made.TIMELINE, seed=1)
        for traffic in ({"militia": militia}, {"militia": militia, "seen": seen})
    )
    assert beside.n_vessels == alone.n_vessels + len(made.SHIPS)
    for column in alone.legs.columns:
        assert np.array_equal(alone.legs[column], beside.legs[column][: len(alone.legs)])
    at_rest = alone.positions(np.arange(alone.n_vessels), 10**9)
    assert np.array_equal(at_rest, beside.positions(np.arange(alone.n_vessels), 10**9))


def test_a_recording_of_another_year_leaves_an_empty_sea(made: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "recording.csv"
    path.write_text("\n".join(lines_of(made, "plain_lines")).replace("2026-", "2020-"))
    world = WorldSpec(traffic={"seen": RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path))})
    fleet = build_fleet(world, made.BOX, made.TIMELINE, seed=1)
    assert (fleet.n_vessels, len(fleet.legs), fleet.classes) == (0, 0, ("seen",))
