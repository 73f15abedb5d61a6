"""Stories in words: every kind of end and every answer has its sentence, runs are told once."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.metrics.standpoint import Standpoint
from mda_sim.metrics.story import Teller
from mda_sim.picture.awareness import history
from mda_sim.report.instant_words import instant_lines
from mda_sim.report.moments import length_words, time_words
from mda_sim.report.story_data import story_data
from mda_sim.report.story_words import RUN_GAP_S, Told, runs, story_lines
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import SharingSpec
from mda_sim.study.explain import asked_at

KINDS: tuple[dict[str, bool], ...] = ({"full": True}, {"dense": True, "full": True})
SPEC = MetricsSpec(custody_age_s=(600.0, 1800.0), error_max_m=900.0)
SAYS = {
    Answer.HELD: r"is held, not false, with an error of at most 900 m",
    Answer.QUALITY: r"is held, and (says a false position|has an error over 900 m)",
    Answer.LATENCY: r"comes \d{4}|had not come by the end of the run",
    Answer.CAPACITY: r"was stopped on \w+: (expired|lost)",
    Answer.NO_LINK: r"has no route, though no gate would refuse it",
    Answer.CHOICE: r"was stopped on \w+: not sent",
    Answer.POLICY: r"was stopped on \w+: withheld .*: |gates would refuse it.*: |had to be destroyed",
    Answer.SENSING: r"no sensor that feeds anybody held it",
}


def tellers(trial: Any, seed: int) -> list[Teller]:
    sharing = resolve_events(SharingSpec.model_validate(trial.sharing), trial.timeline, trial.seed)
    is_false = np.random.default_rng(seed).random(len(trial.log.contacts)) < 0.3
    given = (trial.log, trial.deliveries, sharing, trial.timeline, SPEC, history(trial.log, is_false))
    return [Teller(Standpoint.of(nation, nation.lower(), *given)) for nation in ("JPN", "PHL", "USA")]


def test_every_answer_is_given_with_its_reason(trial_of: Any) -> None:
    """Twelve instants within an hour of a contact for each nation of six arrangements."""
    seen: Counter[Answer] = Counter()
    for seed in range(3):
        for kind in KINDS:
            trial = trial_of(seed, **kind)
            rng = np.random.default_rng(seed)
            for teller in tellers(trial, seed):
                known = teller.of.known
                for row in rng.integers(0, len(known.part), 12).tolist():
                    target = int(np.searchsorted(known.offsets, row, side="right")) - 1
                    t_us = int(known.t_observed_us[row] + rng.integers(3_600_000_000))
                    asked = asked_at(teller, target, t_us, teller.steps(target))
                    lines = list(instant_lines(asked, teller.of.nation, trial.timeline))
                    reasons = [line for line in lines if line.startswith("    because ")]
                    answer = asked.instant.answer
                    assert reasons
                    assert all(re.search(SAYS[answer], line) for line in reasons)
                    seen[answer] += 1
    assert set(seen) >= set(Answer) - {Answer.NO_LINK}


def test_all_that_can_be_stated_can_be_told(trial_of: Any) -> None:
    """Whatever ended where: in words, with its number of sightings, and as data without NaN."""
    trial = trial_of(2, **KINDS[1])
    for teller in tellers(trial, 2):
        of = teller.of
        sightings = teller.sightings(int(np.argmax(np.diff(of.known.offsets))))
        told = Told("name", "what", of.nation, of.node, "c", 1, of.timeline, sightings, (), None)
        lines = list(story_lines(told, all_rows=True))
        assert sum(": 1 report " in line for line in lines) == len(sightings) > 10
        json.dumps(story_data(told), allow_nan=False)


def test_a_run_ends_where_anything_but_time_differs_or_a_gap_is_long(trial_of: Any) -> None:
    trial = trial_of(1, full=True)
    teller = tellers(trial, 1)[0]
    one = teller.sighting(int(teller.of.rows_of(0)[0]))
    gap_us = round(RUN_GAP_S * 1e6)

    def later(by_us: int, **changes: Any) -> Any:
        return replace(one, t_observed_us=one.t_observed_us + by_us, report=one.report + 1, **changes)

    assert len(runs([one, later(gap_us)])) == 1
    assert len(runs([one, later(gap_us + 1)])) == 2
    assert len(runs([one, later(1, is_false=not one.is_false)])) == 2
    assert len(runs([one, later(1, sensor="other"), later(2)])) == 2
    assert len(runs([one, later(1)], all_rows=True)) == 2


def test_runs_hold_every_sighting_once(trial_of: Any) -> None:
    trial = trial_of(2, dense=True, full=True)
    for teller in tellers(trial, 2):
        for target in range(0, trial.log.n_targets, 4):
            sightings = teller.sightings(target)
            grouped = runs(sightings)
            assert sorted(one.row for run in grouped for one in run) == [one.row for one in sightings]
            assert all(len({one.likeness for one in run}) == 1 for run in grouped)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s"), (119.0, "119 s"), (600.0, "10 min"), (599.7, "10 min"), (7200.0, "2 h")],
)
def test_times_are_told_in_the_unit_in_which_they_read_best(seconds: float, words: str) -> None:
    assert time_words(seconds) == words


def test_lengths_are_told_in_metres_below_a_kilometre() -> None:
    assert (length_words(999.4), length_words(1000.0)) == ("999 m", "1.0 km")
