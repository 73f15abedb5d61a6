"""What the map shows cell by cell: coverage, its difference from the baseline, and the gap split.

Model: the cells are those of the probes; values are those of the maps of the run (``grids``), a byte each.

Where next: ``map_plot`` draws the cells, ``page.js`` fills them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mda_sim.report.grids import (
    difference_mesh,
    gap_shares_by_nation,
    includes_zero,
    values_by_nation,
)
from mda_sim.report.maps import common_limit
from mda_sim.report.page.content import Floats, PageContent
from mda_sim.report.page.packing import difference_bytes, packed, share_bytes


def cell_edges(content: PageContent) -> Floats:
    """West, south, east and north edge of each cell, (n_cells, 4) [deg]; none without probes."""
    probes = content.scenario.spec.world.probes
    table = content.sources.coverage(content.scenario.baseline)[0]
    if probes is None or not len(table):
        return np.empty((0, 4))
    first = (table["nation"] == 0) & (table["tau_s"] == content.age_s)
    lat, lon, half = table["lat_deg"][first], table["lon_deg"][first], probes.spacing_deg / 2
    return np.stack([lon - half, lat - half, lon + half, lat + half], axis=1)


def cell_layers(content: PageContent) -> dict[str, Any]:
    """The layers by name, configuration and nation, packed; with the end of the scale of differences."""
    scenario, sources = content.scenario, content.sources
    shares: dict[str, dict[str, str]] = {}
    differences: dict[str, dict[str, str]] = {}
    noises: dict[str, dict[str, str]] = {}
    gaps: dict[str, dict[str, str]] = {}
    meshes = []
    baseline = values_by_nation(sources.coverage(scenario.baseline), content.age_s)
    spacing_deg = scenario.spec.world.probes.spacing_deg if scenario.spec.world.probes is not None else 1.0
    for name in scenario.arrangements:
        told = gap_shares_by_nation(sources.probe_gaps(name))
        of_nations = values_by_nation(sources.coverage(name), content.age_s)
        for nation, values in of_nations.items():
            shares.setdefault(name, {})[nation] = packed(share_bytes(values.share.mean(axis=0)), "<u1")
            found = told[nation].share
            known = np.asarray(np.isfinite(found).all(axis=1), np.bool_)
            answer = np.where(known, np.where(known[:, None], found, 0.0).argmax(axis=1), 255)
            gaps.setdefault(name, {})[nation] = packed(answer, "<u1")
            if name == scenario.baseline:
                continue
            reference = baseline[nation]
            meshes.append(difference_mesh(values, reference, spacing_deg))
            by_seed = values.share - reference.share
            noise = includes_zero(by_seed) & (by_seed != 0).any(axis=0)
            differences.setdefault(name, {})[nation] = packed(difference_bytes(by_seed.mean(axis=0)), "<i1")
            noises.setdefault(name, {})[nation] = packed(noise, "<u1")
    return {
        "share": shares,
        "difference": differences,
        "noise": noises,
        "gaps": gaps,
        "limit": common_limit(meshes),
    }
