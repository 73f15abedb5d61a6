"""From COVERAGE tables to cells of a map."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.report.grids import difference_mesh, includes_zero, probe_values, share_mesh

Make = Callable[[list[float]], Table]
SIX_H = 21600.0


def test_each_cell_holds_the_mean_over_seeds_of_its_probe(coverage: Make) -> None:
    mesh = share_mesh(probe_values([coverage([0.2, 0.4, 0.9]), coverage([0.4, 0.4, 0.7])], "AAA", SIX_H), 0.5)
    np.testing.assert_allclose(mesh.values, [[0.3, 0.4], [0.8, math.nan]], rtol=1e-12)
    np.testing.assert_allclose(mesh.lat_edges_deg, [14.0, 14.5, 15.0])
    np.testing.assert_allclose(mesh.lon_edges_deg, [118.0, 118.5, 119.0])
    assert not mesh.is_hatched.any()


def test_values_are_those_of_the_nation_asked_for(coverage: Make) -> None:
    assert (probe_values([coverage([0.2, 0.4, 0.9])], "BBB", SIX_H).share == 0.0).all()
    with pytest.raises(KeyError, match="CCC"):
        probe_values([coverage([0.2, 0.4, 0.9])], "CCC", SIX_H)


def test_differences_are_paired_by_seed_and_hatched_where_the_interval_includes_zero(coverage: Make) -> None:
    before = probe_values([coverage([0.1, 0.5, 0.3]), coverage([0.2, 0.5, 0.3])], "AAA", SIX_H)
    after = probe_values([coverage([0.6, 0.8, 0.3]), coverage([0.7, 0.4, 0.3])], "AAA", SIX_H)
    mesh = difference_mesh(after, before, 0.5)
    np.testing.assert_allclose(mesh.values, [[0.5, 0.1], [0.0, math.nan]], atol=1e-12)
    assert mesh.is_hatched.tolist() == [[False, True], [False, False]]


def test_the_interval_is_that_of_students_paired_test() -> None:
    rng = np.random.default_rng(7)
    difference = rng.normal(0.3, 0.4, (6, 200))
    p_value = stats.ttest_1samp(difference, 0.0).pvalue
    assert (includes_zero(difference) == (p_value >= 0.05)).all()
    assert 0 < includes_zero(difference).sum() < 200


def test_with_one_seed_every_changed_cell_is_hatched_and_no_other(coverage: Make) -> None:
    before = probe_values([coverage([0.1, 0.5, 0.3])], "AAA", SIX_H)
    after = probe_values([coverage([0.6, 0.5, 0.3])], "AAA", SIX_H)
    assert difference_mesh(after, before, 0.5).is_hatched.sum() == 1


def test_seeds_with_other_probes_are_refused(coverage: Make) -> None:
    with pytest.raises(ShapeError, match="different places"):
        probe_values([coverage([0.1, 0.5, 0.3]), _moved(coverage([0.1, 0.5, 0.3]))], "AAA", SIX_H)


def test_no_tables_and_unequal_numbers_of_seeds_are_refused(coverage: Make) -> None:
    one = probe_values([coverage([0.1, 0.5, 0.3])], "AAA", SIX_H)
    two = probe_values([coverage([0.1, 0.5, 0.3])] * 2, "AAA", SIX_H)
    with pytest.raises(ShapeError, match="same seeds"):
        difference_mesh(two, one, 0.5)
    with pytest.raises(ShapeError, match="no table of probes"):
        probe_values([], "AAA", SIX_H)


def _moved(table: Table) -> Table:
    columns = dict(table.columns)
    columns["lat_deg"] = columns["lat_deg"] + 1.0
    return Table.of(table.schema, columns, table.meta)
