"""What an AIS satellite holds by the number of ships: the closed form, and the sensor's own answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from mda_sim.report.basemap import CAUTION
from mda_sim.report.crowd_charts import (
    SHIPS,
    background_ships,
    crowd_chart,
    crowds,
    slots_of_a_ship_per_s,
)
from mda_sim.report.sensor_examples import EXAMPLE_SPEED_MPS
from mda_sim.sensing.ais_satellite import AisSatellite
from mda_sim.sensing.example import Example
from mda_sim.world.fleet import AisClass

SLOTS_PER_S = 2 * 2250 / 60  # two channels of 2,250 slots a minute: ITU-R M.1371-5


def satellite(**fields: Any) -> AisSatellite:
    given = {
        "operator": "PHL",
        "altitude_m": 600e3,
        "inclination_deg": 50.0,
        "raan_deg": 0.0,
        "source": "a test",
        "confidence": "assumption",
    }
    return AisSatellite.model_validate(given | fields)


def test_probabilities_by_number_are_those_of_the_closed_form() -> None:
    sensor = satellite(overlap=0.5, p_decode=0.7, p_separated=0.0)
    slots = slots_of_a_ship_per_s()
    assert slots == pytest.approx(0.5 / 10 + 0.5 / 180)  # class A under 14 knots, and at anchor
    n_ships = np.array([10.0, 1000.0, 4000.0])
    moving, _, _ = crowds(sensor, n_ships)
    clear = np.exp(-1.5 * n_ships * slots / SLOTS_PER_S)
    expected = 1.0 - (1.0 - 0.7 * clear) ** (float(sensor.in_view_s(0.0)) / 10.0)
    assert moving.p == pytest.approx(expected)
    assert 0.01 < moving.p[2] < 0.99


def test_more_ships_never_help_and_what_reports_less_is_held_less() -> None:
    moving, lying, small = crowds(satellite())
    for crowd in (moving, lying, small):
        assert (np.diff(crowd.p) <= 0.0).all()
        assert ((crowd.p >= 0.0) & (crowd.p <= 1.0)).all()
    assert (moving.p >= lying.p).all()
    assert (moving.p >= small.p).all()
    assert moving.p[-1] < 0.9 < moving.p[0]


def test_with_the_ships_of_the_background_the_sensor_itself_answers_the_same() -> None:
    sensor = satellite(background_per_km2_s=4e-6)
    answers = [float(crowd.p[0]) for crowd in crowds(sensor, [background_ships(sensor)])]
    for answer, ais, speed_mps in zip(
        answers,
        (AisClass.CLASS_A, AisClass.CLASS_A, AisClass.CLASS_B),
        (EXAMPLE_SPEED_MPS, 0.0, EXAMPLE_SPEED_MPS),
        strict=True,
    ):
        own = sensor.p_by_range(0.0, Example.of(100.0, ais=ais, speed_mps=speed_mps))
        assert answer == pytest.approx(float(own), rel=1e-9)
        assert 0.01 < answer <= 1.0


def test_the_chart_draws_each_kind_of_vessel_and_marks_the_background() -> None:
    sensor = satellite()
    figure = crowd_chart("x[$\x1b", "y", sensor, ["note"])
    (axes,) = figure.axes
    drawn = [line for line in axes.get_lines() if len(np.ravel(line.get_xdata())) == len(SHIPS)]
    assert len(drawn) == 3
    for line, crowd in zip(drawn, crowds(sensor), strict=True):
        assert np.ravel(line.get_ydata()) == pytest.approx(crowd.p)
    words = " ".join(" ".join(str(text.get_text()) for text in figure.findobj(Text)).split())
    assert f"{background_ships(sensor):,.0f}" in words
    assert CAUTION in words
    assert "\x1b" not in words
