"""How fast vessels of a class can be: what bounds where one may have gone since it was last seen.

Model: the top speed of a class is the greatest speed of any leg of any of its vessels in the replicate.

Assumptions and limits: one vessel that hurries bounds all of its class, whatever they do at the moment; a
class of one slow vessel has a low bound. Probes do not move. Where next: ``picture`` and ``metrics`` let the
place of an old observation grow by it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.world.fleet import Fleet


def top_speed_mps(fleet: Fleet) -> NDArray[np.float64]:
    """Greatest speed of each class of traffic, (n_classes,), in the order of ``fleet.classes`` [m/s]."""
    of_leg = fleet.targets["traffic_class"][fleet.legs["target"]]
    fastest = np.zeros(len(fleet.classes))
    np.maximum.at(fastest, of_leg, fleet.legs["speed_mps"])
    return fastest
