"""Difference maps across runs: what one configuration of one run changes against the baseline of another.

Model: as the difference maps of one run (``report.grids``): the share of time that a probe is held, averaged
over the seeds that are compared, seed by seed. Runs that share sensing have the same probes.

Assumptions and limits: paired runs only; the stored coverage of every unit is read. Where next:
``compare.Comparison.plot_difference``, and ``mda-sim compare --maps``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.core.table import read_parquet
from mda_sim.study.run_reader import FinishedRun

if TYPE_CHECKING:
    from mda_sim.report.gallery import Figure
    from mda_sim.report.grids import Mesh, ProbeValues
    from mda_sim.study.compare import Comparison


def difference_of(comparison: Comparison, run: str, configuration: str, nation: str) -> Figure:
    """One map; errors as ``Comparison.plot_difference`` says."""
    from mda_sim.report.maps import common_limit

    if (run, configuration, nation) not in list(maps_of(comparison)):
        raise KeyError(
            f"there is no difference map of configuration '{configuration}' of '{run}' for '{nation}'"
        )
    mesh = mesh_of(comparison, run, configuration, nation)
    return _drawn(comparison, run, configuration, nation, mesh, common_limit([mesh]))


def maps_of(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    """Run, configuration and nation of each map that there is; ScenarioError where there can be none."""
    if not comparison.paired:
        raise _refused("difference maps are of runs that share sensing; these are compared unpaired")
    if any(run.scenario.spec.world.probes is None for run in comparison.runs):
        raise _refused("difference maps need probes (world.probes), and these runs have none")
    nations = sorted({row.nation for row in comparison.rows})
    for run in comparison.runs:
        for configuration in run.scenario.arrangements:
            if (run.name, configuration) != comparison.baseline:
                for nation in nations:
                    if nation in run.nations:
                        yield run.name, configuration, nation


def changed_maps(comparison: Comparison) -> Iterator[tuple[tuple[str, str, str], Figure]]:
    """Every map on which any cell changes, with its run, configuration and nation; all on one scale."""
    from mda_sim.report.maps import common_limit

    meshes = {key: mesh_of(comparison, *key) for key in maps_of(comparison)}
    limit = common_limit(list(meshes.values()))
    for key, mesh in meshes.items():
        if np.nan_to_num(mesh.values).any():
            yield key, _drawn(comparison, *key, mesh, limit)


def mesh_of(comparison: Comparison, run: str, configuration: str, nation: str) -> Mesh:
    """The cells of one map."""
    from mda_sim.report.grids import difference_mesh

    values = _probe_values(comparison, run, configuration, nation)
    reference = _probe_values(comparison, *comparison.baseline, nation)
    probes = _run(comparison, run).scenario.spec.world.probes
    assert probes is not None  # maps_of has asked
    return difference_mesh(values, reference, float(probes.spacing_deg))


def _probe_values(comparison: Comparison, run: str, configuration: str, nation: str) -> ProbeValues:
    from mda_sim.metrics.coverage import COVERAGE
    from mda_sim.report.grids import probe_values

    finished = _run(comparison, run)
    units = [finished.folder.sharing(seed, configuration) for seed in comparison.seeds]
    tables = (read_parquet(COVERAGE, unit / "coverage.parquet") for unit in units)
    return probe_values(tables, nation, _age_s(finished))


def _drawn(
    comparison: Comparison, run: str, configuration: str, nation: str, mesh: Mesh, limit: float
) -> Figure:
    from mda_sim.metrics.spec import age_label
    from mda_sim.report.maps import Caption, difference_map
    from mda_sim.report.scene import fed, scene_of
    from mda_sim.report.words import age_words

    finished = _run(comparison, run)
    scene, age_s = scene_of(finished.scenario), _age_s(finished)
    of, against = (
        configuration if len(comparison.runs) == 1 else f"{run}: {configuration}"
        for run, configuration in ((run, configuration), comparison.baseline)
    )
    seeds = comparison.seeds
    span = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds, {seeds[0]} to {seeds[-1]}"
    caption = Caption(
        f"{finished.scenario.spec.nations[nation].name}: what '{of}' changes",
        f"against '{against}', custody within {age_words(age_label(age_s))}",
        f"Runs {', '.join(repr(one.name) for one in comparison.runs)}, {span}; mda_sim.",
    )
    sensors = fed(scene, finished.scenario.arrangements[configuration])
    return difference_map(scene, mesh, sensors, nation, caption, age_s, limit)


def _refused(message: str) -> ScenarioError:
    return ScenarioError([Problem("--maps", 0, 0, "", message)])


def _run(comparison: Comparison, name: str) -> FinishedRun:
    return next(run for run in comparison.runs if run.name == name)


def _age_s(run: FinishedRun) -> float:
    from mda_sim.report.gallery import map_age_s

    return map_age_s(run.scenario)
