"""A hand-made coverage table, scene and summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.metrics.coverage import COVERAGE
from mda_sim.report.basemap import Extent
from mda_sim.report.scene import LinkMark, Outline, Place, Scene, SensorMark

LAT_DEG = np.array([14.25, 14.25, 14.75])
LON_DEG = np.array([118.25, 118.75, 118.25])
HOSTILE = "$\\frac{1$ [bold red]x[/] \x1b[31m\u202e<script> 太"


@pytest.fixture
def coverage() -> Callable[[list[float]], Table]:
    """Makes a COVERAGE table at 6 h from AAA's custody of three probes; BBB has none."""

    def make(shares: list[float]) -> Table:
        n = len(shares)
        columns = {
            "nation": [0] * n + [1] * n,
            "target": list(range(n)) * 2,
            "lat_deg": np.tile(LAT_DEG, 2),
            "lon_deg": np.tile(LON_DEG, 2),
            "tau_s": [21600.0] * 2 * n,
            "custody_fraction": [*shares, *([0.0] * n)],
        }
        return Table.of(COVERAGE, columns, {"nations": ["AAA", "BBB"]})

    return make


@pytest.fixture
def scene() -> Scene:
    """A corner of the sea west of Luzon whose names are hostile."""
    ring = Outline(HOSTILE, np.array([14.2, 14.2, 14.8, 14.2]), np.array([118.2, 118.9, 118.5, 118.2]))
    sensors = (
        SensorMark("radar_1", "radar", "AAA", 14.6, 119.6, 60_000.0),
        SensorMark("ais_1", "ais", "BBB", 14.9, 119.9, 60_000.0),
        SensorMark("new_1", "sonar", "BBB", 14.1, 119.9, float("nan")),
    )
    return Scene(
        Extent(14.0, 15.0, 118.0, 120.5),
        sensors,
        (ring,),
        (Place(HOSTILE, 14.5, 118.5),),
        (Place("Port", 14.6, 119.9), Place("Far away", 50.0, 0.0)),
        (("AAA", HOSTILE, "nation"), ("BBB", "Beta", "nation")),
    )


@pytest.fixture
def links() -> tuple[LinkMark, ...]:
    return (LinkMark("AAA", "BBB", True), LinkMark("BBB", "AAA", False))


@pytest.fixture
def summary() -> dict[str, Any]:
    """Two configurations, two nations; AAA gains, BBB gets nothing."""

    def share(mean: float | None, difference: float | None = None) -> dict[str, Any]:
        entry: dict[str, Any] = {"mean": mean, "low": mean, "high": mean, "n": 2, "unit": "1"}
        if difference is not None:
            entry["difference"] = {
                "mean": difference,
                "low": difference - 0.05,
                "high": difference + 0.05,
                "n": 2,
            }
        return entry

    def seconds(mean: float | None) -> dict[str, Any]:
        return {"mean": mean, "low": mean, "high": mean, "n": 2, "unit": "s"}

    def count(mean: float) -> dict[str, Any]:
        return {"mean": mean, "low": mean, "high": mean, "n": 2, "unit": "count"}

    group = "not_broadcasting_foreign"
    nothing = {
        "custody_fraction_6h": {group: share(0.25, 0.0), "all": share(None, None)},
        "latency_p50_s": {"all": seconds(None)},
        "outcome_delivered_count": {"all": count(0)},
        "outcome_no_route_count": {"all": count(40)},
    }
    today = {
        "custody_fraction_6h": {group: share(0.25), "all": share(0.5)},
        "custody_fraction_24h": {group: share(0.35), "all": share(0.5)},
        "latency_p50_s": {"all": seconds(None)},
        "outcome_delivered_count": {"all": count(0)},
        "outcome_no_route_count": {"all": count(40)},
    }
    direct = {
        "custody_fraction_6h": {group: share(0.75, 0.5), "all": share(0.6, 0.1)},
        "custody_fraction_24h": {group: share(0.85, 0.5), "all": share(0.6, 0.1)},
        "latency_p50_s": {"all": seconds(7200.0)},
        "stage_review_mean_s": {"all": seconds(3600.0)},
        "stage_elapsed_mean_s": {"all": seconds(5400.0)},
        "outcome_delivered_count": {"all": count(30)},
        "outcome_no_route_count": {"all": count(10)},
    }
    return {
        "baseline": "today",
        "seeds": [1, 2],
        "confidence_level": 0.95,
        "caveats": ["simulation only", "perfect association"],
        "warnings": ["2 seeds: few"],
        "primary": [{"metric": "custody_fraction_6h", "group": group}],
        "configurations": {
            "direct": {"AAA": direct, "BBB": nothing},
            "today": {"AAA": today, "BBB": nothing},
        },
    }
