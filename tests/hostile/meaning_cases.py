# ruff: noqa: E501  (tables, one case a line)
"""What reads well and means nothing, or something else: numbers, units, references, dates, regions, names."""

from __future__ import annotations

from hostile_case import Case, change

AREA = "area: {kind: box, lat_min_deg: 13, lat_max_deg: 17, lon_min_deg: 117, lon_max_deg: 121}"
ZONE = "region: {kind: circle, lat_deg: 15.183, lon_deg: 117.767, radius_km: 60}"
START = "start: 2026-03-02T00:00:00Z"
RANGE = "max_range_km: 90"
NORTH_EAST = "    lat_deg: 15.30\n    lon_deg: 119.95\n    antenna_height_m: 60\n    max_range_km: 90\n"
SIGNED = "signed: 2026-02-01T00:00:00Z"
IN_FORCE = "        in_force_from: 2026-02-01T00:00:00Z"
DIRECT_LINK = "        recipient: jpn_centre\n        categories: [radar]\n"
FIRST_ENDPOINT = "- {metric: custody_fraction_6h, group: not_broadcasting_foreign}"
POOLED = "all: {nodes: [jpn_centre, phl_centre, xeu_hub]}"
OPEN_DATA = "    open_data: {classification: UNCLASSIFIED}"
PHL = "PHL: {name: Philippines, kind: nation, picture_node: phl_centre}"


def bad(name: str, old: str, new: str, says: str, *, at: str = "", n: int | None = 1) -> Case:
    return change(name, old, new, "bad", says, at=at, n=n)


def doubtful(name: str, old: str, new: str, says: str, *, at: str = "", n: int | None = 1) -> Case:
    return change(name, old, new, "doubtful", says, at=at, n=n)


def good(name: str, old: str, new: str) -> Case:
    return change(name, old, new, "good")


def area(points: str) -> str:
    return f"area: {{kind: polygon, points: [{points}]}}"


def points(*corners: tuple[float, float]) -> str:
    return ", ".join(f"{{lat_deg: {lat}, lon_deg: {lon}}}" for lat, lon in corners)


NUMBERS = [
    bad("not a number", RANGE, "max_range_km: .nan", "sensors.luzon_radar.max_range_km: expected a finite number, got .nan"),
    bad("nan without a point is a word", RANGE, "max_range_km: nan", "expected a number, got 'nan'"),
    bad("infinite", "drain_h: 12", "drain_h: .inf", "drain_h: expected a finite number, got .inf"),
    bad("infinite the other way", "drain_h: 12", "drain_h: -.INF", "drain_h: expected a finite number, got -.INF"),
    bad("too large for a number", "drain_h: 12", "drain_h: 1e999", "drain_h: the number 1e999 is too large"),
    bad("too large once in seconds", "drain_h: 12", "drain_h: 1e308", "drain_h: the number 1e308 is too large"),
    bad("a whole number too large", "drain_h: 12", "drain_h: 99999999999999999999", "drain_h: the whole number 99999999999999999999 is too large"),
    bad("a negative range", RANGE, "max_range_km: -90", "max_range_km: expected a number > 0 km, got -90"),
    bad("a range of zero", RANGE, "max_range_km: 0", "max_range_km: expected a number > 0 km, got 0"),
    bad("a range of minus zero", RANGE, "max_range_km: -0.0", "max_range_km: expected a number > 0 km, got -0.0"),
    bad("a range beyond all radars", RANGE, "max_range_km: 90000", "max_range_km: expected a number <= 1000 km, got 90000"),
    bad("a duration of zero", "duration_d: 1 ", "duration_d: 0 ", "duration_d: expected a number > 0 d, got 0"),
    bad("a negative duration", "duration_d: 1 ", "duration_d: -7 ", "duration_d: expected a number > 0 d, got -7"),
    bad("a negative warm-up", "warmup_h: 6", "warmup_h: -6", "warmup_h: expected a number >= 0 h, got -6"),
    bad("a duration of nothing much", "duration_d: 1 ", "duration_d: 1e-9 ", "duration_d: 8.64e-05 s of scored time; expected at least 1 s"),
    bad("a negative delay", "delay_min: 1}", "delay_min: -1}", "sharing.feeds.luzon_radar.delay_min: expected a number >= 0 min, got -1"),
    bad("a share above one", "carriage: 0.35", "carriage: 35", "world.traffic.trawler.ais.carriage: expected a number <= 1, got 35"),
    bad("a share below zero", "carriage: 0.35", "carriage: -0.1", "carriage: expected a number >= 0, got -0.1"),
    bad("shares that do not add up", "{PAN: 0.6, LBR: 0.4}", "{PAN: 0.6, LBR: 0.5}", "world.traffic.cargo: the shares of flags must add up to 1, got 1.1", at="cargo:"),
    bad("no shares at all", "{PAN: 0.6, LBR: 0.4}", "{}", "world.traffic.cargo: the shares of flags must add up to 1, got 0", at="cargo:"),
    bad("a span the wrong way round", "length_m: {low: 90, high: 250}", "length_m: {low: 250, high: 90}", "world.traffic.cargo.length_m: low must be at most high, got 250 and 90"),
    bad("a ship without length", "length_m: {low: 90, high: 250}", "length_m: {low: 0, high: 250}", "world.traffic.cargo.length_m.low: expected a number > 0"),
    bad("a median above its percentile", "median_min: 12, p95_min: 40", "median_min: 40, p95_min: 12", "configurations.direct.desks.phl_release.touch: p95_s (720) must be at least median_s (2400)", at="touch: {kind: lognormal, median_min: 40"),
    bad("a quoted number", RANGE, 'max_range_km: "90"', "max_range_km: expected a number, got '90'; write 90 without quotes"),
    bad("a decimal comma", "lat_deg: 15.53, lon", "lat_deg: '15,53', lon", "homes.masinloc.berth.lat_deg: expected a number, got '15,53'; write 15.53 with a decimal point"),
    bad("a decimal comma in a block", "lane_width_km: 12", "lane_width_km: 12,5", "lane_width_km: expected a number, got '12,5'; write 12.5 with a decimal point"),
    bad("a decimal comma in braces", "lat_deg: 15.53, lon", "lat_deg: 15,53, lon", "berth.53: unknown key '53'"),
    bad("a number with its unit", RANGE, "max_range_km: 90 km", "max_range_km: expected a number, got '90 km'; write 90 alone; the end of the key names the unit"),
    bad("a number with its unit close by", RANGE, "max_range_km: 90nmi", "max_range_km: expected a number, got '90nmi'; write 90 alone"),
    bad("a thousand with a comma", RANGE, "max_range_m: 90,000", "max_range_m: expected a number, got '90,000'"),
    bad("a number in words", RANGE, "max_range_km: ninety", "max_range_km: expected a number, got 'ninety'"),
    bad("a sum", RANGE, "max_range_km: 45+45", "max_range_km: expected a number, got '45+45'"),
    bad("true for a number", RANGE, "max_range_km: true", "max_range_km: expected a number, got true"),
    bad("a list for a number", RANGE, "max_range_km: [90]", "max_range_km: expected a number, got a list"),
    bad("a mapping for a number", RANGE, "max_range_km: {km: 90}", "max_range_km: expected a number, got a mapping"),
    bad("a forgotten number", RANGE, "max_range_km:", "max_range_km: expected a number, got nothing (null)"),
    bad("a fraction of a seed", "seed: {first: 1, count: 1}", "seed: {first: 1, count: 1.5}", "seed.count: expected a whole number, got 1.5"),
    bad("no seed", "seed: {first: 1, count: 1}", "seed: {first: 1, count: 0}", "seed.count: expected a number >= 1, got 0"),
    bad("a negative seed", "seed: {first: 1, count: 1}", "seed: {first: -1, count: 1}", "seed.first: expected a number >= 0, got -1"),
    bad("a number for a name", PHL, "PHL: {name: 63, kind: nation, picture_node: phl_centre}", 'nations.PHL.name: expected a text, got 63; write "63" in quotes for a text'),
    bad("true for a name", PHL, "PHL: {name: true, kind: nation, picture_node: phl_centre}", "nations.PHL.name: expected a text, got true"),
    bad("a list for a mapping", "seed: {first: 1, count: 1}", "seed: [1, 1]", "seed: expected a mapping, got a list"),
    bad("a mapping for a list", "custody_age_h: [1, 6, 24]", "custody_age_h: {a: 6}", "metrics.custody_age_h: expected a list, got a mapping"),
    bad("no ages", "custody_age_h: [1, 6, 24]", "custody_age_h: []", "metrics.custody_age_h: expected at least 1 items, got 0"),
    bad("an age of zero", "custody_age_h: [1, 6, 24]", "custody_age_h: [0, 6, 24]", "metrics.custody_age_h[0]: expected a number > 0"),
    bad("an age twice", "custody_age_h: [1, 6, 24]", "custody_age_h: [1, 6, 24, 6]", "metrics.custody_age_h: each custody age may appear once only"),
    good("the smallest number there is", "radius_km: 60}\n", "radius_km: 60}\n    tiny: {name: Tiny, region: {kind: circle, lat_deg: 15.183, lon_deg: 117.767, radius_m: 1}}\n"),
]  # fmt: skip
UNITS = [
    bad("two spellings of one quantity", RANGE, "max_range_km: 90\n    max_range_nmi: 49", "two spellings of one quantity: 'max_range_nmi' here and 'max_range_km' in line", at="max_range_nmi"),
    bad("a unit of another kind", RANGE, "max_range_h: 90", "unknown key 'max_range_h': wrong unit; expected one of 'max_range_km', 'max_range_m', 'max_range_nmi'"),
    bad("a unit that does not exist", RANGE, "max_range_miles: 90", "unknown key 'max_range_miles'; did you mean 'max_range_"),
    bad("a unit inside a unit", "speed_kn: {low: 11, high: 16}", "speed_kn: {low_kn: 11, low: 11, high: 16}", "speed_kn.low_kn: a unit inside a unit: 'low_kn' inside 'speed_kn'"),
    bad("no unit", RANGE, "max_range: 90", "unknown key 'max_range'; did you mean 'max_range_"),
    bad("a unit in capitals", RANGE, "max_range_KM: 90", "unknown key 'max_range_KM'; did you mean 'max_range_"),
    good("other units of the same", "duration_d: 1 ", "duration_min: 1440 "),
]  # fmt: skip
REFERENCES = [
    bad("an operator that is no party", "operator: PHL\n    type: coastal_x_18ft", "operator: PHI\n    type: coastal_x_18ft", "sensors.luzon_radar.operator: unknown nation 'PHI'; did you mean 'PHL'?"),
    bad("a party that is missing", PHL, "", "unknown nation 'PHL'", at="operator: PHL", n=None),
    bad("a baseline that is not there", "baseline: today", "baseline: todai", "baseline: unknown configuration 'todai'; did you mean 'today'?"),
    bad("a port that is not there", "origin: kaohsiung", "origin: kaoshiung", "routes.south.origin: the catalogue has no port 'kaoshiung'; did you mean 'kaohsiung'?"),
    bad("a route to where it begins", "destination: manila", "destination: kaohsiung", "routes.south: a route needs two ports, got 'kaohsiung' twice"),
    bad("a gateway that is not there", "destination: manila", "destination: manila, via: [bashi_chanel]", "routes.south.via[0]: the catalogue has no port 'bashi_chanel'; did you mean 'bashi_channel'?"),
    bad("a gateway twice in a row", "destination: manila", "destination: manila, via: [manila]", "routes.south: a route cannot stop at 'manila' twice in a row"),
    bad("gateways that are no list", "destination: manila", "destination: manila, via: bashi_channel", "routes.south.via: expected a list"),
    bad("a wait with its median above its 95th percentile", "speed_kn: {low: 11, high: 16}", "speed_kn: {low: 11, high: 16}\n      anchorage: {share: 0.2, median_h: 9, p95_h: 3}", "the median must be at most the 95th percentile, got 32400 s and 10800 s", at="anchorage:"),
    bad("a wait of ten years", "speed_kn: {low: 11, high: 16}", "speed_kn: {low: 11, high: 16}\n      anchorage: {share: 0.2, median_h: 9, p95_d: 3650}", "anchorage.p95_d: expected a number <= 365 d", at="p95_d"),
    good("a route by a gateway", "destination: manila", "destination: manila, via: [luzon_strait]"),
    bad("a feature that is not there", "feature: scarborough_shoal", "feature: scarboro_shoal", "feature: the catalogue has no feature 'scarboro_shoal'; did you mean 'scarborough_shoal'?"),
    bad("a stock at no feature", "stock: {scarborough_shoal: 10}", "stock: {atlantis: 10}", "the catalogue has no feature 'atlantis'"),
    bad("a ground that is not there", "ground: west_luzon", "ground: east_luzon", "the catalogue has no fishing ground 'east_luzon'; did you mean 'west_luzon'?"),
    bad("a site that is not there", "site: ncwc_manila", "site: ncwc_manil", "sharing.nodes.phl_centre.site: the catalogue has no site 'ncwc_manil'; did you mean 'ncwc_manila'?"),
    bad("a type that is not there", "type: coastal_x_18ft", "type: coastal_x_19ft", "the catalogue has no sensor type 'coastal_x_19ft'; did you mean 'coastal_x_18ft'?"),
    bad("a type of another kind", "type: ais_shore_station", "type: coastal_x_18ft\n    max_range_km: 90", "the type 'coastal_x_18ft' is one of kind 'coastal_radar', this sensor is of 'ais_receiver'", at="type: coastal_x_18ft\n    max_range_km: 90"),
    bad("a kind that is not there", "kind: coastal_radar", "kind: coastal_rader", "unknown kind 'coastal_rader'; expected one of 'air_surveillance_radar', 'ais_receiver', 'ais_satellite', 'coastal_radar', 'mobile_ais', 'mobile_radar', 'night_light_satellite', 'optical_satellite', 'rf_satellite', 'sar_satellite'; did you mean 'coastal_radar'?"),
    bad("no kind", "kind: circle, lat_deg: 15.183", "lat_deg: 15.183", "missing key 'kind'; expected one of 'box', 'circle', 'corridor', 'named_area', 'near_features', 'nearest_nation', 'polygon'"),
    bad("a list for a kind", "kind: coastal_radar", "kind: [coastal_radar]", "unknown kind a list"),
    bad("a zone that is not there", "zone: scarborough}", "zone: scarboro}", "metrics.primary[1].zone: unknown zone 'scarboro'; did you mean 'scarborough'?"),
    bad("a nation bound for that is not there", FIRST_ENDPOINT, '- {metric: custody_fraction_6h, group: "bound:ZZZ"}', "metrics.primary[0].group: unknown group 'bound:ZZZ'"),
    bad("a class that is not there", FIRST_ENDPOINT, '- {metric: custody_fraction_6h, group: "class:cargos"}', "metrics.primary[0].group: unknown group 'class:cargos'; did you mean 'class:cargo'?"),
    bad("a feed of no sensor", "    luzon_ais: {node", "    luzon_aiz: {node", "sharing.feeds.luzon_aiz: unknown sensor 'luzon_aiz'"),
    bad("a feed to no node", "luzon_ais: {node: phl_centre", "luzon_ais: {node: phl_center", "sharing.feeds.luzon_ais.node: unknown node 'phl_center'"),
    bad("a feed across a border", "luzon_ais: {node: phl_centre", "luzon_ais: {node: jpn_centre", "sensor 'luzon_ais' of PHL cannot feed node 'jpn_centre' of JPN"),
    bad("a label that is not there", "luzon_radar: {node: phl_centre, label: phl_radar", "luzon_radar: {node: phl_centre, label: phl_radr", "sharing.feeds.luzon_radar.label: unknown label 'phl_radr'"),
    bad("a picture in no node", "picture_node: phl_centre", "picture_node: phl_center", "nations.PHL.picture_node: unknown node 'phl_center'"),
    bad("a picture in another's node", "picture_node: phl_centre", "picture_node: jpn_centre", "nations.PHL.picture_node: node 'jpn_centre' belongs to JPN, not to PHL"),
    bad("a line to no node", DIRECT_LINK, DIRECT_LINK.replace("jpn_centre", "jpn_center"), "configurations.direct.links.phl_jpn.recipient: unknown node 'jpn_center'"),
    bad("a line to where it begins", DIRECT_LINK, DIRECT_LINK.replace("jpn_centre", "phl_centre"), "configurations.direct.links.phl_jpn.recipient: the link leads from 'phl_centre' to itself"),
    bad("a desk of no one", "desk: phl_release", "desk: phl_relase", "configurations.direct.links.phl_jpn.desk: unknown desk 'phl_relase'"),
    bad("a pool of one", POOLED, "all: {nodes: [jpn_centre]}", "configurations.pooled.groups.all.nodes: needs at least two different nodes"),
    bad("a configuration of the world", "  today: {}", "  today: {world: {}}", "a configuration overrides the sharing part only: unknown key 'world'"),
    bad("a configuration of nothing", "  today: {}", "  today:", "configurations.today: expected a mapping of what it overrides ({} for nothing)"),
    bad("an agreement with oneself", "parties: [JPN, PHL]\n        signed", "parties: [JPN, JPN]\n        signed", "configurations.direct.agreements.jpn_phl.parties: needs at least two different parties"),
    bad("an agreement with a stranger", "parties: [JPN, PHL]\n        signed", "parties: [JPN, XYZ]\n        signed", "unknown nation 'XYZ'"),
    bad("a level that is not there", "ceiling: SECRET", "ceiling: SECRT", "ceiling: expected one of", at="ceiling: SECRT"),
    doubtful("a list with a name twice", "parties: [JPN, PHL, XEU]", "parties: [JPN, PHL, XEU, PHL]", "sharing.agreements.open_data_terms.parties: 'PHL' is listed twice"),
    doubtful("a pool with a node twice", POOLED, "all: {nodes: [jpn_centre, phl_centre, xeu_hub, xeu_hub]}", "configurations.pooled.groups.all.nodes: 'xeu_hub' is listed twice"),
    doubtful("an endpoint twice", FIRST_ENDPOINT, f"{FIRST_ENDPOINT}\n    {FIRST_ENDPOINT}", "metrics.primary[1]: this endpoint is listed twice").later(1),
    doubtful("an endpoint of another age", FIRST_ENDPOINT, "- {metric: custody_fraction_12h}", "metrics.primary[0].metric: the age 12h of 'custody_fraction_12h' is not measured; custody_age_s has '1h', '24h', '6h'"),
    doubtful("a category that no sensor makes", "categories: [sar], onward", "categories: [sars], onward", "sharing.agreements.open_data_terms.categories: no sensor makes 'sars'; did you mean 'sar'?"),
    doubtful("a category that no sensor of a link makes", DIRECT_LINK, DIRECT_LINK.replace("radar", "sonar"), "configurations.direct.links.phl_jpn.categories: no sensor makes 'sonar'", at="categories: [sonar]"),
    doubtful("a link without an agreement", "parties: [JPN, PHL, XEU]", "parties: [JPN, XEU]", "no agreement names both PHL and XEU", at="xeu_phl: {sender", n=1),
    doubtful("a feed above the level of its node", "phl_centre: {nation: PHL, site: ncwc_manila, highest_level: SECRET}", "phl_centre: {nation: PHL, site: ncwc_manila}", "label 'phl_radar' is CONFIDENTIAL, above node 'phl_centre'", at="luzon_radar: {node"),
]  # fmt: skip
DATES = [
    bad("a day that does not exist", START, "start: 2026-02-30T00:00:00Z", "start: expected a date and time with zone, such as 2026-03-02T00:00:00Z, got '2026-02-30T00:00:00Z' (day is out of range for month)"),
    bad("a month that does not exist", START, "start: 2026-13-02T00:00:00Z", "start: expected a date and time with zone"),
    bad("a leap day in no leap year", START, "start: 2027-02-29T00:00:00Z", "start: expected a date and time with zone"),
    bad("an hour that does not exist", START, "start: 2026-03-02T25:00:00Z", "start: expected a date and time with zone"),
    bad("a leap second", START, "start: 2016-12-31T23:59:60Z", "start: expected a date and time with zone"),
    bad("a date without a zone", START, "start: 2026-03-02T00:00:00", "start: a date and time needs a zone, such as 2026-03-02T00:00:00Z, got 2026-03-02T00:00:00"),
    bad("a date without a time", START, "start: 2026-03-02", "start: a date and time needs a zone"),
    bad("a date of another custom", START, "start: 02/03/2026", "start: expected a date and time with zone, such as 2026-03-02T00:00:00Z, got '02/03/2026'"),
    bad("a date in words", START, "start: next monday", "start: expected a date and time with zone"),
    bad("a year as a number", START, "start: 2026", "start: expected a date and time with zone"),
    bad("a year before all years", START, "start: 0001-01-01T00:00:00+23:59", "start: expected a year from 1900 to 2199, got 1"),
    bad("a year after all years", START, "start: 9999-12-31T23:59:59-23:59", "start: expected a year from 1900 to 2199, got 9999"),
    bad("in force before it was signed", SIGNED, "signed: 2026-02-02T00:00:00Z", "configurations.direct.agreements.jpn_phl.in_force_from: in force before it was signed", at="in_force_from: 2026-02-01"),
    bad("over before it begins", IN_FORCE, f"{IN_FORCE}\n        in_force_to: 2026-01-01T00:00:00Z", "in_force_to: ends before it comes into force", at="in_force_to"),
    bad("a desk that closes before it opens", "open_h: 8, close_h: 17", "open_h: 17, close_h: 8", "the desk is never open", at="        calendar:"),
    bad("a desk in no time zone", "time_zone: Asia/Manila, open_h", "time_zone: Asia/Manilla, open_h", "unknown time zone 'Asia/Manilla'"),
    bad("a desk in the zone of a folder", "time_zone: Asia/Manila, open_h", "time_zone: America, open_h", "unknown time zone 'America'"),
    bad("a desk in the zone of a file", "time_zone: Asia/Manila, open_h", "time_zone: ../../../etc/passwd, open_h", "unknown time zone '../../../etc/passwd'"),
    bad("an hour after the last", "open_h: 8, close_h: 17", "open_h: 8, close_h: 25", "close_h: expected a number <= 24 h, got 25"),
    doubtful("a sensor that begins too late", RANGE, f"{RANGE}\n    from_utc: 2027-01-01T00:00:00Z", "sensors.luzon_radar.from_utc: the sensor begins after the scored time", at="from_utc"),
    doubtful("a desk that is shut all the while", "weekdays: [mon, tue, wed, thu, fri]", "weekdays: [sat]", "the desk does not open during the run", at="        calendar:"),
    good("a date with another zone", START, "start: 2026-03-02T08:00:00+08:00"),
    good("a date with a space", START, "start: 2026-03-02 00:00:00Z"),
    good("a quoted date", START, 'start: "2026-03-02T00:00:00Z"'),
]  # fmt: skip
REGIONS = [
    bad("a polygon of two points", AREA, area(points((13, 117), (17, 121))), "area.points: expected at least 3 items, got 2"),
    bad("a polygon of no points", AREA, area(""), "area.points: expected at least 3 items, got 0"),
    bad("a bow tie", AREA, area(points((13, 117), (17, 121), (17, 117), (13, 121))), "area: the edge after point 0 meets the edge after point 2"),
    bad("a polygon without area", AREA, area(points((13, 117), (14, 118), (15, 119))), "area: the edge after point"),
    bad("a polygon of next to no area", AREA, area(points((13, 117), (13, 117.000001), (13.000001, 117))), "area: a region has an area of at least 1 m2"),
    bad("a polygon that closes itself", AREA, area(points((13, 117), (17, 117), (17, 121), (13, 117))), "area: point 0 repeats the point before it"),
    bad("a polygon across the antimeridian", AREA, area(points((13, 170), (17, -170), (17, 170))), "spans 340 degrees of longitude: no polygon crosses the 180th meridian"),
    bad("a polygon of too many points", AREA, area(points(*((13 + i / 200, 117 + (i % 2)) for i in range(501)))), "area.points: expected at most 500 items, got 501"),
    bad("a box upside down", AREA, AREA.replace("lat_max_deg: 17", "lat_max_deg: 12"), "area: lat_min_deg must be less than lat_max_deg, got 13 and 12"),
    bad("a box of no height", AREA, AREA.replace("lat_max_deg: 17", "lat_max_deg: 13"), "area: lat_min_deg must be less than lat_max_deg, got 13 and 13"),
    bad("a box across the antimeridian", AREA, AREA.replace("lon_min_deg: 117, lon_max_deg: 121", "lon_min_deg: 170, lon_max_deg: -170"), "area: lon_min_deg must be less than lon_max_deg, got 170 and -170 (no box crosses the 180th meridian)"),
    bad("a box of latitudes and longitudes swapped", AREA, "area: {kind: box, lat_min_deg: 117, lat_max_deg: 121, lon_min_deg: 13, lon_max_deg: 17}", "area.lat_min_deg: expected a number <= 90, got 117; are latitude and longitude the wrong way round?", n=2),
    bad("a sensor of latitude and longitude swapped", NORTH_EAST, NORTH_EAST.replace("15.30", "119.95", 1).replace("lon_deg: 119.95", "lon_deg: 15.30"), "sensors.luzon_radar.lat_deg: expected a number <= 90, got 119.95; are latitude and longitude the wrong way round?"),
    bad("a longitude counted to the west", "lon_deg: 117.767", "lon_deg: 242.233", "lon_deg: expected a number <= 180, got 242.233; west of Greenwich is negative: -117.767"),
    bad("a circle of no size", ZONE, ZONE.replace("60", "0"), "radius_km: expected a number > 0 km, got 0"),
    bad("a circle of next to no size", ZONE, ZONE.replace("radius_km: 60", "radius_m: 0.1"), "metrics.zones.scarborough.region: a region has an area of at least 1 m2"),
    bad("a circle over the pole", ZONE, ZONE.replace("lat_deg: 15.183", "lat_deg: 89.9"), "metrics.zones.scarborough.region: a circle cannot reach a pole"),
    bad("a circle across the antimeridian", ZONE, ZONE.replace("lon_deg: 117.767", "lon_deg: 179.9"), "metrics.zones.scarborough.region: a circle cannot cross the 180th meridian"),
    bad("a circle larger than the world", ZONE, ZONE.replace("radius_km: 60", "radius_km: 1e9"), "metrics.zones.scarborough.region: a circle cannot reach a pole"),
    bad("a shape that is none", AREA, "area: {kind: ellipse}", "area: unknown kind 'ellipse'; expected one of 'box', 'circle', 'polygon'"),
    bad("a text for an area", AREA, "area: South China Sea", "area: expected a mapping, got 'South China Sea'"),
    bad("keys of another shape", AREA, AREA.replace("kind: box", "kind: circle"), "area.lat_min_deg: unknown key 'lat_min_deg'", n=None),
    doubtful("an area on land", AREA, "area: {kind: box, lat_min_deg: 16.5, lat_max_deg: 17.0, lon_min_deg: 120.9, lon_max_deg: 121.3}", "area: there is no sea in the area", n=None),
    doubtful("a zone on land", ZONE, "region: {kind: circle, lat_deg: 16.4, lon_deg: 120.8, radius_km: 10}", "metrics.zones.scarborough: there is no sea in the zone", at="    scarborough:\n      name"),
    doubtful("a zone outside the area", ZONE, ZONE.replace("15.183", "5.0"), "metrics.zones.scarborough: the zone lies outside the area, where nothing is scored", at="    scarborough:\n      name"),
    doubtful("an area beyond the coast", AREA, AREA.replace("lon_max_deg: 121", "lon_max_deg: 151"), "area: the area reaches beyond the shipped coast"),
    doubtful("a sensor outside everything", NORTH_EAST, NORTH_EAST.replace("lat_deg: 15.30", "lat_deg: 45.30"), "sensors.luzon_radar: the sensor at latitude, longitude 45.3, 119.95 stands outside the area and its traffic buffer", at="  luzon_radar:\n    kind"),
    doubtful("a sensor swapped where both could be", NORTH_EAST, NORTH_EAST.replace("lat_deg: 15.30\n    lon_deg: 119.95", "lat_deg: 87.0\n    lon_deg: 15.0"), "stands outside the area and its traffic buffer; are latitude and longitude the wrong way round?", at="  luzon_radar:\n    kind", n=None).and_(AREA, AREA.replace("lon_min_deg: 117, lon_max_deg: 121", "lon_min_deg: 85, lon_max_deg: 89")),
    good("a polygon either way round", AREA, area(points((13, 117), (13, 121), (17, 121), (17, 117)))),
    good("a polygon the other way round", AREA, area(points((17, 117), (17, 121), (13, 121), (13, 117)))),
    good("an area as a circle", AREA, "area: {kind: circle, lat_deg: 15, lon_deg: 119, radius_nmi: 120}"),
]  # fmt: skip
NAMES = [
    bad("a name that leaves the folder", "name: starter ", "name: ../starter ", "name: expected an id (a lower-case letter"),
    bad("a name that begins at the root", "name: starter ", "name: /etc/passwd ", "name: expected an id"),
    bad("a name of a home", "name: starter ", "name: ~root ", "name: expected an id"),
    bad("a name of dots", "name: starter ", "name: '..' ", "name: expected an id"),
    bad("an empty name", "name: starter ", "name: '' ", "name: expected an id"),
    bad("a name with a space", "name: starter ", "name: my run ", "name: expected an id"),
    bad("a name that is too long", "name: starter ", "name: a" + "b" * 41 + " ", "name: expected an id"),
    bad("a name with a line end", "name: starter ", 'name: "starter\\n" ', "name: expected an id"),
    bad("a name with NUL", "name: starter ", 'name: "starter\\0" ', "name: expected an id"),
    bad("a name with a terminal escape", "name: starter ", 'name: "\\e[2Jstarter" ', "name: expected an id"),
    bad("a name of full-width letters", "name: starter ", "name: \uff53tarter ", "name: expected an id"),
    bad("a configuration with a line end", "  today: {}", '  "today\\n": {}\n  today: {}', "expected an id, got 'today\\n'"),
    bad("a configuration that leaves the folder", "  today: {}", "  ../today: {}\n  today: {}", "configurations.../today: expected an id, got '../today'"),
    bad("an id in capitals", "  luzon_ais:\n    kind", "  Luzon_ais: {kind: ais_receiver}\n  luzon_ais:\n    kind", "sensors.Luzon_ais: expected an id (a lower-case letter", n=None),
    bad("a party of two letters", PHL, f"{PHL}\n  PH: {{name: x}}", "nations.PH: expected three capital letters, such as PHL, got 'PH'", at="PH: {name: x}"),
    bad("a party in small letters", PHL, f"{PHL}\n  phl: {{name: x}}", "nations.phl: expected three capital letters", at="phl: {name: x}"),
    bad("traffic called probe", "    militia:\n", "    probe:\n", "is the class of the probes", at="world:"),
    doubtful("a terminal escape in a name", "name: Philippines", 'name: "\\e]0;pwned\\a\\e[31mPhilippines"', "nations.PHL.name: the text '\\x1b]0;pwned\\x07\\x1b[31mPhilippines' holds characters that no output shows"),
    doubtful("a turned text in a name", "name: Philippines", "name: \u202esenippilihP", "nations.PHL.name: the text '\\u202esenippilihP' holds characters that no output shows"),
    doubtful("an unseen character in a name", "name: Philippines", "name: Phil\u200bippines", "nations.PHL.name: the text 'Phil\\u200bippines' holds"),
    doubtful("a private character in a name", "name: Philippines", "name: Phil\ue000", "nations.PHL.name: the text 'Phil\\ue000' holds"),
    doubtful("a name without end", "name: Philippines", "name: " + "Phil" * 100, "nations.PHL.name: a name of 400 characters; outputs show the first 200"),
    good("markup of a web page in a name", "name: Philippines", "name: <script>alert(1)</script>"),
    good("a formula in a name", "name: Philippines", "name: \"=cmd|' /C calc'!A0\""),
    good("mathematics in a name", "name: Philippines", 'name: "$\\\\frac{1}{0}$ [bold]x[/] %s {0}"'),
    good("other scripts in a name", "name: Philippines", "name: \u83f2\u5f8b\u8cd3 \u0e1f\u0e34\u0e25\u0e34\u0e1b\u0e1b\u0e34\u0e19\u0e2a\u0e4c \U0001f6a2"),
]  # fmt: skip
CASES: list[Case] = [*NUMBERS, *UNITS, *REFERENCES, *DATES, *REGIONS, *NAMES]
