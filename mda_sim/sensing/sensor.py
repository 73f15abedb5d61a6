"""The bases of every sensor spec: who operates it, what a model must answer, and what fixed sensors share.

Model: a sensor makes reports, each of one interval of time, and answers with a ``Plan``: when its reports are
due in one replicate, and a function that looks at targets. A fixed sensor cuts time into reporting intervals
of its own grid and reports once for each; its kind says how far it could see each target (``reach_m``) and
how it looks at targets while they are that near (``looker``). Each sensor also answers for a target by
example (``p_by_range``).

Assumptions and limits: a fixed sensor has one grid, without outages after ``from_utc``.
Where next: ``radar``, ``ais`` and ``satellite`` are kinds, ``sensors`` joins them, ``sweep`` runs their
plans. A new kind is one file with a subclass and one line in the union of ``sensors``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from mda_sim.core.rng import address
from mda_sim.core.spec import LatDeg, LonDeg, NationId, Positive, Sourced, UtcTime
from mda_sim.core.time import to_us
from mda_sim.sensing.error_axes import ErrorAxes
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.looks import Held, Plan, Watch, reporting_grid
from mda_sim.sensing.windows import find_windows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mda_sim.core.table import Table
    from mda_sim.sensing.error_axes import ErrorAxes
from mda_sim.sensing.looks import Looker, Setting

DelayS = Annotated[float, Field(ge=0, le=30 * 86400)]
"""A delay of at most 30 days. [s]"""


class SensorBase(Sourced, ABC):
    """What all sensors have in common."""

    operator: NationId
    """Nation or provider that operates it: the originator of its reports."""
    type: str = ""
    """Catalogue id of the sensor type that the parameters came from; empty if they were given."""
    supplier: Annotated[str, Field(max_length=200)] = ""
    """Who supplied it: a nation or a firm; empty if unknown."""
    programme: Annotated[str, Field(max_length=200)] = ""
    """Programme under which it was supplied; empty for none or unknown."""
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

    @property
    def false_per_interval(self) -> float:
        """Mean number of false contacts in one interval; none unless the kind says otherwise."""
        return 0.0

    @property
    def reports_every_s(self) -> float:
        """Reporting interval; 0 for a sensor that reports images or passes [s]."""
        return 0.0

    @abstractmethod
    def error_m(self) -> float:
        """Position error of a contact at the sensor's longest range, 1 sigma, radial [m]."""

    def error_axes(
        self, lat_deg: ArrayLike, lon_deg: ArrayLike, seen_from: tuple[ArrayLike, ArrayLike] | None = None
    ) -> ErrorAxes:
        """How a contact at each place errs; places (n,) in degrees. The same everywhere unless the kind says
        otherwise. ``seen_from``: latitude and longitude of a sensor that moves, for each.
        """
        return ErrorAxes.circle(self.error_m(), len(np.asarray(lat_deg)))

    def length_sigma(self) -> float:
        """Spread of the logarithm of the length that a contact tells; nan if it tells none [1]."""
        return math.nan

    @abstractmethod
    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact with such a target in one interval, or image, shape of ``range_m``.

        Of a target that stays where it is, before what lasts from interval to interval; land is left out.
        """

    @abstractmethod
    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """Its reports in one replicate, and how it looks at targets."""


class FixedSensor(SensorBase):
    """What all sensors at a place have in common."""

    lat_deg: LatDeg
    """Latitude of the antenna. [deg]"""
    lon_deg: LonDeg
    """Longitude of the antenna. [deg]"""
    site: str = ""
    """Catalogue id of the place that the position came from; empty if it was given."""
    interval_s: Annotated[float, Field(ge=1, le=3600)] = 300.0
    """Reporting interval, 1 s to 1 h; one report leaves after each (300 s is an assumption). [s]"""

    @property
    def reports_every_s(self) -> float:
        """Reporting interval [s]."""
        return self.interval_s

    @abstractmethod
    def reach_m(self, targets: Table, duct_height_m: float = 0.0) -> NDArray[np.float64]:
        """Distance beyond which each row of a TARGETS table cannot be seen, (n,); -1 for never [m].

        ``duct_height_m`` is the height of the evaporation duct, 0 for none.
        """

    @abstractmethod
    def looker(self, watch: Watch) -> Looker:
        """The function that looks at targets in reach, made ready for one replicate."""

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each operating interval, empty ones too."""
        fleet = setting.fleet
        grid = reporting_grid(self, sensor_id, setting.timeline, setting.seed)
        intervals = np.arange(grid.first, grid.first + grid.n_intervals, dtype=np.int64)
        end_us = grid.phase_us + (intervals + 1) * grid.interval_us
        if not grid.n_intervals:
            return Plan(intervals, end_us, end_us, grid.first, lambda first, stop, out: 0)
        weather = setting.environment
        reach_m = self.reach_m(fleet.targets, 0.0 if weather is None else weather.duct_height_m)
        windows = find_windows(fleet, self.lat_deg, self.lon_deg, reach_m)
        watch = Watch(
            fleet,
            windows,
            address(sensor_id),
            grid,
            setting.seed,
            setting.land,
            setting.timeline,
            setting.environment,
        )
        look_at = self.looker(watch)
        owners = np.ascontiguousarray(windows["target"])

        def look(first: int, stop: int, out: Held) -> int:
            begin, end = np.searchsorted(owners, (first, stop))
            return look_at(windows[begin:end], out) if end > begin else 0

        return Plan(intervals, end_us, end_us + to_us(self.product_delay_s), grid.first, look)
