"""The auditor's single passes: what they skip, and what they count, changes nothing that they find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mda_sim.audit import queues, rulings
from mda_sim.audit.rules import Rules
from mda_sim.records import Outcome


def findings(trial: Any) -> list[str]:
    from mda_sim.audit import audit

    return [str(finding) for finding in audit(*trial)]


def changed_somewhere(trial: Any, rng: np.random.Generator) -> Any:
    """The trial with one cell of its hops changed."""
    hops = trial.deliveries.hops
    name = str(rng.choice(sorted(hops.columns)))
    row = int(rng.integers(len(hops)))
    others = np.setdiff1d(hops[name], [hops[name][row]])
    return trial.changed(name, row, rng.choice(others) if len(others) else hops[name][row] + 1)


@pytest.fixture(scope="module")
def spoilt(trials: list[Any], full_trials: list[Any]) -> list[Any]:
    """Trials as they were, and each with one cell changed."""
    rng = np.random.default_rng(20261127)
    chosen = [*trials[:3], *full_trials[:2]]
    return [*chosen, *(changed_somewhere(trial, rng) for trial in chosen)]


def test_asking_at_every_moment_finds_the_same(spoilt: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments that no date separates are asked about once; asked one by one the answers are the same."""
    once = []
    ask_once = rulings.Judge._is_one_answer

    def noted(*args: Any) -> bool:
        once.append(ask_once(*args))
        return once[-1]

    monkeypatch.setattr(rulings.Judge, "_is_one_answer", noted)
    expected = [findings(trial) for trial in spoilt]
    assert any(once)
    assert not all(once)
    monkeypatch.setattr(rulings.Judge, "_is_one_answer", lambda *_: False)
    monkeypatch.setattr(Rules, "_is_one_moment", lambda *_: False)
    monkeypatch.setattr(Rules, "is_steady", lambda *_: False)
    assert [findings(trial) for trial in spoilt] == expected
    assert any(expected)


def test_sorting_in_place_of_counting_finds_the_same(
    spoilt: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [findings(trial) for trial in spoilt]
    monkeypatch.setattr(rulings, "KEYS_MOST", 0)
    monkeypatch.setattr(queues, "KEYS_LEAST", -1)
    monkeypatch.setattr(queues, "KEYS_PER_ROW", 0)
    assert [findings(trial) for trial in spoilt] == expected


def test_idle_nodes_change_nothing(spoilt: list[Any]) -> None:
    """With more nodes than one word of a set holds, where a copy has been is told by other words."""
    idle = {
        f"a_{i:03}": {"nation": "JPN", "highest_level": "SECRET", "cleared_from": None} for i in range(70)
    }
    for trial in spoilt:
        wide = {**trial.sharing, "nodes": {**idle, **trial.sharing["nodes"]}}
        assert findings(trial._replace(sharing=wide)) == findings(trial)


def test_a_date_between_the_moments_of_a_group_is_heeded(trials: list[Any]) -> None:
    """What is delivered under an agreement is refused once the agreement pauses for one microsecond of it."""
    caught = 0
    for trial in trials:
        hops = trial.deliveries.hops
        came = np.flatnonzero((hops["outcome"] == Outcome.DELIVERED) & (hops["agreement"] >= 0))
        if not len(came):
            continue
        row = came[len(came) // 2]
        id_ = hops.meta["agreements"][hops["agreement"][row]]
        t_us = int(hops["t_arrived_us"][row])
        deal = dict(trial.sharing["agreements"][id_])
        deal["suspensions"] = [
            *deal["suspensions"],
            {"from_utc": t_us, "to_utc": t_us + 1, "parties": []},
        ]
        section = {**trial.sharing, "agreements": {**trial.sharing["agreements"], id_: deal}}
        others = [deal for name, deal in trial.sharing["agreements"].items() if name != id_]
        link = trial.sharing["links"][hops.meta["links"][hops["link"][row]]]
        both = {trial.sharing["nodes"][link[end]]["nation"] for end in ("sender", "recipient")}
        if not any(both <= set(other["parties"]) for other in others):
            assert "gates differ from the rules" in trial._replace(sharing=section).rules()
            caught += 1
    assert caught > 3


@pytest.mark.parametrize("table", ["outcomes", "parts"])
def test_whatever_cell_of_outcomes_and_parts_is_changed_is_found(full_trials: list[Any], table: str) -> None:
    rng = np.random.default_rng(20261128)
    for number in range(13):
        trial = full_trials[number % len(full_trials)]
        columns = getattr(trial.deliveries, table).columns
        name = sorted(columns)[number % len(columns)]
        column = columns[name].copy()
        row = int(rng.integers(len(column)))
        others = np.setdiff1d(column, [column[row]])
        column[row] = rng.choice(others) if len(others) else column[row] + 1
        assert trial.tampered(table, **{name: column}).rules(), (table, name, row)
