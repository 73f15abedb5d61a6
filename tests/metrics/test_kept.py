"""What is kept of pictures: told apart by what they are made from, and by nothing else."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.groups import by_group, rows_by_group
from mda_sim.metrics.kept import Kept, content_of
from mda_sim.metrics.position_error import QUANTILES, summary
from mda_sim.metrics.score_rows import ScoreRow, from_csv, to_csv
from mda_sim.picture.receipts import RECEIPTS

TELLING = {
    "part": [0, 3],
    "t_received_us": [5, 9],
    "t_purged_us": [NEVER_US, NEVER_US],
    "coarsened_m": [0, 0],
}


def received(node="here", hop=(-1, 7), **changes):
    return Table.of(RECEIPTS, {**TELLING, "hop": hop, **changes}, {"node": node})


def test_the_same_receipts_make_the_same_picture_whatever_brought_them():
    assert content_of(0, received()) == content_of(0, received("there", (2, -2)))


@pytest.mark.parametrize(
    "changes",
    [
        {"part": [0, 4]},
        {"t_received_us": [5, 10]},
        {"t_purged_us": [NEVER_US, 20]},
        {"coarsened_m": [0, 1]},
    ],
)
def test_whatever_a_picture_is_made_from_tells_it_apart(changes):
    assert content_of(0, received(**changes)) != content_of(0, received())


def test_other_parts_and_receipts_that_do_not_count_tell_pictures_apart():
    assert content_of(1, received()) != content_of(0, received())
    counts = np.array([True, False])
    assert content_of(0, received(), counts) != content_of(0, received())
    # a copy destroyed that does not count leaves the picture, but not what may be said of its node
    purged = content_of(0, received(t_purged_us=[NEVER_US, 20]), counts)
    assert purged.receipts == content_of(0, received(), counts).receipts
    assert not purged.is_lasting


def test_what_was_made_last_is_not_made_again_until_another_content_is_asked_for():
    kept, made = Kept(), []
    one, other = content_of(0, received()), content_of(1, received())

    def ask(content, name="x"):
        return kept.of_content(content, name, lambda: made.append(name) or len(made))

    assert [ask(one), ask(one), ask(one, "y"), ask(one)] == [1, 1, 2, 1]
    assert [ask(other), ask(one)] == [3, 4]


@given(
    st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.integers(-1, 2), max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_rows_and_sums_of_groups_are_those_of_their_cells(masks, cell):
    members = {str(name): np.array(mask) for name, mask in enumerate(masks)}
    found = rows_by_group(members, np.array(cell, np.int64))
    assert [rows.tolist() for rows in found] == [
        [i for i, c in enumerate(cell) if c >= 0 and mask[c]] for mask in masks
    ]
    per_cell = np.array([[1, 10], [2, 20], [4, 40]])
    sums = [[sum(n << c for c in range(3) if mask[c]) for n in (1, 10)] for mask in masks]
    assert by_group(members, per_cell).tolist() == sums


def test_no_groups_have_no_rows_and_no_sums():
    assert rows_by_group({}, np.array([0, -1])) == []
    assert by_group({}, np.array([[1, 10]])).shape == (0, 2)


@given(st.lists(st.floats(0, 1e7) | st.sampled_from([0.0, 1.0, 1e-9]), min_size=1, max_size=300))
@settings(max_examples=60, deadline=None)
def test_quantiles_by_counting_are_those_of_the_sorted_values(values):
    array, ordered = np.array(values), sorted(values)
    found = summary(array)
    for name, p in QUANTILES:
        below = [value for value in ordered if (np.array(ordered) <= value).sum() >= p * len(values)]
        assert found[name] == below[0]


@given(st.text(max_size=12), st.text(max_size=12), st.floats(), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_score_files_are_as_the_csv_writer_has_them(tmp_path_factory, configuration, group, value, n):
    path = tmp_path_factory.mktemp("rows") / "scores.csv"
    rows = [ScoreRow(configuration, 3, "AAA", "a,b", "m", group, value, "1", n)]
    to_csv(rows, path)
    again = from_csv(path)
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow(ScoreRow._fields)
    shown = ["".join(filter(str.isprintable, text)) for text in (configuration, group)]
    quoted = [f"'{text}" if text.startswith(("=", "+", "-", "@", "'")) else text for text in shown]
    writer.writerow([quoted[0], 3, "AAA", "a,b", "m", quoted[1], repr(value), "1", n])
    assert path.read_text("utf-8") == told.getvalue()
    assert (again[0].configuration, again[0].group) == tuple(shown)
