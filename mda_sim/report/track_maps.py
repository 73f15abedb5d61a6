"""A map of what a node thinks is at sea beside what is there.

Model: at every snapshot of a stretch of time, paths of vessels as grey lines, tracks as blue lines with a dot
at each snapshot at which they are assigned to a vessel (``metrics.track_figures.assign_tracks``), and an
orange cross where they are assigned to none. A line joins snapshots that follow each other.

Assumptions and limits: between snapshots lines are straight. Vessels without a blue line beside them are
missed. Where next: ``docs/association.md`` shows how to draw one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.gospa import near_pairs
from mda_sim.metrics.siap import UNASSIGNED
from mda_sim.metrics.track_figures import TruthAt, assign_tracks
from mda_sim.picture.spec import TrackScoringSpec
from mda_sim.picture.tracks import Tracks
from mda_sim.report.basemap import GATED_CAUTION, Extent, add_key, new_sheet
from mda_sim.report.style import CATEGORIES, MUTED, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_OF_VESSEL, _OF_NONE = CATEGORIES[0], CATEGORIES[1]


def track_map(
    extent: Extent,
    truth: TruthAt,
    tracks: Tracks,
    spec: TrackScoringSpec,
    snapshots: range,
    *,
    title: str,
    subtitle: str,
) -> Figure:
    """Tracks and vessels of a region at the snapshots of a range."""
    from matplotlib.lines import Line2D

    row = np.full(len(tracks.track), UNASSIGNED, np.int64)
    for k in snapshots:
        t, s = truth.snapshot == k, np.flatnonzero(tracks.snapshot == k)
        there, shown = (truth.lat_deg[t], truth.lon_deg[t]), (tracks.lat_deg[s], tracks.lon_deg[s])
        near = near_pairs(*there, *shown, cutoff_m=spec.cutoff_m)
        row[s] = assign_tracks(near, len(s), cutoff_m=spec.cutoff_m, order=spec.order)[0]
    drawn = (tracks.snapshot >= snapshots.start) & (tracks.snapshot < snapshots.stop)
    present = (truth.snapshot >= snapshots.start) & (truth.snapshot < snapshots.stop)
    good, false = drawn & (row != UNASSIGNED), drawn & (row == UNASSIGNED)
    with house_style():
        notes = (
            "Vessels and tracks once per snapshot. "
            "A track within the cutoff of a vessel shows it, whichever made it.",
        )
        sheet = new_sheet(extent, title, subtitle, notes, caution=GATED_CAUTION)
        paths = _lines(
            truth.vessel[present], truth.snapshot[present], truth.lat_deg[present], truth.lon_deg[present]
        )
        sheet.axes.plot(*paths, color=MUTED, linewidth=1.6, alpha=0.45, solid_capstyle="round", zorder=3)
        lines = _lines(
            tracks.track[drawn], tracks.snapshot[drawn], tracks.lat_deg[drawn], tracks.lon_deg[drawn]
        )
        sheet.axes.plot(*lines, color=_OF_VESSEL, linewidth=0.6, alpha=0.7, zorder=4)
        sheet.axes.plot(
            tracks.lon_deg[good], tracks.lat_deg[good], ".", color=_OF_VESSEL, markersize=2.5, zorder=5
        )
        sheet.axes.plot(
            tracks.lon_deg[false], tracks.lat_deg[false], "x", color=_OF_NONE, markersize=3.5, zorder=6
        )
        handles: list[Any] = [
            Line2D([], [], color=MUTED, linewidth=1.6, alpha=0.45, label="vessels"),
            Line2D(
                [], [], color=_OF_VESSEL, marker=".", markersize=4, linewidth=0.6, label="tracks of a vessel"
            ),
            Line2D([], [], color=_OF_NONE, marker="x", markersize=4, linewidth=0, label="tracks of none"),
        ]
        add_key(sheet, handles, columns=3)
    return sheet.figure


def _lines(who: Ints, at: Ints, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of all lines, with nan between two that are not joined."""
    order = np.lexsort((at, who))
    who, at = who[order], at[order]
    breaks = np.flatnonzero((who[1:] != who[:-1]) | (at[1:] != at[:-1] + 1)) + 1
    lon = np.insert(lon_deg[order], breaks, np.nan)
    return lon, np.insert(lat_deg[order], breaks, np.nan)
