# ruff: noqa: E501  (tables, one case a line)
"""What would exhaust the machine, refused with the estimate; and scenarios in which there is next to nothing."""

from __future__ import annotations

from hostile_case import BASE, Case, change, whole

TODAY = "  today: {}\n"
SEED = "seed: {first: 1, count: 1}"
AGES = "custody_age_h: [1, 6, 24]"
AREA = "area: {kind: box, lat_min_deg: 13, lat_max_deg: 17, lon_min_deg: 117, lon_max_deg: 121}"
PROBES = "probes: {spacing_deg: 0.5, length_m: 50}"
ZONES = "  zones:\n"
SENSORS = BASE[BASE.index("sensors:\n") : BASE.index("# Who may share")]
TRAFFIC = BASE[BASE.index("  traffic:\n") : BASE.index("# Who could see")]
FEEDS = BASE[BASE.index("    luzon_radar: {node") : BASE.index("  agreements:      ")]
LINK = "{sender: xeu_hub, recipient: jpn_centre}"
LABELS = "  labels:\n    phl_radar: {classification: CONFIDENTIAL}\n    open_data: {classification: UNCLASSIFIED}\n"
MANY = "".join(f", x{i}: {{classification: SECRET}}" for i in range(40))
MANY_LABELS = f"  labels: {{phl_radar: {{classification: CONFIDENTIAL}},\n    open_data: {{classification: UNCLASSIFIED}}\n    {MANY}}}\n"


def bad(name: str, old: str, new: str, says: str, *, at: str = "", n: int | None = 1) -> Case:
    return change(name, old, new, "bad", says, at=at, n=n)


def doubtful(name: str, old: str, new: str, says: str, *, at: str = "", n: int | None = 1) -> Case:
    return change(name, old, new, "doubtful", says, at=at, n=n)


def circle(number: int) -> str:
    return f"    z{number}: {{name: Z, region: {{kind: circle, lat_deg: 15, lon_deg: 119, radius_km: 9}}}}\n"


def ring(corners: int) -> str:
    """A comb, so that every pair of edges must be looked at."""
    teeth = [(13 + (i % 2) * (1 + i / corners), 117 + 4 * i / corners) for i in range(corners - 1)] + [
        (12.5, 119)
    ]
    return ", ".join(f"{{lat_deg: {lat:.6f}, lon_deg: {lon:.6f}}}" for lat, lon in teeth)


TIME = [
    bad("a million days", "duration_d: 1 ", "duration_d: 1e6 ", "duration_d: about 1,000,001 days of simulated time; expected at most 3,660", n=None),
    bad("a warm-up of a million days", "warmup_h: 6", "warmup_d: 1e6", "warmup_d: about 1,000,002 days of simulated time", n=None),
    bad("a drain of ages", "drain_h: 12", "drain_d: 1e300", "drain_d: about 1.0e+300 days of simulated time; expected at most 3,660", n=None),
    bad("a billion seeds", SEED, "seed: {first: 1, count: 1000000000}", "seed.count: expected a number <= 10000, got 1000000000"),
    bad("a first seed beyond all seeds", SEED, "seed: {first: 9223372036854775807, count: 1}", "seed.first: expected a number < 2.14748e+09, got 9223372036854775807"),
    doubtful("ten thousand seeds", SEED, "seed: {first: 1, count: 10000}", "seed: about 30,000 runs of the exchange (10,000 seeds, 3 configurations): this takes long"),
    doubtful("two years", "duration_d: 1 ", "duration_d: 730 ", "duration_d: about 731 days of simulated time: this takes long", n=None),
]  # fmt: skip
WORLD = [
    bad("a grid of a millionth of a degree", PROBES, "probes: {spacing_deg: 1e-6, length_m: 50}", "world.probes.spacing_deg: expected a number >= 0.01, got 1e-6"),
    bad("a fine grid of half the world", PROBES, "probes: {spacing_deg: 0.01, length_m: 50}", "world.probes.spacing_deg: about 48,000,000 cells in the grid of probes; expected at most 4,000,000", n=None).and_(AREA, "area: {kind: box, lat_min_deg: -20, lat_max_deg: 40, lon_min_deg: 80, lon_max_deg: 160}"),
    doubtful("a fine grid, often looked at", PROBES, "probes: {spacing_deg: 0.01, length_m: 50}", "sensors.luzon_radar: about", n=None, at="  luzon_radar:\n    kind").and_("max_range_km: 90", "max_range_km: 90\n    interval_s: 60").and_("duration_d: 1 ", "duration_d: 36 "),
    bad("a billion trawlers", "{vessels: 20, ground", "{vessels: 1e9, ground", "world.traffic.trawler: about 1,000,000,064 vessels in 1.25 days, most of them of this class; expected at most 500,000", at="    trawler:", n=None),
    bad("a billion ships a day", "per_day: 4,", "per_day: 1e9,", "world.traffic.cargo: about", at="    cargo:", n=None),
    bad("endless ships a day", "per_day: 4,", "per_day: 1e308,", "vessels in 1.25 days, most of them of this class; expected at most 500,000", at="    cargo:", n=None),
    bad("a billion hulls", "hulls: 1,", "hulls: 1e9,", "world.traffic.patrol_ship: about", at="    patrol_ship:", n=None),
    bad("a billion militia", "{scarborough_shoal: 10}", "{scarborough_shoal: 1e9}", "world.traffic.militia: about", at="    militia:", n=None),
    bad("a billion boats", "{boats: 20,", "{boats: 1e9,", "world.traffic.banca: about", at="    banca:", n=None),
    bad("ships that hardly move", "speed_kn: {low: 11, high: 16}", "speed_kn: {low: 1e-9, high: 16}", "days for the slowest of its voyages; expected at most 366", at="    cargo:", n=None),
    bad("tows of a moment", "ground: west_luzon, base: {port: subic}}", "ground: west_luzon, base: {port: subic}}\n      tow_s: {low: 1e-6, high: 1e-3}", "world.traffic.trawler: about 4,", at="    trawler:", n=None),
    bad("patrols of a moment", "{hulls: 1, feature: scarborough_shoal}", "{hulls: 1, feature: scarborough_shoal}\n      stay_s: {low: 1e-6, high: 1e-6}", "world.traffic.patrol_ship: about 108,000,000,", at="    patrol_ship:", n=None),
    bad("anchorages of a moment", "{scarborough_shoal: 10}", "{scarborough_shoal: 10}\n      stay_s: {low: 1e-9, high: 1e-9}", "legs of their tracks in 1.25 days", at="    militia:", n=None),
    bad("a buffer beyond the world", "buffer_km: 100 ", "buffer_km: 1e300 ", "", n=None)._replace(verdict="good", line=0, n=None),
]  # fmt: skip
SENSED = [
    bad("a report a microsecond", "type: coastal_x_18ft", "type: coastal_x_18ft\n    interval_s: 1e-6", "sensors.luzon_radar.interval_s: expected a number >= 1 s, got 1e-6", at="interval_s: 1e-6")._replace(says="sensors.luzon_radar.interval_s: expected a number >= 1, got 1e-6"),
    bad("a billion satellites", "type: sar_sentinel_1,", "type: sar_sentinel_1, n_satellites: 1000000000,", "sensors.sentinel_1.n_satellites: expected a number <= 1000", at="  sentinel_1: {kind"),
    bad("a thousand satellites for a year", "type: sar_sentinel_1,", "type: sar_sentinel_1, n_satellites: 1000, n_planes: 1,", "sensors: about 365,250 satellite-days (1,000 satellites, 365.2 days); expected at most 100,000", at="sensors:\n", n=None).and_("duration_d: 1 ", "duration_d: 365 "),
    bad("a billion reviewers", "servers: 2", "servers: 1000000000", "configurations.direct.desks.phl_release.servers: expected a number <= 10000"),
    bad("a case a microsecond", "case_window_min: 15", "case_window_s: 1e-6", "case_window_s: expected a number >= 1, got 1e-6"),
]  # fmt: skip
LISTS = [
    bad("a hundred thousand ages", AGES, f"custody_age_h: [{', '.join(map(str, range(1, 100_001)))}]", "more than 20,000 values"),
    bad("ten thousand ages", AGES, f"custody_age_h: [{', '.join(map(str, range(1, 10_001)))}]", "metrics.custody_age_h: 10,000 items; expected at most 1,000"),
    doubtful("a thousand ages for many", AGES, f"custody_age_h: [{', '.join(map(str, range(1, 1_001)))}]", "metrics: about 180,000,000 figures of custody", at="metrics:\n").and_(SEED, "seed: {first: 1, count: 250}"),
    bad("a thousand ages for all", AGES, f"custody_age_h: [{', '.join(map(str, range(1, 1_001)))}]", "metrics: about 7,200,000,000 figures of custody (ages, zones, nations, groups, configurations, seeds); expected at most 1,000,000,000", at="metrics:\n", n=None).and_(SEED, "seed: {first: 1, count: 10000}"),
    bad("two thousand zones", ZONES, ZONES + "".join(map(circle, range(2000))), "metrics.zones: 2,001 entries; expected at most 1,000"),
    bad("two thousand links", "    xeu_jpn: ", "".join(f"    l{i}: {LINK}\n" for i in range(2000)) + "    xeu_jpn: ", "sharing.links: 2,002 entries; expected at most 1,000", at="  links:     "),
    bad("two thousand configurations", TODAY, TODAY + "".join(f"  c{i}: {{}}\n" for i in range(2000)), "configurations: 2,003 entries; expected at most 1,000", at="configurations:"),
    bad("nine hundred configurations of much", TODAY, TODAY + "".join(f"  c{i}: {{labels: {{x: {{classification: SECRET}}}}}}\n" for i in range(900)), "configurations: 903 configurations of about 136 values each are 122,", at="configurations:").and_(LABELS, MANY_LABELS),
    whole("fifty configurations", BASE.replace(TODAY, TODAY + "".join(f"  c{i}: {{}}\n" for i in range(50))), "good", 0, ""),
    whole("nine hundred circles", BASE.replace(ZONES, ZONES + "".join(map(circle, range(900)))), "good", 0, "")._replace(verdict="good", n=None),
    whole("six polygons of five hundred corners", BASE.replace(ZONES, ZONES + "".join(f"    p{i}: {{name: P, region: {{kind: polygon, points: [{ring(500)}]}}}}\n" for i in range(6))), "good", 0, ""),
]  # fmt: skip
NOTHING = [
    doubtful("nobody who is scored", "picture_node: phl_centre}", "picture_node: null}", "nations: no nation has a picture_node: nobody is scored", at="nations:\n").and_("picture_node: jpn_centre}", "picture_node: null}"),
    doubtful("no sensors", SENSORS, "sensors: {}\n\n", "sensors: there are no sensors: nothing is seen").and_(FEEDS, "    {}\n"),
    doubtful("no feeds", FEEDS, "    {}\n", "sharing: there are no feeds", at="sharing:\n"),
    doubtful("nothing at sea", TRAFFIC, "  traffic: {}\n", "world: there is neither traffic nor probes: nothing is at sea", at="world:\n").and_(f"  {PROBES}      # reference targets on a grid, for maps of coverage\n", ""),
    bad("no configurations", BASE[BASE.index("configurations:\n") : BASE.index("baseline:")], "", "missing key 'configurations'; it names one at least", at="format: 1"),
    bad("an empty mapping of configurations", BASE[BASE.index("configurations:\n") : BASE.index("baseline:")], "configurations: {}\n", "configurations: expected a mapping that names one configuration at least"),
    bad("no nations", BASE[BASE.index("nations:\n") : BASE.index("# What is at sea")], "nations: {}\n", "unknown nation", at="operator: PHL\n    type: coastal", n=None),
]  # fmt: skip
CASES: list[Case] = [*TIME, *WORLD, *SENSED, *LISTS, *NOTHING]
