"""Service times: their quantiles and means, and what a desk's spec refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.rng import draw_normal, draw_uniform, stream_key
from mda_sim.sharing.desks import Constant, DeskSpec, Exponential, Lognormal, draw_us

N = 200_000
INDEX = np.arange(N)
U = draw_uniform(stream_key(20, "test.desk"), 0, 0, 0, INDEX)
Z = draw_normal(stream_key(20, "test.desk"), 0, 0, 0, INDEX)


def test_lognormal_has_its_median_and_its_95th_percentile() -> None:
    times = Lognormal(kind="lognormal", median_s=720, p95_s=2400).times_s(U, Z)
    for quantile, value in ((0.5, 720.0), (0.95, 2400.0)):
        share = np.mean(times <= value)
        assert abs(share - quantile) < 4 * math.sqrt(quantile * (1 - quantile) / N)
        assert abs(np.mean(times <= 1.05 * value) - quantile) > 4 * math.sqrt(quantile * (1 - quantile) / N)


def test_lognormal_parameters_follow_the_quantiles_exactly() -> None:
    spec = Lognormal(kind="lognormal", median_s=100, p95_s=100 * math.exp(1.6448536))
    assert spec.sigma == pytest.approx(1.0, rel=1e-12)
    assert spec.mean_s == pytest.approx(100 * math.exp(0.5), rel=1e-12)


@pytest.mark.parametrize(
    "spec", [Exponential(kind="exponential", mean_s=300), Lognormal(kind="lognormal", median_s=60, p95_s=90)]
)
def test_the_mean_of_the_draws_is_the_mean_that_load_uses(spec: Exponential | Lognormal) -> None:
    times = spec.times_s(U, Z)
    error = times.std() / math.sqrt(N)
    assert error < 0.01 * spec.mean_s
    assert abs(times.mean() - spec.mean_s) < 4 * error
    assert abs(1.05 * times.mean() - spec.mean_s) > 4 * error


def test_times_are_whole_microseconds() -> None:
    times = draw_us(Exponential(kind="exponential", mean_s=1e-5), U[:100], Z[:100])
    assert times.dtype == np.int64
    np.testing.assert_array_equal(times, np.rint(-10 * np.log(U[:100])))
    assert draw_us(Constant(value_s=0.25), U[:1], Z[:1]).tolist() == [250_000]


@pytest.mark.parametrize(
    ("desk", "words"),
    [
        ({"touch": {"kind": "lognormal", "median_s": 10, "p95_s": 5}}, "at least median_s"),
        ({"touch": {"kind": "uniform", "low_s": 1}}, "kind"),
        ({"calendar": {"kind": "working_hours", "time_zone": "Asia/Mannila"}}, "unknown time zone"),
        ({"servers": 0}, "greater than or equal to 1"),
        ({"expiry_s": 0}, "greater than 0"),
        ({"touch": {"kind": "constant", "value_s": float("nan")}}, "finite"),
    ],
)
def test_a_desk_that_cannot_be_is_refused(desk: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DeskSpec.model_validate(desk)
