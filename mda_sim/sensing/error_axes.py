"""The error of a measured position: two axes and the way they lie.

Model: along the first axis and across it the errors are independent and normal; their ellipse of 1 sigma has
these axes. A sensor that measures range and bearing errs along its line of sight and across it; any other
errs the same in all directions.

Where next: kinds of sensor answer ``error_axes``, ``products`` draws with it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class ErrorAxes(NamedTuple):
    """Axes of the error at some places; arrays are (n,)."""

    along_m: Floats
    """Error along ``bearing_deg``, 1 sigma [m]."""
    across_m: Floats
    """Error across it, 1 sigma [m]."""
    bearing_deg: Floats
    """Where the first axis points, clockwise from north [deg]."""

    @classmethod
    def circle(cls, radial_m: float, n: int) -> ErrorAxes:
        """The same in all directions at ``n`` places; ``radial_m`` is the root mean square of the distance.

        >>> ErrorAxes.circle(5.0, 1).along_m.round(3).tolist()
        [3.536]
        """
        sigma_m = np.full(n, radial_m / np.sqrt(2.0))
        return cls(sigma_m, sigma_m, np.zeros(n))

    def ellipse(self) -> tuple[Floats, Floats, Floats]:
        """Half axes of the ellipse of 1 sigma, longer first [m]; bearing of the longer in [0, 180) [deg]."""
        turned = self.across_m > self.along_m
        orientation_deg = np.where(turned, self.bearing_deg + 90.0, self.bearing_deg) % 180.0
        return (
            np.maximum(self.along_m, self.across_m),
            np.minimum(self.along_m, self.across_m),
            np.where(orientation_deg == 180.0, 0.0, orientation_deg),
        )
