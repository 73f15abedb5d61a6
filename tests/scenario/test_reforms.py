from __future__ import annotations

from pathlib import Path

import pytest

from mda_sim.scenario import load_scenario
from mda_sim.scenario.reforms import ABSENT, changes, done, first_not_made, is_made, undone

GAME = Path(__file__).parents[1] / "study" / "game.yaml"


@pytest.fixture(scope="module")
def arrangements():
    return load_scenario(GAME).arrangements


def test_a_reform_done_and_undone(arrangements):
    base = arrangements["today"]
    for wanted in arrangements.values():
        made = changes(base, wanted)
        assert done(base, made) == wanted
        assert undone(wanted, made) == base
        assert is_made(wanted, made)
        assert is_made(base, made) == (wanted == base)


def test_reforms_that_fit_together_give_both(arrangements):
    base = arrangements["today"]
    first, second = (changes(base, arrangements[name]) for name in ("first_half", "second_half"))
    assert done(done(base, first), second) == arrangements["both_halves"]
    assert undone(arrangements["both_halves"], first) == arrangements["second_half"]
    assert first_not_made(arrangements["both_halves"], first) == ""
    assert first_not_made(arrangements["second_half"], first) == "agreements.all_three"


def test_a_change_is_an_entry_or_a_value(arrangements):
    made = changes(arrangements["today"], arrangements["second_half"])
    assert list(made) == [("links", "usa_phl")]
    assert made["links", "usa_phl"].before is ABSENT
    slower = arrangements["second_half"].model_copy(deep=True)
    link = slower.links["usa_phl"].model_copy(update={"delay_s": 7.0})
    slower = slower.model_copy(update={"links": {"usa_phl": link}})
    assert changes(arrangements["second_half"], slower) == {("links", "usa_phl", "delay_s"): (0.0, 7.0)}
