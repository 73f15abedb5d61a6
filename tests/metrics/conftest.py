from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.metrics.groups import Cells
from mda_sim.metrics.subjects import SCORED
from mda_sim.records import AWARENESS, HOPS, NOTHING_US, OUTCOMES, PARTS, DeliveryLog, DetectionLog
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import LEGS, TARGETS, Fleet, legs_between

S = 1_000_000


def make_aware(steps: Sequence[tuple[int, float, float | None]]) -> Table:
    """AWARENESS from (target, t_received_s, t_observed_s) rows in order; None: nothing is held."""
    columns = {
        "target": [k for k, _, _ in steps],
        "t_received_us": [round(r * S) for _, r, _ in steps],
        "t_observed_us": [NOTHING_US if o is None else round(o * S) for _, _, o in steps],
        "error_m": np.full(len(steps), 100.0),
        "report": range(len(steps)),
    }
    return Table.of(AWARENESS, columns)


def make_scored(intervals: Sequence[tuple[int, float, float]]) -> Table:
    """SCORED from (target, t_from_s, t_to_s) rows in order; each target is its own subject."""
    columns = {
        "target": [k for k, _, _ in intervals],
        "subject": [k for k, _, _ in intervals],
        "t_from_us": [round(f * S) for _, f, _ in intervals],
        "t_to_us": [round(t * S) for _, _, t in intervals],
    }
    return Table.of(SCORED, columns)


def make_cells(n_vessels: int, n_targets: int | None = None) -> Cells:
    """Every vessel a cell of its own, all of one class and flag; odd ones broadcast."""
    of_subject = np.full(n_targets if n_targets is not None else n_vessels, -1)
    of_subject[:n_vessels] = np.arange(n_vessels)
    odd = np.arange(n_vessels) % 2 == 1
    names = [(name,) * n_vessels for name in ("cargo", "AAA", "")]
    return Cells(of_subject, np.empty((0, 2), np.int64), *names, odd, ("cargo",), ("AAA",))


def make_fleet(
    vessels: Sequence[tuple[str, str, bool, Sequence[tuple[float, float, float]]]],
    probes: Sequence[tuple[float, float]] = (),
    *,
    until_s: float,
    broadcasts: Table | None = None,
    bound_for: Sequence[str] = (),
) -> Fleet:
    """A fleet of (class, flag, broadcasting, [(t_s, lat, lon), ...]) vessels and (lat, lon) probes.

    ``broadcasts`` replaces what the claims of broadcasting give; ``bound_for`` is by vessel.
    """
    classes = sorted({vessel[0] for vessel in vessels} | {"probe"})
    flags = sorted({vessel[1] for vessel in vessels})
    paths = [path for *_, path in vessels] + [[(0.0, *place), (until_s, *place)] for place in probes]
    n, n_vessels = len(paths), len(vessels)
    nations = sorted(set(bound_for))
    points = [(k, *point) for k, path in enumerate(paths) for point in path]
    ids, t_s, lat, lon = (np.array([point[i] for point in points]) for i in range(4))
    legs = legs_between(lat, lon, np.rint(t_s * S).astype(np.int64), ids) if n else Table.empty(LEGS)
    counts = np.bincount(legs["target"], minlength=n)
    columns = {
        "target": range(n),
        "traffic_class": [classes.index(v[0]) for v in vessels] + [classes.index("probe")] * len(probes),
        "stream": [0] * n,
        "index": range(n),
        "flag": [flags.index(v[1]) for v in vessels] + [-1] * len(probes),
        "length_m": np.full(n, 50.0),
        "height_m": np.full(n, 8.0),
        "hull": np.zeros(n),
        "lit": np.zeros(n),
        "ais": [int(v[2]) for v in vessels] + [0] * len(probes),
        "bound_for": [nations.index(name) for name in bound_for] + [-1] * (n - len(bound_for)),
        "first_leg": np.cumsum(counts) - counts,
        "n_legs": counts,
    }
    meta = {"classes": classes, "streams": ["all"], "flags": flags, "destinations": nations}
    sent = broadcasts
    if sent is None:
        sent = for_life([v[2] for v in vessels] + [False] * len(probes), legs)
    return Fleet(Table.of(TARGETS, columns, meta), legs, sent, n_vessels)


def make_parts(
    log: DetectionLog, share_class: Sequence[int] | None = None
) -> tuple[Table, NDArray[np.uint32]]:
    """PARTS and the part of each contact; ``share_class`` is by contact, without it reports are whole."""
    report = np.repeat(log.reports["report"].astype(np.int64), log.reports["count"].astype(np.int64))
    passed = np.zeros(len(report), np.int64) if share_class is None else np.array(share_class, np.int64)
    keys = np.stack([report, passed], axis=1)
    found, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1)
    is_vessel = log.contacts["target"] < log.n_vessels
    columns = {
        "part": np.arange(len(found)),
        "report": found[:, 0],
        "share_class": found[:, 1],
        "count": np.bincount(number, minlength=len(found)),
        "n_vessels": np.bincount(number, is_vessel, minlength=len(found)),
        "n_false": [0] * len(np.bincount(number, is_vessel, minlength=len(found))),
    }
    return Table.of(PARTS, columns, {"filters": []}), number.astype(np.uint32)


def make_silence(log: DetectionLog, share_class: Sequence[int] | None = None) -> DeliveryLog:
    """Parts that nobody offered to anybody."""
    return DeliveryLog(
        *make_parts(log, share_class), Table.empty(HOPS, {"links": []}), Table.empty(OUTCOMES), log.digest()
    )


@pytest.fixture(scope="session")
def aware_of() -> Callable[..., Table]:
    return make_aware


@pytest.fixture(scope="session")
def scored_of() -> Callable[..., Table]:
    return make_scored


@pytest.fixture(scope="session")
def cells_of() -> Callable[..., Cells]:
    return make_cells


@pytest.fixture(scope="session")
def fleet_of() -> Callable[..., Fleet]:
    return make_fleet


@pytest.fixture(scope="session")
def parts_of() -> Callable[..., tuple[Table, NDArray[np.uint32]]]:
    return make_parts


@pytest.fixture(scope="session")
def silence_of() -> Callable[..., DeliveryLog]:
    return make_silence
