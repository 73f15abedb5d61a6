"""When data of satellites are on the ground: the first long enough contact with a ground station.

Model: data complete at an instant wait aboard for the first contact, from then on, that is (or still is) at
the least elevation or above over one ground station for ``lasting_us``; at the end of that time they are on
the ground. On the sphere of radius R, a satellite at distance d from a station, and at height u above its
horizontal plane, has the elevation asin(u / d). Contacts are looked for beyond the end of sensing, for up to
``LONGEST_WAIT_H`` hours.

Assumptions and limits: each station takes any number of satellites at once, always works, and lies at height
0 with a free horizon; a contact is not handed over from one station to the next; data of all sizes take the
same time, and none waits for other data. So more stations are never worse. No links between satellites.
Contacts of under 1 s do not count. On the sphere a contact begins and ends a few seconds sooner or later than
over the ellipsoid (``geo.orbits``).

Source: elementary geometry. Where next: ``orbiting`` adds ``product_delay_s``; ``downlink_kernels`` looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_H
from mda_sim.data import catalogue
from mda_sim.geo.orbits import CircularOrbit, Track
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors

LONGEST_WAIT_H: Final = 48
"""Hours after sensing in which contacts are looked for. [h]"""
NOT_RECEIVED: Final = -1
"""Instant of data that no station receives."""

_STAGES_H: Final = (0, 3, 12, LONGEST_WAIT_H)  # most data are down soon: few tracks are made to the end
_HIGHER_M: Final = 35e3  # heights over the ellipsoid are up to 30 km above the catalogues' (``geo.orbits``)
_LEANING_DEG: Final = 0.2  # geodetic latitudes are up to 0.19 degrees above geocentric ones

Ints = NDArray[np.int64]


def received_us(
    track_until: Callable[[int, int], Track],
    score_to_us: int,
    stations: Sequence[str],
    elevation_deg: float,
    lasting_us: int,
    satellite: Ints,
    t_end_us: Ints,
) -> Ints:
    """When data complete at ``t_end_us`` aboard ``satellite`` are on the ground, (n,); ``NOT_RECEIVED`` [us].

    ``track_until(satellite, until_us)`` gives a track that reaches to ``until_us`` at least; ``stations`` are
    ids of sites of the catalogue.
    """
    from mda_sim.sensing.downlink_kernels import first_contacts

    places = station_vectors(stations)
    sine = math.sin(math.radians(elevation_deg))
    starts = np.full(len(satellite), NOT_RECEIVED, np.int64)
    for own in np.unique(satellite).tolist():
        waiting = np.flatnonzero(satellite == own)
        for hours in _STAGES_H:
            found = np.empty(len(waiting), np.int64)
            track = track_until(own, score_to_us + hours * US_PER_H)
            first_contacts(track, places, sine, lasting_us, t_end_us[waiting], found)
            starts[waiting] = found
            waiting = waiting[found < 0]
            if not len(waiting):
                break
    return np.where(starts < 0, NOT_RECEIVED, starts + lasting_us)


def station_vectors(stations: Sequence[str]) -> NDArray[np.float64]:
    """Unit vectors of sites of the catalogue, (m, 3); UnknownIdError (a KeyError) for one it has not."""
    places = [catalogue.site(one) for one in stations]
    lats = np.array([place.lat_deg for place in places])
    lons = np.array([place.lon_deg for place in places])
    return np.ascontiguousarray(unit_vectors(lats, lons))


def highest_latitude_deg(orbit: CircularOrbit, elevation_deg: float) -> float:
    """Latitude beyond which a satellite is never at this elevation, with a little to spare; at most 90 [deg].

    >>> round(highest_latitude_deg(CircularOrbit(550e3, 53.0, 0.0, 0.0), 5.0), 1)
    72.4
    """
    elevation = math.radians(elevation_deg)
    nearness = EARTH_RADIUS_M / (EARTH_RADIUS_M + orbit.altitude_m + _HIGHER_M)
    reach_deg = math.degrees(math.acos(nearness * math.cos(elevation)) - elevation)
    turn_deg = min(orbit.inclination_deg, 180.0 - orbit.inclination_deg)
    return min(turn_deg + reach_deg + _LEANING_DEG, 90.0)
