"""A finished run handed to other programs: read from its folder, written by the modules of ``export``.

Model: vessels, tracks and holdings are of one configuration and seed, coverage is the mean over all seeds
(the NetCDF file has every configuration and seed). Nothing is simulated again; a holding is what
``picture.awareness`` says of the stored deliveries.

Assumptions and limits: the run keeps its logs (``output.logs``), but for NetCDF and SVG. Vessels are thinned
evenly over all that are present unless all are asked for. Where next: the shop window offers ``export_run``,
which the verb ``export`` calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import to_us
from mda_sim.export.content import Content, Coverage, SensorPlace, Vessel, Zone
from mda_sim.picture.spells import Holdings
from mda_sim.study.held import holdings, picture_nodes
from mda_sim.study.moments import moment_us
from mda_sim.study.stored import StoredUnit, Wrong, open_unit

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.report.scene import Outline, Scene
    from mda_sim.scenario import Scenario

FORMATS: Final = ("geojson", "geoparquet", "czml", "kml", "netcdf", "aivdm", "csv", "svg")
"""What ``export`` can write."""
VESSELS: Final = 500
"""How many vessels are written unless another number is asked for."""
STEP_S: Final = 3600.0
"""Time between two instants at which tracks and holdings are told, unless another is asked for [s]."""

_NEEDS: Final = {"netcdf": (("xarray", "h5netcdf", "h5py"), "grid"), "aivdm": (("pyais",), "ais")}
"""Packages that a format needs, and the extra that has them."""
_NOT_OF_LOGS: Final = frozenset({"netcdf", "svg"})
"""Formats that are written of runs without logs too."""
_STEP_MIN_S: Final = 10.0


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    files: tuple[Path, ...]
    n_vessels: int
    """Vessels written; 0 if no format that is asked for has any."""
    n_present: int
    """Vessels that were there to write."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be written, checked."""

    formats: tuple[str, ...]
    unit: StoredUnit
    from_us: int
    to_us: int
    step_us: int
    most: int | None
    folder: Path


def export_run(
    folder: Path | str,
    to: str | Sequence[str],
    *,
    configuration: str | None = None,
    seed: int | None = None,
    begin: str | datetime | None = None,
    end: str | datetime | None = None,
    step_s: float = STEP_S,
    vessels: int | None = VESSELS,
    out: Path | str | None = None,
) -> Exported:
    """Write a finished run in one or several of ``FORMATS``, each into a folder of its own below ``out``.

    ``configuration`` is the run's baseline and ``seed`` its first unless stated; ``begin`` and ``end`` (as
    ``study.moments`` reads them) bound what changes in time, the scored time unless stated; ``vessels``: at
    most so many, all for None; ``out``: ``<run>/exports/<configuration>-<seed>`` unless stated.

    ScenarioError with all problems: no finished run, no logs, an unknown format, a window that is none, a
    package that is wanting.
    """
    from mda_sim.world.sampled import evenly_chosen

    asked = _checked(folder, to, configuration, seed, begin, end, step_s, vessels, out)
    content, n_present = None, 0
    files: list[Path] = []
    for name in asked.formats:
        place = asked.folder / name
        place.mkdir(parents=True, exist_ok=True)
        if name == "netcdf":
            files += _netcdf(asked, place)
        elif name == "aivdm":
            files += _aivdm(asked, place)
        elif name == "svg":
            files += _pictures(asked, place)
        else:
            if content is None:
                targets, n_present = evenly_chosen(asked.unit.fleet, asked.from_us, asked.to_us, asked.most)
                content = _content(asked, targets)
            files += _writer(name)(content, place)
    return Exported(asked.folder, tuple(files), 0 if content is None else len(content.vessels), n_present)


def coverage_of(folder: Path | str) -> Any:
    """Coverage of a finished run as the ``xarray.Dataset`` that NetCDF holds; ScenarioError without any."""
    unit, _, wrong = open_unit(folder, None, None, needs_logs=False)
    if unit is None or unit.scenario.spec.world.probes is None:
        raise wrong.stop("coverage is that of probes, and the scenario has none")
    return _coverage_dataset(unit)


def _checked(
    folder: Path | str,
    to: str | Sequence[str],
    configuration: str | None,
    seed: int | None,
    begin: str | datetime | None,
    end: str | datetime | None,
    step_s: float,
    vessels: int | None,
    out: Path | str | None,
) -> _Asked:
    texts = [to] if isinstance(to, str) else to
    words = tuple(dict.fromkeys(word.strip() for text in texts for word in text.split(",") if word.strip()))
    needs_logs = not _NOT_OF_LOGS.issuperset(words)
    unit, scenario, wrong = open_unit(folder, configuration, seed, needs_logs=needs_logs)
    _check_formats(words, wrong)
    if "netcdf" in words and scenario.spec.world.probes is None:
        wrong.add("netcdf holds coverage of probes, and the scenario has none")
    timeline = scenario.timeline
    from_us = _moment(begin, timeline.score_from_us, scenario, wrong)
    to_us_ = _moment(end, timeline.score_to_us, scenario, wrong)
    if from_us >= to_us_:
        wrong.add("nothing lies between the first and the last instant that are asked for")
    if not step_s >= _STEP_MIN_S:
        wrong.add(f"expected a step of {_STEP_MIN_S:g} s at least, got {step_s:g}")
    if vessels is not None and vessels < 1:
        wrong.add(f"expected 1 vessel at least, got {vessels}")
    name = f"{unit.configuration}-{unit.seed}" if unit is not None else ""
    place = Path(out) if out is not None else Path(folder) / "exports" / name
    if place.exists() and not place.is_dir():
        wrong.add(f"{place} is a file; choose another folder with --out")
    wrong.raise_any()
    assert unit is not None  # else there was a problem
    return _Asked(words, unit, from_us, to_us_, to_us(step_s), vessels, place)


def _check_formats(words: Sequence[str], wrong: Wrong) -> None:
    """Note formats that are not known, or need a package that is not there."""
    if not words:
        wrong.add(f"name a format with --to: {', '.join(FORMATS)}")
    for word in words:
        if word not in FORMATS:
            wrong.add(f"unknown format '{word}'; expected some of {', '.join(FORMATS)}")
        packages, extra = _NEEDS.get(word, ((), ""))
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            wrong.add(f"{word} needs {', '.join(missing)}: pip install 'mda-sim[{extra}]'")


def _moment(moment: str | datetime | None, otherwise_us: int, scenario: Scenario, wrong: Wrong) -> int:
    if moment is None:
        return otherwise_us
    try:
        return moment_us(moment, scenario.timeline)
    except ValueError as error:
        wrong.add(str(error))
        return otherwise_us


def _writer(name: str) -> Callable[[Content, Path], list[Path]]:
    """What writes a format that holds the content."""
    if name == "geojson":
        from mda_sim.export.geojson import write_geojson as write
    elif name == "geoparquet":
        from mda_sim.export.geoparquet import write_geoparquet as write
    elif name == "czml":
        from mda_sim.export.czml import write_czml as write
    elif name == "kml":
        from mda_sim.export.kml import write_kml as write
    else:
        from mda_sim.export.csv_files import write_csv as write
    return write


def _content(asked: _Asked, targets: NDArray[np.int64]) -> Content:
    from mda_sim.report.gallery import map_age_s
    from mda_sim.report.scene import scene_of
    from mda_sim.report.text import plain
    from mda_sim.world.sampled import sampled_tracks
    from mda_sim.world.target_names import target_name

    unit, fleet = asked.unit, asked.unit.fleet
    rows = fleet.targets
    vessels = tuple(
        Vessel(
            target_name(fleet, target),
            fleet.classes[rows["traffic_class"][target]],
            fleet.flags[rows["flag"][target]],
            float(rows["length_m"][target]),
        )
        for target in targets.tolist()
    )
    scene = scene_of(unit.scenario)
    return Content(
        plain(unit.scenario.name),
        unit.configuration,
        unit.seed,
        unit.scenario.timeline,
        asked.from_us,
        asked.to_us,
        vessels,
        sampled_tracks(fleet, targets, asked.from_us, asked.to_us, asked.step_us),
        _sensors(scene, unit),
        tuple(Zone(plain(zone.name), _lines(zone)) for zone in scene.zones),
        tuple(_coverage(unit)),
        map_age_s(unit.scenario),
        _holdings(asked, targets),
    )


def _sensors(scene: Scene, unit: StoredUnit) -> tuple[SensorPlace, ...]:
    """Sensors that stand somewhere and feed a node in the configuration."""
    from mda_sim.report.scene import fed, range_ring

    found = []
    for mark in fed(scene, unit.sharing):
        ring = _lines(range_ring(mark))[0] if np.isfinite(mark.range_m) else ()
        place = (mark.id, mark.category, mark.operator, mark.lat_deg, mark.lon_deg, mark.range_m)
        found.append(SensorPlace(*place, ring))
    return tuple(found)


def _lines(outline: Outline) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The lines of an outline as (longitude, latitude)."""
    gaps = np.flatnonzero(np.isnan(outline.lat_deg))
    places = np.stack([outline.lon_deg, outline.lat_deg], axis=1)
    parts = np.split(places, gaps)
    return tuple(
        tuple((lon, lat) for lon, lat in part[np.isfinite(part[:, 0])].tolist())
        for part in parts
        if np.isfinite(part[:, 0]).sum() > 1
    )


def _coverage(unit: StoredUnit) -> list[Coverage]:
    """Coverage of each nation at each age, mean over seeds; none without probes."""
    from mda_sim.report.grids import probe_values

    probes, tables = unit.scenario.spec.world.probes, _coverage_tables(unit, unit.configuration)
    if probes is None or not len(tables[0]):
        return []
    found = []
    for nation in tables[0].meta["nations"]:
        for tau_s in np.unique(tables[0]["tau_s"]).tolist():
            values = probe_values(tables, nation, tau_s)
            share = values.share.mean(axis=0)
            found.append(Coverage(nation, tau_s, values.lat_deg, values.lon_deg, share, probes.spacing_deg))
    return found


def _coverage_tables(unit: StoredUnit, configuration: str) -> list[Table]:
    from mda_sim.core.table import read_parquet
    from mda_sim.metrics.coverage import COVERAGE

    places = (unit.folder.sharing(seed, configuration) for seed in unit.scenario.seeds)
    return [read_parquet(COVERAGE, place / "coverage.parquet") for place in places]


def _holdings(asked: _Asked, targets: NDArray[np.int64]) -> dict[str, Holdings]:
    """What the picture node of each nation held."""
    instants_us = np.arange(asked.from_us, asked.to_us + 1, asked.step_us)
    if len(instants_us) < 2:
        instants_us = np.array([asked.from_us, asked.to_us])
    nodes = picture_nodes(asked.unit.scenario)
    return {nation: holdings(asked.unit, node, targets, instants_us) for nation, node in nodes.items()}


def _netcdf(asked: _Asked, place: Path) -> list[Path]:
    from mda_sim.export.netcdf import write_netcdf

    return write_netcdf(_coverage_dataset(asked.unit), place)


def _coverage_dataset(unit: StoredUnit) -> Any:
    from mda_sim.export.netcdf import coverage_dataset

    probes = unit.scenario.spec.world.probes
    assert probes is not None  # else there was a problem
    tables = {name: _coverage_tables(unit, name) for name in unit.scenario.arrangements}
    return coverage_dataset(tables, unit.scenario.seeds, probes.spacing_deg, unit.scenario.name)


def _pictures(asked: _Asked, place: Path) -> list[Path]:
    """The figures of the run about the configuration, as vectors."""
    from mda_sim.report.style import save
    from mda_sim.study.view import gallery_of

    gallery = gallery_of(asked.unit.scenario, asked.unit.folder)
    files = []
    for name in gallery.of_configuration(asked.unit.configuration):
        path = place / f"{Path(name).stem}.svg"
        save(gallery.figure(name), path)
        files.append(path)
    return files


def _aivdm(asked: _Asked, place: Path) -> list[Path]:
    from mda_sim.export.aivdm import write_aivdm

    unit, span_us = asked.unit, (asked.from_us, asked.to_us)
    return write_aivdm(unit.log, unit.fleet, unit.scenario.timeline, span_us, place)
