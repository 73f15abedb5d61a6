"""The stop rule on made-up values: what a bound says, what it is about, and when it is met."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.metrics.compare import Key, Values, t_quantile
from mda_sim.metrics.groups import AIS_GROUPS
from mda_sim.metrics.spec import Endpoint, MetricsSpec
from mda_sim.metrics.stop_rule import (
    BATCH,
    MIN_SEEDS,
    Bound,
    figures_of,
    first_batch,
    judge,
    known_figures,
    read_bound,
)

METRIC = "custody_fraction_24h"


def values_of(spread: float, n: int, *, nations: tuple[str, ...] = ("JPN", "PHL")) -> Values:
    """Differences of ``direct`` from ``today`` whose standard deviation is exactly ``spread`` (n even)."""
    values: Values = {}
    swing = spread * math.sqrt((n - 1) / n)
    for nation in nations:
        base = {seed: 0.3 + 0.01 * seed for seed in range(n)}
        values[Key("today", nation, METRIC, "all")] = base
        values[Key("direct", nation, METRIC, "all")] = {
            seed: value + 0.1 + (swing if seed % 2 else -swing) for seed, value in base.items()
        }
    return values


def test_a_bound_is_read_as_it_is_written() -> None:
    assert read_bound("custody_fraction_24h:0.01") == Bound("custody_fraction_24h", "", 0.01)
    assert read_bound("age_mean_s@flag:CHN:600") == Bound("age_mean_s", "flag:CHN", 600.0)
    for text in ("custody_fraction_24h@all@luzon:0.01", "age_mean_s@flag:CHN:600", "custody_fraction:1e-03"):
        assert read_bound(str(read_bound(text))) == read_bound(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "custody",
        "custody:",
        "custody:0",
        "custody:-1",
        "custody:nan",
        "custody:inf",
        "x:1:",
        "A:1",
        "a@:1",
    ],
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_bound(text)


@pytest.mark.parametrize("n", [10, 20, 40])
def test_the_rule_is_met_exactly_where_the_half_width_comes_down_to_the_bound(n: int) -> None:
    half = t_quantile(n - 1) * 0.02 / math.sqrt(n)
    for bound, is_met in ((half * 1.001, True), (half * 0.999, False)):
        judgement = judge([Bound(METRIC, "", bound)], values_of(0.02, n), "today", ())
        assert judgement.is_met is is_met
        assert judgement.widest[0].half_width == pytest.approx(half)
        assert judgement.widest[0].n == n


def test_batches_stop_at_the_first_end_of_a_batch_that_is_narrow_enough_and_never_before_the_least() -> None:
    needed = next(n for n in range(2, 200) if t_quantile(n - 1) * 0.02 / math.sqrt(n) <= 0.005)
    assert needed == 64  # (t s / h)^2 = (1.998 * 4)^2
    n = first_batch(2)
    assert n == MIN_SEEDS
    while not judge([Bound(METRIC, "", 0.005)], values_of(0.02, n), "today", ()).is_met:
        n += BATCH
    assert n == 70
    assert first_batch(25) == 25


def test_every_nation_and_configuration_and_bound_must_be_narrow_enough() -> None:
    values = values_of(0.001, 10) | {
        key._replace(holder="USA"): by_seed for key, by_seed in values_of(0.1, 10, nations=("PHL",)).items()
    }
    judgement = judge([Bound(METRIC, "", 0.01)], values, "today", ())
    assert not judgement.is_met
    assert judgement.widest[0].key == Key("direct", "USA", METRIC, "all")
    narrow = {key: by_seed for key, by_seed in values.items() if key.holder != "USA"}
    assert judge([Bound(METRIC, "", 0.01)], narrow, "today", ()).is_met
    assert not judge([Bound(METRIC, "", 0.01), Bound(METRIC, "", 1e-6)], narrow, "today", ()).is_met


def test_common_luck_is_not_counted_and_of_one_configuration_the_means_are() -> None:
    n, rng = 20, np.random.default_rng(4)
    luck = dict(enumerate(rng.normal(0.4, 0.1, n)))
    values = {
        Key("today", "PHL", METRIC, "all"): luck,
        Key("direct", "PHL", METRIC, "all"): {seed: value + 0.2 for seed, value in luck.items()},
    }
    assert judge([Bound(METRIC, "", 1e-9)], values, "today", ()).is_met
    alone = {key: by_seed for key, by_seed in values.items() if key.configuration == "today"}
    judgement = judge([Bound(METRIC, "", 1e-9)], alone, "today", ())
    expected = t_quantile(n - 1) * np.std(list(luck.values()), ddof=1) / math.sqrt(n)
    assert not judgement.is_met
    assert judgement.widest[0].half_width == pytest.approx(expected)


def test_a_name_stands_for_primary_endpoints_or_all_and_for_every_age() -> None:
    known = {
        (f"custody_fraction_{age}", group): None
        for age in ("6h", "24h")
        for group in ("all", "all@luzon", "flag:CHN")
    }
    known |= {("custody_fraction_organic_6h", "all"): None, ("age_mean_s", "all"): None}
    primary = [
        Endpoint(metric="custody_fraction_6h", group="flag:CHN"),
        Endpoint(metric="custody_fraction_6h", zone="luzon"),
    ]
    assert figures_of("custody_fraction", "", primary, known) == [
        ("custody_fraction_6h", "flag:CHN"),
        ("custody_fraction_6h", "all@luzon"),
        ("custody_fraction_24h", "all"),
    ]
    assert figures_of("custody_fraction_6h", "all", primary, known) == [("custody_fraction_6h", "all")]
    assert figures_of("age_mean_s", "", primary, known) == [("age_mean_s", "all")]
    assert figures_of("custody", "", primary, known) == []


def test_what_can_have_no_interval_is_left_out_and_named_and_one_value_is_not_enough() -> None:
    values = values_of(0.001, 10)
    never = Key("direct", "USA", METRIC, "all")
    endless = Key("direct", "VNM", METRIC, "all")
    undefined = dict.fromkeys(range(10), math.nan)
    with_undefined = values | {
        never: undefined,
        never._replace(configuration="today"): undefined,
        endless: dict.fromkeys(range(10), math.inf),
        endless._replace(configuration="today"): dict.fromkeys(range(10), 1.0),
    }
    judgement = judge([Bound(METRIC, "", 0.01)], with_undefined, "today", ())
    assert judgement.is_met
    assert judgement.left_out == (never, endless)
    once = {never: undefined | {3: 0.5}, never._replace(configuration="today"): undefined | {3: 0.4}}
    assert not judge([Bound(METRIC, "", 0.01)], values | once, "today", ()).is_met
    nothing = judge([Bound(METRIC, "", 0.01)], {never: undefined}, "today", ())
    assert nothing.is_hopeless
    assert not nothing.is_met


def test_known_figures_are_those_of_ages_zones_and_endpoints() -> None:
    spec = MetricsSpec.model_validate(
        {"custody_age_s": (3600.0,), "primary": ({"metric": "age_p50_s", "group": "class:tanker"},)}
    )
    known = known_figures(spec, has_probes=False)
    assert ("custody_fraction_1h", "not_broadcasting_foreign") in known
    assert ("custody_fraction_6h", "all") not in known
    assert ("age_p50_s", "class:tanker") in known
    assert not [name for name, _ in known if name.startswith("area_")]
    assert {group for name, group in known if name == "gap_held_fraction"} == set(AIS_GROUPS)


def test_the_optimism_of_stopping_is_small() -> None:
    """Of normal values that need about 35 seeds: the level falls short of 95 % a little."""
    rng = np.random.default_rng(20260302)
    trials, bound, covered = 1000, 0.034, 0
    for _ in range(trials):
        sample = rng.normal(0.0, 0.1, 200)
        n = first_batch(1)
        while True:
            half = t_quantile(n - 1) * sample[:n].std(ddof=1) / math.sqrt(n)
            if half <= bound or n >= 200:
                break
            n += BATCH
        covered += abs(sample[:n].mean()) <= half
    share, error = covered / trials, math.sqrt(0.95 * 0.05 / trials)
    assert 0.90 < share < 0.95 + 4 * error
