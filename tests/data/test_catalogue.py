"""The catalogue: rows have sources, ids and places that can be true, and agree with known distances."""

from __future__ import annotations

import csv
import math
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from shipped import shipped

from mda_sim.data import catalogue
from mda_sim.data.catalogue import DATA_FOLDER, content_digest
from mda_sim.data.published import count_lines, published_figures
from mda_sim.data.rows import Feature
from mda_sim.geo.coast import load_land
from mda_sim.geo.regions import NamedArea, bounds, contains
from mda_sim.geo.sphere import distance_m
from mda_sim.sensing.sensors import SensorSpec
from mda_sim.sharing.agreements import AgreementSpec
from mda_sim.sharing.checks.law import ARTICLE_KEYS
from mda_sim.world.platforms import PlatformSpec

TABLES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "agreements.csv": catalogue.agreements,
    "agreements.yaml": catalogue.agreement_types,
    "count_lines.csv": count_lines,
    "environment_climate.csv": catalogue.environment_climate,
    "environment_presets.yaml": catalogue.environment_presets,
    "environment_regions.csv": catalogue.environment_regions,
    "features.csv": catalogue.features,
    "fishing_grounds.csv": catalogue.fishing_grounds,
    "platform_types.yaml": catalogue.platform_types,
    "ports.csv": catalogue.ports,
    "published_world.csv": published_figures,
    "satellites.csv": catalogue.satellites,
    "sea_areas.csv": catalogue.sea_areas,
    "sea_lanes.csv": catalogue.sea_lanes,
    "sensor_types.yaml": catalogue.sensor_types,
    "shoals.csv": catalogue.shoals,
    "sites.csv": catalogue.sites,
}
CHANNELS = ("can_phl_dvd", "ipmda", "jcg_pcg_memorandum", "recaap", "seavision")
"""Agreements that the facts call unclassified, or that bind no military secrets."""
SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
PLACED = ("features.csv", "ports.csv", "sites.csv")
LOOK_UPS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "site": (catalogue.site, "cws_baluut", "cws_balut"),
    "feature": (catalogue.feature, "mischief_reaf", "mischief_reef"),
    "port": (catalogue.port, "hong_konk", "hong_kong"),
    "sea area": (catalogue.sea_area, "sulu_see", "sulu_sea"),
    "sea lane": (catalogue.sea_lane, "malaca", "malacca"),
    "fishing ground": (catalogue.fishing_ground, "taiwan_bnak", "taiwan_bank"),
    "satellite": (catalogue.satellite, "sentinel_1_wi", "sentinel_1_iw"),
    "sensor type": (catalogue.sensor_type, "coastal_x_18", "coastal_x_18ft"),
    "platform type": (catalogue.platform_type, "tc_9", "tc_90"),
    "agreement type": (catalogue.agreement_type, "seavison", "seavision"),
    "agreement": (catalogue.agreement_rules, "jpn_usa_gsomai", "jpn_usa_gsomia"),
}
SEARCHED = {
    "kind": "box",
    "lat_min_deg": 15.0,
    "lat_max_deg": 16.0,
    "lon_min_deg": 117.0,
    "lon_max_deg": 118.0,
}
KINDS = get_args(get_args(SensorSpec)[0])
ID = re.compile(r"[a-z][a-z0-9_]{0,40}")

PLACES = {
    # Positions of the collection of facts that the tables were made from, and of usual atlases.
    "wallace": (16.6, 120.29),
    "gozar": (13.83, 120.06),
    "cws_balut": (5.405, 125.38),
    "pcg_catanduanes": (14.08, 124.14),
    "pcg_thitu": (11.053, 114.285),
    "ncwc_manila": (14.5875, 120.9675),
    "jpn_mod_ichigaya": (35.693, 139.728),
    "usa_indopacom": (21.386, -157.907),
    "naha_air_base": (26.196, 127.646),
    "scarborough_shoal": (15.183, 117.767),
    "second_thomas_shoal": (9.733, 115.867),
    "mischief_reef": (9.917, 115.533),
    "whitsun_reef": (9.983, 114.65),
    "fiery_cross_reef": (9.55, 112.89),
    "woody_island": (16.834, 112.34),
    "bashi_channel": (21.35, 121.65),
    "yonaguni": (24.455, 122.985),
    "singapore": (1.26, 104.2),
    # Ground stations: positions as the stations' operators and usual atlases have them.
    "gs_svalbard": (78.23, 15.41),
    "gs_kiruna": (67.86, 20.96),
    "gs_troll": (-72.01, 2.53),
}
DISTANCES_KM = [
    ("wallace", "scarborough_shoal", 312),
    ("gozar", "scarborough_shoal", 289),
    ("osa_notional_c", "scarborough_shoal", 243),  # the coast of Zambales
    ("mount_salakot", "second_thomas_shoal", 302),
    ("mount_salakot", "sabina_shoal", 236),
    ("pcg_thitu", "second_thomas_shoal", 227),
    ("thitu_island", "subi_reef", 26),
    ("thitu_island", "mischief_reef", 186),
    ("mischief_reef", "second_thomas_shoal", 42),
    ("basa_air_base", "scarborough_shoal", 293),
    ("basa_air_base", "second_thomas_shoal", 770),
    ("naha_air_base", "bashi_channel", 814),
    ("kanoya_air_base", "bashi_channel", 1441),
    ("naha_air_base", "scarborough_shoal", 1597),
    ("ncwc_manila", "jpn_mod_ichigaya", 2992),
    ("ncwc_manila", "usa_indopacom", 8513),
    ("singapore_strait", "luzon_strait", 2820),
]


def raw_rows(name: str, folder: Path = DATA_FOLDER) -> list[dict[str, str]]:
    """Rows of a table as written, the key of a YAML mapping as its id."""
    text = (folder / name).read_text(encoding="utf-8")
    if name.endswith(".yaml"):
        return [{"id": key, **row} for key, row in yaml.safe_load(text).items()]
    return list(csv.DictReader(text.splitlines(), strict=True))


def place(any_id: str) -> tuple[float, float]:
    for table in (catalogue.sites(), catalogue.features(), catalogue.ports()):
        if any_id in table:
            return table[any_id].lat_deg, table[any_id].lon_deg
    raise AssertionError(f"no place {any_id}")


def data_files(folder: Path) -> set[str]:
    """The data files: programs, prose and the leavings of a half-done write are none."""
    skipped = {".py", ".pyc", ".md", ".tmp"}
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in skipped
    }


def test_the_catalogue_names_its_own_files_and_no_other() -> None:
    tables = {name for name in data_files(DATA_FOLDER) if "/" not in name}
    assert set(catalogue.CATALOGUE_FILES) == tables == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_and_a_confidence_of_the_known_words(name: str) -> None:
    rows = raw_rows(name)
    assert rows
    for row in rows:
        assert row["source"].strip(), row["id"]
        assert row["confidence"] in ("high", "medium", "low", "assumption"), row["id"]
        assert row["name"].strip(), row["id"]


@pytest.mark.parametrize("name", TABLES)
def test_ids_are_short_snake_case_unique_and_in_order(name: str) -> None:
    ids = [row["id"] for row in raw_rows(name)]
    assert all(ID.fullmatch(one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert list(TABLES[name]()) == sorted(ids)


@pytest.mark.parametrize("name", TABLES)
def test_rows_and_tables_cannot_be_changed(name: str) -> None:
    rows = TABLES[name]()
    first = next(iter(rows.values()))
    with pytest.raises(FrozenInstanceError):
        first.source = "another"
    with pytest.raises(TypeError):
        rows["another"] = first  # type: ignore[index]


def test_ids_of_places_are_unique_over_sites_and_features() -> None:
    assert not set(catalogue.sites()) & set(catalogue.features())


@pytest.mark.parametrize("name", PLACED)
def test_coordinates_are_in_range_and_lie_around_the_pacific(name: str) -> None:
    far = {"volpe_center"}  # the only place outside Asia and the Pacific
    for row in TABLES[name]().values():
        assert -90 <= row.lat_deg <= 90, row.id
        assert -180 <= row.lon_deg <= 180, row.id
        if row.id not in far and getattr(row, "kind", "") != "ground_station":  # these are all over the world
            assert -5 <= row.lat_deg <= 45, row.id
            assert 95 <= row.lon_deg <= 150 or row.nation == "USA", row.id
        assert getattr(row, "position_uncertainty_m", 1.0) > 0, row.id


@pytest.mark.parametrize("any_id", PLACES)
def test_known_places_are_where_they_are_known_to_be(any_id: str) -> None:
    assert float(distance_m(*place(any_id), *PLACES[any_id])) < 2_000


@pytest.mark.parametrize(("one", "other", "km"), DISTANCES_KM)
def test_known_distances_come_out_within_two_per_cent(one: str, other: str, km: float) -> None:
    assert float(distance_m(*place(one), *place(other))) == pytest.approx(km * 1000, rel=0.02)


def test_no_shore_radar_stands_near_the_flashpoints() -> None:
    """243 km to Scarborough Shoal and 227 km to Second Thomas Shoal: far beyond a horizon of 100 km."""
    radars = [row for row in catalogue.sites().values() if "radar" in row.kind or "coast" in row.kind]
    for feature, km in (("scarborough_shoal", 243), ("second_thomas_shoal", 227)):
        nearest_m = min(float(distance_m(row.lat_deg, row.lon_deg, *place(feature))) for row in radars)
        assert nearest_m == pytest.approx(km * 1000, rel=0.02)


def test_notional_sites_say_so_in_their_names_and_no_other_site_does() -> None:
    notional = [row for row in catalogue.sites().values() if row.notional]
    assert len(notional) >= 5
    for row in catalogue.sites().values():
        assert row.notional == row.name.startswith("Notional"), row.id
        assert row.notional == ("notional" in row.id), row.id
        if row.notional:
            assert row.confidence == "assumption", row.id
            assert "assumption of the authors" in row.source, row.id
    for satellite in catalogue.satellites().values():
        assert ("notional" in satellite.id) == ("Notional" in satellite.name), satellite.id


def test_the_five_radars_without_a_published_place_are_notional() -> None:
    osa = [row for row in catalogue.sites().values() if row.id.startswith("osa_")]
    assert len(osa) == 5
    assert all(row.notional and row.position_uncertainty_m >= 50_000 for row in osa)


def test_sites_say_who_supplied_what_stands_there_and_since_when() -> None:
    for row in catalogue.sites().values():
        assert re.fullmatch("([A-Z]{3})?", row.supplier), row.id
        assert re.fullmatch(r"(20\d\d(-[01]\d(-[0-3]\d)?)?)?", row.from_date), row.id
        assert not (row.supplier or row.programme) or "http" in row.source, row.id
    osa = [row for row in catalogue.sites().values() if row.id.startswith("osa_")]
    assert {(row.supplier, row.from_date) for row in osa} == {("JPN", "2026-02-11")}


def test_sensors_of_the_example_say_what_the_catalogue_says_of_their_sites() -> None:
    sensors = shipped("south_china_sea").spec.sensors
    named = 0
    for name, sensor in sensors.items():
        site = catalogue.site(sensor.site)
        if sensor.category == "radar":
            assert (sensor.supplier, sensor.programme) == (site.supplier, site.programme), name
            named += bool(sensor.supplier)
        if sensor.from_utc is not None:
            assert sensor.from_utc.date().isoformat().startswith(site.from_date or "none"), name
    assert named >= 12


def test_features_carry_no_nation() -> None:
    assert not {"nation", "operator", "owner", "claimant"} & {field.name for field in fields(Feature)}
    assert list(raw_rows("features.csv")[0]) == [field.name for field in fields(Feature)]
    words = re.compile(r"\b(PHL|CHN|VNM|MYS|TWN|JPN|USA|held|occupied|claim\w*|illegal\w*)\b")
    for row in catalogue.features().values():
        assert not words.search(f"{row.name} {row.kind}"), row.id


def test_features_are_named_internationally_first_and_locally_after() -> None:
    for row in catalogue.features().values():
        local = [one.strip() for one in row.local_names.split(";") if one]
        languages = [one.split(":")[0] for one in local]
        assert set(languages) <= {"Chinese", "Filipino", "Japanese", "Korean", "Malay", "Vietnamese"}, row.id
        assert len(set(languages)) == len(languages), row.id
        for one in local:
            assert one.split(":")[1].strip() not in row.name, row.id


@pytest.mark.parametrize("name", ["ports.csv", "sites.csv"])
def test_nations_are_trigraphs(name: str) -> None:
    for row in TABLES[name]().values():
        assert re.fullmatch("[A-Z]{3}", row.nation) or "not a port" in row.name, row.id


def test_ports_lie_in_the_sea_of_the_coast_file() -> None:
    land = load_land()
    ports = list(catalogue.ports().values())
    lat, lon = [row.lat_deg for row in ports], [row.lon_deg for row in ports]
    assert land.covers(lat, lon).all()
    assert not land.is_land(lat, lon).any()
    assert land.distance_to_coast_m(lat, lon).min() >= 4_000


def test_straits_and_lanes_lie_in_the_sea_of_the_coast_file() -> None:
    land = load_land()
    for row in catalogue.features().values():
        if row.kind in ("strait", "lane"):
            assert not land.is_land(row.lat_deg, row.lon_deg), row.id
            assert float(land.distance_to_coast_m(row.lat_deg, row.lon_deg)) > 2_000, row.id


@pytest.mark.parametrize(
    ("area", "inside"),
    [
        ("luzon_strait", ("babuyan_channel", "balintang_channel", "bashi_channel", "luzon_strait")),
        ("spratly_area", ("fiery_cross_reef", "mischief_reef", "second_thomas_shoal", "thitu_island")),
    ],
)
def test_a_sea_area_holds_the_features_that_it_is_named_for(area: str, inside: tuple[str, ...]) -> None:
    region = NamedArea(area=area)
    places = [catalogue.feature(name) for name in inside]
    assert contains(region, [row.lat_deg for row in places], [row.lon_deg for row in places]).all()
    away = catalogue.feature("scarborough_shoal")
    assert not contains(region, away.lat_deg, away.lon_deg)


def test_sea_areas_are_mostly_sea_and_apart_from_each_other() -> None:
    land, rng = load_land(), np.random.default_rng(23)
    held = []
    for area in catalogue.sea_areas():
        west, south, east, north = bounds(NamedArea(area=area))
        lat, lon = rng.uniform(south, north, 2000), rng.uniform(west, east, 2000)
        inside = contains(NamedArea(area=area), lat, lon)
        assert land.is_land(lat[inside], lon[inside]).mean() < 0.25, area
        held.append(
            sum(
                contains(NamedArea(area=other), lat[inside], lon[inside]).mean()
                for other in catalogue.sea_areas()
            )
        )
    assert max(held) < 1.05


def test_sea_lanes_keep_to_the_sea_of_the_coast_file() -> None:
    land = load_land()
    for row in catalogue.sea_lanes().values():
        lat, lon = np.array(row.waypoints).T
        mapped = land.covers(lat, lon)
        legs = mapped[:-1] & mapped[1:]
        ends = lat[:-1][legs], lon[:-1][legs], lat[1:][legs], lon[1:][legs]
        assert legs.sum() >= 2, row.id
        assert not land.crosses_great_circle(*ends).any(), row.id


def test_fishing_grounds_are_areas_at_sea() -> None:
    land = load_land()
    for row in catalogue.fishing_grounds().values():
        assert len(row.corners) >= 3, row.id
        assert len(set(row.corners)) == len(row.corners), row.id
        lat = sum(corner[0] for corner in row.corners) / len(row.corners)
        lon = sum(corner[1] for corner in row.corners) / len(row.corners)
        assert land.covers(lat, lon), row.id
        assert not land.is_land(lat, lon), row.id


def test_satellites_have_orbits_that_exist() -> None:
    for row in catalogue.satellites().values():
        assert row.count >= 1, row.id
        assert math.isnan(row.altitude_m) or 400e3 <= row.altitude_m <= 1000e3, row.id
        assert math.isnan(row.inclination_deg) or 30 <= row.inclination_deg <= 100, row.id
        assert math.isnan(row.swath_m) or 1e3 <= row.swath_m <= 5e6, row.id


def test_what_is_not_public_is_not_a_number_and_the_rest_is() -> None:
    assert math.isnan(catalogue.satellite("igs_radar_notional").altitude_m)
    unknown = [row.id for row in catalogue.satellites().values() if math.isnan(row.altitude_m)]
    assert unknown == ["igs_radar_notional"]


def test_the_types_of_one_kind_have_the_same_parameters() -> None:
    """A parameter that one type forgets would silently take the default of the spec."""
    choices = {"look_side", "ltan_s", "inclination_deg", "raan_deg", "phase_deg"}  # ways to give an orbit
    by_kind: dict[str, list[set[str]]] = {}
    for row in catalogue.sensor_types().values():
        names = set(row.parameters)
        assert "antenna_height_m" not in names, "the height belongs to the site"
        flat = {key: row.parameters[key] for key in names - choices - {"losses", "polarization"}}
        assert all(isinstance(value, (int, float)) for value in flat.values()), row.id
        by_kind.setdefault(row.kind, []).append(names - choices)
    assert {"coastal_radar", "ais_receiver"} <= set(by_kind)
    for kind, each in by_kind.items():
        assert all(names == each[0] for names in each), kind


@pytest.mark.parametrize("type_id", list(catalogue.platform_types()))
def test_types_of_platforms_have_the_same_parameters_and_can_be(type_id: str) -> None:
    parameters = catalogue.platform_type(type_id).parameters
    assert set(parameters) == set(catalogue.platform_type("tc_90").parameters)
    made = PlatformSpec.model_validate(
        {**parameters, "base": {"lat_deg": 15.0, "lon_deg": 119.0}, "search": {"region": SEARCHED}}
    )
    assert made.search_mps <= made.cruise_mps
    assert (made.height_m < 50) == (made.medium == "sea"), "masts are lower than aircraft fly"


@pytest.mark.parametrize("type_id", list(catalogue.sensor_types()))
def test_every_type_of_sensor_makes_one_of_its_kind(type_id: str) -> None:
    row = catalogue.sensor_type(type_id)
    place = {"lat_deg": 15.0, "lon_deg": 119.0, "antenna_height_m": 50.0, "platform": "patrol"}
    (kind,) = (one for one in KINDS if get_args(one.model_fields["kind"].annotation) == (row.kind,))
    own = {key: value for key, value in place.items() if key in kind.model_fields}
    assert kind.model_validate({"operator": "XXA", **row.parameters, **own}).type == ""


def test_rules_belong_to_their_agreement_and_agree_on_its_head() -> None:
    heads: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for row in catalogue.agreements().values():
        assert re.fullmatch(rf"{row.agreement}_\d\d", row.id), row.id
        assert row.parties, row.id
        assert all(re.fullmatch("[A-Z]{3}", party) for party in row.parties), row.id
        assert row.rule.strip(), row.id
        heads.setdefault(row.agreement, set()).add((row.name, row.parties))
    assert all(len(each) == 1 for each in heads.values())
    assert {"jpn_usa_gsomia", "phl_usa_gsomia", "jpn_kor_gsomia", "tisa"} <= set(heads)


def test_the_agreement_that_is_only_negotiated_is_not_in_force() -> None:
    rules = catalogue.agreement_rules("jpn_phl_gsomia")
    assert rules
    assert all(rule.in_force == "no" and rule.signed.startswith("not signed") for rule in rules)


@pytest.mark.parametrize("type_id", list(catalogue.agreement_types()))
def test_the_terms_of_a_type_are_those_of_an_agreement(type_id: str) -> None:
    terms = catalogue.agreement_type(type_id).terms
    agreement = AgreementSpec(**terms)
    assert len(set(agreement.parties)) == len(agreement.parties) >= 2
    assert set(agreement.articles) <= set(ARTICLE_KEYS)
    assert {"in_force", "scope", "ceiling", "release"} <= set(agreement.articles), "each gate says why"
    assert set(agreement.equivalence) | set(agreement.ceilings) <= set(agreement.parties)
    assert agreement.area is None, "areas belong to a scenario"
    assert not {"name", "source", "confidence", "type"} & set(terms)


@pytest.mark.parametrize("type_id", list(catalogue.agreement_types()))
def test_a_type_agrees_with_the_rules_of_the_same_agreement(type_id: str) -> None:
    """Parties and dates were typed twice, from the same facts."""
    agreement = AgreementSpec(**catalogue.agreement_type(type_id).terms)
    rules = [rule for rule in catalogue.agreements().values() if rule.agreement == type_id]
    if not rules:
        assert agreement.in_force_from is None, "what has no rule to cite is a what-if"
        return
    head = rules[0]
    assert set(agreement.parties) == set(head.parties)
    for stated, moment in ((head.signed, agreement.signed), (head.in_force, agreement.in_force_from)):
        assert moment is not None
        if re.fullmatch(r"\d{4}(-\d\d-\d\d)?", stated):
            assert moment.date().isoformat().startswith(stated)
    assert (agreement.ceiling == "UNCLASSIFIED") == (type_id in CHANNELS)


def test_the_table_of_the_japan_rok_agreement_is_that_of_its_article_4() -> None:
    """Gokuhi and Tokutei Himitsu are SECRET, Hi is CONFIDENTIAL; the Korean level I is outside."""
    agreement = AgreementSpec(**catalogue.agreement_type("jpn_kor_gsomia").terms)
    assert agreement.equivalence["JPN"] == {
        "GOKUHI": "SECRET",
        "TOKUTEI HIMITSU": "SECRET",
        "HI": "CONFIDENTIAL",
    }
    assert agreement.equivalence["KOR"] == {"II GEUP BIMIL": "SECRET", "III GEUP BIMIL": "CONFIDENTIAL"}
    assert agreement.notice_s == 90 * 86_400, "article 21"
    assert agreement.onward == "with_consent", "article 6"


def test_what_is_only_about_missiles_says_so() -> None:
    bound = [key for key, one in catalogue.agreement_types().items() if one.terms.get("purposes")]
    assert bound == ["missile_warning_2023", "tisa"]


def test_the_service_reaches_eight_partners() -> None:
    parties = catalogue.agreement_type("japan_osa_service").terms["parties"]
    assert isinstance(parties, list)
    assert len(set(parties) - {"JPN"}) == 8


@pytest.mark.parametrize("table", LOOK_UPS)
def test_an_unknown_id_gives_a_key_error_with_the_nearest_id(table: str) -> None:
    look_up, wrong, nearest = LOOK_UPS[table]
    with pytest.raises(KeyError) as caught:
        look_up(wrong)
    assert str(caught.value).startswith(f"the catalogue has no {table} {wrong!r}; did you mean ")
    assert repr(nearest) in str(caught.value)
    assert look_up(nearest)


def test_an_unknown_id_that_is_near_to_none_lists_what_there_is() -> None:
    with pytest.raises(KeyError, match=r"it has: .*hong_kong"):
        catalogue.port("zzzzzz")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",low\n", ",maybe\n", "needs a source and a confidence"),
        (',"general knowledge, approximate",low\n', ",,low\n", "needs a source and a confidence"),
        ("\nbalabac_strait,", "\nbabuyan_channel,", "'babuyan_channel' twice"),
    ],
)
def test_a_bad_row_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    text = (DATA_FOLDER / "features.csv").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "features.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(catalogue, "DATA_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=message):
        catalogue.features.__wrapped__()


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copy)
    assert content_digest(copy) == content_digest()
    assert content_digest() == content_digest()


@pytest.mark.parametrize("name", sorted(data_files(DATA_FOLDER)))
def test_the_digest_changes_when_any_data_file_changes(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copy)
    changed = bytearray((copy / name).read_bytes())
    changed[-2] ^= 1
    (copy / name).write_bytes(changed)
    after_change = content_digest(copy)
    (copy / name).rename(copy / f"{name}.renamed")
    after_renaming = content_digest(copy)
    (copy / f"{name}.renamed").unlink()
    digests = {content_digest(), after_change, after_renaming, content_digest(copy)}
    assert len(digests) == 4


def test_the_digest_leaves_out_programs_and_prose(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copy)
    for path in [*copy.rglob("*.py"), *copy.rglob("*.md")]:
        path.write_text("changed")
    assert content_digest(copy) == content_digest()


@pytest.mark.parametrize("name", TABLES)
def test_no_source_is_a_leaked_document(name: str) -> None:
    leaked = re.compile(r"wiki-?leaks|cablegate|\bleak|diplomatic cable|cryptome|ddosecrets|discord", re.I)
    text = (DATA_FOLDER / name).read_text(encoding="utf-8")
    assert not leaked.search(text)


def test_the_licences_name_every_data_file() -> None:
    licences = (DATA_FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+)`", licences))
    files = data_files(DATA_FOLDER)
    assert "coast/coast.npz" in files
    assert files <= named, f"LICENSES.md does not name {sorted(files - named)}"
    for row in licences.splitlines():
        if row.startswith("| `"):
            assert len([cell for cell in row.split("|") if cell.strip()]) == 4
