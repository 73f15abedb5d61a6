"""Sea lanes: how long a stretch of one nobody looked at, and custody of the vessels near the ships on it.

Model: two questions about each corridor of ``metrics.corridors``.

**Longest unobserved stretch.** The lane is cut into pieces of at most ``PIECE_M``; each piece is stood for
by the probe nearest to its middle, if that is at most one spacing of the probes' grid away. At time t a
piece is *observed* at age tau if the picture's age of its probe is at most tau, so it answers where a
vessel of the probe's kind would have been seen. A stretch is a run of neighbouring unobserved pieces, and
L(t) is the length of the longest: ``corridor_unobserved_mean_m`` is its mean and
``corridor_unobserved_max_m`` its greatest value over the scored time, at each custody age. It is resolved
to the spacing of the probes. A piece without a probe (its surroundings are land, or outside the area) ends
a stretch: it is neither observed nor unobserved. ``corridor_lane_m`` is the length of the pieces that have
one.

**Custody near ships.** With ``bound_for``: the vessel-time in the scored area of vessels that do not
broadcast at the moment and are then within ``near_m`` of another vessel which is bound for that nation and
inside the corridor. ``corridor_custody_fraction`` is the share of it that is held, as ``custody.py`` has
it; ``corridor_held_h`` and ``corridor_near_h`` are the time held and all of it, in vessel-hours.

Boundary rule: as ``groups.py``; times near a ship are those of ``near_ships.py``.

Assumptions and limits: zones are illustrative and take no position on claims. n is the number of probes on
the lane, or of vessels with any time near a ship. Figures stand under the group ``corridor:<id>``.

Source: definitions of this program. Where next: ``frame.py`` prepares the corridors of a replicate,
``scores.py`` adds the figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, to_us
from mda_sim.geo.corridor import along_lane
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.metrics.custody import held_time, picture_offsets
from mda_sim.metrics.figures import Figure, metric_key, ratio
from mda_sim.metrics.near_ships import chord_of, time_near_ships
from mda_sim.metrics.spec import CorridorSpec, age_label
from mda_sim.metrics.subjects import by_target
from mda_sim.world.fleet import Fleet

PIECE_M: Final = 5_000.0
"""Longest piece of a lane. [m]"""
CORRIDOR_GROUP: Final = "corridor:"
"""What the group of a corridor's figures begins with."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LanePieces:
    """A corridor as one replicate has it: the same for every configuration."""

    piece_m: NDArray[np.float64]
    """Length of each piece [m], (n,), in order along the lane."""
    probe: Ints
    """Target that stands for each piece, (n,); -1 for none."""
    near: Table | None
    """Scored time of silent vessels near ships: a PRESENCE table; None without ``bound_for``."""


def lane_pieces(
    fleet: Fleet, corridors: Mapping[str, CorridorSpec], scored: Table, from_us: int, to_us: int
) -> Mapping[str, LanePieces]:
    """The corridors of one replicate. ``scored``: PRESENCE table of the scored area in [from_us, to_us]."""
    return {
        name: LanePieces(
            *_probes_along(fleet, corridor), time_near_ships(fleet, corridor, scored, from_us, to_us)
        )
        for name, corridor in corridors.items()
    }


def corridor_figures(
    corridors: Mapping[str, LanePieces],
    aware: Table,
    accurate: Table,
    custody_age_s: Sequence[float],
    window: tuple[int, int],
    n_targets: int,
    *,
    picture: str = "",
) -> list[Figure]:
    """Figures of every corridor in one picture, over the scored time ``window`` [us].

    ``aware`` and ``accurate`` are AWARENESS tables: of all observations and of those good enough to count.
    """
    figures = []
    for name, lane in corridors.items():
        group = CORRIDOR_GROUP + name
        figures += _stretch_figures(lane, aware, custody_age_s, window, group, picture)
        if lane.near is not None:
            held_us = held_time(accurate, by_target(lane.near), custody_age_s, n_targets).sum(axis=0)
            figures += _near_figures(lane.near, held_us, custody_age_s, group, picture)
    return figures


def longest_unobserved_m(
    lane: LanePieces, aware: Table, age_s: float, window: tuple[int, int]
) -> tuple[float, float]:
    """Mean over ``window`` [us], and greatest, of the longest unobserved stretch [m]; nan without probes."""
    from mda_sim.metrics.corridors_kernels import longest_runs, switches

    probes = np.unique(lane.probe[lane.probe >= 0])
    if not len(probes):
        return math.nan, math.nan
    offsets = picture_offsets(aware, int(probes[-1]) + 1)
    room = int((offsets[probes + 1] - offsets[probes]).sum())
    who, when_us = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
    picture = offsets, aware["t_received_us"], aware["t_observed_us"]
    n = switches(probes, *picture, to_us(age_s), *window, who, when_us)
    order = np.argsort(when_us[:n], kind="stable")
    piece = np.where(lane.probe >= 0, np.searchsorted(probes, lane.probe), -1)
    total, greatest = longest_runs(
        piece, lane.piece_m, len(probes), who[:n][order], when_us[:n][order], *window
    )
    return total / (window[1] - window[0]), greatest


def _stretch_figures(
    lane: LanePieces,
    aware: Table,
    ages_s: Sequence[float],
    window: tuple[int, int],
    group: str,
    picture: str,
) -> list[Figure]:
    n = len(np.unique(lane.probe[lane.probe >= 0]))
    figures = []
    if not picture:
        figures.append(Figure("corridor_lane_m", group, math.fsum(lane.piece_m[lane.probe >= 0]), "m", n))
    for age_s in ages_s:
        mean_m, greatest_m = longest_unobserved_m(lane, aware, age_s, window)
        label = age_label(age_s)
        figures += [
            Figure(metric_key("corridor_unobserved_mean_m", picture, label), group, mean_m, "m", n),
            Figure(metric_key("corridor_unobserved_max_m", picture, label), group, greatest_m, "m", n),
        ]
    return figures


def _near_figures(
    near: Table, held_us: Ints, ages_s: Sequence[float], group: str, picture: str
) -> list[Figure]:
    whole, n = int((near["t_to_us"] - near["t_from_us"]).sum()), len(np.unique(near["target"]))
    figures = []
    if not picture:
        figures.append(Figure("corridor_near_h", group, whole / US_PER_H, "h", n))
    for age_s, part in zip(ages_s, held_us.tolist(), strict=True):
        label = age_label(age_s)
        share = metric_key("corridor_custody_fraction", picture, label)
        figures += [
            Figure(share, group, ratio(part, whole), "1", n),
            Figure(metric_key("corridor_held_h", picture, label), group, part / US_PER_H, "h", n),
        ]
    return figures


def _probes_along(fleet: Fleet, corridor: CorridorSpec) -> tuple[NDArray[np.float64], Ints]:
    """Length of each piece of the lane and the probe that stands for it."""
    from scipy.spatial import cKDTree

    lat, lon, piece_m = along_lane(*corridor.line(), PIECE_M)
    if not fleet.n_probes:
        return piece_m, np.full(len(piece_m), -1, np.int64)
    probes = np.arange(fleet.n_vessels, fleet.n_targets)
    places = fleet.unit_vectors(probes, fleet.legs["t_from_us"][fleet.targets["first_leg"][probes]])
    found: Any = cKDTree(places).query(unit_vectors(lat, lon))
    chord, nearest = found
    reach_m = math.radians(float(fleet.targets.meta["probe_spacing_deg"])) * EARTH_RADIUS_M
    return piece_m, np.where(chord <= chord_of(reach_m), probes[nearest], -1)
