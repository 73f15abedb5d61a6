"""The base of every sensor spec: who operates it, where it stands, how often it reports, and what a model
must answer.

Model: a sensor cuts time into reporting intervals of its own grid and reports once for each. A kind of
sensor says how far it could see each target (``reach_m``) and how it looks at targets while they are that
near (``looker``); the sweep does the rest.

Assumptions and limits: fixed sensors; one grid for each sensor, without outages after ``from_utc``.
Where next: ``radar`` and ``ais`` are kinds, ``sensors`` joins them, ``sweep`` runs them. A new kind is one
file with a subclass and one line in the union of ``sensors``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mda_sim.core.spec import LatDeg, LonDeg, NationId, Positive, Sourced, UtcTime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mda_sim.core.table import Table
    from mda_sim.sensing.looks import Looker, Watch

DelayS = Annotated[float, Field(ge=0, le=30 * 86400)]
"""A delay of at most 30 days. [s]"""


class SensorBase(Sourced, ABC):
    """What all fixed sensors have in common."""

    operator: NationId
    """Nation or provider that operates it: the originator of its reports."""
    lat_deg: LatDeg
    """Latitude of the antenna. [deg]"""
    lon_deg: LonDeg
    """Longitude of the antenna. [deg]"""
    site: str = ""
    """Catalogue id of the place that the position came from; empty if it was given."""
    type: str = ""
    """Catalogue id of the sensor type that the parameters came from; empty if they were given."""
    interval_s: Annotated[float, Field(ge=1, le=3600)] = 300.0
    """Reporting interval, 1 s to 1 h; one report leaves after each (300 s is an assumption). [s]"""
    product_delay_s: DelayS = 30.0
    """From the end of an interval to the report's existence: processing (an assumption). [s]"""
    contact_bytes: Positive = 100.0
    """Size of one contact on a link (an assumption). [bytes]"""
    from_utc: UtcTime | None = None
    """Operating from then on; None means always. The first interval is the first that starts no earlier."""

    @property
    @abstractmethod
    def category(self) -> str:
        """Kind of observation, as agreements and links name it."""

    @abstractmethod
    def error_m(self) -> float:
        """Position error of a contact at the sensor's longest range, 1 sigma, radial [m]."""

    @abstractmethod
    def reach_m(self, targets: Table) -> NDArray[np.float64]:
        """Distance beyond which each row of a TARGETS table cannot be seen, (n,); -1 for never [m]."""

    @abstractmethod
    def looker(self, watch: Watch) -> Looker:
        """The function that looks at targets in reach, made ready for one replicate."""
