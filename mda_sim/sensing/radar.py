"""A scanning coastal radar: its spec, and the physics from range to the probability of a contact.

Model: one scan returns SNR = P G^2 lambda^2 sigma g / ((4 pi)^3 R^4 k T0 B F L) with B = 1 / pulse width and
g the gain of adding the n pulses that hit the target while the beam passes. A Swerling 1 target is held in
the scan with probability Pfa^(1 / (1 + SNR)), in the reporting interval if at least M of its N scans hold
it, and never beyond the horizon of both heights, the instrumented range, or the first land that blocks. A
persistent term, normal in dB, one for each target, radar and hour (aspect, texture, propagation), multiplies
SNR first. An interval in which the probability of a scan moves by more than 0.05 is split into up to 32
groups of scans. Intervals below ``min_p_report`` make no contacts.

Assumptions and limits: thermal noise only: no sea clutter, rain, multipath or ducting; ``losses_db`` holds
what is lost to beam shape, processing, plumbing and air. One resolution cell holds one target. Scans of one
interval are independent given the persistent term. Land heights are not known: all land beyond
``own_land_m`` blocks everything behind it, by half a degree of bearing; the ground that the antenna stands
on does not. With pulse compression ``power_w`` and ``pulse_width_s`` are those of the transmitted pulse, so
that P / B is its energy. Range ambiguity is not modelled. A shadow that begins and ends between the start,
middle and end of an interval is missed.

Source: M. A. Richards, Fundamentals of Radar Signal Processing, 2nd edition, McGraw-Hill 2014 (range
equation, section 2.2; Swerling 1 and noncoherent integration, section 6.3); M. I. Skolnik, Introduction to
Radar Systems, 3rd edition, McGraw-Hill 2001. Functions name theirs.
Where next: ``radar_kernels`` looks at targets in reach; ``FixedSensor.plan`` calls ``CoastalRadar.looker``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from mda_sim.core.spec import NonNegative, Probability
from mda_sim.geo.sphere import unit_vectors
from mda_sim.sensing.elementwise import elementwise
from mda_sim.sensing.horizon import horizon_m
from mda_sim.sensing.sensor import FixedSensor

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.geo.coast import Land
    from mda_sim.sensing.looks import Held, Looker, Watch
    from mda_sim.sensing.windows import Windows

BOLTZMANN_J_PER_K: Final = 1.380649e-23  # exact by definition: SI Brochure, 9th edition, 2019
SPEED_OF_LIGHT_MPS: Final = 299792458.0  # exact by definition: SI Brochure, 9th edition, 2019
NOISE_TEMPERATURE_K: Final = 290.0  # T0 of the noise figure: IEEE Std 686-2017
BEARING_STEP_DEG: Final = 0.5
"""Spacing of the table of first land around a radar. [deg]"""
TALLEST_TARGET_M: Final = 40.0
"""Reflecting height of the tallest ships (assumption), for the longest range of a radar. [m]"""
TRAWLER_LENGTH_M: Final = 51.0
"""Mean length of the trawlers that anchor ``displacement_t`` (Subi and Mischief reefs, 2018). [m]"""
TRAWLER_DISPLACEMENT_T: Final = 550.0
"""Their displacement. [t]"""
RCS_CAP_M2: Final = 1e6
"""Largest radar cross-section, 60 dBsm: the formula runs away for ships beyond its data (assumption). [m2]"""

_MANY_PULSES: Final = 1000


class CoastalRadar(FixedSensor):
    """A scanning surface-search radar ashore. See the module for the model and its limits."""

    kind: Literal["coastal_radar"] = "coastal_radar"
    """Kind of sensor."""
    antenna_height_m: Annotated[float, Field(gt=0, le=9000)]
    """Height of the antenna above the sea. [m]"""
    max_range_m: Annotated[float, Field(gt=0, le=1e6)]
    """Instrumented range: nothing is shown beyond it. [m]"""
    power_w: Annotated[float, Field(gt=0, le=1e8)]
    """Peak power of the transmitted pulse. [W]"""
    antenna_gain_dbi: Annotated[float, Field(ge=0, le=70)]
    """Gain of the antenna, the same both ways. [dBi]"""
    frequency_hz: Annotated[float, Field(ge=1e8, le=1e11)]
    """Carrier frequency, 0.1 to 100 GHz. [Hz]"""
    pulse_width_s: Annotated[float, Field(gt=0, le=1e-2)]
    """Length of the transmitted pulse; its inverse is the noise bandwidth. [s]"""
    noise_figure_db: Annotated[float, Field(ge=0, le=30)]
    """Noise figure of the receiver. [dB]"""
    losses_db: Annotated[float, Field(ge=0, le=60)]
    """All losses, both ways: plumbing, beam shape, processing, air. [dB]"""
    azimuth_beamwidth_deg: Annotated[float, Field(gt=0, le=180)]
    """Width of the beam at half power, in azimuth. [deg]"""
    rotation_period_s: Annotated[float, Field(gt=0, le=600)]
    """Time of one scan. [s]"""
    prf_hz: Annotated[float, Field(gt=0, le=1e6)]
    """Pulse repetition frequency. [Hz]"""
    p_false_alarm: Annotated[float, Field(ge=1e-15, le=1e-2)] = 1e-6
    """Probability of a false alarm in one cell and scan: sets the threshold (usual design value)."""
    min_scans: Annotated[int, Field(ge=1)] = 3
    """M: scans of an interval that must hold a target for a contact (3 is an assumption)."""
    fluctuation_sigma_db: Annotated[float, Field(ge=0, le=20)] = 3.0
    """Spread of the persistent term of a target in an hour (3 dB is an assumption). [dB]"""
    range_error_m: NonNegative = 25.0
    """Range error of a contact, 1 sigma (10 to 25 m is usual). [m]"""
    azimuth_error_deg: Annotated[float, Field(ge=0, le=180)] = 0.3
    """Azimuth error of a contact, 1 sigma (0.2 to 0.5 deg is usual). [deg]"""
    own_land_m: NonNegative = 3000.0
    """Land nearer than this is the ground under the antenna and does not block (assumption: positions of
    sites are known to a few kilometres). [m]"""
    min_p_report: Probability = 0.05
    """Intervals with a smaller probability make no contacts, so that many weak ones do not add up to range
    that the radar does not have (0.05 is an assumption)."""

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

    def error_m(self) -> float:
        """Radial position error, 1 sigma, at the longest range at which the tallest ship is seen [m]."""
        longest_m = min(self.max_range_m, float(horizon_m(self.antenna_height_m, TALLEST_TARGET_M)))
        return math.hypot(self.range_error_m, math.radians(self.azimuth_error_deg) * longest_m)

    def reach_m(self, targets: Table) -> NDArray[np.float64]:
        """The nearer of instrumented range and horizon, for each row of a TARGETS table, (n,) [m]."""
        return np.minimum(self.max_range_m, horizon_m(self.antenna_height_m, targets["height_m"]))

    def looker(self, watch: Watch) -> Looker:
        """The looks of this radar in one replicate."""
        from mda_sim.sensing.m_of_n_kernels import log_choose
        from mda_sim.sensing.radar_kernels import Draws, RadarFacts, TargetFacts, look_radar

        land_m = first_land_m(self, watch.land)
        x, y, z = unit_vectors(self.lat_deg, self.lon_deg).tolist()
        radar = RadarFacts(
            x=x,
            y=y,
            z=z,
            log_p_false_alarm=math.log(self.p_false_alarm),
            min_scans=self.min_scans,
            n_scans=self.n_scans,
            log_ways=log_choose(self.n_scans, self.min_scans),
            p_sure=_p_sure(self.min_scans, self.n_scans),
            fluctuation_sigma_db=self.fluctuation_sigma_db,
            min_p_report=self.min_p_report,
            n_bearings=len(land_m),
        )
        fleet = watch.fleet
        lengths_m = fleet.targets["length_m"]
        strength = snr_at_1_m(self) * rcs_m2(lengths_m, self.frequency_hz)
        targets = TargetFacts(strength, fleet.draw_address, fleet.targets["index"])
        keys = watch.key("sense.radar.contact"), watch.key("sense.radar.persistent")
        draws = Draws(*keys, np.uint64(watch.address))

        def look(windows: Windows, out: Held) -> int:
            return look_radar(windows, targets, radar, land_m, watch.grid, draws, out)

        return look


def displacement_t(length_m: ArrayLike) -> NDArray[np.float64]:
    """Displacement of a ship of that length over all, same shape [t].

    Assumption: hulls are geometrically similar to trawlers of 51 m and 550 t, so displacement goes with the
    cube of length. Full hulls such as tankers displace more, fine hulls less.

    >>> round(float(displacement_t(51.0)))
    550
    """
    return TRAWLER_DISPLACEMENT_T * (np.asarray(length_m, np.float64) / TRAWLER_LENGTH_M) ** 3


def rcs_m2(length_m: ArrayLike, frequency_hz: float) -> NDArray[np.float64]:
    """Radar cross-section of a steel ship of that length near grazing incidence, same shape [m2].

    sigma = 52 sqrt(f) D^1.5 with f in MHz and D the displacement in thousands of tonnes, at most 60 dBsm.
    Fitted to naval hulls of about 2 to 17 kt at X, S and L band: smaller and larger ships, militia trawlers
    among them, are extrapolated. The formula is for the median over aspect; it serves as the mean of the
    Swerling fluctuation here (assumption). Wood and glass fibre return far less.

    Source: M. I. Skolnik, "An Empirical Formula for the Radar Cross Section of Ships at Grazing Incidence",
    IEEE Transactions on Aerospace and Electronic Systems AES-10(2), 1974, p. 292.
    """
    thousand_t = displacement_t(length_m) / 1000.0
    return np.minimum(52.0 * math.sqrt(frequency_hz / 1e6) * thousand_t**1.5, RCS_CAP_M2)


def integration_gain(n_pulses: int, p_false_alarm: float) -> float:
    """Gain in signal-to-noise ratio of adding ``n_pulses`` without phase, for a Swerling 1 target.

    The ratio of the single-pulse to the n-pulse SNR that gives probability one half, so that n pulses can
    stand as one pulse of SNR times this gain. The resulting probability is within 0.025 of the exact one at
    every SNR, for p_false_alarm of 1e-4 or less and up to 200 pulses. (The common n^0.8 is off by up to 0.3.)
    Beyond 1,000 pulses the gain grows as sqrt(n), its limit.

    Source: the exact probability is ``p_swerling_1_exact``.
    """
    if n_pulses > _MANY_PULSES:
        return integration_gain(_MANY_PULSES, p_false_alarm) * math.sqrt(n_pulses / _MANY_PULSES)
    if n_pulses == 1:
        return 1.0
    from scipy.optimize import brentq

    one_pulse = math.log(p_false_alarm) / math.log(0.5) - 1.0

    def excess(snr: float) -> float:
        return p_swerling_1_exact(snr, n_pulses, p_false_alarm) - 0.5

    return one_pulse / float(brentq(excess, one_pulse / n_pulses, one_pulse, xtol=1e-12, rtol=1e-12))


def p_swerling_1_exact(snr: float, n_pulses: int, p_false_alarm: float) -> float:
    """Exact probability of holding a Swerling 1 target with ``n_pulses`` added by a square-law detector.

    ``snr`` is the mean signal-to-noise ratio of one pulse, > 0. One value of the fluctuation holds for all
    pulses of the scan.

    Source: D. P. Meyer, H. A. Mayer, Radar Target Detection, Academic Press 1973, as in Richards 2014,
    section 6.3 (Swerling 1): Pd = 1 - I(T, n - 1) + (1 + 1 / (n s))^(n - 1) I(T / (1 + 1 / (n s)), n - 1)
    exp(-T / (1 + n s)), with I the regularised incomplete gamma function and the threshold T from
    Pfa = 1 - I(T, n).
    """
    from scipy.special import gammainc, gammainccinv

    threshold = float(gammainccinv(n_pulses, p_false_alarm))
    if n_pulses == 1:
        return math.exp(-threshold / (1.0 + snr))
    inverse = 1.0 / (n_pulses * snr)
    noise_part = 1.0 - float(gammainc(n_pulses - 1, threshold))
    growth = math.exp((n_pulses - 1) * math.log1p(inverse) - threshold / (1.0 + n_pulses * snr))
    return noise_part + growth * float(gammainc(n_pulses - 1, threshold / (1.0 + inverse)))


def snr_at_1_m(radar: CoastalRadar) -> float:
    """Signal-to-noise ratio of one scan for a target of 1 m2, extrapolated to 1 m by R^-4 [1].

    The range equation with all but R and sigma: Richards 2014, section 2.2, and the integration gain.
    """
    gain: float = 10.0 ** (radar.antenna_gain_dbi / 10.0)
    wavelength_m = SPEED_OF_LIGHT_MPS / radar.frequency_hz
    noise_factor: float = 10.0 ** ((radar.noise_figure_db + radar.losses_db) / 10.0)
    noise_w = BOLTZMANN_J_PER_K * NOISE_TEMPERATURE_K * noise_factor / radar.pulse_width_s
    one_pulse = radar.power_w * gain**2 * wavelength_m**2 / ((4.0 * math.pi) ** 3 * noise_w)
    return one_pulse * integration_gain(radar.n_pulses, radar.p_false_alarm)


def snr(radar: CoastalRadar, range_m: ArrayLike, rcs_m2: ArrayLike) -> NDArray[np.float64]:
    """Signal-to-noise ratio of one scan, pulses added, in free space; arguments broadcast [1]."""
    from mda_sim.sensing.radar_kernels import snr_at

    return elementwise(snr_at, snr_at_1_m(radar) * np.asarray(rcs_m2, np.float64), range_m)


def p_scan(snr: ArrayLike, p_false_alarm: float) -> NDArray[np.float64]:
    """Probability that one scan holds a Swerling 1 target: Pfa^(1 / (1 + SNR)), same shape as ``snr``.

    Source: P. Swerling, "Probability of Detection for Fluctuating Targets", IRE Transactions on Information
    Theory IT-6(2), 1960, pp. 269-308; Richards 2014, section 6.3, for one pulse.

    >>> round(float(p_scan(0.0, 1e-6)) * 1e6, 6)
    1.0
    """
    from mda_sim.sensing.radar_kernels import p_swerling_1

    return elementwise(p_swerling_1, snr, math.log(p_false_alarm))


def p_interval(radar: CoastalRadar, range_m: ArrayLike, length_m: ArrayLike) -> NDArray[np.float64]:
    """Probability of a contact of a motionless steel ship in one interval, before the persistent term.

    At least M of N scans, in free space: horizon, land and ``min_p_report`` are left to the sweep. Arguments
    broadcast.
    """
    one = p_scan(snr(radar, range_m, rcs_m2(length_m, radar.frequency_hz)), radar.p_false_alarm)
    return p_m_of_n(radar.min_scans, radar.n_scans, one)


def p_m_of_n(m: int, n: int, p: ArrayLike) -> NDArray[np.float64]:
    """Probability of at least m successes in n independent scans of probability ``p``, same shape as it.

    ValueError unless 1 <= m <= n.
    """
    from mda_sim.sensing.m_of_n_kernels import log_choose, p_at_least

    if not 1 <= m <= n:
        raise ValueError(f"expected 1 <= m <= n, got {m} of {n}")
    return elementwise(p_at_least, m, n, np.asarray(p, np.float64), log_choose(n, m))


def _p_sure(m: int, n: int) -> float:
    """Probability of a scan at which at least m of n are missed with probability 1e-15."""
    from scipy.special import bdtri

    return float(bdtri(m - 1, n, 1e-15))


def first_land_m(radar: CoastalRadar, land: Land | None) -> NDArray[np.float64]:
    """Distance of the first land that blocks, every ``BEARING_STEP_DEG`` from north, (720,) [m].

    inf on bearings without any, and the one row [inf] if no bearing has any.
    """
    if land is None or radar.own_land_m >= radar.max_range_m:
        return np.array([np.inf])
    bearings_deg = np.arange(0.0, 360.0, BEARING_STEP_DEG)
    land_m = np.asarray(
        land.first_land_m(radar.lat_deg, radar.lon_deg, bearings_deg, radar.own_land_m, radar.max_range_m),
        np.float64,
    )
    return land_m if np.isfinite(land_m).any() else np.array([np.inf])
