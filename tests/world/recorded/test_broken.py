"""Broken recordings give an account, never a crash and never a silent loss."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mda_sim.report.recordings import caveats, recording_sheets
from mda_sim.world.recorded.recording import Recording
from mda_sim.world.recorded.report import lines as account
from mda_sim.world.recorded.report import vessel_cells
from mda_sim.world.recorded.rows import RecordingError, Rule

Read = Callable[..., Recording]
HEADER = "mmsi,timestamp,lon,lat,sog,cog"


def sound(made: ModuleType) -> list[str]:
    """Lines of the plain dialect of one ship, without the header."""
    fixes = [fix for fix in made.voyages() if fix.mmsi == 548000001]
    return list(made.plain_lines(fixes))[1:]


def changed(rows: list[str], at: int, column: int, value: str) -> list[str]:
    cells = rows[at].split(",")
    cells[column] = value
    return [*rows[:at], ",".join(cells), *rows[at + 1 :]]


BROKEN: list[tuple[str, Callable[[list[str]], list[str]], dict[str, int]]] = [
    ("identity 0", lambda rows: changed(rows, 5, 0, "0"), {"bad_identity": 1}),
    ("identity of eight digits", lambda rows: changed(rows, 5, 0, "12345678"), {"bad_identity": 1}),
    ("identity of ten digits", lambda rows: changed(rows, 5, 0, "5480000011"), {"bad_identity": 1}),
    ("identity in words", lambda rows: changed(rows, 5, 0, "MANILA"), {"bad_identity": 1}),
    ("identity 123456789", lambda rows: changed(rows, 5, 0, "123456789"), {"bad_identity": 1}),
    ("a group of ships, its nought lost", lambda rows: changed(rows, 5, 0, "54800000"), {"not_a_ship": 1}),
    ("a coast station", lambda rows: changed(rows, 5, 0, "005480001"), {"not_a_ship": 1}),
    ("an aid to navigation", lambda rows: changed(rows, 5, 0, "995481234"), {"not_a_ship": 1}),
    ("a beacon", lambda rows: changed(rows, 5, 0, "974123456"), {"not_a_ship": 1}),
    ("a MID that is nobody's", lambda rows: changed(rows, 5, 0, "290000001"), {"unallocated_mid": 1}),
    ("longitude 181", lambda rows: changed(rows, 5, 2, "181.0"), {"position_not_available": 1}),
    ("latitude 91", lambda rows: changed(rows, 5, 3, "91"), {"position_not_available": 1}),
    ("longitude 200", lambda rows: changed(rows, 5, 2, "200"), {"position_out_of_range": 1}),
    ("longitude infinite", lambda rows: changed(rows, 5, 2, "inf"), {"position_unreadable": 1}),
    ("no latitude", lambda rows: changed(rows, 5, 3, ""), {"position_unreadable": 1}),
    ("latitude in words", lambda rows: changed(rows, 5, 3, "13N"), {"position_unreadable": 1}),
    ("no time", lambda rows: changed(rows, 5, 1, ""), {"unreadable_time": 1}),
    ("30 February", lambda rows: changed(rows, 5, 1, "2026-02-30T00:00:00Z"), {"unreadable_time": 1}),
    ("no zone among zones", lambda rows: changed(rows, 5, 1, "2026-03-02T00:25:00"), {"no_time_zone": 1}),
    ("another zone", lambda rows: changed(rows, 5, 1, "2026-03-02T08:25:00+08:00"), {}),
    ("speed 102.3", lambda rows: changed(rows, 5, 4, "102.3"), {}),
    ("speed in words", lambda rows: changed(rows, 5, 4, "fast"), {}),
    ("a jump", lambda rows: changed(rows, 5, 2, "118.0"), {"jump": 1}),
    ("inland", lambda rows: changed(rows, 5, 2, "121.2"), {"on_land": 1}),
    ("ten thousand duplicates", lambda rows: rows + [rows[7]] * 10_000, {"duplicate": 10_000}),
    ("two places at once", lambda rows: rows + changed(rows, 7, 3, "13.2")[7:8], {"same_time": 1}),
    ("cut off", lambda rows: [*rows[:-1], rows[-1][:20]], {"malformed": 1}),
    ("other delimiter", lambda rows: [*rows[:9], rows[9].replace(",", ";"), *rows[10:]], {"malformed": 1}),
    ("too many fields", lambda rows: changed(rows, 5, 5, "50.1,x,y"), {"malformed": 1}),
    ("blank lines", lambda rows: [*rows[:5], "", "", *rows[5:]], {}),
    ("bytes of value 0", lambda rows: changed(rows, 5, 4, "\x00"), {}),
    ("a quotation mark", lambda rows: changed(rows, 5, 5, '"'), {}),
    ("a quotation mark, not closed", lambda rows: changed(rows, 5, 5, '"50.1'), {}),
]


@pytest.mark.parametrize(("how", "expected"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_what_is_broken_is_named_and_the_rest_is_used(
    read: Read, made: ModuleType, how: Callable[[list[str]], list[str]], expected: dict[str, int]
) -> None:
    rows = how(sound(made))
    found = made.counts(read([HEADER, *rows]))
    n_rows = sum(1 for row in rows if row)
    assert found == {"kept": n_rows - sum(expected.values()), **expected}


def test_a_fix_inland_is_named_as_such_and_one_in_harbour_is_used(read: Read, made: ModuleType) -> None:
    """Luzon: 30 km inland of the coast of Zambales, and at a berth 1 km inside the coast line."""
    rows = [f"548000001,2026-03-02T00:{k:02d}:00Z,119.99,15.3,0,0" for k in range(5)]
    inland = [f"548000002,2026-03-02T00:{k:02d}:00Z,120.4,15.3,0,0" for k in range(5)]
    assert made.counts(read([HEADER, *rows, *inland])) == {"kept": 5, "on_land": 5}


def test_a_leg_that_would_lead_across_land_is_left_out(read: Read, made: ModuleType) -> None:
    """Two fixes on either side of Palawan, an hour apart."""
    rows = [
        f"548000001,2026-03-02T0{hour}:{minute:02d}:00Z,{lon + minute / 1000},10.6,0,0"
        for hour, lon in ((0, 119.0), (2, 119.7))
        for minute in range(0, 60, 5)
    ]
    recording = read([HEADER, *rows])
    assert made.counts(recording) == {"kept": len(rows)}
    assert recording.rules.meta["legs_over_land"] == 1
    ends = sorted(zip(recording.legs["t_from_us"] / 3.6e9, recording.legs["t_to_us"] / 3.6e9, strict=True))
    assert not any(begin < 1.5 < end for begin, end in ends)


def test_a_ship_that_leaves_the_area_and_comes_back_is_not_joined_across(
    read: Read, made: ModuleType
) -> None:
    """East across the eastern edge at 120 E for half an hour, and back: two pieces, none of them outside."""
    lons = [119.90, 119.94, 119.98, 120.02, 120.05, 120.02, 119.98, 119.94, 119.90]
    rows = [f"548000001,2026-03-02T00:{10 * k // 2:02d}:00Z,{lon},19.5,0,0" for k, lon in enumerate(lons)]
    recording = read([HEADER, *rows])
    assert made.counts(recording) == {"kept": 6, "outside_area": 3}
    known = sorted(zip(recording.legs["t_from_us"] / 6e7, recording.legs["t_to_us"] / 6e7, strict=True))
    assert (known[0][0], known[-1][1]) == (0.0, 40.0)
    assert not any(begin < 20.0 < end for begin, end in known)


def test_a_track_that_stays_elsewhere_goes_on_from_there(read: Read, made: ModuleType) -> None:
    """A first fix far off is the one that is wrong, not all that follow."""
    rows = changed(sound(made), 0, 2, "118.9")
    assert made.counts(read([HEADER, *rows])) == {"kept": len(rows) - 1, "lone_fix": 1}


def test_two_hulls_of_one_identity_are_never_joined(read: Read, made: ModuleType) -> None:
    """Taking turns by fives, they alternate in pieces of a track that never crosses between them."""
    mine = sound(made)
    theirs = [changed([row], 0, 2, "118.5")[0] for row in mine]
    mixed = [(mine if (k // 5) % 2 else theirs)[k] for k in range(len(mine))]
    recording = read([HEADER, *mixed])
    assert made.counts(recording)["kept"] == len(mixed)
    assert (recording.legs["speed_mps"] < 30.0).all()
    assert len(recording.legs) >= len(mixed) // 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"mmsi,timestamp,lon,lat\n", "the file has no rows"),
        (b"\xff\xfem\x00m\x00s\x00i\x00", "not UTF-8 text"),
        (b"ship:when:where\n1:2:3\n", "names the columns of no known recording"),
        (b"mmsi,timestamp,lon\n548000001,2026-03-02T00:00:00Z,115\n", "names the columns of no known"),
        (b"mmsi,mmsi,timestamp,lon,lat\n1,1,2,3,4\n", "two columns of one name"),
        (b"mmsi,timestamp,lon,lat\n0,1772409600,0,0\n", "no fix of it can be used: 1 bad identity"),
        (b"PAR1 and then nothing", "cannot be read as Parquet"),
        (b"\x1f\x8b\x08\x00 and then nothing", "cannot be read"),
        (b"!AIVDM,1,1,,B,xxxx,0*00\n", "no fix of it can be used: 1 malformed"),
        (bytes(range(256)) * 40, "first line"),
    ],
)
def test_what_is_no_recording_is_refused_in_words(read: Read, content: bytes, says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        read(content, "recording.csv.gz" if content[:2] == b"\x1f\x8b" else "recording.csv")


def test_a_parquet_file_that_is_cut_off_is_refused(read: Read) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"mmsi": [1], "timestamp": ["x"], "lat": [1.0], "lon": [1.0]}), sink)
    whole = sink.getvalue().to_pybytes()
    with pytest.raises(RecordingError, match="cannot be read as Parquet"):
        read(whole[:-20], "recording.parquet")


NMEA: list[tuple[str, Callable[[list[str]], list[str]], dict[str, int]]] = [
    ("a wrong checksum", lambda rows: [*rows[:-1], rows[-1][:-2] + "00"], {"malformed": 1}),
    ("cut off", lambda rows: [*rows[:-1], rows[-1][:40]], {"malformed": 1}),
    ("no time", lambda rows: [*rows[:-1], rows[-1].split("\\")[2]], {"unreadable_time": 1}),
    ("another sentence", lambda rows: [*rows, "$GPZDA,000000,02,03,2026,00,00*4F"], {"no_position": 1}),
    ("words", lambda rows: [*rows, "end of the recording"], {"malformed": 1}),
    ("half a message", lambda rows: rows[1:], {"malformed": 1, "no_position": -2}),
]


@pytest.mark.parametrize(("how", "expected"), [one[1:] for one in NMEA], ids=[one[0] for one in NMEA])
def test_sentences_that_are_broken_are_named(
    read: Read, made: ModuleType, how: Callable[[list[str]], list[str]], expected: dict[str, int]
) -> None:
    whole = list(made.nmea_lines(made.voyages()))
    before, found = made.counts(read(whole)), made.counts(read(how(whole)))
    rules = {rule: found.get(rule, 0) - before.get(rule, 0) for rule in {*found, *before} - {"kept"}}
    assert {rule: count for rule, count in rules.items() if count} == expected
    assert sum(found.values()) == len(how(whole))


def test_without_pyais_the_extra_is_named(
    read: Read, made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyais.exceptions", None)
    with pytest.raises(RecordingError, match=r"pip install 'mda-sim\[ais\]'"):
        read(list(made.nmea_lines(made.voyages())))


def test_hostile_names_are_kept_verbatim_and_escaped_where_they_are_shown(
    read: Read, made: ModuleType
) -> None:
    hostile = {548000001: "=cmd|'/c calc'!A1", 431000002: "\x1b[31mRED\u202e", 563000003: "<script>"}
    lines = list(made.snake_lines(made.voyages()))
    for ship in made.SHIPS:
        lines = [line.replace(ship.name, hostile[ship.mmsi]) for line in lines]
    recording = read(lines)
    assert {row[0]: row[1] for row in vessel_cells(recording)} == hostile
    assert recording.rules.meta["names_escaped"] == 3
    text = recording_sheets({"seen": recording})["recorded_seen_vessels.csv"]
    shown = [row[1] for row in csv.reader(io.StringIO(text))][1:]
    assert shown == ["[31mRED", "'=cmd|'/c calc'!A1", "<script>"]
    assert all(character.isprintable() or character == "\n" for character in text)


def test_the_account_adds_up_and_says_what_a_recording_is(read: Read, made: ModuleType) -> None:
    rows = [*sound(made), *["0,x,y,z,,"] * 7, "cut"]
    recording = read([HEADER, *rows])
    text = recording_sheets({"seen": recording})["recorded_seen.csv"]
    table = [(row[0], int(row[1]), int(row[2])) for row in list(csv.reader(io.StringIO(text)))[1:]]
    read_rows, *rules = [row for row in table if not row[0].startswith("noted")]
    assert read_rows[:2] == ("read", len(rows))
    assert sum(count for _, count, _ in rules) == len(rows)
    firsts = {name: first for name, _, first in rules}
    assert (firsts["unreadable_time"], firsts["malformed"]) == (len(rows) - 7, len(rows))
    assert "only ships that broadcast and were received" in " ".join(account(recording))
    assert "only ships that broadcast and were received" in caveats({"seen": recording})[0]
    assert caveats({}) == []


def test_bytes_that_are_no_utf_8_in_a_malformed_row_cost_that_row_alone(read: Read, made: ModuleType) -> None:
    lines = [HEADER, *sound(made)]
    content = "\n".join(lines).encode() + b"\n\xfc,\xfc\n"
    recording = read(content)
    assert made.counts(recording) == made.counts(read(lines)) | {"malformed": 1}
    assert "Latin-1" in " ".join(account(recording))


CELLS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["548000001", "431000002", "0", "13.5", "115", "181", "2026-03-02T01:00:00Z", "x", ""]),
    st.text(st.characters(exclude_characters="\n\r\x85\u2028", codec="utf-8"), max_size=6),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=7).map(",".join).filter(bool), max_size=12))
def test_whatever_the_rows_hold_each_is_counted_once(read: Read, made: ModuleType, rows: list[str]) -> None:
    recording = read([HEADER, *sound(made), *rows])
    assert sum(made.counts(recording).values()) == len(sound(made)) + len(rows)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(content=b"\n\xfc\xfc,\xfc\n0,0\n", head=HEADER.encode())
@given(content=st.binary(max_size=400), head=st.sampled_from([b"", b"!AIVDM,", b"PAR1", HEADER.encode()]))
def test_any_bytes_are_a_recording_or_refused(read: Read, content: bytes, head: bytes) -> None:
    try:
        rows = read(head + content).rules["rows"]
    except RecordingError:
        return
    assert 0 < rows[Rule.KEPT] <= rows.sum()
