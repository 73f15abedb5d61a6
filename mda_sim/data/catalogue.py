"""The catalogue: places, lanes, grounds, types of sensor, platform and agreement, satellites, weather.

Model
    Ten CSV tables and four YAML files beside this module. Each row has an id, values, a ``source`` (a
    citation, or the reasoning behind an assumption) and a ``confidence`` (high, medium, low, assumption). A
    loader reads its table once and hands out a read-only mapping from id to a frozen row, in order of ids.

Assumptions and limits
    Positions of sites are good to a few kilometres (``position_uncertainty_m`` says how far), so a coastal
    site may fall at sea or inland on the shipped coastline. Sites whose place is not published are marked
    ``notional`` and say so in their name. Features carry no nation, and the codes of ISO 3166 stand for
    places as the standard lists them: the catalogue takes no position on claims.

Source
    Per row, in the column ``source``. Terms of each file: ``LICENSES.md``.

Where next
    ``mda_sim.scenario`` expands ``site:`` and ``type:`` references; ``mda_sim.world`` reads ports and
    features.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import yaml

from mda_sim.data.rows import (
    AgreementRule,
    AgreementType,
    ClimateMonth,
    ClimateRegion,
    EnvironmentPreset,
    Feature,
    PlatformType,
    Port,
    Satellite,
    SeaArea,
    SeaLane,
    SensorType,
    Site,
)
from mda_sim.data.typed import agreement_type_row, platform_type_row, preset_row, sensor_type_row, typed

DATA_FOLDER: Final = Path(__file__).parent
"""The folder of the shipped data files."""

CATALOGUE_FILES: Final = (
    "agreements.csv",
    "agreements.yaml",
    "count_lines.csv",
    "environment_climate.csv",
    "environment_presets.yaml",
    "environment_regions.csv",
    "features.csv",
    "fishing_grounds.csv",
    "platform_types.yaml",
    "ports.csv",
    "published_world.csv",
    "satellites.csv",
    "sea_areas.csv",
    "sea_lanes.csv",
    "sensor_types.yaml",
    "shoals.csv",
    "sites.csv",
)
"""The catalogue's own files, by name, in ``DATA_FOLDER``."""

CONFIDENCES: Final = ("high", "medium", "low", "assumption")
"""The words of the ``confidence`` column, from the best to the least known."""


class UnknownIdError(KeyError):
    """An id that a catalogue table does not have; ``suggestions`` holds the nearest ones."""

    def __init__(self, table: str, wanted: str, known: Iterable[str]) -> None:
        ids = tuple(sorted(known))
        super().__init__(table, wanted, ids)
        self.table = table
        self.wanted = wanted
        self.suggestions = tuple(difflib.get_close_matches(wanted, ids, n=3, cutoff=0.5))

    def __str__(self) -> str:
        nearest = ", ".join(repr(one) for one in self.suggestions)
        known = ", ".join(self.args[2])
        hint = f"did you mean {nearest}?" if nearest else f"it has: {known}"
        return f"the catalogue has no {self.table} {self.wanted!r}; {hint}"


@lru_cache(maxsize=1)
def sites() -> Mapping[str, Site]:
    """All sites by id.

    >>> sites()["ncwc_manila"].nation
    'PHL'
    """
    return _index("site", (typed(Site, row) for row in _csv_rows("sites.csv")))


@lru_cache(maxsize=1)
def features() -> Mapping[str, Feature]:
    """All sea features by id.

    >>> features()["second_thomas_shoal"].name
    'Second Thomas Shoal'
    """
    return _index("feature", (typed(Feature, row) for row in _csv_rows("features.csv")))


@lru_cache(maxsize=1)
def ports() -> Mapping[str, Port]:
    """All ports by id.

    >>> ports()["hong_kong"].nation
    'HKG'
    """
    return _index("port", (typed(Port, row) for row in _csv_rows("ports.csv")))


@lru_cache(maxsize=1)
def sea_areas() -> Mapping[str, SeaArea]:
    """All sea areas by id.

    >>> sea_areas()["sulu_sea"].name
    'Sulu Sea'
    """
    return _index("sea area", (typed(SeaArea, row) for row in _csv_rows("sea_areas.csv")))


@lru_cache(maxsize=1)
def sea_lanes() -> Mapping[str, SeaLane]:
    """All sea lanes by id.

    >>> sea_lanes()["bashi"].name
    'Bashi Channel'
    """
    return _index("sea lane", (typed(SeaLane, row) for row in _csv_rows("sea_lanes.csv")))


@lru_cache(maxsize=1)
def fishing_grounds() -> Mapping[str, SeaArea]:
    """Where fishing vessels gather: all fishing grounds by id.

    >>> fishing_grounds()["taiwan_bank"].name
    'Taiwan Bank'
    """
    rows = (typed(SeaArea, row) for row in _csv_rows("fishing_grounds.csv"))
    return _index("fishing ground", rows)


@lru_cache(maxsize=1)
def shoals() -> Mapping[str, SeaArea]:
    """What merchant ships go round, drawn generously: all shoal waters by id.

    >>> shoals()["pratas_reef"].name
    'Pratas Reef'
    """
    return _index("shoal", (typed(SeaArea, row) for row in _csv_rows("shoals.csv")))


@lru_cache(maxsize=1)
def agreements() -> Mapping[str, AgreementRule]:
    """All rules of all agreements by rule id.

    >>> sorted({rule.agreement for rule in agreements().values()})[0]
    'can_phl_dvd'
    """
    return _index("agreement rule", (typed(AgreementRule, row) for row in _csv_rows("agreements.csv")))


@lru_cache(maxsize=1)
def agreement_types() -> Mapping[str, AgreementType]:
    """All types of agreement by id.

    >>> agreement_types()["tisa"].terms["purposes"]
    ['dprk_missile']
    """
    tree = _yaml_tree("agreements.yaml")
    return _index("agreement type", (agreement_type_row(key, value) for key, value in tree.items()))


@lru_cache(maxsize=1)
def satellites() -> Mapping[str, Satellite]:
    """All satellites by id.

    >>> satellites()["sentinel_1_iw"].count
    2
    """
    return _index("satellite", (typed(Satellite, row) for row in _csv_rows("satellites.csv")))


@lru_cache(maxsize=1)
def sensor_types() -> Mapping[str, SensorType]:
    """All sensor types by id.

    >>> sensor_types()["ais_shore_station"].kind
    'ais_receiver'
    """
    tree = _yaml_tree("sensor_types.yaml")
    return _index("sensor type", (sensor_type_row(key, value) for key, value in tree.items()))


@lru_cache(maxsize=1)
def platform_types() -> Mapping[str, PlatformType]:
    """All platform types by id.

    >>> platform_types()["tc_90"].parameters["medium"]
    'air'
    """
    tree = _yaml_tree("platform_types.yaml")
    return _index("platform type", (platform_type_row(key, value) for key, value in tree.items()))


@lru_cache(maxsize=1)
def environment_regions() -> Mapping[str, ClimateRegion]:
    """All regions of climate by id.

    >>> environment_regions()["luzon_strait"].fetch_m
    700000.0
    """
    rows = (typed(ClimateRegion, row) for row in _csv_rows("environment_regions.csv"))
    return _index("climate region", rows)


@lru_cache(maxsize=1)
def environment_climate() -> Mapping[str, ClimateMonth]:
    """The climate of every region and month by id.

    >>> environment_climate()["china_south_coast_07"].wind_from_deg
    230.0
    """
    rows = (typed(ClimateMonth, row) for row in _csv_rows("environment_climate.csv"))
    return _index("climate month", rows)


@lru_cache(maxsize=1)
def environment_presets() -> Mapping[str, EnvironmentPreset]:
    """All presets of the environment by id.

    >>> environment_presets()["monsoon_northeast"].month
    1
    """
    tree = _yaml_tree("environment_presets.yaml")
    return _index("environment preset", (preset_row(key, value) for key, value in tree.items()))


def site(site_id: str) -> Site:
    """The site with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("site", site_id, sites())


def feature(feature_id: str) -> Feature:
    """The sea feature with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("feature", feature_id, features())


def port(port_id: str) -> Port:
    """The port with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("port", port_id, ports())


def sea_area(area_id: str) -> SeaArea:
    """The sea area with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("sea area", area_id, sea_areas())


def sea_lane(lane_id: str) -> SeaLane:
    """The sea lane with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("sea lane", lane_id, sea_lanes())


def fishing_ground(ground_id: str) -> SeaArea:
    """The ground with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("fishing ground", ground_id, fishing_grounds())


def satellite(satellite_id: str) -> Satellite:
    """The satellite with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("satellite", satellite_id, satellites())


def sensor_type(type_id: str) -> SensorType:
    """The sensor type with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    return _look_up("sensor type", type_id, sensor_types())


def platform_type(type_id: str) -> PlatformType:
    """The platform type with this id; raises ``UnknownIdError`` (a ``KeyError``) with the nearest ids."""
    return _look_up("platform type", type_id, platform_types())


def agreement_type(type_id: str) -> AgreementType:
    """The type of agreement with this id; raises ``UnknownIdError`` (a ``KeyError``) with the nearest ids."""
    return _look_up("agreement type", type_id, agreement_types())


def agreement_rules(agreement_id: str) -> tuple[AgreementRule, ...]:
    """The rules of one agreement in order of ids; raises ``UnknownIdError`` if there is none."""
    found = tuple(rule for rule in agreements().values() if rule.agreement == agreement_id)
    if not found:
        raise UnknownIdError("agreement", agreement_id, {rule.agreement for rule in agreements().values()})
    return found


def content_digest(folder: Path = DATA_FOLDER) -> str:
    """SHA-256 (hex) over the name and the bytes of every data file below ``folder``.

    Programs and prose (``.py``, ``.md``) are left out: they change no result by themselves. The order of
    the files in the file system does not matter.

    >>> len(content_digest())
    64
    """
    digest = hashlib.sha256()
    for path in _data_files(folder):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


Row = TypeVar(
    "Row",
    Site,
    Feature,
    Port,
    SeaArea,
    SeaLane,
    SensorType,
    PlatformType,
    AgreementRule,
    AgreementType,
    Satellite,
    ClimateRegion,
    ClimateMonth,
    EnvironmentPreset,
)


def _data_files(folder: Path) -> list[Path]:
    skipped = {".py", ".pyc", ".md", ".tmp"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in skipped)
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _look_up(table: str, wanted: str, rows: Mapping[str, Row]) -> Row:
    try:
        return rows[wanted]
    except KeyError:
        raise UnknownIdError(table, wanted, rows) from None


def _index(table: str, rows: Iterable[Row]) -> Mapping[str, Row]:
    by_id: dict[str, Row] = {}
    for row in rows:
        if row.id in by_id:
            raise ValueError(f"the catalogue has the {table} {row.id!r} twice")
        if row.confidence not in CONFIDENCES or not row.source:
            raise ValueError(f"the {table} {row.id!r} needs a source and a confidence of {CONFIDENCES}")
        by_id[row.id] = row
    return MappingProxyType(dict(sorted(by_id.items())))


def _csv_rows(name: str) -> list[dict[str, str]]:
    with (DATA_FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def _yaml_tree(name: str) -> dict[str, dict[str, Any]]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # that of libyaml where it is there
    tree = yaml.load((DATA_FOLDER / name).read_text(encoding="utf-8"), Loader=loader)
    return dict(tree)
