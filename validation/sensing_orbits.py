"""Orbits and passes of satellites beside published orbits, patterns and revisits."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.spatial import ConvexHull
from sensing_page import Check, Details, Section, reference, sources

from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.orbits import (
    CircularOrbit,
    constellation,
    earth_fixed,
    geodetic,
    satellite_record,
    sun_synchronous_inclination_deg,
)
from mda_sim.geo.regions import Box
from mda_sim.geo.sun import sun_elevation_deg
from mda_sim.report.revisit import accesses, gaps_s
from mda_sim.sensing.optical import OpticalSatellite
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.swath import candidates, incidence_deg

EPOCH = datetime(2026, 11, 2, tzinfo=UTC)
ALTITUDE_DOUBT = 0.0015
"""Published altitudes do not say above which radius: the Earth's differ by 7 km, 0.15 % of a revolution."""

Floats = NDArray[np.float64]


def repeat_cycles() -> Section:
    """Sun-synchronous orbits and their cycles against what operators publish."""
    rows, worst_deg, worst_share, off_km = [], 0.0, 0.0, 0.0
    points = reference("orbits.csv")
    for point in points:
        days, asked = float(point["days"]), float(point["revolutions"])
        altitude_m = altitude_of_cycle(asked, days)
        found_deg = sun_synchronous_inclination_deg(altitude_m)
        worst_deg = max(worst_deg, abs(found_deg - float(point["inclination_deg"])))
        published_km, mean_km = float(point["altitude_km"]), _mean_height_m(altitude_m) / 1e3
        if point["above"] == "ellipsoid":
            off_km = max(off_km, abs(mean_km - published_km))
        else:
            share = revolutions(published_km * 1e3, days) / asked - 1.0
            worst_share = max(worst_share, abs(share))
        rows.append(
            [
                point["satellite"],
                f"{asked:g} in {days:g} d",
                point["inclination_deg"],
                f"{found_deg:.2f}",
                f"{published_km:g}" + (" (over the ellipsoid)" if point["above"] == "ellipsoid" else ""),
                f"{altitude_m / 1e3:.1f}",
                f"{mean_km:.1f}",
            ]
        )
    sentinel = catalogue.sensor_type("sar_sentinel_1").parameters
    turns = revolutions(float(sentinel["altitude_m"]), 12.0)
    checks = [
        Check(
            "Sun-synchronous inclinations of published cycles",
            "operators",
            "held-out",
            f"{worst_deg:.3f} degrees",
            "0.1 degrees",
            worst_deg <= 0.1,
        ),
        Check(
            "Revolutions in a cycle at published altitudes",
            "operators",
            "held-out",
            f"{100 * worst_share:.3f} %",
            f"{100 * ALTITUDE_DOUBT:g} % (which radius)",
            worst_share <= ALTITUDE_DOUBT,
        ),
        Check(
            "Mean height over the ellipsoid of a cycle of 227 revolutions in 16 days",
            "Suomi NPP, measured",
            "held-out",
            f"{off_km:.2f} km",
            "0.5 km",
            off_km <= 0.5,
        ),
        Check(
            "Revolutions of the catalogue's Sentinel-1 in 12 days",
            "ESA: 175",
            "calibrated",
            f"off by {abs(turns - 175.0):.4f}",
            "0.005 (14 km at the equator)",
            abs(turns - 175.0) <= 0.005,
        ),
    ]
    text = f"""
        A revolution is from node to node, by the secular rates of SGP4; under a sun-synchronous orbit the
        Earth turns once in a mean solar day. "Here" are the inclination and altitude (above the equatorial
        radius) of the orbit with the published cycle, and its mean height over the ellipsoid. That of Suomi
        NPP is read as such, as it is said to vary from 828 to 856 km within a revolution; the others do not
        say above which radius they are; the Earth's differ by 7 km, {100 * ALTITUDE_DOUBT:g} % of a
        revolution. So the altitude of a type that is to repeat is set by its cycle. Operators keep
        inclinations within some tenths of a degree of the sun-synchronous one. Sources: {sources(points)}.
        """
    columns = (
        *(
            "satellite",
            "cycle",
            "inclination",
            "here",
            "altitude, km",
            "here, above the equator's radius, km",
        ),
        "here, over the ellipsoid, km",
    )
    return Section("Repeat cycles", text, checks, [Details(columns, rows)])


def walker_patterns() -> Section:
    """Walker's best patterns: the angle within which each place on Earth always has a satellite."""
    rows, worst_deg = [], 0.0
    points = reference("walker.csv")
    for point in points:
        n, planes, phasing = (int(point[key]) for key in ("n_satellites", "n_planes", "phasing"))
        found_deg = _farthest_deg(n, planes, phasing, float(point["inclination_deg"]))
        other_deg = _farthest_deg(n, planes, (phasing + 1) % planes, float(point["inclination_deg"]))
        worst_deg = max(worst_deg, abs(found_deg - float(point["reach_deg"])))
        rows.append(
            [
                f"{point['inclination_deg']}: {n}/{planes}/{phasing}",
                point["reach_deg"],
                f"{found_deg:.2f}",
                f"{other_deg:.1f}",
            ]
        )
    check = Check(
        "Walker delta patterns: farthest place from its nearest satellite",
        "Walker 1977",
        "held-out",
        f"{worst_deg:.2f} degrees",
        "0.2 degrees",
        worst_deg <= 0.2,
    )
    text = f"""
        The least angle at the Earth's centre with which the whole Earth is always covered by one satellite
        at least: places exactly (the farthest is opposite a facet of the satellites' convex hull), times as
        720 instants of the span after which a pattern looks as before. It depends on spread, slots and
        phasing all being Walker's: the last column has the next phasing instead. Source:
        {points[0]["source"]}; inclinations and angles were published to 0.1 degrees.
        """
    columns = ("pattern", "published, degrees", "here", "with the next phasing")
    return Section("Walker patterns", text, [check], [Details(columns, rows)])


def revisits() -> Section:
    """How long a place waits for the next image by day, against what operators publish."""
    rows, checks = [], []
    points = [point for point in reference("orbits.csv") if point["revisit_d"]]
    for point in points:
        swath_m, n = float(point["swath_km"]) * 1e3, int(point["n_satellites"])
        altitude_m = altitude_of_cycle(float(point["revolutions"]), float(point["days"]))
        far_deg = float(incidence_deg(swath_m / 2.0, altitude_m))
        camera = OpticalSatellite.model_validate(
            {
                "operator": "NAT",
                "altitude_m": altitude_m,
                "ltan_s": 22.5 * 3600.0 if n == 2 else 13.5 * 3600.0,
                "n_satellites": n,
                "incidence_max_deg": far_deg,
                "resolution_m": 10.0,
            }
        )
        longest_d, per_day = _by_day(camera, int(float(point["days"])) + 2)
        asked_d = float(point["revisit_d"])
        agrees = abs(longest_d - asked_d) <= 0.1
        rows.append(
            [point["satellite"], n, point["swath_km"], f"{asked_d:g}", f"{longest_d:.2f}", f"{per_day:.2f}"]
        )
        checks.append(
            Check(
                f"Revisit by day at the equator, {point['satellite']}",
                "operator",
                "held-out",
                f"longest wait {longest_d:.2f} d",
                f"{asked_d:g} d to 0.1 d",
                agrees,
            )
        )
    text = f"""
        120 places on the equator, images by daylight, all passes worked; the longest wait of any place, and
        images a day of the mean place. Orbits repeat in the published cycle, and satellites of two are half
        a revolution apart (which puts a pair half a cycle apart, as cycles have odd numbers of
        revolutions); swaths are as published. A time between two images of one satellite is a whole number
        of days but for a revolution's hour (0.1 d). Sources: {sources(points)}.
        """
    columns = ("satellites", "number", "swath, km", "published, d", "longest wait, d", "images a day")
    return Section("Revisit", text, checks, [Details(columns, rows)])


def regional_passes() -> Section:
    """Passes of Sentinel-1 over the South China Sea in 12 days."""
    values = dict(catalogue.sensor_type("sar_sentinel_1").parameters)
    area = Box(kind="box", lat_min_deg=3.0, lat_max_deg=26.0, lon_min_deg=105.0, lon_max_deg=127.0)
    counts = []
    for day in range(0, 12, 3):
        timeline = Timeline(EPOCH + timedelta(days=day), 0, 12 * US_PER_DAY, 0)
        sar = SarSatellite.model_validate(values | {"operator": "XEU"})
        counts.append(len(candidates(sar, sar.tracks(timeline), area, timeline)))
    expected = float(np.mean(counts)) * float(values["duty"])
    check = Check(
        "Passes of two Sentinel-1 over 105-127 E, 3-26 N in 12 days, after duty",
        "Global Fishing Watch: 29",
        "calibrated",
        f"{expected:.1f}",
        "29 +- 3 (duty is given to a tenth)",
        abs(expected - 29.0) <= 3.0,
    )
    text = f"""
        {min(counts)} to {max(counts)} passes could image the area, by the start of the 12 days; the
        catalogue works each with probability {values["duty"]:g}, which was set from this figure, as
        processed by one project for September and October 2026 (a lower bound: public repository document
        on AIS and Sentinel-1 contacts, updated 2026-10-09). So this is no evidence for the model.
        """
    return Section("Passes over a region", text, [check])


def revolutions(altitude_m: float, days: float) -> float:
    """Revolutions from node to node of a sun-synchronous satellite in so many days."""
    orbit = CircularOrbit(altitude_m, sun_synchronous_inclination_deg(altitude_m), 0.0, 0.0)
    record = satellite_record(orbit, EPOCH)
    return days * 1440.0 * (record.mdot + record.argpdot) / (2.0 * math.pi)


def altitude_of_cycle(turns: float, days: float) -> float:
    """Altitude of the sun-synchronous orbit with so many revolutions in so many days [m]."""
    return float(brentq(lambda altitude_m: revolutions(altitude_m, days) - turns, 300e3, 1500e3))


def _mean_height_m(altitude_m: float) -> float:
    """Mean height over the ellipsoid of a sun-synchronous orbit, over a day of it [m]."""
    orbit = CircularOrbit(altitude_m, sun_synchronous_inclination_deg(altitude_m), 0.0, 0.0)
    return float(geodetic(earth_fixed(orbit, EPOCH, np.arange(0.0, 86_400.0, 10.0))[0])[2].mean())


def _farthest_deg(n: int, planes: int, phasing: int, inclination_deg: float) -> float:
    """Largest angle at the Earth's centre from any place to its nearest satellite, at any time [deg]."""
    orbits = constellation(CircularOrbit(1e6, inclination_deg, 0.0, 0.0), n, planes, 360.0, phasing)
    node = np.deg2rad([one.raan_deg for one in orbits])
    along = np.deg2rad([one.latitude_argument_deg for one in orbits])
    c, s = math.cos(math.radians(inclination_deg)), math.sin(math.radians(inclination_deg))
    least = 1.0
    for moved in 2.0 * math.pi * planes / n * np.arange(720) / 720:
        u = along + moved
        x = np.cos(node) * np.cos(u) - np.sin(node) * np.sin(u) * c
        y = np.sin(node) * np.cos(u) + np.cos(node) * np.sin(u) * c
        hull = ConvexHull(np.stack([x, y, np.sin(u) * s], axis=1))
        least = min(
            least, float(-hull.equations[:, 3].max())
        )  # a facet's normal points to the farthest place
    return math.degrees(math.acos(least))


def _by_day(camera: OpticalSatellite, days: int) -> tuple[float, float]:
    """Longest wait of a place on the equator for an image by day [d], and images a day of the mean place."""
    lon_deg = -180.0 + 3.0 * np.arange(120)
    lat_deg = np.zeros(len(lon_deg))
    found = accesses(camera, EPOCH, lat_deg, lon_deg, days)
    is_day = sun_elevation_deg(EPOCH, found.t_from_s, lat_deg[found.point], lon_deg[found.point]) > 0.0
    longest_s = 0.0
    for point in range(len(lon_deg)):
        at_s = found.t_from_s[is_day & (found.point == point)]
        # Waits between images, and what the first one waits after the last of the cycle before.
        longest_s = max(longest_s, float(gaps_s(at_s, at_s, days * 86_400.0).max(initial=0.0)))
    return longest_s / 86_400.0, float(is_day.sum()) / (len(lon_deg) * days)
