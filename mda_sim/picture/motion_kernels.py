"""The motion model of a track, one step at a time, compiled.

Model: east and north are independent and alike. Velocity is an Ornstein-Uhlenbeck process about zero with
standard deviation s and correlation exp(-|dt| / tau), position its integral. With u = dt / tau, e = exp(-u)
and g = tau (1 - e) a step of dt >= 0 takes

    p' = p + g v,   v' = e v,
    Qvv = s2 (1 - e2),   Qpv = s2 tau (1 - e)2,   Qpp = 2 s2 tau2 (u - 2 (1 - e) + (1 - e2) / 2),

nearly constant velocity for dt much less than tau, and a random walk of 2 s2 tau per unit of time beyond. The
stationary process is reversible, so a step back is the same with g and Qpv negative. A contact at z with
error covariance R corrects the step by Kalman's equations.

Positions lie in the plane tangent at the last corrected position: by distance and bearing along great
circles (azimuthal equidistant).

Assumptions and limits: the velocity is not turned when the plane moves along, which is off by the convergence
of meridians, some tenths of a degree in 50 km below 40 degrees of latitude. Vessels keep to no lanes or land.

Source: L. M. Millefiori, P. Braca, K. Bryan, P. Willett, "Modeling vessel kinematics using a stochastic
mean-reverting process for long-term prediction", IEEE Trans. Aerospace and Electronic Systems 52(5), 2016,
with mean zero; R. E. Kalman, "A new approach to linear filtering and prediction problems", J. Basic Eng. 82,
1960. Where next: ``tracks_kernels``.

A state is a row of 12: velocity east and north [m/s], then the covariance xx xy yy xu xv yu yv uu uv vv, with
x and u the position and velocity east, y and v those north.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M

N_STATE = 12
"""Length of a state."""


@kernel
def step(
    state: NDArray[np.float64], dt_s: float, sigma_mps: float, tau_s: float, out: NDArray[np.float64]
) -> float:
    """Write the state ``dt_s`` later (earlier, where negative) to ``out``.

    Returns g: the position has moved by g times the old velocity.
    """
    u = abs(dt_s) / tau_s
    gone = -math.expm1(-u)
    gone2 = -math.expm1(-2.0 * u)
    e = 1.0 - gone
    back = -1.0 if dt_s < 0.0 else 1.0
    g = back * tau_s * gone
    # the difference cancels for short steps, where its series does not
    f = u - 2.0 * gone + 0.5 * gone2 if u > 1e-3 else u * u * u * (1.0 / 3.0 - u * (0.25 - u * 7.0 / 60.0))
    s2 = sigma_mps * sigma_mps
    qpp = 2.0 * s2 * tau_s * tau_s * f
    qpv = back * s2 * tau_s * gone * gone
    qvv = s2 * gone2
    xx, xy, yy = state[2], state[3], state[4]
    xu, xv, yu, yv = state[5], state[6], state[7], state[8]
    uu, uv, vv = state[9], state[10], state[11]
    out[0] = e * state[0]
    out[1] = e * state[1]
    out[2] = xx + 2.0 * g * xu + g * g * uu + qpp
    out[3] = xy + g * (xv + yu) + g * g * uv
    out[4] = yy + 2.0 * g * yv + g * g * vv + qpp
    out[5] = e * (xu + g * uu) + qpv
    out[6] = e * (xv + g * uv)
    out[7] = e * (yu + g * uv)
    out[8] = e * (yv + g * vv) + qpv
    out[9] = e * e * uu + qvv
    out[10] = e * e * uv
    out[11] = e * e * vv + qvv
    return g


@kernel
def correct(
    state: NDArray[np.float64],
    off_x: float,
    off_y: float,
    rxx: float,
    rxy: float,
    ryy: float,
) -> tuple[float, float]:
    """Correct a state in place by a contact that lies ``off_x``, ``off_y`` east and north of it [m].

    Returns by how much the position moves east and north [m].
    """
    xx, xy, yy = state[2], state[3], state[4]
    xu, xv, yu, yv = state[5], state[6], state[7], state[8]
    sxx, sxy, syy = xx + rxx, xy + rxy, yy + ryy
    det = sxx * syy - sxy * sxy
    ixx, ixy, iyy = syy / det, -sxy / det, sxx / det
    # gains: rows x, y, u, v; columns east, north
    kxx, kxy = xx * ixx + xy * ixy, xx * ixy + xy * iyy
    kyx, kyy = xy * ixx + yy * ixy, xy * ixy + yy * iyy
    kux, kuy = xu * ixx + yu * ixy, xu * ixy + yu * iyy
    kvx, kvy = xv * ixx + yv * ixy, xv * ixy + yv * iyy
    state[0] += kux * off_x + kuy * off_y
    state[1] += kvx * off_x + kvy * off_y
    state[2] = xx - (kxx * xx + kxy * xy)
    state[3] = xy - (kxx * xy + kxy * yy)
    state[4] = yy - (kyx * xy + kyy * yy)
    state[5] = xu - (kxx * xu + kxy * yu)
    state[6] = xv - (kxx * xv + kxy * yv)
    state[7] = yu - (kyx * xu + kyy * yu)
    state[8] = yv - (kyx * xv + kyy * yv)
    state[9] -= kux * xu + kuy * yu
    state[10] -= kux * xv + kuy * yv
    state[11] -= kvx * xv + kvy * yv
    return kxx * off_x + kxy * off_y, kyx * off_x + kyy * off_y


@kernel
def start(sigma_mps: float, rxx: float, rxy: float, ryy: float, out: NDArray[np.float64]) -> None:
    """Write the state of which one contact is all that is known."""
    out[:] = 0.0
    out[2], out[3], out[4] = rxx, rxy, ryy
    out[9] = out[11] = sigma_mps * sigma_mps


@kernel
def plane(lat0_deg: float, lon0_deg: float, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """East and north of a point in the plane tangent at the first [m]."""
    lat0, lat = math.radians(lat0_deg), math.radians(lat_deg)
    dlon = math.radians(lon_deg - lon0_deg)
    half = math.sin(0.5 * dlon)
    rise = math.sin(0.5 * (lat - lat0))
    haversine = rise * rise + math.cos(lat0) * math.cos(lat) * half * half
    distance = 2.0 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(haversine)))
    east = math.cos(lat) * math.sin(dlon)
    north = math.sin(lat - lat0) + 2.0 * math.sin(lat0) * math.cos(lat) * half * half
    length = math.hypot(east, north)
    if length == 0.0:
        return 0.0, 0.0
    return distance * east / length, distance * north / length


@kernel
def from_plane(lat0_deg: float, lon0_deg: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Latitude and longitude of a point of the plane tangent at the first [deg]; longitude in [-180, 180]."""
    distance = math.hypot(east_m, north_m)
    if distance == 0.0:
        return lat0_deg, lon0_deg
    lat0 = math.radians(lat0_deg)
    arc = distance / EARTH_RADIUS_M
    to_north, to_east = north_m / distance, east_m / distance
    sin_arc, cos_arc = math.sin(arc), math.cos(arc)
    sin_lat = math.sin(lat0) * cos_arc + math.cos(lat0) * sin_arc * to_north
    lat = math.asin(max(-1.0, min(1.0, sin_lat)))
    dlon = math.atan2(to_east * sin_arc * math.cos(lat0), cos_arc - math.sin(lat0) * sin_lat)
    lon = lon0_deg + math.degrees(dlon)
    if lon > 180.0:
        lon -= 360.0
    elif lon < -180.0:
        lon += 360.0
    return math.degrees(lat), lon
