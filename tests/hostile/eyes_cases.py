# ruff: noqa: E501  (tables, one case a line)
"""Eyes that move: orbits and platforms that cannot be, files of element sets that are none, areas out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hostile_case import BASE, Case, Verdict, also, change, whole

SENTINEL = "{kind: sar_satellite, operator: XEU, type: sar_sentinel_1, source: see the catalogue, confidence: medium}"
ONE = "1 62261U 24235A   25129.51536752  .00000253  00000+0  63446-4 0  9992"
TWO = "2 62261  98.1829 137.5961 0001392  88.7022 271.4337 14.59198094 22540"
IN_2025 = "start: 2025-05-12T00:00:00Z"
PLATFORMS = """\
platforms:
  patrol:
    type: tc_90
    base: {site: sangley_point}
    search: {region: {kind: box, lat_min_deg: 14.2, lat_max_deg: 16.2, lon_min_deg: 117.2, lon_max_deg: 118.8}}
    sorties: {time_zone: Asia/Manila}
sensors:
  patrol_radar: {kind: mobile_radar, operator: PHL, platform: patrol, type: radar_lynx}
"""
ABOARD = BASE.replace("sensors:\n", PLATFORMS)
AREA_OF_SEARCH = "lat_min_deg: 14.2, lat_max_deg: 16.2, lon_min_deg: 117.2, lon_max_deg: 118.8"
SHIP = "medium: sea, base: {site: sangley_point}"


def sat(name: str, old: str, new: str, verdict: Verdict, says: str, n: int | None = 1) -> Case:
    """The starter's satellite with something else in its line."""
    return change(name, SENTINEL, SENTINEL.replace(old, new), verdict, says, at="  sentinel_1: {kind", n=n)


def tle(name: str, content: str, verdict: Verdict, line: int, says: str, n: int | None = 1) -> Case:
    """The satellite with a file of element sets, in a run close to their epoch; the line is of that file."""
    text = BASE.replace(SENTINEL, SENTINEL.replace("type:", "elements: eyes.tle, type:"))
    text = text.replace("start: 2026-03-02T00:00:00Z", IN_2025)
    own = text[: text.index("  sentinel_1: {kind")].count("\n") + 1
    return also(whole(name, text, verdict, line or own, says, n), prepare=laid(content))


def laid(content: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "eyes.tle").write_bytes(content.encode())

    return prepare


def aboard(
    name: str, old: str, new: str, verdict: Verdict, says: str, at: str = "", n: int | None = 1
) -> Case:
    """The starter with a patrol aircraft, and one change."""
    assert ABOARD.count(old) == 1, (name, ABOARD.count(old))
    text = ABOARD.replace(old, new)
    line = text[: text.index(at or new.lstrip("\n "))].count("\n") + 1 if verdict != "good" else 0
    return whole(name, text, verdict, line, says, n)


ORBITS = [
    sat("an orbit below the surface", "type:", "altitude_km: -6400, type:", "bad", "sensors.sentinel_1.altitude_km: expected a number >= 160 km, got -6400"),
    sat("an orbit in the air", "type:", "altitude_km: 20, type:", "bad", "sensors.sentinel_1.altitude_km: expected a number >= 160 km, got 20"),
    sat("an orbit at the Moon", "type:", "altitude_km: 384000, type:", "bad", "sensors.sentinel_1.altitude_km: expected a number <= 2000 km, got 384000"),
    sat("a swath wider than the earth", "type:", "incidence_max_deg: 95, type:", "bad", "sensors.sentinel_1.incidence_max_deg: expected a number <= 80, got 95"),
    sat("a swath inside out", "type:", "incidence_max_deg: 20, type:", "bad", "incidence_min_deg must be less than incidence_max_deg, got 30.8 and 20"),
    sat("an orbit given twice", "type:", "ltan_h: 18, inclination_deg: 98, raan_deg: 0, type:", "bad", "sensors.sentinel_1: "),
    sat("an inclination without a node", "type:", "inclination_deg: 53, type:", "bad", "sensors.sentinel_1: "),
    sat("satellites that cannot be shared out", "type:", "n_satellites: 7, n_planes: 3, type:", "bad", "7 satellites cannot be shared out evenly over n_planes 3"),
    sat("a duty above one", "type:", "duty: 2, type:", "bad", "sensors.sentinel_1.duty: expected a number <= 1, got 2"),
    sat("an inclination that never reaches the area", "type:", "inclination_deg: 2, raan_deg: 0, type:", "doubtful", "sensors.sentinel_1: it never sees the area: with an inclination of 2 degrees its view ends at latitude"),
    sat("a task on the other side of the earth", "type:", "tasks: {far: {area: {kind: box, lat_min_deg: -40, lat_max_deg: -30, lon_min_deg: -40, lon_max_deg: -30}}}, type:", "doubtful", "sensors.sentinel_1.tasks.far: the task lies outside the area and its traffic buffer"),
    sat("a ground station that is none", "type:", "ground_stations: [sangley_point], type:", "doubtful", "the site 'sangley_point' is no ground station but of kind 'air_base'"),
    sat("an unknown ground station", "type:", "ground_stations: [gs_svalbart], type:", "bad", "'gs_svalbard'"),
    sat("another orbit than the type's", "type:", "inclination_deg: 53, raan_deg: 10, type:", "good", ""),
    sat("an orbit by another local time", "type:", "ltan_h: 6, type:", "good", ""),
]  # fmt: skip
ELEMENTS = [
    tle("element sets of the time", f"SENTINEL-1C\n{ONE}\n{TWO}\n", "good", 0, ""),
    tle("element sets with other line ends", f"\r\n# from a page\r\n0 SENTINEL-1C\r\n{ONE}\r\n{TWO}\r\n", "good", 0, ""),
    tle("a bad checksum", f"SENTINEL-1C\n{ONE[:-1]}3\n{TWO}\n", "bad", 2, "sensors.sentinel_1.elements: checksum '3' in column 69, expected '2'"),
    tle("an element set cut short", f"{ONE}\n{TWO[:60]}\n", "bad", 2, "sensors.sentinel_1.elements: expected 69 characters, got 60"),
    tle("an element set without its second line", f"SENTINEL-1C\n{ONE}\n", "bad", 2, "expected a line 2 with this line, found none"),
    tle("the same satellite twice", f"{ONE}\n{TWO}\n{ONE}\n{TWO}\n", "bad", 3, "was given before, on line 1"),
    tle("no element sets", "# nothing\n", "bad", 0, "eyes.tle holds no element set"),
    tle("a picture for element sets", "\x89PNG\r\n\x1a\n\x00\x00", "bad", 1, "sensors.sentinel_1.elements: ", n=None),
    tle("a terminal escape for element sets", "\x1b]0;pwned\x07\n" * 3, "bad", 1, "expected the two lines of its elements with this line, found none", n=None),
    tle("element sets years away", f"{ONE}\n{TWO}\n", "bad", 0, "365 days from the run")._replace(n=None).and_(IN_2025, "start: 2035-01-01T00:00:00Z")._replace(says="days from the run; expected at most 366"),
    tle("element sets months away", f"{ONE}\n{TWO}\n", "doubtful", 0, "1 of 1 element sets have an epoch more than 14 days from a part of the run").and_(IN_2025, "start: 2025-09-01T00:00:00Z"),
    sat("element sets that are not there", "type:", "elements: none.tle, type:", "bad", "no such file: 'none.tle'"),
    sat("element sets outside the folder", "type:", "elements: /etc/hostname, type:", "bad", "lies outside the scenario's folder"),
]  # fmt: skip
PLATFORM = [
    aboard("a patrol aircraft", "base: {site: sangley_point}", "base: {lat_deg: 14.5, lon_deg: 120.9}", "good", ""),
    aboard("a sensor aboard nothing", "platform: patrol, type", "platform: petrol, type", "bad", "sensors.patrol_radar.platform: unknown platform 'petrol'; did you mean 'patrol'?", at="  patrol_radar:", n=None),
    aboard("a platform with nothing aboard", "  patrol_radar: {kind: mobile_radar, operator: PHL, platform: patrol, type: radar_lynx}\n", "", "doubtful", "platforms.patrol: no sensor is aboard this platform: it sees nothing", at="  patrol:"),
    aboard("an unknown type of platform", "type: tc_90", "type: tc_9", "bad", "platforms.patrol.type: the catalogue has no platform type 'tc_9'; did you mean 'tc_90'?", n=None),
    aboard("an unknown base", "base: {site: sangley_point}", "base: {site: sangley}", "bad", "platforms.patrol.base.site: the catalogue has no site 'sangley'"),
    aboard("an unknown port as a base", "base: {site: sangley_point}", "base: {port: manilla}", "bad", "platforms.patrol.base.port: the catalogue has no port 'manilla'; did you mean 'manila'?"),
    aboard("two bases", "base: {site: sangley_point}", "base: {site: sangley_point, port: manila}", "bad", "expected one of site, port, or both lat_deg and lon_deg"),
    aboard("an area out of reach", "base: {site: sangley_point}", "base: {site: hachinohe_air_base}", "bad", "platforms.patrol.search: its search begins 3,", at="    search:"),
    aboard("an endurance of a minute", "type: tc_90", "type: tc_90\n    endurance_min: 1", "bad", "which leaves no time to search in its endurance of 0.0 h", at="    search:"),
    aboard("a search outside the area", AREA_OF_SEARCH, "lat_min_deg: 7.0, lat_max_deg: 8.0, lon_min_deg: 121.2, lon_max_deg: 121.8", "doubtful", "platforms.patrol.search.region: it searches outside the area and its traffic buffer", at="    search:"),
    aboard("a search of nothing", AREA_OF_SEARCH, "lat_min_deg: 16.2, lat_max_deg: 14.2, lon_min_deg: 117.2, lon_max_deg: 118.8", "bad", "platforms.patrol.search.region", at="    search:"),
    aboard("an unknown pattern", "search: {region:", "search: {pattern: zigzag, region:", "bad", "expected one of 'barrier', 'expanding_square', 'ladder', 'racetrack', got 'zigzag'"),
    aboard("a speed of light", "type: tc_90", "type: tc_90\n    cruise_mps: 299792458", "bad", "platforms.patrol.cruise_mps: expected a number <= 350, got 299792458", at="    cruise_mps:"),
    aboard("a time zone of nowhere", "time_zone: Asia/Manila}\nsensors", "time_zone: Asia/Atlantis}\nsensors", "bad", "unknown time zone 'Asia/Atlantis'", at="    sorties:"),
    aboard("a time zone that is a path", "time_zone: Asia/Manila}\nsensors", "time_zone: ../../etc/passwd}\nsensors", "bad", "unknown time zone '../../etc/passwd'", at="    sorties:"),
    aboard("back before it leaves", "time_zone: Asia/Manila}\nsensors", "leaves_from_h: 9, leaves_to_h: 6}\nsensors", "bad", "leaves_to_s 21600 is before leaves_from_s 32400", at="    sorties:"),
    aboard("a day that is none", "time_zone: Asia/Manila}\nsensors", "weekdays: [monday]}\nsensors", "bad", "platforms.patrol.sorties.weekdays", at="    sorties:"),
    aboard("two hundred hulls and more", "type: tc_90", "type: tc_90\n    n_hulls: 1000000", "bad", "platforms.patrol.n_hulls: expected a number <= 200, got 1000000", at="    n_hulls:"),
    aboard("a ship from a camp on land", "type: tc_90\n    base: {site: sangley_point}", "type: mrrv_97m\n    base: {site: camp_aguinaldo}", "bad", "platforms.patrol.base: a ship must be based at sea", at="    base:"),
    aboard("a platform that is a text", "platforms:\n  patrol:", "platforms:\n  other: TC-90\n  patrol:", "bad", "platforms.other: expected a mapping, got 'TC-90'", at="  other:"),
]  # fmt: skip
CASES: list[Case] = [*ORBITS, *ELEMENTS, *PLATFORM]
