"""The theory of search: random patrol, sweep width and barrier, as sensors aboard platforms have them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.geo.sphere import EARTH_RADIUS_M, destination
from mda_sim.sensing.example import Example
from mda_sim.sensing.sweep import sense

SEED = 23
DEG_M = math.radians(1.0) * EARTH_RADIUS_M


def reach_on_the_ground_m(radar, height_m: float, slant_m: float) -> float:
    """Ground range of a slant range: the triangle of the Earth's centre, antenna and target."""
    r = EARTH_RADIUS_M
    return r * math.acos((r**2 + (r + height_m) ** 2 - slant_m**2) / (2 * r * (r + height_m)))


def seen(build, fleet, radar, carrier, hours) -> np.ndarray:
    """Whether each target is held at least once."""
    log = sense(fleet, {"m": radar}, build.timeline(hours), SEED, land=None, carriers={"p": carrier})
    return np.bincount(log.contacts["target"], minlength=fleet.n_targets) > 0


def on_the_sphere(rng, n):
    return np.rad2deg(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)


@pytest.mark.parametrize("speed_mps", [0.0, 8.0])
def test_a_random_patrol_finds_one_less_the_exponential_of_what_it_sweeps(build, speed_mps):
    # B. O. Koopman, Search and Screening, 1946: P = 1 - exp(-W v t / A). A whole sphere has no edges.
    rng = np.random.default_rng(3)
    n, n_hulls, v_mps, hours, slant_m = 16_000, 160, 250.0, 10.0, 150e3
    lat, lon = on_the_sphere(rng, n)
    to_lat, to_lon = destination(lat, lon, rng.uniform(0, 360, n), speed_mps * hours * 3600)
    fleet = build.fleet(
        [[(0.0, y, x), (hours * 3600, y1, x1)] for y, x, y1, x1 in zip(lat, lon, to_lat, to_lon, strict=True)]
    )
    tracks = []
    for y, x, course in zip(*on_the_sphere(rng, n_hulls), rng.uniform(0, 360, n_hulls), strict=True):
        # Legs of a third of the way, since a leg is the short way round.
        points = [destination(y, x, course, v_mps * 3600 * hours * k / 3) for k in range(4)]
        tracks.append([(3600 * hours * k / 3, float(a), float(b)) for k, (a, b) in enumerate(points)])
    radar = build.definite(slant_m, interval_s=60.0)
    found = seen(build, fleet, radar, build.carrier(tracks), hours + 0.1)

    def expected(width_factor: float) -> float:
        reach = width_factor * reach_on_the_ground_m(radar, 3000.0, slant_m)
        arc = reach / EARTH_RADIUS_M
        # The strip of a great circle of the length flown in whole intervals, and the caps at both ends.
        length_m = v_mps * (hours * 3600 - 60.0)
        swept = 2 * math.sin(arc) * EARTH_RADIUS_M * length_m + 2 * math.pi * EARTH_RADIUS_M**2 * (
            1 - math.cos(arc)
        )
        area = 4 * math.pi * EARTH_RADIUS_M**2
        return 1 - math.exp(-n_hulls * swept / area)

    p = expected(1.0)
    band = 4 * math.sqrt(p * (1 - p) / n)
    assert 0.3 < p < 0.8
    assert abs(found.mean() - p) < band
    assert abs(found.mean() - expected(1.05)) > band


def test_parallel_tracks_find_what_the_sweep_width_leaves_of_their_spacing(build):
    # P = W / S for tracks farther apart than a definite-range sensor sweeps.
    rng = np.random.default_rng(4)
    n, slant_m = 8000, 20e3
    radar = build.definite(slant_m, interval_s=10.0)
    width_m = 2 * reach_on_the_ground_m(radar, 3000.0, slant_m)
    spacing_m = 1.6 * width_m
    y, x = rng.uniform(-0.5, 0.5, n) * spacing_m / DEG_M, 120.0 + rng.uniform(-1.5, 1.5, n)
    fleet = build.fleet([[(0.0, a, b), (12_000.0, a, b)] for a, b in zip(y, x, strict=True)])
    track = [[(0.0, 0.0, 117.5), (10_000.0, 0.0, 122.5)]]
    found = seen(build, fleet, radar, build.carrier(track), 3.5)
    band = 4 * math.sqrt(0.625 * 0.375 / n)
    assert abs(found.mean() - 1 / 1.6) < band
    assert abs(found.mean() - 1.05 / 1.6) > band


def test_the_sweep_width_of_a_radar_is_the_integral_of_its_lateral_range_curve(build):
    # W = integral of the probability that a passage at a lateral range makes a contact.
    rng = np.random.default_rng(5)
    v_mps, interval_s, half_m = 40.0, 60.0, 30e3
    radar = build.mobile_radar(
        power_w=60.0, fluctuation_sigma_db=0.0, min_p_report=0.0, interval_s=interval_s, max_range_m=80e3
    )
    example = Example.of(20.0)

    def passage(lateral_m: np.ndarray) -> np.ndarray:
        """Probability of a contact in a passage, over the intervals of one, with random phase."""
        shares = []
        for phase in (np.arange(8) + 0.5) / 8:
            along_m = (np.arange(-40, 41) + phase) * v_mps * interval_s
            p = radar.p_by_range(np.hypot(lateral_m[:, None], along_m), example)
            shares.append(1 - (1 - p).prod(axis=1))
        return np.mean(shares, axis=0)

    grid_m = np.linspace(0, half_m, 400)
    curve = passage(grid_m)
    width_m = 2 * float(np.trapezoid(curve, grid_m))
    assert curve[-1] < 0.01
    assert 0.1 < (curve > 0.5).mean() < 0.9
    n = 12_000
    y, x = rng.uniform(-half_m, half_m, n) / DEG_M, 120.0 + rng.uniform(-0.8, 0.8, n)
    # Probes, because they share no cell with others.
    fleet = build.fleet(
        [[(0.0, a, b), (12_000.0, a, b)] for a, b in zip(y, x, strict=True)],
        probes=n,
        length_m=np.full(n, 20.0),
        height_m=np.full(n, float(example.height_m)),
    )
    track = [[(0.0, 0.0, 120.0 - 1.9), (3.8 * DEG_M / v_mps, 0.0, 120.0 + 1.9)]]
    found = seen(build, fleet, radar, build.carrier(track), 3.8 * DEG_M / v_mps / 3600 + 0.1)
    p = width_m / (2 * half_m)
    band = 4 * math.sqrt(p * (1 - p) / n)
    assert abs(found.mean() - p) < band
    assert abs(found.mean() - 1.05 * p) > band


def test_a_barrier_patrol_catches_what_its_zigzag_leaves_no_way_through(build):
    # To and fro on a line of length L at v against targets that cross it at u: in their frame a zigzag, and
    # P = 1 - (1 - s / L)^2 with s = W sqrt(u^2 + v^2) / (2 u) < L (A. R. Washburn, Search and Detection: the
    # back-and-forth barrier; elementary).
    rng = np.random.default_rng(6)
    n, u_mps, v_mps, length_m, slant_m = 9000, 8.0, 100.0, 600e3, 30e3
    radar = build.definite(slant_m, interval_s=10.0)
    width_m = 2 * reach_on_the_ground_m(radar, 3000.0, slant_m)
    leg_s = length_m / v_mps
    x = 120.0 + rng.uniform(0, length_m, n) / DEG_M
    south = -100e3 / DEG_M
    start_s = rng.uniform(0, 2 * leg_s, n)
    cross_s = 2 * 100e3 / u_mps
    fleet = build.fleet(
        [[(t, south, a), (t + cross_s, -south, a)] for t, a in zip(start_s.tolist(), x, strict=True)]
    )
    ends = 120.0, 120.0 + length_m / DEG_M
    n_legs = math.ceil((2 * leg_s + cross_s) / leg_s) + 1
    track = [[(leg_s * k, 0.0, ends[k % 2]) for k in range(n_legs + 1)]]
    found = seen(build, fleet, radar, build.carrier(track), leg_s * n_legs / 3600)

    def expected(width_m: float) -> float:
        share = width_m * math.hypot(u_mps, v_mps) / (2 * u_mps) / length_m
        return 1 - (1 - min(share, 1.0)) ** 2

    p = expected(width_m)
    band = 4 * math.sqrt(p * (1 - p) / n)
    assert 0.6 < p < 0.95
    assert abs(found.mean() - p) < band
    assert abs(found.mean() - expected(1.05 * width_m)) > band
