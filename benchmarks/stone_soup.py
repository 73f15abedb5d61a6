"""The same small load by Stone Soup's radar and platform simulator and by this program; prints JSON.

    python benchmarks/stone_soup.py

The 40 radars of the reference load (``sensing.py``) moved to a box of 6 degrees on the equator, where a
plane is a fair map, and 50 ships there for 20 minutes: with a report a minute, 40,000 pairs of a radar and a
ship in an interval. Each side moves the ships and looks at them with its own radars of the same ranges. On
so small a load most of our time is the radars' set-up, which on the reference load is nothing.

What each models is not the same. Stone Soup's ``RadarRotatingBearingRange`` measures, with Gaussian errors,
every target within its range and field of view, here the whole turn; it has no probability of detection,
no horizon and no land. It is made to feed trackers one measurement at a time, and any of its objects can be
replaced. Here a look has the range equation, fluctuation, M of N scans, the horizon and an addressed draw,
but makes no measurement: those are derived from the log when asked for. So the ratio compares what a study
of coverage pays for a pair, not the same physics. To check that both see the same, their ranges are set to
the horizon of ours and the ships are large; of the pairs of radar and ship that either saw, the share that
both saw is printed.
"""

from __future__ import annotations

import json
import statistics
import time
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sensing import radars

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination
from mda_sim.records import DetectionLog
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble

START = datetime(2026, 3, 2, tzinfo=UTC)
N_SHIPS, N_STEPS, STEP_S = 50, 20, 60
HALF_DEG, MIDDLE_LON_DEG, LENGTH_M = 3.0, 110.0, 150.0
LASTS_S = (N_STEPS + 1) * STEP_S

Floats = NDArray[np.float64]


def main() -> None:
    """Measure both and print."""
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-HALF_DEG, HALF_DEG, (2, N_SHIPS))
    course_deg, speed_mps = rng.uniform(0.0, 360.0, N_SHIPS), rng.uniform(4.0, 8.0, N_SHIPS)
    fleet = fleet_of(lat, lon, course_deg, speed_mps)
    sites = {
        name: radar.model_copy(update={"lat_deg": y, "lon_deg": x + MIDDLE_LON_DEG, "interval_s": STEP_S})
        for (name, radar), y, x in zip(
            radars().items(), *rng.uniform(-HALF_DEG, HALF_DEG, (2, 40)), strict=True
        )
    }
    reaches_m = [float(radar.reach_m(fleet.targets)[0]) for radar in sites.values()]
    mine_s, mine = ours(fleet, sites)
    theirs_s, theirs, n_detections = stone_soup(lat, lon, course_deg, speed_mps, sites, reaches_m)
    n_pairs = len(sites) * N_SHIPS * N_STEPS
    print(
        json.dumps(
            {
                "pairs": n_pairs,
                "detections": n_detections,
                "stone_soup_pair_us": theirs_s / n_pairs * 1e6,
                "pair_us": mine_s / n_pairs * 1e6,
                "stone_soup_look_us": theirs_s / n_detections * 1e6,
                "look_us": mine_s / n_detections * 1e6,
                "ratio": theirs_s / mine_s,
                "seen_by_both": len(mine & theirs) / len(mine | theirs),
            }
        )
    )


def fleet_of(lat: Floats, lon: Floats, course_deg: Floats, speed_mps: Floats) -> Fleet:
    """Ships on one leg each."""
    end_lat, end_lon = destination(lat, lon + MIDDLE_LON_DEG, course_deg, speed_mps * LASTS_S)
    lats, lons = np.stack([lat, end_lat], axis=1), np.stack([lon + MIDDLE_LON_DEG, end_lon], axis=1)
    t_us = np.tile(np.array([0, LASTS_S * US_PER_S]), N_SHIPS)
    legs = legs_between(lats.ravel(), lons.ravel(), t_us, np.repeat(np.arange(N_SHIPS), 2))
    group = Group(
        traffic_class="ship",
        stream="ship",
        index=np.arange(N_SHIPS),
        flag=[""] * N_SHIPS,
        length_m=np.full(N_SHIPS, LENGTH_M),
        ais=np.full(N_SHIPS, AisClass.NONE, np.uint8),
        legs=legs,
        broadcasts=for_life(np.zeros(N_SHIPS, np.bool_), legs),
    )
    return assemble([group])


def ours(fleet: Fleet, sites: dict[str, CoastalRadar]) -> tuple[float, set[tuple[int, int]]]:
    """Seconds, and the pairs of radar and ship with a contact; kernels compiled before."""
    timeline = Timeline(START, 0, LASTS_S * US_PER_S, 0)

    def work() -> DetectionLog:
        return sense(fleet, sites, timeline, 1, land=None)

    log, seconds = work(), []
    for _ in range(5):
        start = time.perf_counter()
        log = work()
        seconds.append(time.perf_counter() - start)
    reports = log.reports
    sensor = np.repeat(reports["sensor"], reports["count"])
    pairs = set(zip(sensor.tolist(), log.contacts["target"].tolist(), strict=True))
    return statistics.median(seconds), pairs


def stone_soup(
    lat: Floats,
    lon: Floats,
    course_deg: Floats,
    speed_mps: Floats,
    sites: dict[str, CoastalRadar],
    reaches_m: list[float],
) -> tuple[float, set[tuple[int, int]], int]:
    """Seconds of the simulation, the pairs of radar and ship detected, and the number of detections."""
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.platform.base import FixedPlatform
    from stonesoup.sensor.radar.radar import RadarRotatingBearingRange
    from stonesoup.simulator.platform import PlatformDetectionSimulator
    from stonesoup.simulator.simple import MultiTargetGroundTruthSimulator
    from stonesoup.types.array import StateVector
    from stonesoup.types.state import GaussianState, State

    metres = np.radians(1.0) * EARTH_RADIUS_M
    course = np.radians(course_deg)
    states = np.stack(
        [lon * metres, speed_mps * np.sin(course), lat * metres, speed_mps * np.cos(course)], axis=1
    )
    ships = MultiTargetGroundTruthSimulator(
        transition_model=CombinedLinearGaussianTransitionModel(
            [ConstantVelocity(0.0), ConstantVelocity(0.0)]
        ),
        initial_state=GaussianState(StateVector([0, 0, 0, 0]), np.eye(4), timestamp=START),
        timestep=timedelta(seconds=STEP_S),
        number_steps=N_STEPS,
        birth_rate=0.0,
        death_probability=0.0,
        preexisting_states=[StateVector(state) for state in states],
    )
    platforms = []
    for radar, reach_m in zip(sites.values(), reaches_m, strict=True):
        sensor = RadarRotatingBearingRange(
            ndim_state=4,
            position_mapping=(0, 2),
            noise_covar=np.diag([np.radians(radar.azimuth_error_deg) ** 2, radar.range_error_m**2]),
            dwell_centre=StateVector([0.0]),
            rpm=60.0 / radar.rotation_period_s,
            fov_angle=2.0 * np.pi,
            max_range=reach_m,
        )
        x_m, y_m = (radar.lon_deg - MIDDLE_LON_DEG) * metres, radar.lat_deg * metres
        state = State(StateVector([x_m, 0.0, y_m, 0.0]), timestamp=START)
        platforms.append(FixedPlatform(states=state, position_mapping=(0, 2), sensors=[sensor]))
    simulator = PlatformDetectionSimulator(ships, platforms, platforms_detectable=False)
    start = time.perf_counter()
    scans = [list(detections) for _, detections in simulator]
    seconds = time.perf_counter() - start
    number: dict[str, int] = {}
    for detections in scans:
        for detection in detections:
            first = detection.groundtruth_path[0].state_vector
            nearest = np.hypot(states[:, 0] - first[0], states[:, 2] - first[2]).argmin()
            number.setdefault(detection.groundtruth_path.id, int(nearest))
    pairs = {
        (row % len(platforms), number[detection.groundtruth_path.id])
        for row, detections in enumerate(scans)
        for detection in detections
    }
    return seconds, pairs, sum(len(detections) for detections in scans)


if __name__ == "__main__":
    main()
