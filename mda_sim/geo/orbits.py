"""Satellite orbits: from a catalogue's few numbers, or a two-line element set, to positions over the Earth.

Model: a satellite is given by a two-line element set (``elements`` reads them), or by the altitude,
inclination, ascending node and argument of latitude of a circular orbit at an epoch. SGP4 moves it in the
frame TEME, without drag unless its element set has some; a turn by Greenwich mean sidereal time fixes it to
the Earth. A sun-synchronous orbit has the inclination at which the oblateness of the Earth turns the node by
360 degrees a year, -3/2 J2 (Re / a)^2 n cos i = 2 pi / year, and its node is where mean local time is that
of its ascending node: RAAN = GMST + 15 (LTAN - UT), in degrees and hours. Satellites of a constellation are
spread evenly in planes spread evenly around the globe (Walker delta pattern) or half of it (star pattern).

The world is a sphere on which a place has its geodetic latitude and longitude, so a satellite is put **on
the sphere** likewise: at the geodetic latitude and longitude of the point below it, and as high above the
sphere of mean radius as it is above the WGS 84 ellipsoid.

Assumptions and limits: altitude means mean semi-major axis minus equatorial radius, as catalogues give it;
the true height over the ellipsoid differs by up to 30 km along the orbit, and SGP4 and the ellipsoid follow
it. Circular orbits are kept at their altitude: no drag, no third bodies; nothing manoeuvres. UTC stands for
UT1 (less than 0.9 s apart: 0.004 degrees of longitude) and polar motion is left out (10 m). On the sphere
ground distances are off by up to 0.57 % (see ``sphere``): 2.3 km at the far edge of a swath 400 km from the
track. Of real satellites over places from the equator to Svalbard, one rises over 5 degrees up to 2 s sooner
or later than over the ellipsoid, and its elevation is up to 0.2 degrees off. The first order of the
sun-synchronous condition leaves a drift of the node's local time of 0.3 % of the Sun's motion: 15 s in three
weeks.

Source: SGP4: F. R. Hoots, R. L. Roehrich, "Models for Propagation of NORAD Element Sets", Spacetrack Report
No. 3, 1980; D. A. Vallado, P. Crawford, R. Hujsak, T. S. Kelso, "Revisiting Spacetrack Report #3", AIAA
2006-6753, 2006 (constants of WGS 72). GMST: Aoki et al., "The new definition of universal time", Astronomy
and Astrophysics 105, 1982, as in D. A. Vallado, Fundamentals of Astrodynamics and Applications, 4th edition,
2013, eq. 3-47. Nodal drift: ibid., eq. 9-38; sun-synchronous orbits: section 11.4.1. Constellation: J. G.
Walker, "Satellite Constellations", Journal of the British Interplanetary Society 37, 1984, pp. 559-571.
Where next: ``elements`` reads files of element sets; ``orbits_kernels`` reads tracks between their knots;
``sensing.orbiting`` and what extends it look from them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors

if TYPE_CHECKING:
    from sgp4.api import Satrec

EQUATORIAL_RADIUS_M: Final = 6378135.0  # WGS 72, the constants of SGP4 (AIAA 2006-6753)
GRAVITY_M3_PER_S2: Final = 3.986008e14  # WGS 72: mu of the Earth
J2: Final = 0.001082616  # WGS 72: second zonal harmonic
TROPICAL_YEAR_DAYS: Final = 365.2422
"""Days in which the mean Sun goes once round. [d]"""
EARTH_RATE_RAD_S: Final = 7.292115e-5  # WGS 84: rotation of the Earth
SEMI_MAJOR_M: Final = 6378137.0  # WGS 84 ellipsoid
FLATTENING: Final = 1.0 / 298.257223563  # WGS 84 ellipsoid
KNOT_STEP_S: Final = 60
"""Spacing of the knots of a track; cubics between them are within 1 m of SGP4. [s]"""

NO_NUMBER: Final = 99
"""Code of a position that is no number though SGP4 reports no error."""

_SGP4_EPOCH: Final = datetime(1949, 12, 31, tzinfo=UTC)
J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""The epoch J2000."""
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CircularOrbit:
    """One satellite's circular orbit at an epoch that is given apart from it."""

    altitude_m: float
    """Mean semi-major axis minus equatorial radius. [m]"""
    inclination_deg: float
    """Inclination. [0, 180]"""
    raan_deg: float
    """Right ascension of the ascending node at the epoch. [deg]"""
    latitude_argument_deg: float
    """Angle from the ascending node along the orbit at the epoch. [deg]"""


@dataclass(frozen=True)
class ElementSet:
    """One satellite's orbit as a two-line element set, with an epoch of its own; ``elements`` reads it."""

    name: str
    """Name of the satellite; empty if the file has none."""
    number: int
    """Catalogue number."""
    epoch: datetime
    """Moment of the elements, UTC, to the microsecond."""
    line1: str
    """First line, 69 characters."""
    line2: str
    """Second line, 69 characters."""

    @property
    def title(self) -> str:
        """Name and number, as texts call it."""
        return f"{self.name} ({self.number})" if self.name else f"satellite {self.number}"


Orbit = CircularOrbit | ElementSet
"""What a satellite's motion is given by."""


class Track(NamedTuple):
    """Knots of one satellite's motion on the sphere; a plain tuple, so that kernels take it as it is."""

    step_s: float
    """Time between knots; knot k is at k steps after the epoch. [s]"""
    position_m: Floats
    """From the Earth's centre, turning with the Earth, (n, 3). [m]"""
    velocity_mps: Floats
    """Relative to the Earth's surface, (n, 3). [m/s]"""


def sun_synchronous_inclination_deg(altitude_m: float) -> float:
    """Inclination at which the node of a circular orbit follows the mean Sun [deg].

    ValueError above about 5,970 km, where there is none.

    >>> round(sun_synchronous_inclination_deg(550e3), 2)
    97.59
    """
    cosine = -2.0 * math.pi / (TROPICAL_YEAR_DAYS * 86400.0) / _node_rate_rad_s(altitude_m)
    if cosine < -1.0:
        raise ValueError(f"there is no sun-synchronous circular orbit at altitude_m {altitude_m:g}")
    return math.degrees(math.acos(cosine))


def node_drift_deg_per_day(altitude_m: float, inclination_deg: float) -> float:
    """Drift of the ascending node of a circular orbit by the first order of J2, east positive [deg/d]."""
    rate = -_node_rate_rad_s(altitude_m) * math.cos(math.radians(inclination_deg))
    return math.degrees(rate) * 86400.0


def raan_of_local_time_deg(ltan_h: float, epoch: datetime) -> float:
    """Right ascension of a node where mean local time is ``ltan_h`` at the epoch, in [0, 360) [deg]."""
    moment = epoch.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    ut_h = (moment - midnight) / _HOUR
    return (math.degrees(float(gmst_rad(epoch, 0.0))) + 15.0 * (ltan_h - ut_h)) % 360.0


def constellation(
    first: CircularOrbit,
    n_satellites: int,
    n_planes: int = 1,
    plane_spread_deg: float = 360.0,
    phasing: int = 1,
) -> tuple[CircularOrbit, ...]:
    """``n_satellites`` orbits like the first, evenly in ``n_planes`` planes: Walker's i:t/p/f, by plane.

    Nodes are plane_spread / n_planes degrees apart (360 for a delta pattern, 180 for a star), satellites of a
    plane 360 n_planes / n_satellites along it, and each plane is ahead of the one before by phasing * 360 /
    n_satellites. ValueError unless the planes share the satellites out.
    """
    if n_satellites < 1 or n_planes < 1 or n_satellites % n_planes:
        raise ValueError(
            f"{n_satellites} satellites in {n_planes} planes; expected the same number, 1 or more, in each"
        )
    orbits = []
    for number in range(n_satellites):
        plane, slot = divmod(number, n_satellites // n_planes)
        ahead_deg = 360.0 * (slot * n_planes + phasing * plane) / n_satellites
        orbits.append(
            CircularOrbit(
                first.altitude_m,
                first.inclination_deg,
                (first.raan_deg + plane_spread_deg * plane / n_planes) % 360.0,
                (first.latitude_argument_deg + ahead_deg) % 360.0,
            )
        )
    return tuple(orbits)


def gmst_rad(epoch: datetime, t_s: ArrayLike) -> Floats:
    """Greenwich mean sidereal time (IAU 1982) at times after an epoch with a zone, in [0, 2 pi) [rad].

    Vallado 2013, eq. 3-47: 67310.54841 s + (876600 h + 8640184.812866 s) T + 0.093104 T^2 - 6.2e-6 T^3, with
    T the Julian centuries of UT1 since J2000.
    """
    days = (epoch - J2000) / _DAY + np.asarray(t_s, np.float64) / 86400.0
    centuries = days / 36525.0
    # 876600 h a century are whole turns, one a day: taken off exactly, so that no digits are lost.
    seconds = (
        67310.54841
        + 86400.0 * (days % 1.0)
        + centuries * (8640184.812866 + centuries * (0.093104 - 6.2e-6 * centuries))
    )
    return np.asarray(np.deg2rad(seconds / 240.0) % (2.0 * math.pi))


def satellite_record(orbit: Orbit, epoch: datetime) -> Satrec:
    """The orbit as the ``sgp4`` package takes it; RunError if SGP4 refuses it, as it does below ground.

    ``epoch`` is that of a circular orbit; an element set has its own.
    """
    from sgp4.api import SGP4_ERRORS, WGS72, Satrec

    if isinstance(orbit, ElementSet):
        record = Satrec.twoline2rv(orbit.line1, orbit.line2, WGS72)
        if record.error:
            raise RunError(f"SGP4 refuses {orbit.title}: error {record.error}, {SGP4_ERRORS[record.error]}")
        return record
    semi_major_m = EQUATORIAL_RADIUS_M + orbit.altitude_m
    rate = math.sqrt(GRAVITY_M3_PER_S2 / semi_major_m**3) * 60.0
    inclination = math.radians(orbit.inclination_deg)
    oblateness = 0.75 * J2 * (EQUATORIAL_RADIUS_M / semi_major_m) ** 2
    kozai_rate = rate * (1.0 + oblateness * (3.0 * math.cos(inclination) ** 2 - 1.0))
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",
        0,
        (epoch - _SGP4_EPOCH) / _DAY,
        0.0,  # drag
        0.0,  # first derivative of mean motion
        0.0,  # second derivative of mean motion
        0.0,  # eccentricity
        0.0,  # argument of perigee
        inclination,
        math.radians(orbit.latitude_argument_deg),
        kozai_rate,
        math.radians(orbit.raan_deg),
    )
    if record.error:
        raise RunError(f"SGP4 refuses the orbit {orbit}: {SGP4_ERRORS[record.error]}")
    return record


def earth_fixed(orbit: Orbit, epoch: datetime, t_s: ArrayLike) -> tuple[Floats, Floats]:
    """Position [m] and velocity [m/s], each (n, 3), in the frame that turns with the Earth.

    ``t_s`` are seconds after the epoch, (n,): that of a circular orbit, any moment for an element set.
    RunError if SGP4 reports an error at any of them.
    """
    times = np.atleast_1d(np.asarray(t_s, np.float64))
    errors, km, km_per_s = propagated(orbit, epoch, times)
    if errors.any():
        first = int(np.flatnonzero(errors)[0])
        moment = epoch + timedelta(seconds=float(times[first]))
        name = orbit.title if isinstance(orbit, ElementSet) else f"the orbit {orbit}"
        raise RunError(
            f"SGP4 fails for {name} after {times[first]:g} s, at {moment:%Y-%m-%d %H:%M:%S} UTC: "
            f"{error_text(int(errors[first]))}"
        )
    angle = gmst_rad(epoch, times)
    position, velocity = _turned(km * 1000.0, angle), _turned(km_per_s * 1000.0, angle)
    velocity[:, 0] += EARTH_RATE_RAD_S * position[:, 1]
    velocity[:, 1] -= EARTH_RATE_RAD_S * position[:, 0]
    return position, velocity


def propagated(orbit: Orbit, epoch: datetime, t_s: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """What SGP4 says at seconds after the epoch, (n,): error codes (n,), TEME [km] and [km/s], each (n, 3).

    Rows with an error code hold no position. A position that is no number has the code ``NO_NUMBER``.
    RunError if SGP4 refuses the orbit as such.
    """
    record = satellite_record(orbit, epoch)
    since_days = (epoch - orbit.epoch) / _DAY if isinstance(orbit, ElementSet) else 0.0
    days = np.full(t_s.shape, record.jdsatepoch)
    codes, km, km_per_s = record.sgp4_array(days, record.jdsatepochF + (since_days + t_s / 86400.0))
    is_finite = np.isfinite(km).all(axis=1) & np.isfinite(km_per_s).all(axis=1)
    errors = np.where((codes == 0) & ~is_finite, NO_NUMBER, codes.astype(np.int64))
    return errors, km, km_per_s


def error_text(code: int) -> str:
    """An error code of SGP4 in words."""
    from sgp4.api import SGP4_ERRORS

    if code == NO_NUMBER:
        return "it gives a position that is no number"
    return f"error {code}, {SGP4_ERRORS[code]}"


def elevation_deg(position_m: ArrayLike, lat_deg: float, lon_deg: float) -> Floats:
    """Elevation of Earth-fixed points (n, 3) over a place at height 0 of the WGS 84 ellipsoid, (n,) [deg].

    Without refraction. The angle is from the plane at right angles to the ellipsoid's vertical.
    """
    up = unit_vectors(lat_deg, lon_deg)
    square = FLATTENING * (2.0 - FLATTENING)
    curvature_m = SEMI_MAJOR_M / math.sqrt(1.0 - square * float(up[2]) ** 2)
    place_m = curvature_m * up * np.array([1.0, 1.0, 1.0 - square])
    x, y, z = np.moveaxis(np.asarray(position_m, np.float64) - place_m, -1, 0)
    above = x * up[0] + y * up[1] + z * up[2]
    sine = above / np.sqrt(x * x + y * y + z * z)
    return np.asarray(np.rad2deg(np.arcsin(np.clip(sine, -1.0, 1.0))))  # straight above it rounds to over 1


def geodetic(position_m: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Geodetic latitude [deg], longitude [deg] and height [m] over WGS 84 of Earth-fixed points (n, 3).

    Exact to 1e-9 degrees and 1 mm up to 2,000 km: B. R. Bowring, "Transformation from spatial to geographical
    coordinates", Survey Review 23, 1976, pp. 323-327, taken twice. Not for points within 1 km of the axis.
    """
    up, height_m = _vertical(np.asarray(position_m, np.float64))
    x, y, z = np.moveaxis(up, -1, 0)
    return np.rad2deg(np.arctan2(z, np.hypot(x, y))), np.rad2deg(np.arctan2(y, x)), height_m


def on_sphere(position_m: ArrayLike) -> Floats:
    """Earth-fixed points (n, 3) moved to the sphere: the same latitude, longitude and height [m]."""
    up, height_m = _vertical(np.asarray(position_m, np.float64))
    return up * (EARTH_RADIUS_M + height_m)[..., None]


def _vertical(position_m: Floats) -> tuple[Floats, Floats]:
    """The ellipsoid's vertical through points (n, 3), a unit vector (n, 3), and their height (n,); see
    ``geodetic``. Angles are kept as sines and cosines.
    """
    x, y, z = np.moveaxis(position_m, -1, 0)
    minor_m = SEMI_MAJOR_M * (1.0 - FLATTENING)
    square = FLATTENING * (2.0 - FLATTENING)
    other_square = square / (1.0 - square)
    axis_m = np.sqrt(x * x + y * y)
    # Sine and cosine of the reduced latitude, both times the same number, and then of the latitude.
    sine, cosine = z * SEMI_MAJOR_M, axis_m * minor_m
    for _ in range(2):
        slant = np.sqrt(sine * sine + cosine * cosine)
        sine, cosine = sine / slant, cosine / slant
        north = z + other_square * minor_m * sine * sine * sine
        out = axis_m - square * SEMI_MAJOR_M * cosine * cosine * cosine
        sine, cosine = (1.0 - FLATTENING) * north, out
    slant = np.sqrt(north * north + out * out)
    sin_lat, cos_lat = north / slant, out / slant
    curvature_m = SEMI_MAJOR_M / np.sqrt(1.0 - square * sin_lat * sin_lat)
    height_m = axis_m * cos_lat + z * sin_lat - SEMI_MAJOR_M**2 / curvature_m
    return np.stack([x / axis_m * cos_lat, y / axis_m * cos_lat, sin_lat], axis=-1), height_m


@lru_cache(maxsize=256)
def track(orbit: Orbit, epoch: datetime, until_us: int) -> Track:
    """A satellite's motion on the sphere from the epoch to ``until_us`` after it, or just beyond.

    Knots lie ``KNOT_STEP_S`` apart from the epoch on, so a longer track begins with the same knots. The same
    for all seeds: made once in a process, and not to be written to. RunError as ``earth_fixed``.
    """
    made = _knots(orbit, epoch, 0, max(_n_knots(until_us), 2))
    made.position_m.flags.writeable = made.velocity_mps.flags.writeable = False
    return made


def prolonged(own: Track, orbit: Orbit, epoch: datetime, until_us: int) -> Track:
    """A track of an orbit carried on to ``until_us``; the same bytes as a track made to that time."""
    have, want = len(own.position_m), _n_knots(until_us)
    if want <= have:
        return own
    rest = _knots(orbit, epoch, have, want)
    return Track(
        own.step_s,
        np.concatenate([own.position_m, rest.position_m]),
        np.concatenate([own.velocity_mps, rest.velocity_mps]),
    )


def _n_knots(until_us: int) -> int:
    return -(-until_us // (KNOT_STEP_S * US_PER_S)) + 1


def _knots(orbit: Orbit, epoch: datetime, first: int, stop: int) -> Track:
    """Knots ``first`` up to ``stop`` of a satellite's motion on the sphere."""
    position, velocity = earth_fixed(orbit, epoch, KNOT_STEP_S * np.arange(first, stop))
    return Track(float(KNOT_STEP_S), *_motion_on_sphere(position, velocity))


def _motion_on_sphere(position_m: Floats, velocity_mps: Floats) -> tuple[Floats, Floats]:
    """Earth-fixed points and their velocities, each (n, 3), moved to the sphere as by ``on_sphere``.

    A velocity keeps its part upwards, as heights are kept. Northwards and eastwards it changes in proportion
    to the radii of curvature: the same change of latitude and longitude is another way on the sphere.
    """
    up, height_m = _vertical(position_m)
    cos_lat, sin_lat = np.hypot(up[:, 0], up[:, 1]), up[:, 2]
    east = np.stack([-up[:, 1], up[:, 0], np.zeros(len(up))], axis=-1) / cos_lat[:, None]
    north = np.stack([-sin_lat * east[:, 1], sin_lat * east[:, 0], cos_lat], axis=-1)
    square = FLATTENING * (2.0 - FLATTENING)
    bulge = 1.0 - square * sin_lat**2
    across_m = SEMI_MAJOR_M / np.sqrt(bulge)  # radius of curvature across the meridian
    along_m = across_m * (1.0 - square) / bulge  # and along it
    radius_m = EARTH_RADIUS_M + height_m
    x, y, z = velocity_mps.T
    upwards = x * up[:, 0] + y * up[:, 1] + z * up[:, 2]
    eastwards = (x * east[:, 0] + y * east[:, 1]) * radius_m / (across_m + height_m)
    northwards = (x * north[:, 0] + y * north[:, 1] + z * north[:, 2]) * radius_m / (along_m + height_m)
    moved = upwards[:, None] * up + eastwards[:, None] * east + northwards[:, None] * north
    return up * radius_m[:, None], np.ascontiguousarray(moved)


def _node_rate_rad_s(altitude_m: float) -> float:
    """Westward drift of the node of a circular orbit over the cosine of its inclination."""
    semi_major_m = EQUATORIAL_RADIUS_M + altitude_m
    rate = math.sqrt(GRAVITY_M3_PER_S2 / semi_major_m**3)
    return 1.5 * J2 * (EQUATORIAL_RADIUS_M / semi_major_m) ** 2 * rate


def _turned(vectors: Floats, angle_rad: Floats) -> Floats:
    """Vectors (n, 3) in axes turned about the pole by angles (n,)."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    x, y, z = vectors.T
    return np.stack([c * x + s * y, c * y - s * x, z], axis=1)
