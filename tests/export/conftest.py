"""Content made by hand, with names that are up to no good."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from mda_sim.core.time import US_PER_H, Timeline
from mda_sim.export.content import Content, Coverage, SensorPlace, Vessel, Zone
from mda_sim.picture.spells import Holdings
from mda_sim.world.sampled import Tracks

HOSTILE = "=1+1 <script>alert(1)</script> & ]]> 太 \"'"
RING = ((120.0, 14.0), (120.0, 15.0), (121.0, 15.0), (121.0, 14.0), (120.0, 14.0))  # clockwise


@pytest.fixture
def content() -> Content:
    """Two vessels, one of which leaves and comes back; one nation that holds the first of them twice."""
    hours = np.array([0, 1, 2, 5, 6, 1, 3], np.int64)
    tracks = Tracks(
        vessel=np.array([0, 0, 0, 0, 0, 1, 1]),
        stretch=np.array([0, 0, 0, 1, 1, 2, 2]),
        t_us=hours * US_PER_H,
        lat_deg=np.array([14.0, 14.1, 14.2, 15.0, 15.1, 13.0, 13.5]),
        lon_deg=np.array([118.0, 118.1, 118.2, 119.0, 119.1, 117.0, 117.5]),
    )
    held = Holdings(
        vessel=np.array([0, 0]),
        t_from_us=np.array([1, 4]) * US_PER_H,
        t_to_us=np.array([4, 6]) * US_PER_H,
        t_observed_us=np.array([0, 3]) * US_PER_H,
        lat_deg=np.array([14.0, 14.2]),
        lon_deg=np.array([118.0, 118.2]),
        error_m=np.array([50.0, 1000.0]),
    )
    cells = np.array([14.25, 14.25, 14.75]), np.array([118.25, 118.75, 118.25])
    share = np.array([0.5, 0.0, np.nan])
    none = np.zeros(0)
    return Content(
        scenario=HOSTILE,
        configuration="today",
        seed=3,
        timeline=Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 6 * US_PER_H, 0),
        from_us=0,
        to_us=6 * US_PER_H,
        vessels=(Vessel("trawlers#0", HOSTILE, "CHN", 50.0), Vessel("ships#7", "ships", "PHL", 180.5)),
        tracks=tracks,
        sensors=(
            SensorPlace("radar_1", "radar", "AAA", 14.5, 120.5, 55_000.0, RING),
            SensorPlace("new_1", "sonar", "BBB", 14.1, 119.9, float("nan"), ()),
        ),
        zones=(Zone(HOSTILE, (RING, ((117.0, 13.0), (118.0, 13.0)))),),
        coverage=(
            Coverage("AAA", 21600.0, *cells, share, 0.5),
            Coverage("AAA", 3600.0, *cells, share / 2, 0.5),
            Coverage("BBB", 21600.0, *cells, share * 0, 0.5),
        ),
        map_age_s=21600.0,
        holdings={"AAA": held, "BBB": Holdings(*(none.astype(np.int64),) * 4, none, none, none)},
    )
