"""The range equation, term by term."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from mda_sim.sensing.range_equation import Losses, budget, snr_at_1_m

RADAR = {
    "power_w": 25e3,
    "antenna_gain_dbi": 32.0,
    "frequency_hz": 9.4e9,
    "pulse_width_s": 5e-7,
    "noise_figure_db": 4.0,
}
LOSSES = Losses(transmit_db=1.5, beam_shape_db=1.6, cfar_db=1.0)


def test_the_terms_add_up_to_the_ratio_worked_out_by_hand():
    terms = budget(**RADAR, losses=LOSSES, range_m=50e3, rcs_m2=1000.0)
    by_hand = 10 * math.log10(25e3) + 2 * 32.0 + 20 * math.log10(299792458.0 / 9.4e9) + 30.0
    by_hand -= 30 * math.log10(4 * math.pi) + 40 * math.log10(50e3)
    by_hand -= 10 * math.log10(1.380649e-23 * 290.0 / 5e-7) + 4.0 + 4.1
    assert math.fsum(term.value_db for term in terms) == pytest.approx(by_hand, abs=1e-9)
    named = {term.name: term.value_db for term in terms}
    assert named["loss: beam shape"] == -1.6
    assert "loss: other" not in named


def test_the_ratio_at_a_metre_falls_with_the_fourth_power_of_range():
    terms = budget(**RADAR, losses=LOSSES, range_m=20e3, rcs_m2=50.0)
    at_20_km = 10 ** (math.fsum(term.value_db for term in terms) / 10)
    assert snr_at_1_m(*RADAR.values(), LOSSES) * 50.0 / 20e3**4 == pytest.approx(at_20_km, rel=1e-12)


def test_each_loss_counts_once():
    without = snr_at_1_m(*RADAR.values(), Losses())
    assert 10 * math.log10(without / snr_at_1_m(*RADAR.values(), LOSSES)) == pytest.approx(4.1)
    assert LOSSES.total_db == pytest.approx(4.1)


@pytest.mark.parametrize("name", list(Losses.model_fields))
def test_a_loss_is_no_gain(name):
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Losses(**{name: -0.1})
