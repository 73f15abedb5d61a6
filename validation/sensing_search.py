"""Sensors aboard platforms beside the theory of search: random patrol, parallel tracks and barrier."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sensing_engine import SEED, at_rest, hours, off, sailing, within_errors
from sensing_page import Details, Section

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination
from mda_sim.sensing.mobile_radar import MobileRadar
from mda_sim.sensing.range_equation import Losses
from mda_sim.sensing.sweep import sense
from mda_sim.world.fleet import LEGS, Fleet
from mda_sim.world.legs import legs_between
from mda_sim.world.sorties import SORTIE, Carrier, SortieOutcome

HEIGHT_M = 3000.0
DEG_M = math.radians(1.0) * EARTH_RADIUS_M

Floats = NDArray[np.float64]
Waypoints = Sequence[tuple[float, float, float]]


def random_patrol() -> Section:
    """Hulls on random great circles of a sphere without edges."""
    rng = np.random.default_rng(3)
    n, n_hulls, v_mps, n_hours, slant_m = 12_000, 120, 250.0, 10.0, 150e3
    rows, worst = [], 0.0
    for speed_mps in (0.0, 8.0):
        lat, lon = _on_the_sphere(rng, n)
        to_lat, to_lon = destination(lat, lon, rng.uniform(0, 360, n), speed_mps * n_hours * 3600)
        fleet = at_rest(lat, lon, n_hours) if speed_mps == 0.0 else sailing(lat, lon, to_lat, to_lon, n_hours)
        tracks = []
        for y, x, course in zip(*_on_the_sphere(rng, n_hulls), rng.uniform(0, 360, n_hulls), strict=True):
            # Legs of a third of the way, since a leg is the short way round.
            points = [destination(y, x, course, v_mps * 3600 * n_hours * k / 3) for k in range(4)]
            tracks.append([(3600 * n_hours * k / 3, float(a), float(b)) for k, (a, b) in enumerate(points)])
        for steps in (1, 2):
            used_hours = n_hours * steps / 2
            found = _share_held(fleet, definite(slant_m, 60.0), carrier(tracks), used_hours)
            arc = on_the_ground_m(slant_m) / EARTH_RADIUS_M
            strip_m2 = 2 * math.sin(arc) * EARTH_RADIUS_M * v_mps * (used_hours * 3600 - 60.0)
            caps_m2 = 2 * math.pi * EARTH_RADIUS_M**2 * (1 - math.cos(arc))
            swept = n_hulls * (strip_m2 + caps_m2) / (4 * math.pi * EARTH_RADIUS_M**2)
            expected = -math.expm1(-swept)
            errors = off(found, expected, math.sqrt(expected * (1 - expected) / n))
            worst = max(worst, errors)
            rows.append(
                [
                    f"{speed_mps:g}",
                    f"{used_hours:g}",
                    f"{swept:.3f}",
                    f"{expected:.4f}",
                    f"{found:.4f}",
                    f"{errors:.1f}",
                ]
            )
    check = within_errors("Random patrol: share of targets found", "1 - exp(-W v t / A), Koopman 1946", worst)
    text = f"""
        {n_hulls} hulls on great circles of random place and course at {v_mps:g} m/s, each with a radar that
        is certain to hold all within its range and nothing beyond; {n:,} targets at random places of the
        whole sphere. W v t / A is the swept strip over the area of the sphere, with the caps at both ends.
        Targets that move are met at another relative speed: at 8 m/s that changes the sweep by 0.03 %.
        Source: B. O. Koopman, Search and Screening, OEG Report 56, 1946 (general knowledge).
        """
    columns = ("targets, m/s", "hours", "W v t / A", "expected", "engine", "standard errors off")
    return Section("Random patrol", text, [check], [Details(columns, rows)])


def parallel_tracks() -> Section:
    """One track among targets spread over a band as wide as the spacing of tracks."""
    rng = np.random.default_rng(4)
    n, slant_m, rows, worst = 8000, 20e3, [], 0.0
    radar = definite(slant_m, 10.0)
    width_m = 2 * on_the_ground_m(slant_m)
    for factor in (1.2, 1.6, 3.0):
        lat = rng.uniform(-0.5, 0.5, n) * factor * width_m / DEG_M
        fleet = at_rest(lat, 120.0 + rng.uniform(-1.5, 1.5, n), 4.0)
        found = _share_held(fleet, radar, carrier([[(0.0, 0.0, 117.5), (10_000.0, 0.0, 122.5)]]), 3.5)
        expected = 1.0 / factor
        errors = off(found, expected, math.sqrt(expected * (1 - expected) / n))
        worst = max(worst, errors)
        rows.append([f"{factor:g}", f"{expected:.4f}", f"{found:.4f}", f"{errors:.1f}"])
    check = within_errors("Parallel tracks: share of targets found", "sweep width over spacing", worst)
    text = f"""
        A radar that holds all within {slant_m / 1e3:g} km and nothing beyond flies one straight track;
        targets are spread over a band as wide as the tracks are apart. Its sweep width is twice its range
        on the ground. Source: elementary; Koopman 1946.
        """
    columns = ("spacing over sweep width", "expected", "engine", "standard errors off")
    return Section("Parallel tracks", text, [check], [Details(columns, rows)])


def barrier_patrol() -> Section:
    """To and fro on a line that targets cross."""
    rng = np.random.default_rng(6)
    n, u_mps, v_mps, length_m, rows, worst = 6000, 8.0, 100.0, 600e3, [], 0.0
    leg_s, cross_s = length_m / v_mps, 2 * 100e3 / u_mps
    n_legs = math.ceil((2 * leg_s + cross_s) / leg_s) + 1
    ends = 120.0, 120.0 + length_m / DEG_M
    track = [(leg_s * k, 0.0, ends[k % 2]) for k in range(n_legs + 1)]
    for slant_m in (15e3, 30e3):
        radar = definite(slant_m, 10.0)
        lon, start_s = 120.0 + rng.uniform(0, length_m, n) / DEG_M, rng.uniform(0, 2 * leg_s, n)
        south = np.full(n, -100e3 / DEG_M)
        fleet = sailing(south, lon, -south, lon, cross_s / 3600, start_s)
        found = _share_held(fleet, radar, carrier([track]), leg_s * n_legs / 3600)
        swept_m = 2 * on_the_ground_m(slant_m) * math.hypot(u_mps, v_mps) / (2 * u_mps)
        expected = 1 - (1 - min(swept_m / length_m, 1.0)) ** 2
        errors = off(found, expected, math.sqrt(expected * (1 - expected) / n))
        worst = max(worst, errors)
        rows.append([f"{slant_m / 1e3:g}", f"{expected:.4f}", f"{found:.4f}", f"{errors:.1f}"])
    check = within_errors("Barrier patrol: share of crossings caught", "1 - (1 - s / L)^2, Washburn", worst)
    text = f"""
        One hull goes to and fro at v = {v_mps:g} m/s on a line of L = {length_m / 1e3:g} km; targets cross
        it at random places and times at u = {u_mps:g} m/s. Seen from the targets its way is a zigzag, with
        s = W sqrt(u^2 + v^2) / (2 u). Source: elementary; A. R. Washburn, Search and Detection, INFORMS
        (general knowledge).
        """
    columns = ("range, km", "expected", "engine", "standard errors off")
    return Section("Barrier patrol", text, [check], [Details(columns, rows)])


def definite(range_m: float, interval_s: float) -> MobileRadar:
    """A radar aboard an aircraft that is certain to hold all within a slant range, and nothing beyond."""
    return MobileRadar(
        operator="NAT",
        platform="p",
        antenna_height_m=HEIGHT_M,
        max_range_m=range_m,
        power_w=1e8,
        antenna_gain_dbi=33.0,
        frequency_hz=9.4e9,
        pulse_width_s=1e-6,
        noise_figure_db=5.0,
        losses=Losses(other_db=6.0),
        azimuth_beamwidth_deg=2.0,
        elevation_beamwidth_deg=180.0,
        rotation_period_s=6.0,
        prf_hz=1000.0,
        min_scans=1,
        fluctuation_sigma_db=0.0,
        interval_s=interval_s,
    )


def on_the_ground_m(slant_m: float) -> float:
    """Ground range of a slant range: the triangle of the Earth's centre, antenna and target [m]."""
    r, top = EARTH_RADIUS_M, EARTH_RADIUS_M + HEIGHT_M
    return r * math.acos((r**2 + top**2 - slant_m**2) / (2 * r * top))


def carrier(tracks: Sequence[Waypoints]) -> Carrier:
    """One sortie of a hull of its own for each list of time [s], latitude and longitude [deg]."""
    rows = [(i, round(t * US_PER_S), y, x) for i, track in enumerate(tracks) for t, y, x in track]
    ids, t_us, lat, lon = (np.array(column) for column in zip(*rows, strict=True))
    sorties = np.zeros(len(tracks), SORTIE)
    sorties["number"] = sorties["hull"] = np.arange(len(tracks))
    sorties["outcome"] = SortieOutcome.FLOWN
    first = np.searchsorted(ids, np.arange(len(tracks)))
    last = np.append(first[1:], len(ids)) - 1
    sorties["leaves_us"] = sorties["on_station_us"] = t_us[first]
    sorties["off_station_us"] = sorties["back_us"] = t_us[last]
    legs = legs_between(lat, lon, t_us, ids)
    return Carrier(sorties, Table.of(LEGS, dict(legs.columns)), HEIGHT_M)


def _share_held(fleet: Fleet, radar: MobileRadar, aboard: Carrier, n_hours: float) -> float:
    """Share of targets that are held at least once."""
    log = sense(fleet, {"m": radar}, hours(n_hours + 0.1), SEED, land=None, carriers={"p": aboard})
    merged = np.bincount(log.contacts["target"], minlength=fleet.n_targets)
    return float((merged > 0).mean())


def _on_the_sphere(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    return np.rad2deg(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)
