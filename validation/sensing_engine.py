"""Runs of the sensing engine beside closed forms, exact sums and quadrature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import binom, norm
from sensing_page import Check, Details, Section

from mda_sim.core.rng import address
from mda_sim.core.time import US_PER_H, US_PER_S, Timeline
from mda_sim.geo.sphere import destination
from mda_sim.records import DetectionLog
from mda_sim.sensing.detection import p_detect
from mda_sim.sensing.false_contacts import false_places
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.sensing.radar_tables import elevation_factor
from mda_sim.sensing.range_equation import Losses
from mda_sim.sensing.rcs import median_rcs_m2
from mda_sim.sensing.sensors import SensorSpec
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble
from mda_sim.world.hull import Hull

SEED = 1
LENGTH_M = 50.0
LAT_DEG, LON_DEG = 14.0, 120.0
MOST_ERRORS = 4.0
"""Standard errors that a run may be off."""

Floats = NDArray[np.float64]


def hours(n: float) -> Timeline:
    """So many hours of sensing."""
    return Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, round(n * US_PER_H), 0)


def parked(distance_m: ArrayLike, bearing_deg: ArrayLike, n_hours: float) -> Fleet:
    """Motionless steel vessels of 50 m that broadcast, at distances and bearings from the sensors."""
    distance, bearing = np.broadcast_arrays(np.atleast_1d(distance_m), bearing_deg)
    return at_rest(*destination(LAT_DEG, LON_DEG, bearing, distance), n_hours)


def at_rest(lat: Floats, lon: Floats, n_hours: float) -> Fleet:
    """Motionless steel vessels of 50 m that broadcast, at places [deg]."""
    return sailing(lat, lon, lat, lon, n_hours)


def sailing(
    lat: Floats, lon: Floats, to_lat: Floats, to_lon: Floats, n_hours: float, start_s: ArrayLike = 0.0
) -> Fleet:
    """Such vessels that sail from places to others [deg] in so many hours from their start on."""
    n = len(lat)
    from_us = np.rint(np.broadcast_to(np.asarray(start_s, np.float64), n) * US_PER_S).astype(np.int64)
    t_us = np.stack([from_us, from_us + round(n_hours * US_PER_H)], axis=1).ravel()
    both = (np.stack(pair, axis=1).ravel() for pair in ((lat, to_lat), (lon, to_lon)))
    legs = legs_between(*both, t_us, np.repeat(np.arange(n), 2))
    group = Group(
        traffic_class="vessel",
        stream="vessel",
        index=np.arange(n),
        flag=[""] * n,
        length_m=np.full(n, LENGTH_M),
        ais=np.full(n, AisClass.CLASS_A, np.uint8),
        legs=legs,
        broadcasts=for_life(np.ones(n, np.bool_), legs),
    )
    return assemble([group])


def apart(n: int, distance_m: float, n_hours: float) -> Fleet:
    """At most 500 such vessels at one distance, each in a resolution cell of its own."""
    return parked(distance_m, np.arange(n) * 360.0 / n, n_hours)


def radar(**changes: object) -> CoastalRadar:
    """A coastal radar high enough that noise limits it, not the horizon; no persistent term, no floor."""
    values: dict[str, object] = {
        "operator": "NAT",
        "lat_deg": LAT_DEG,
        "lon_deg": LON_DEG,
        "antenna_height_m": 300.0,
        "max_range_m": 100e3,
        "power_w": 25e3,
        "antenna_gain_dbi": 32.0,
        "frequency_hz": 9.4e9,
        "pulse_width_s": 1e-6,
        "noise_figure_db": 5.0,
        "losses": Losses(other_db=6.0),
        "azimuth_beamwidth_deg": 0.65,
        "rotation_period_s": 3.0,
        "prf_hz": 1000.0,
        "min_scans": 10,
        "interval_s": 300.0,
        "fluctuation_sigma_db": 0.0,
        "min_p_report": 0.0,
    }
    return CoastalRadar.model_validate(values | changes)


def p_interval(one: CoastalRadar, range_m: float, boost: ArrayLike = 1.0) -> Floats:
    """Exact probability of a contact in an interval, without the engine's tables; shape of ``boost``."""
    rcs_m2 = float(median_rcs_m2(LENGTH_M, Hull.STEEL, one.frequency_hz))
    snr = one.snr_at_1_m * rcs_m2 / range_m**4 * float(elevation_factor(one, range_m)) * np.asarray(boost)
    p_scan = p_detect(snr, one.n_pulses, one.p_false_alarm, one.swerling)
    return np.asarray(binom.sf(one.min_scans - 1, one.n_scans, p_scan))


def with_p(one: CoastalRadar, p: float, range_m: float) -> CoastalRadar:
    """The radar with the power that gives that mean probability, over its persistent term, at that range."""
    boost, weight = persistent(one.fluctuation_sigma_db)

    def excess(log_power: float) -> float:
        stronger = one.model_copy(update={"power_w": 10.0**log_power})
        return float(np.sum(weight * p_interval(stronger, range_m, boost))) - p

    return one.model_copy(update={"power_w": 10.0 ** float(brentq(excess, -9.0, 7.0, xtol=1e-12))})


def persistent(sigma_db: float) -> tuple[Floats, Floats]:
    """Factors on the ratio and their weights, which add up to 1, for quadrature over the persistent term."""
    if sigma_db == 0.0:
        return np.ones(1), np.ones(1)
    middles = (np.arange(4000) + 0.5) / 4000
    return 10.0 ** (sigma_db * norm.ppf(middles) / 10.0), np.full(4000, 1.0 / 4000)


def run(fleet: Fleet, sensors: Mapping[str, SensorSpec], n_hours: float) -> DetectionLog:
    """What the engine makes of it."""
    return sense(fleet, sensors, hours(n_hours), SEED, land=None)


def rows_of(log: DetectionLog) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sensor, target and time of each contact."""
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    target = log.contacts["target"].astype(np.int64)
    return log.reports["sensor"][report].astype(np.int64), target, log.reports["t_observed_us"][report]


def off(found: float, expected: float, error: float) -> float:
    """How many standard errors off."""
    return abs(found - expected) / error


def m_of_n() -> Section:
    """The share of intervals with a contact against the exact probability."""
    rows, worst = [], 0.0
    for (min_scans, interval_s), p in product(((1, 3.0), (3, 45.0), (10, 300.0)), (0.1, 0.5, 0.9)):
        one = with_p(radar(min_scans=min_scans, interval_s=interval_s), p, 40e3)
        n_hours = 1000 * interval_s / 3600.0
        log = run(apart(100, 40e3, n_hours), {f"r{min_scans}": one}, n_hours)
        n = len(log.reports) * 100
        share = len(log.contacts) / n
        errors = off(share, p, float(np.sqrt(p * (1.0 - p) / n)))
        worst = max(worst, errors)
        rows.append([f"{min_scans} of {one.n_scans}", f"{p:g}", f"{share:.4f}", f"{n:,}", f"{errors:.1f}"])
    check = within_errors("Share of intervals with a contact", "exact detection, binomial tail", worst)
    text = """
        100 motionless vessels of 50 m at 40 km, each in a resolution cell of its own; the power is
        set so that the exact probability of an interval is as stated. Engine and expectation share
        the range equation, the antenna pattern and the cross-section, not detection, tables or
        draws.
        """
    columns = ("M of N", "exact", "engine", "intervals", "standard errors off")
    return Section("Contacts made by the engine", text, [check], [Details(columns, rows)])


def first_detection() -> Section:
    """The wait from any instant to the next contact."""
    rows, worst = [], 0.0
    for p in (0.2, 0.5, 0.9):
        one = with_p(radar(min_scans=3, interval_s=60.0), p, 40e3)
        sensors = {f"r{k:03d}": one for k in range(200)}
        sensor, target, t_us = rows_of(run(apart(50, 40e3, 4.0), sensors, 4.0))
        since_us = t_us - US_PER_H
        waits_us = np.full((200, 50), np.iinfo(np.int64).max)
        later = since_us > 0
        np.minimum.at(waits_us, (sensor[later], target[later]), since_us[later])
        by_phase = waits_us.mean(axis=1) / (60.0 * US_PER_S)
        expected = 1.0 / p - 0.5
        errors = off(float(by_phase.mean()), expected, float(by_phase.std(ddof=1) / np.sqrt(200)))
        worst = max(worst, errors)
        rows.append([f"{p:g}", f"{expected:.3f}", f"{by_phase.mean():.3f}", f"{errors:.1f}"])
    check = within_errors("Wait for the next contact, random phase", "T (1/p - 1/2)", worst)
    text = """
        200 radars, each with its own drawn phase, watch 50 motionless vessels; from the end of the
        first hour, how long until the next contact's time of observation, in intervals of T = 60 s.
        Intervals are independent with probability p (no persistent term), so the mean is T (1/p -
        1/2). The error counts radars, as vessels of one radar share its phase.
        """
    columns = ("p", "T (1/p - 1/2), in T", "engine, in T", "standard errors off")
    return Section("First detection", text, [check], [Details(columns, rows)])


def weak_intervals() -> Section:
    """Sixty intervals of mean probability 0.02."""
    n_sets, n_vessels = 4, 500
    alone = 1.0 - (1.0 - 0.02) ** 60
    rows, worst, ever_by_default = [], 0.0, 0.0
    for sigma_db, floor in product((0.0, 4.0), (0.0, 0.05)):
        one = radar(min_scans=3, interval_s=60.0, fluctuation_sigma_db=sigma_db, min_p_report=floor)
        one = with_p(one, 0.02, 40e3)
        sensors = {f"r{k}": one for k in range(n_sets)}
        sensor, target, t_us = rows_of(run(apart(n_vessels, 40e3, 3.0), sensors, 3.0))
        in_hour = t_us // US_PER_H == 1
        ever = len(np.unique(sensor[in_hour] * n_vessels + target[in_hour])) / (n_sets * n_vessels)
        boost, weight = persistent(sigma_db)
        p = p_interval(one, 40e3, boost)
        expected = float(np.sum(weight * (1.0 - (1.0 - np.where(p >= floor, p, 0.0)) ** 60)))
        error = max(float(np.sqrt(expected * (1.0 - expected) / (n_sets * n_vessels))), 1e-9)
        worst = max(worst, off(ever, expected, error))
        if floor > 0.0:
            ever_by_default = max(ever_by_default, ever)
        rows.append([f"{sigma_db:g} dB", f"{floor:g}", f"{expected:.3f}", f"{ever:.3f}"])
    checks = [
        within_errors("Vessels held in 60 weak intervals", "quadrature over the persistent term", worst),
        Check(
            "Weak intervals are no range",
            f"{alone:.2f} if 60 independent draws of 0.02 counted",
            "theory",
            f"{ever_by_default:.2f} at the default floor",
            "0.25",
            ever_by_default <= 0.25,
        ),
    ]
    text = f"""
        {n_sets * n_vessels:,} pairs of a radar and a vessel, 60 intervals of one minute within one
        clock hour, power set so that the mean probability of an interval, over the persistent term,
        is 0.02. Drawn one by one these would hold {100 * alone:.0f} % of the vessels at least once.
        The persistent term, one draw an hour, gathers the contacts on few vessels; the floor
        `min_p_report` (0.05 unless stated) makes none below it.
        """
    columns = ("persistent term", "floor", "held at least once, expected", "engine")
    return Section("Weak intervals do not add up to range", text, checks, [Details(columns, rows)])


def persistent_range() -> Section:
    """What the persistent term does to the range at which a vessel is held once in an hour."""
    one = radar(interval_s=300.0, min_p_report=0.05, power_w=50.0)
    rows, worst = [], 0.0
    for sigma_db in (0.0, 2.0, 4.0, 6.0):
        same = one.model_copy(update={"fluctuation_sigma_db": sigma_db})
        reaches_m = [_range_m(same, sigma_db, share) for share in (0.9, 0.5, 0.1)]
        sensors = {f"r{k}": same for k in range(4)}
        sensor, target, t_us = rows_of(run(apart(500, reaches_m[1], 3.0), sensors, 3.0))
        in_hour = t_us // US_PER_H == 1
        ever = len(np.unique(sensor[in_hour] * 500 + target[in_hour])) / 2000
        worst = max(worst, off(ever, 0.5, float(np.sqrt(0.25 / 2000))))
        rows.append([f"{sigma_db:g}", *(f"{reach_m / 1000.0:.1f}" for reach_m in reaches_m), f"{ever:.3f}"])
    check = within_errors(
        "Held once in an hour at the range for 0.5", "quadrature over the persistent term", worst
    )
    text = """
        Ranges at which 90, 50 and 10 % of vessels of 50 m are held at least once in one hour (tau =
        1 h, 12 intervals of 300 s, 10 of 100 scans, floor 0.05), by quadrature, for several spreads
        of the persistent term; last the share that the engine holds at the range for 50 %. A term
        that lasts leaves the middle where it is and spreads the edge: some vessels are seen farther
        all hour, others are missed nearer all hour. So seeing a vessel at tau = 1 h is not a matter
        of looking twelve times.
        """
    columns = ("spread, dB", "90 %, km", "50 %, km", "10 %, km", "engine at 50 %")
    return Section("The persistent term and range at tau = 1 h", text, [check], [Details(columns, rows)])


def _range_m(one: CoastalRadar, sigma_db: float, share: float) -> float:
    boost, weight = persistent(sigma_db)

    def excess(range_m: float) -> float:
        p = p_interval(one, range_m, boost)
        seen = 1.0 - (1.0 - np.where(p >= one.min_p_report, p, 0.0)) ** 12
        return float(np.sum(weight * seen)) - share

    return float(brentq(excess, 3e3, 99e3, xtol=1.0))


def cells() -> Section:
    """Vessels that lie close together become one contact."""
    one = radar(power_w=1e6, interval_s=300.0)
    rng = np.random.default_rng(SEED)
    rows, worst, n_pairs = [], 0.0, 450
    for share in (0.1, 0.25, 0.5, 0.75, 1.5):
        near_m = rng.uniform(10e3, 30e3, n_pairs)
        distances_m = np.stack([near_m, near_m + share * one.cell_depth_m], axis=1).ravel()
        bearings_deg = np.repeat(np.arange(n_pairs) * 360.0 / n_pairs, 2)
        log = run(parked(distances_m, bearings_deg, 1.0), {"r": one}, 0.25)
        first, count = int(log.reports["first"][0]), int(log.reports["count"][0])
        merged = log.contacts["merged"][first : first + count].astype(np.int64)
        expected = max(0.0, 1.0 - share)
        found = float((merged == 2).sum()) / n_pairs
        error = max(float(np.sqrt(expected * (1.0 - expected) / n_pairs)), 1e-9)
        worst = max(worst, off(found, expected, error), float(abs(int(merged.sum()) - 2 * n_pairs)))
        rows.append([f"{share:g}", f"{expected:.3f}", f"{found:.3f}", int(merged.sum())])
    check = within_errors("Vessels merged in a resolution cell", "1 - d / depth of the cell", worst)
    text = f"""
        {n_pairs} pairs of vessels on one bearing, d apart along it, at random ranges, all certain
        to be seen. A pair is in one cell with probability 1 - d over the depth of the cell. The
        last column adds up what the log says each contact stands for: no vessel is lost.
        """
    columns = ("d over the depth", "merged, expected", "engine", f"vessels in {2 * n_pairs}")
    return Section("Resolution cells", text, [check], [Details(columns, rows)])


def false_contacts() -> Section:
    """False contacts by number and place."""
    rows, worst = [], 0.0
    for per_hour in (0.5, 5.0, 60.0):
        one = radar(false_contacts_per_hour=per_hour)
        log = run(apart(1, 40e3, 1.0), {"r": one}, 60 * 24.0)
        counts = log.reports["n_false"].astype(np.float64)
        n, mean = len(counts), one.false_per_interval
        errors = off(float(counts.mean()), mean, float(np.sqrt(mean / n)))
        spread = float(counts.var(ddof=1) / counts.mean())
        spread_errors = off(spread, 1.0, float(np.sqrt(2.0 / n + 1.0 / (n * mean))))
        worst = max(worst, errors, spread_errors)
        rows.append(
            [f"{per_hour:g}", f"{mean:.4f}", f"{counts.mean():.4f}", f"{spread:.3f}", f"{errors:.1f}"]
        )
    number = np.arange(20_000)
    lat, lon = false_places(LAT_DEG, LON_DEG, 50e3, address("r"), number, np.zeros_like(number), SEED)
    apart_m = np.hypot(lat - LAT_DEG, (lon - LON_DEG) * np.cos(np.radians(LAT_DEG))) * np.radians(6371e3)
    inside = float((apart_m < 25e3).mean())
    place_errors = off(inside, 0.25, float(np.sqrt(0.25 * 0.75 / 20_000)))
    checks = [
        within_errors("False contacts an interval", "Poisson: mean, and variance over mean", worst),
        within_errors("Places of false contacts", "a quarter within half the range", place_errors),
    ]
    text = f"""
        60 days of intervals of 300 s. Their number in an interval is Poisson with the stated rate;
        their places are uniform over the disc: {100 * inside:.2f} % of 20,000 are within half the
        range.
        """
    columns = ("stated, 1/h", "mean an interval", "engine", "variance over mean", "standard errors off")
    return Section("False contacts", text, checks, [Details(columns, rows)])


def within_errors(model: str, against: str, worst: float) -> Check:
    """A check that a run is as near to its expectation as chance allows."""
    found, asked = f"{worst:.1f} standard errors", f"{MOST_ERRORS:g}"
    return Check(model, against, "theory", found, asked, worst <= MOST_ERRORS)
