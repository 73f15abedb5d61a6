"""The radar range equation in decibels, each term and each loss by name.

Model: one pulse returns SNR = P G^2 lambda^2 sigma / ((4 pi)^3 R^4 k T0 F B L), B = 1 / pulse width, so that
P / B is the energy of the pulse: with pulse compression ``power_w`` and ``pulse_width_s`` are those of the
transmitted pulse. What depends on the way (horizon, sea reflection, rain, duct, clutter) is not in it.

Assumptions and limits: one antenna for both ways; noise of T0 = 290 K at its input whatever the sky.

Source: M. A. Richards, Fundamentals of Radar Signal Processing, 2nd edition, McGraw-Hill 2014, section 2.2;
M. I. Skolnik, Introduction to Radar Systems, 3rd edition, McGraw-Hill 2001, chapter 2 (kinds of loss).
Where next: ``radar`` states the numbers, ``radar_tables`` uses the sum, ``mda-sim show`` prints the terms.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from mda_sim.core.spec import Spec

BOLTZMANN_J_PER_K: Final = 1.380649e-23  # exact by definition: SI Brochure, 9th edition, 2019
SPEED_OF_LIGHT_MPS: Final = 299792458.0  # exact by definition: SI Brochure, 9th edition, 2019
NOISE_TEMPERATURE_K: Final = 290.0  # T0 of the noise figure: IEEE Std 686-2017

LossDb = Annotated[float, Field(ge=0, le=60)]
"""A loss, as a positive number. [dB]"""


class Losses(Spec):
    """What a radar loses on the way from transmitter to decision, by name; all together at most 60 dB."""

    transmit_db: LossDb = 0.0
    """Plumbing from the transmitter to the antenna. [dB]"""
    receive_db: LossDb = 0.0
    """Plumbing from the antenna to the receiver. [dB]"""
    beam_shape_db: LossDb = 0.0
    """The target is not at the peak of the beam during all pulses that count. [dB]"""
    processing_db: LossDb = 0.0
    """Filters that do not match, quantisation, integration that is not ideal. [dB]"""
    cfar_db: LossDb = 0.0
    """The threshold has to be estimated from neighbouring cells (constant false-alarm rate). [dB]"""
    atmosphere_db: LossDb = 0.0
    """Air without rain, both ways, at the ranges that matter. [dB]"""
    other_db: LossDb = 0.0
    """All else, or all together where the parts are not known. [dB]"""

    @property
    def total_db(self) -> float:
        """All of them together [dB]."""
        return math.fsum(self.model_dump().values())


class Term(NamedTuple):
    """One line of a link budget; the lines add up to the signal-to-noise ratio in decibels."""

    name: str
    """What it is."""
    value_db: float
    """What it adds [dB]."""


def budget(
    *,
    power_w: float,
    antenna_gain_dbi: float,
    frequency_hz: float,
    pulse_width_s: float,
    noise_figure_db: float,
    losses: Losses,
    range_m: float,
    rcs_m2: float,
) -> tuple[Term, ...]:
    """The terms of the signal-to-noise ratio of one pulse, in free space, which add up to it in decibels."""
    wavelength_m = SPEED_OF_LIGHT_MPS / frequency_hz
    named = [Term(f"loss: {name[:-3].replace('_', ' ')}", -value) for name, value in losses]
    return (
        Term("peak power over 1 W", _db(power_w)),
        Term("antenna gain, both ways", 2.0 * antenna_gain_dbi),
        Term("wavelength squared over 1 m2", 2.0 * _db(wavelength_m)),
        Term("radar cross-section over 1 m2", _db(rcs_m2)),
        Term("(4 pi)^3", -3.0 * _db(4.0 * math.pi)),
        Term("range to the fourth over 1 m4", -4.0 * _db(range_m)),
        Term("thermal noise in 1 Hz", -_db(BOLTZMANN_J_PER_K * NOISE_TEMPERATURE_K)),
        Term("noise bandwidth over 1 Hz", _db(pulse_width_s)),
        Term("noise figure", -noise_figure_db),
        *(term for term in named if term.value_db),
    )


def snr_at_1_m(
    power_w: float,
    antenna_gain_dbi: float,
    frequency_hz: float,
    pulse_width_s: float,
    noise_figure_db: float,
    losses: Losses,
) -> float:
    """Signal-to-noise ratio of one pulse for 1 m2, extrapolated to 1 m by R^-4 [1]."""
    terms = budget(
        power_w=power_w,
        antenna_gain_dbi=antenna_gain_dbi,
        frequency_hz=frequency_hz,
        pulse_width_s=pulse_width_s,
        noise_figure_db=noise_figure_db,
        losses=losses,
        range_m=1.0,
        rcs_m2=1.0,
    )
    return math.pow(10.0, math.fsum(term.value_db for term in terms) / 10.0)


def _db(ratio: float) -> float:
    return 10.0 * math.log10(ratio)
