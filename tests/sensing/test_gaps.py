"""A target that is absent between its legs is held by no sensor then, and as before otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H
from mda_sim.geo.regions import Box
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.sweep import sense
from mda_sim.world.fleet import Fleet

SEED = 20260302
AREA = Box(lat_min_deg=10, lat_max_deg=18, lon_min_deg=116, lon_max_deg=124)
HOURS = 240.0
GAP_H = (80.0, 160.0)


def with_gap(fleet):
    """The fleet without the second of each three legs."""
    kept = np.arange(len(fleet.legs)) % 3 != 1
    counts = np.bincount(fleet.legs["target"][kept])
    columns = {**fleet.targets.columns, "n_legs": counts, "first_leg": np.cumsum(counts) - counts}
    targets = Table.of(fleet.targets.schema, columns, fleet.targets.meta)
    return Fleet(targets, fleet.legs.take(kept), fleet.broadcasts, fleet.n_vessels)


@pytest.fixture(scope="module")
def whole(build):
    """Sixty ships at anchor, in three legs."""
    ends = build.parked(np.linspace(5e3, 35e3, 60), np.linspace(0, 350, 60), hours=HOURS)
    return build.fleet([[(h * 3600.0, *place[0][1:]) for h in (0.0, *GAP_H, HOURS)] for place in ends])


def sensor_of(build, kind):
    if kind == "radar":
        return build.radar_with(0.5, 30e3, fluctuation_sigma_db=4.0, min_p_report=0.05)
    if kind == "ais":
        return build.ais(p_decode=0.05)
    orbit = {"altitude_m": 692_837.0, "ltan_s": 64_800.0}
    return SarSatellite(operator="XEU", **orbit, incidence_min_deg=20.0, incidence_max_deg=46.0)


@pytest.mark.parametrize("kind", ["radar", "ais", "sar"])
def test_in_a_gap_nothing_is_held_and_outside_it_everything_as_before(build, whole, kind):
    sensors, timeline = {"s": sensor_of(build, kind)}, build.timeline(HOURS)
    from_us, to_us = (round(h * US_PER_H) for h in GAP_H)

    def held(fleet):
        log = sense(fleet, sensors, timeline, SEED, land=None, area=AREA)
        of = np.repeat(np.arange(len(log.reports)), log.reports["count"])
        t_us = log.reports["t_observed_us"][of] - log.contacts["dt_us"].astype(np.int64)
        return t_us, set(zip(log.contacts["target"].tolist(), t_us.tolist(), strict=True))

    t_us, contacts = held(with_gap(whole))
    assert not ((t_us > from_us) & (t_us < to_us)).any()
    margin_us = US_PER_H
    before = {row for row in held(whole)[1] if not from_us - margin_us < row[1] < to_us + margin_us}
    after = {row for row in contacts if not from_us - margin_us < row[1] < to_us + margin_us}
    assert before == after
    assert len(after) > 20
    assert (t_us <= from_us).any()
    assert (t_us >= to_us).any()
