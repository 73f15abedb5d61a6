"""Element sets beside the verification set of SGP4 and beside Skyfield: positions, ground tracks, windows."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sgp4
from numpy.typing import NDArray
from scipy.optimize import brentq
from sensing_engine import at_rest
from sensing_page import Check, Details, Section
from skyfield.api import EarthSatellite, Timescale, load, wgs84

from mda_sim.core.errors import RunError
from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.geo.elements import checksum, read_elements
from mda_sim.geo.orbits import ElementSet, earth_fixed, elevation_deg, geodetic, propagated
from mda_sim.geo.regions import Box
from mda_sim.sensing.footprint import views_of
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.rf_satellite import RfSatellite
from mda_sim.sensing.windows import leg_columns

ELEMENT_SETS = Path(__file__).parents[1] / "tests" / "reference" / "element_sets.tle"
PLACES = {"equator": (0.0, 103.0), "Manila": (14.6, 121.0), "Tokyo": (35.7, 139.7), "Svalbard": (78.2, 15.4)}
LEAST_DEG, DAYS = 5.0, 4
CLEAR_DEG = 10.0
"""Passes that culminate higher do not graze the least elevation. [deg]"""

Floats = NDArray[np.float64]


def verification_set() -> Section:
    """SGP4 against the vectors that its authors publish with their program."""
    n_vectors, worst_m, stops = 0, 0.0, []
    for own, asked_min, rows in _verification_cases():
        try:
            errors, km, _ = propagated(own, own.epoch, rows[:, 0] * 60.0)
            beyond = asked_min[asked_min > rows[-1, 0] + 1e-6]
            codes = propagated(own, own.epoch, beyond[:1] * 60.0)[0]
            if len(beyond):
                stops.append([own.number, "at a time", int(codes[0])])
        except RunError as error:
            stops.append([own.number, "as a whole", str(error).split("error ")[1][0]])
            continue
        n_vectors += len(rows) if not errors.any() else 0
        worst_m = max(worst_m, float(np.abs(km - rows[:, 1:4]).max()) * 1000.0)
    stopped = {int(number): int(code) for number, _, code in stops}
    expected = {20413: 6, 22312: 1, 28350: 1, 28872: 6, 29141: 6, 33333: 4, 33334: 3}
    n_right = sum(stopped.get(key) == code for key, code in expected.items())
    package = f"verification set of AIAA 2006-6753, as in sgp4 {version('sgp4')}"
    checks = [
        Check("SGP4: positions", package, "input", f"{worst_m:.1e} m", "1e-3 m", worst_m <= 1e-3),
        Check(
            "SGP4: sets that stop, and their error codes",
            package,
            "input",
            f"{len(stopped)} sets, {n_right} as they should",
            f"all {len(expected)}",
            stopped == expected,
        ),
    ]
    text = f"""
        {n_vectors} vectors of D. A. Vallado et al., Revisiting Spacetrack Report #3, 2006. The package that
        computes them comes with them, so this says that times, units and errors pass through unharmed. A set
        that is refused or stops gives an error with its code and never a number.
        """
    return Section("SGP4", text, checks, [Details(("satellite", "refused", "error code"), stops)])


def element_sets() -> Section:
    """Ground tracks and windows of real element sets against Skyfield."""
    scale = load.timescale(builtin=True)
    rows, worst_deg = [], 0.0
    everything: dict[str, list[Floats]] = {"ellipsoid": [], "sphere": []}
    lonely = {"ellipsoid": 0, "sphere": 0}
    n_windows = 0
    for own in read_elements(ELEMENT_SETS):
        off_deg = _track_off_deg(own, scale)
        worst_deg = max(worst_deg, off_deg)
        worst = {}
        own_windows = 0
        for place in PLACES.values():
            theirs = _skyfield_windows(own, place, scale)
            own_windows += int(theirs[:, 2].sum())
            for shape, mine in (
                ("ellipsoid", _ellipsoid_windows(own, place)),
                ("sphere", _sphere_windows(own, place)),
            ):
                apart_s, n_lonely = _compared(theirs, mine)
                everything[shape].append(apart_s)
                lonely[shape] += n_lonely
                worst[shape] = max(worst.get(shape, 0.0), float(apart_s.max(initial=0.0)))
        n_windows += own_windows
        rows.append(
            [own.title, f"{off_deg:.4f}", own_windows, f"{worst['ellipsoid']:.2f}", f"{worst['sphere']:.2f}"]
        )
    apart = {shape: np.concatenate(parts) for shape, parts in everything.items()}
    package = f"Skyfield {version('skyfield')}"
    checks = [
        Check(
            "Ground tracks of element sets",
            package,
            "held-out",
            f"{worst_deg:.4f} degrees",
            "0.01 degrees",
            worst_deg <= 0.01,
        )
    ]
    for shape, words in (
        ("ellipsoid", "Access windows of element sets, over the ellipsoid (ground stations)"),
        ("sphere", "Access windows of element sets, on the sphere (listeners)"),
    ):
        worst_s = float(apart[shape].max())
        checks.append(
            Check(
                words,
                package,
                "held-out",
                f"{worst_s:.2f} s, {lonely[shape]} of one side only",
                "1 s, none",
                worst_s <= 1.0 and not lonely[shape],
            )
        )
    text = f"""
        Seven public element sets, of 400 instants from 3 days before to 10 after their epochs the point
        below; then windows above {LEAST_DEG:g} degrees over {", ".join(PLACES)} in {DAYS} days: {n_windows}
        that culminate above {CLEAR_DEG:g} degrees. Skyfield and this program share the SGP4 package;
        frames, sidereal time, ellipsoid and the search for rise and set are each their own. Skyfield's
        timescale is the one that comes with it. Contacts with ground stations are found over the ellipsoid.
        Listeners and imagers see a sphere on which places keep their geodetic coordinates: their windows
        come from the kernels of a sweep, and the residual is the price of the sphere (median
        {float(np.median(apart["sphere"])):.2f} s).
        """
    columns = ("element set", "track, degrees", "windows", "ends over the ellipsoid, s", "on the sphere, s")
    return Section("Element sets", text, checks, [Details(columns, rows)])


def _verification_cases() -> Iterator[tuple[ElementSet, Floats, Floats]]:
    """Each set of the verification file, the minutes asked for, and its authors' rows [min, km, km/s]."""
    folder = Path(sgp4.__file__).parent
    rows: list[list[list[float]]] = []
    for line in (folder / "tcppver.out").read_text().splitlines():
        if line.endswith("xx"):
            rows.append([])
        elif line.strip():
            rows[-1].append([float(word) for word in line.split()[:7]])
    lines = [one for one in (folder / "SGP4-VER.TLE").read_text().splitlines() if one[:2] in ("1 ", "2 ")]
    for own_rows, first, second in zip(rows, lines[::2], lines[1::2], strict=True):
        # Some lines were changed by hand without their check digits.
        one, two = (text[:68].ljust(68) for text in (first, second))
        year, day = int(one[18:20]), float(one[20:32])
        begins = datetime(year + (1900 if year >= 57 else 2000), 1, 1, tzinfo=UTC)
        start, stop, step = (float(word) for word in second[69:].split())
        yield (
            ElementSet(
                "",
                int(one[2:7]),
                begins + timedelta(days=day - 1.0),
                one + str(checksum(one + "0")),
                two + str(checksum(two + "0")),
            ),
            start + step * np.arange(int((stop - start) / step + 1e-9) + 1),
            np.array(own_rows),
        )


def _track_off_deg(own: ElementSet, scale: Timescale) -> float:
    t_s = np.linspace(-3 * 86_400.0, 10 * 86_400.0, 400)
    times = scale.from_datetimes([own.epoch + timedelta(seconds=float(t)) for t in t_s])
    below = wgs84.geographic_position_of(EarthSatellite(own.line1, own.line2, own.name, scale).at(times))
    lat, lon, _ = geodetic(earth_fixed(own, own.epoch, t_s)[0])
    off_lon = np.abs((lon - below.longitude.degrees + 180.0) % 360.0 - 180.0)
    return float(max(np.abs(lat - below.latitude.degrees).max(), off_lon.max()))


def _skyfield_windows(own: ElementSet, place: tuple[float, float], scale: Timescale) -> Floats:
    """Windows over a place, (n, 3): rise and set after the epoch [s], and whether it is clear of grazing."""
    satellite, where = EarthSatellite(own.line1, own.line2, own.name, scale), wgs84.latlon(*place)
    ends = scale.from_datetimes([own.epoch, own.epoch + timedelta(days=DAYS)])
    times, kinds = satellite.find_events(where, ends[0], ends[1], altitude_degrees=LEAST_DEG)
    high_deg = (satellite - where).at(times).altaz()[0].degrees
    found, rise_s, top_deg = [], math.nan, 0.0
    for moment, kind, height in zip(times.utc_datetime(), kinds, high_deg, strict=True):
        t_s = (moment - own.epoch).total_seconds()
        if kind == 0:
            rise_s, top_deg = t_s, 0.0
        top_deg = max(top_deg, float(height))
        if kind == 2 and not math.isnan(rise_s):
            found.append([rise_s, t_s, float(top_deg > CLEAR_DEG)])
            rise_s = math.nan
    return np.array(found).reshape(-1, 3)


def _ellipsoid_windows(own: ElementSet, place: tuple[float, float]) -> Floats:
    """The same by this program's elevations, (n, 2) [s]."""

    def above(t_s: float | Floats) -> Floats:
        return elevation_deg(earth_fixed(own, own.epoch, np.atleast_1d(t_s))[0], *place) - LEAST_DEG

    t_s = np.arange(0.0, DAYS * 86_400.0, 10.0)
    turns = np.flatnonzero(np.diff((above(t_s) >= 0.0).astype(int)))
    ends = [float(brentq(lambda t: float(above(t)[0]), t_s[k], t_s[k + 1], xtol=1e-3)) for k in turns]
    if len(turns) and above(t_s[turns[0]])[0] >= 0.0:
        ends = ends[1:]  # it was up at the epoch
    return np.array(ends[: len(ends) // 2 * 2]).reshape(-1, 2)


def _sphere_windows(own: ElementSet, place: tuple[float, float]) -> Floats:
    """The same by the kernels that a sweep of listeners uses, (n, 2) [s]."""
    from mda_sim.sensing.lanes_kernels import LANES, board, find_views, no_lanes

    timeline = Timeline(own.epoch, 0, DAYS * US_PER_DAY, 0)
    lat, lon = place
    area = Box(kind="box", lat_min_deg=lat - 1, lat_max_deg=lat + 1, lon_min_deg=lon - 1, lon_max_deg=lon + 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one.tle"
        file.write_text(f"{own.line1}\n{own.line2}\n")
        listener = RfSatellite.model_validate(
            {"operator": "NAT", "elements": DataFile.at(file), "elevation_min_deg": LEAST_DEG}
        )
        tracks = listener.tracks(timeline)
        fleet = at_rest(np.array([lat]), np.array([lon]), 24.0 * DAYS)
        works = listener.works("listener", Setting(fleet, timeline, 1, None, area), tracks)
        views = views_of(listener, tracks, works)
    lanes, legs, rows = no_lanes(), leg_columns(fleet), np.empty((LANES, 3), np.int64)
    board(lanes, 0, legs, np.int64(0), np.int64(1))
    seen = [rows[: find_views(views, work, legs, lanes, rows), 1:].copy() for work in range(len(works))]
    found: list[list[float]] = []
    for begins, ends in (np.concatenate(seen) / US_PER_S).tolist():
        if found and begins - found[-1][1] < 0.01:
            found[-1][1] = ends  # a turn of latitude in view: two passes
        else:
            found.append([begins, ends])
    return np.array(found).reshape(-1, 2)


def _compared(theirs: Floats, mine: Floats) -> tuple[Floats, int]:
    """How far ends of clear windows are apart [s], and how many of those have no counterpart.

    Windows in the first and last half hour do not count: they may be cut.
    """
    apart, n_lonely = [], 0
    for rise_s, set_s, is_clear in theirs.tolist():
        if not is_clear or rise_s < 1800.0 or set_s > DAYS * 86_400.0 - 1800.0:
            continue
        meets = mine[(mine[:, 0] <= set_s) & (mine[:, 1] >= rise_s)]
        if len(meets) == 1:
            apart += [abs(meets[0, 0] - rise_s), abs(meets[0, 1] - set_s)]
        else:
            n_lonely += 1
    return np.array(apart), n_lonely
