"""The random field behind the weather: standard normal everywhere, and addressed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.world.environment_field import Lattice, gaussian_field

BOUNDS = (100.0, 0.0, 140.0, 30.0)
DAYS = 20


def field(name="wind", seed=7, bounds=BOUNDS, days=DAYS, time_s=36_000.0, cell_deg=2.0):
    return gaussian_field(name, seed, bounds, days * US_PER_DAY, time_s=time_s, cell_deg=cell_deg)


def repeats(point, *, t_us=0, seeds=1000):
    """The field at one time and two places or more, in many replicates, (seeds, n)."""
    lat, lon = (np.array(values, np.float64) for values in point)
    at = np.full(lat.shape, t_us, np.int64)
    box = (float(lon.min()), float(lat.min()), float(lon.max()) + 0.1, float(lat.max()) + 0.1)
    made = [
        gaussian_field("x", seed, box, US_PER_DAY, time_s=36_000.0, cell_deg=2.0) for seed in range(seeds)
    ]
    return np.array([one.at(at, lat, lon) for one in made])


@pytest.mark.parametrize("t_us", [0, 2 * US_PER_H + 123_456])
@pytest.mark.parametrize("place", [(10.0, 110.0), (11.0, 111.0), (10.7, 110.2)])
def test_it_is_standard_normal_on_nodes_and_between_them_in_space_and_time(t_us, place):
    """Mean 0 and variance 1 within 4 standard errors, sqrt(1/n) and sqrt(2/n)."""
    values = repeats(([place[0]], [place[1]]), t_us=t_us)[:, 0]
    n = len(values)
    assert abs(values.mean()) < 4 / math.sqrt(n)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / n)


def test_nodes_are_independent_and_their_middle_correlates_with_both_as_the_weights_say():
    """The middle of two independent nodes is (a + b) / sqrt(2): correlation sqrt(1/2) with each."""
    values = repeats(([10.0, 10.0, 10.0], [110.0, 111.0, 112.0]))
    found = np.corrcoef(values.T)
    error = 4 / math.sqrt(len(values))
    assert abs(found[0, 2]) < error
    assert abs(found[0, 1] - math.sqrt(0.5)) < error
    assert abs(found[1, 2] - math.sqrt(0.5)) < error


def test_the_correlation_in_time_falls_to_one_over_e_after_the_correlation_time():
    """Over many independent nodes and steps; lags of whole steps, where nothing is interpolated."""
    one = field()
    flat = one.values.reshape(len(one.values), -1)
    steps = np.arange(1, 9)
    found = [float((flat[:-k] * flat[k:]).mean()) for k in steps]
    # The estimate's error: one over the root of the number of independent values, about 2 times steps apart.
    independent = flat.size / 8
    assert np.allclose(found, np.exp(-steps / 4), atol=4 / math.sqrt(independent))
    assert one.step_us * 4 == 10 * US_PER_H


def test_neither_a_larger_box_nor_a_longer_run_changes_a_value():
    small = field(bounds=(110.0, 10.0, 115.0, 15.0), days=3)
    large = field()
    t = np.arange(0, 3 * US_PER_DAY, 3_333_333_333, dtype=np.int64)
    lat, lon = np.linspace(10, 15, len(t)), np.linspace(115, 110, len(t))
    assert np.array_equal(small.at(t, lat, lon), large.at(t, lat, lon))


def test_fields_of_other_names_and_seeds_are_unrelated():
    base = field().values.ravel()
    for other in (field(name="rain"), field(seed=8)):
        assert abs(np.corrcoef(base, other.values.ravel())[0, 1]) < 4 / math.sqrt(base.size / 4)


def test_a_field_that_would_fill_the_memory_is_refused_with_what_to_change():
    with pytest.raises(RunError, match=r"raise the times and cells of world\.environment\.variability"):
        field(days=4000, time_s=600.0, cell_deg=0.25)


@given(
    west=st.floats(-180, 170),
    south=st.floats(-90, 80),
    size=st.floats(0.1, 10),
    spacing=st.floats(0.25, 20),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_every_point_of_a_box_lies_between_nodes_that_are_held(west, south, size, spacing, shares):
    lattice = Lattice.around((west, south, west + size, south + size), spacing)
    lat, lon = np.array([south + shares[0] * size]), np.array([west + shares[1] * size])
    cells = lattice.cells(lat, lon)
    for row, column, weight in cells.weights():
        assert 0 <= row[0] < lattice.n_rows
        assert 0 <= column[0] < lattice.n_columns
        assert -1e-12 <= weight[0] <= 1 + 1e-12
    node_lat, node_lon = lattice.positions_deg()
    assert math.isclose(
        sum(float(w[0] * node_lat[r[0]]) for r, _, w in cells.weights()), float(lat[0]), abs_tol=1e-9
    )
    assert math.isclose(
        sum(float(w[0] * node_lon[c[0]]) for _, c, w in cells.weights()), float(lon[0]), abs_tol=1e-9
    )
