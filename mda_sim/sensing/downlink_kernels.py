"""When satellites are next in contact with ground stations, compiled; the model is in ``downlink``.

A satellite is in contact while its **margin** over a station, its height above the station's horizontal plane
less the sine of the least elevation times its distance, is 0 or more. The margin changes by no more than
(1 + sine) times ``MOST_SPEED_MPS`` in a second, so as much time as that leaves is stepped over, or 1 s if
that is more; where the sign changes the edge is bisected. Contacts and gaps of under 1 s can be missed.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import US_PER_S
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M

MOST_SPEED_MPS: Final = 9000.0
"""No satellite moves faster in the frame of the Earth: 8.3 km/s at the perigee of 160 by 2,000 km, and the
Earth's turn. [m/s]"""

_STEP_S: Final = 1.0
_BISECTIONS: Final = 24  # of 1 s, to less than 1e-7 s


@kernel
def margin_m(track: Track, t_s: float, x: float, y: float, z: float, sine: float) -> float:
    """Margin over the station with the unit vector (x, y, z) and the sine of its least elevation [m]."""
    px, py, pz, _, _, _ = motion(track, t_s)
    along = px * x + py * y + pz * z
    square = px * px + py * py + pz * pz + EARTH_RADIUS_M * (EARTH_RADIUS_M - 2.0 * along)
    return along - EARTH_RADIUS_M - sine * math.sqrt(max(square, 0.0))


@kernel
def contact_s(
    track: Track, from_s: float, before_s: float, lasting_s: float, x: float, y: float, z: float, sine: float
) -> float:
    """First instant from ``from_s`` on at which a contact with one station goes on for ``lasting_s`` [s].

    -1 if none begins before ``before_s``, or the track ends before it is over.
    """
    end_s = track.step_s * (track.position_m.shape[0] - 1)
    rate_mps = MOST_SPEED_MPS * (1.0 + sine)
    t_s, margin = from_s, margin_m(track, from_s, x, y, z, sine)
    start_s = from_s if margin >= 0.0 else -1.0
    while start_s >= 0.0 or t_s < before_s:
        next_s = t_s + max(abs(margin) / rate_mps, _STEP_S)
        if start_s >= 0.0:
            next_s = min(next_s, start_s + lasting_s)
        if next_s > end_s:
            return -1.0
        later = margin_m(track, next_s, x, y, z, sine)
        if start_s < 0.0 and later >= 0.0:
            outside_s, start_s = t_s, next_s
            for _ in range(_BISECTIONS):
                middle_s = 0.5 * (outside_s + start_s)
                if margin_m(track, middle_s, x, y, z, sine) >= 0.0:
                    start_s = middle_s
                else:
                    outside_s = middle_s
        elif later < 0.0:
            start_s = -1.0
        if start_s >= 0.0 and next_s >= start_s + lasting_s:
            return start_s
        t_s, margin = next_s, later
    return -1.0


@kernel
def first_contacts(
    track: Track,
    stations: NDArray[np.float64],
    sine: float,
    lasting_us: int,
    t_from_us: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """First instant of a contact of ``lasting_us`` with any station, from each of ``t_from_us`` (n,) on [us].

    ``stations``: unit vectors (m, 3). ``out`` (n,) is -1 where the track ends before one is over.
    """
    end_s = track.step_s * (track.position_m.shape[0] - 1)
    for i in range(t_from_us.shape[0]):
        from_s, best_s, is_found = t_from_us[i] / US_PER_S, end_s, False
        for k in range(stations.shape[0]):
            x, y, z = stations[k, 0], stations[k, 1], stations[k, 2]
            found_s = contact_s(track, from_s, best_s, lasting_us / US_PER_S, x, y, z, sine)
            if found_s >= 0.0 and found_s <= best_s:
                best_s, is_found = found_s, True
        out[i] = max(t_from_us[i], math.ceil(best_s * US_PER_S)) if is_found else -1
