"""Scanning radars that look at the sea: their specs, and the probability that a target becomes a contact.

Model: one pulse returns the ratio S of the range equation with its named losses (``range_equation``), for the
median cross-section of the vessel's length and hull and its class of aspect (``rcs``); times the elevation
pattern, the reflection of the sea for low targets and what rain and a duct leave of it (``propagation``,
``rain``). It competes with noise and, where the world has weather, with what sea and rain return
(``clutter``). The n pulses of a scan are added; a scan holds a target with the exact probability of its
Swerling case (``detection``), the interval if at least M of its N scans do. Nothing is held beyond the
horizon of both heights (unless a duct carries the frequency), the instrumented range or the first land, nor
slower along the ray than ``min_radial_speed_mps``.

A persistent term, normal in dB, one for each target, radar and hour (texture, propagation, what aspect
classes leave), multiplies S first. An interval in which the probability of a scan moves by more than 0.05 is
split. Intervals below ``min_p_report`` make no contacts.

Assumptions and limits: scans of one interval are independent given the persistent term. Land heights are not
known: all land beyond ``own_land_m`` blocks everything behind it, by half a degree of bearing; the ground
that the antenna stands on does not. Left out: multipath lobes, spiky clutter, range ambiguity, side-lobe
echoes, interference, masking of one vessel by another.

Where next: ``radar_tables`` and ``radar_kernels``; ``FixedSensor.plan`` calls ``Radar.looker``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from mda_sim.core.spec import NonNegative, Probability
from mda_sim.geo.sphere import distance_m, initial_bearing_deg
from mda_sim.sensing.detection import Swerling
from mda_sim.sensing.error_axes import ErrorAxes
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.horizon import EARTH_FACTOR, horizon_m
from mda_sim.sensing.propagation import duct_loss_db_per_km
from mda_sim.sensing.rain import Polarization
from mda_sim.sensing.range_equation import SPEED_OF_LIGHT_MPS, Losses, snr_at_1_m
from mda_sim.sensing.sensor import FixedSensor, SensorBase

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.sensing.looks import Held, Looker, Watch
    from mda_sim.sensing.radar_tables import DetectionCurve
    from mda_sim.sensing.windows import Windows

TALLEST_TARGET_M: Final = 40.0
"""Reflecting height of the tallest ships (assumption), for the longest range of a radar. [m]"""
DUCT_MOST_DB: Final = 60.0
"""Two-way loss along a duct after which no target is looked for any more (assumption). [dB]"""


class RadarSet(SensorBase):
    """What all scanning radars have, wherever they are. See the module for the model and its limits."""

    if TYPE_CHECKING:  # fields of the kinds, which differ in their bounds
        antenna_height_m: float
        interval_s: float

    max_range_m: Annotated[float, Field(gt=0, le=1e6)]
    """Instrumented range: nothing is shown beyond it. [m]"""
    power_w: Annotated[float, Field(gt=0, le=1e8)]
    """Peak power of the transmitted pulse. [W]"""
    antenna_gain_dbi: Annotated[float, Field(ge=0, le=70)]
    """Gain of the antenna, the same both ways. [dBi]"""
    frequency_hz: Annotated[float, Field(ge=1e9, le=3.5e10)]
    """Carrier frequency, 1 to 35 GHz, where the models of rain and sea hold. [Hz]"""
    polarization: Polarization = "horizontal"
    """Polarisation, for rain and sea."""
    pulse_width_s: Annotated[float, Field(gt=0, le=1e-2)]
    """Length of the transmitted pulse; its inverse is the noise bandwidth. [s]"""
    range_resolution_m: Annotated[float, Field(gt=0, le=1e5)] | None = None
    """Depth of a resolution cell; that of the pulse, c tau / 2, unless it is compressed. [m]"""
    noise_figure_db: Annotated[float, Field(ge=0, le=30)]
    """Noise figure of the receiver. [dB]"""
    losses: Losses
    """Losses by name."""
    azimuth_beamwidth_deg: Annotated[float, Field(gt=0, le=180)]
    """Width of the beam at half power, in azimuth. [deg]"""
    elevation_beamwidth_deg: Annotated[float, Field(gt=0, le=180)] = 20.0
    """Width of the beam at half power, in elevation (20 degrees is usual for a fan beam). [deg]"""
    beam_tilt_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    """Elevation of the middle of the beam, above the horizontal. [deg]"""
    rain_rejection_db: Annotated[float, Field(ge=0, le=60)] = 15.0
    """What circular polarisation and filters take from what rain returns, but not from targets (15 dB is an
    assumption). [dB]"""
    rotation_period_s: Annotated[float, Field(gt=0, le=600)]
    """Time of one scan. [s]"""
    prf_hz: Annotated[float, Field(gt=0, le=1e6)]
    """Pulse repetition frequency. [Hz]"""
    p_false_alarm: Annotated[float, Field(ge=1e-15, le=1e-2)] = 1e-6
    """Probability of a false alarm in one cell and scan: sets the threshold (usual design value)."""
    swerling: Swerling = 1
    """How the return fluctuates: 0 not at all; 1 and 3 from scan to scan, 2 and 4 from pulse to pulse."""
    min_scans: Annotated[int, Field(ge=1)] = 3
    """M: scans of an interval that must hold a target for a contact (3 is an assumption)."""
    min_radial_speed_mps: Annotated[float, Field(ge=0, le=500)] = 0.0
    """Slower along the ray than this is not shown (moving-target indication); 0 shows what lies still.
    [m/s]"""
    refraction_factor: Annotated[float, Field(ge=0.5, le=10)] = EARTH_FACTOR
    """k: effective over true radius of the Earth; 4/3 in a standard atmosphere. [1]"""
    fluctuation_sigma_db: Annotated[float, Field(ge=0, le=20)] = 3.0
    """Spread of the persistent term of a target in an hour (3 dB is an assumption). [dB]"""
    range_error_m: NonNegative = 25.0
    """Range error of a contact, 1 sigma (10 to 25 m is usual). [m]"""
    azimuth_error_deg: Annotated[float, Field(ge=0, le=180)] = 0.3
    """Azimuth error of a contact, 1 sigma (0.2 to 0.5 deg is usual). [deg]"""
    min_p_report: Probability = 0.05
    """Intervals with a smaller probability make no contacts, so that many weak ones do not add up to range
    that the radar does not have (0.05 is an assumption)."""
    false_contacts_per_hour: Annotated[float, Field(ge=0, le=500)] = 0.0
    """False contacts: what is shown and reported though no vessel is there. [1/h]"""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.interval_s < self.rotation_period_s:
            raise ValueError(
                f"interval_s {self.interval_s:g} is shorter than one scan (rotation_period_s "
                f"{self.rotation_period_s:g}); expected at least one whole scan in an interval"
            )
        if self.min_scans > self.n_scans:
            raise ValueError(
                f"min_scans {self.min_scans} of the {self.n_scans} scans in an interval; expected at most "
                f"interval_s / rotation_period_s = {self.n_scans}"
            )
        if self.n_pulses < 1:
            raise ValueError(
                f"the beam passes a target in less than one pulse ({self._pulses:.2f}); expected "
                "azimuth_beamwidth_deg / 360 * rotation_period_s * prf_hz of at least 1"
            )
        if self.losses.total_db > 60.0:
            raise ValueError(f"losses add up to {self.losses.total_db:g} dB; expected at most 60 dB")
        return self

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "radar"

    @property
    def n_scans(self) -> int:
        """N: whole scans in an interval."""
        return math.floor(self.interval_s / self.rotation_period_s + 1e-9)

    @property
    def n_pulses(self) -> int:
        """Whole pulses that hit a target while the beam passes it once."""
        return math.floor(self._pulses + 1e-9)

    @property
    def _pulses(self) -> float:
        return self.azimuth_beamwidth_deg / 360.0 * self.rotation_period_s * self.prf_hz

    @property
    def cell_depth_m(self) -> float:
        """Depth of a resolution cell [m]."""
        return self.range_resolution_m or SPEED_OF_LIGHT_MPS * self.pulse_width_s / 2.0

    @property
    def snr_at_1_m(self) -> float:
        """Signal-to-noise ratio of one pulse for 1 m2, extrapolated to 1 m by R^-4 [1]."""
        return snr_at_1_m(
            self.power_w,
            self.antenna_gain_dbi,
            self.frequency_hz,
            self.pulse_width_s,
            self.noise_figure_db,
            self.losses,
        )

    @property
    def curve(self) -> DetectionCurve:
        """Probabilities of its detector."""
        from mda_sim.sensing.radar_tables import detection_curve

        return detection_curve(self.n_pulses, self.p_false_alarm, self.swerling, self.min_scans, self.n_scans)

    @property
    def false_per_interval(self) -> float:
        """Mean number of false contacts in one interval."""
        return self.false_contacts_per_hour * self.interval_s / 3600.0

    def error_m(self) -> float:
        """Radial position error, 1 sigma, at the longest range at which the tallest ship is seen [m]."""
        longest_m = min(self.max_range_m, float(self.horizon_m(TALLEST_TARGET_M)))
        return math.hypot(self.range_error_m, math.radians(self.azimuth_error_deg) * longest_m)

    def axes_from(
        self, from_lat_deg: ArrayLike, from_lon_deg: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike
    ) -> ErrorAxes:
        """How contacts at places (n,) err that are seen from a place, or from one each (n,)."""
        range_m = distance_m(from_lat_deg, from_lon_deg, lat_deg, lon_deg)
        along_m = np.full(len(range_m), self.range_error_m)
        across_m = np.deg2rad(self.azimuth_error_deg) * range_m
        towards_deg = initial_bearing_deg(lat_deg, lon_deg, from_lat_deg, from_lon_deg)
        return ErrorAxes(along_m, across_m, towards_deg)

    def horizon_m(self, target_height_m: ArrayLike) -> NDArray[np.float64]:
        """Longest line of sight to targets of those heights, their shape [m]."""
        return horizon_m(self.antenna_height_m, target_height_m, self.refraction_factor)

    def longest_m(self, duct_height_m: float = 0.0) -> float:
        """Distance beyond which not even the tallest ship is looked for [m]."""
        return float(self._longest_m(TALLEST_TARGET_M, duct_height_m))

    def reach_m(self, targets: Table, duct_height_m: float = 0.0) -> NDArray[np.float64]:
        """Distance beyond which each row of a TARGETS table is not looked for, (n,) [m].

        The nearer of instrumented range and horizon; through a duct, as far beyond the horizon as its loss
        stays under ``DUCT_MOST_DB``.
        """
        return self._longest_m(targets["height_m"], duct_height_m)

    def _longest_m(self, target_height_m: ArrayLike, duct_height_m: float) -> NDArray[np.float64]:
        beyond_m = DUCT_MOST_DB / (2.0 * duct_loss_db_per_km(self.frequency_hz, duct_height_m)) * 1000.0
        return np.minimum(self.max_range_m, self.horizon_m(target_height_m) + beyond_m)

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one interval, before the persistent term; shape of ``range_m``.

        Of a target that lies still, or just fast enough for a radar that shows moving targets only, at the
        aspect of the median; land is left out.
        """
        from mda_sim.sensing.radar_look import p_by_range

        return p_by_range(self, range_m, example, sky)


class Radar(RadarSet, FixedSensor):
    """A scanning radar at a place."""

    antenna_height_m: Annotated[float, Field(gt=0, le=9000)]
    """Height of the antenna above the sea. [m]"""
    own_land_m: NonNegative = 3000.0
    """Land nearer than this is the ground under the antenna and does not block (assumption: positions of
    sites are known to a few kilometres). [m]"""

    def error_axes(
        self, lat_deg: ArrayLike, lon_deg: ArrayLike, seen_from: tuple[ArrayLike, ArrayLike] | None = None
    ) -> ErrorAxes:
        """Range error along the line of sight; across it the azimuth error, which grows with range."""
        return self.axes_from(self.lat_deg, self.lon_deg, lat_deg, lon_deg)

    def looker(self, watch: Watch) -> Looker:
        """The looks of this radar in one replicate."""
        from mda_sim.sensing.radar_kernels import look_radar
        from mda_sim.sensing.radar_look import draws_of, facts_of, targets_of, weather_of

        facts, tables = facts_of(self, watch.land, watch.environment)
        targets = targets_of(self, watch.fleet)
        weather = weather_of(self, watch.environment, watch.timeline.score_to_us)
        draws = draws_of(watch)

        def look(windows: Windows, out: Held) -> int:
            return look_radar(windows, targets, facts, tables, weather, watch.grid, draws, out)

        return look


class CoastalRadar(Radar):
    """A surface-search radar ashore."""

    kind: Literal["coastal_radar"] = "coastal_radar"
    """Kind of sensor."""


class AirSurveillanceRadar(Radar):
    """A radar that watches the air, and sees little of what is slow and low."""

    kind: Literal["air_surveillance_radar"] = "air_surveillance_radar"
    """Kind of sensor."""
    min_radial_speed_mps: Annotated[float, Field(ge=0, le=500)] = 20.0
    """As for any radar; air-surveillance radars filter out what is slower (20 m/s is an assumption). [m/s]"""
    beam_tilt_deg: Annotated[float, Field(ge=-90, le=90)] = 0.5
    """As for any radar; the lowest beam points somewhat above the horizontal (assumption). [deg]"""
