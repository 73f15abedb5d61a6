"""The auditor catches what is false about parts, filters, sanitising, copies and the ways that they came."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate, Outcome

LADDER = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET")


def columns_of(trial: Any, name: str) -> np.ndarray:
    """What the link of each hop says: 'sender', 'recipient', 'filter', ..."""
    links = [trial.sharing["links"][id_][name] for id_ in trial.deliveries.hops.meta["links"]]
    of_link = np.empty(len(links), object)
    of_link[:] = links
    return of_link[trial.deliveries.hops["link"]]


def originators(trial: Any) -> np.ndarray:
    operators = np.array([card.operator for card in trial.log.sensors])
    report = trial.deliveries.parts["report"][trial.deliveries.hops["part"]]
    return operators[trial.log.reports["sensor"][report]]


def givers(trial: Any) -> np.ndarray:
    return np.array([trial.sharing["nodes"][node]["nation"] for node in columns_of(trial, "sender")])


def stopped(trial: Any) -> np.ndarray:
    """Rows that a filter stopped: unsent, without a case that could have been."""
    hops = trial.deliveries.hops
    is_unsent = (hops["outcome"] == Outcome.NOT_SENT) & (hops["t_case_us"] == NEVER_US)
    return np.flatnonzero(is_unsent)


def delivered(trial: Any) -> np.ndarray:
    return trial.deliveries.hops["outcome"] == Outcome.DELIVERED


def beaten(trial: Any) -> np.ndarray:
    return np.flatnonzero(delivered(trial) & (trial.deliveries.hops["is_kept"] == 0))


def second_copies(trial: Any) -> np.ndarray:
    """Rows of a copy of a part that was offered to the link before, in another copy."""
    return np.flatnonzero(trial.deliveries.hops["copy"] > 0)


def relayed(trial: Any) -> np.ndarray:
    return np.flatnonzero(trial.deliveries.hops["source"] >= 0)


def held_back(trial: Any) -> np.ndarray:
    """Rows that came to a case later than they came to the sender."""
    hops = trial.deliveries.hops
    window_us = np.array([int(s * 1e6) for s in columns_of(trial, "case_window_s")])
    in_case = hops["t_case_us"] != NEVER_US
    return np.flatnonzero(in_case & (hops["t_case_us"] - hops["t_arrived_us"] > window_us))


def first_with(trials: list[Any], rows: Callable[[Any], np.ndarray]) -> tuple[Any, int]:
    """The first trial that has such rows, and the first of them."""
    trial = next(trial for trial in trials if len(rows(trial)))
    return trial, int(rows(trial)[0])


def test_the_random_arrangements_meet_every_fate_of_a_copy(trials: list[Any]) -> None:
    """Otherwise the agreement of the two would show little."""
    split = sum(len(t.deliveries.parts) > (t.log.reports["count"] > 0).sum() for t in trials)
    assert split > 5
    assert {t.facts is not None and bool(t.facts.inside) for t in trials} == {True, False}
    for rows in (stopped, beaten, second_copies, held_back):
        assert sum(len(rows(trial)) for trial in trials) > 20, rows
    coarse = [delivered(t) & (t.deliveries.hops["coarsened_m"] > 0) for t in trials]
    assert (
        sum(int((c & (originators(t) != givers(t))).sum()) for c, t in zip(coarse, trials, strict=True)) > 20
    )


def test_the_auditor_agrees_where_nodes_get_many_copies(dense_trials: list[Any]) -> None:
    assert [trial.rules() for trial in dense_trials] == [""] * len(dense_trials)
    assert sum(len(beaten(trial)) for trial in dense_trials) > 1000
    assert sum(len(second_copies(trial)) for trial in dense_trials) > 1000
    assert max(trial.deliveries.hops["copy"].max() for trial in dense_trials) >= 3


def test_filters_without_facts_cannot_be_audited(trials: list[Any]) -> None:
    trial, _ = first_with(trials, stopped)
    assert "there are no facts" in trial._replace(facts=None).rules()


def test_facts_about_fewer_contacts_or_areas_cannot_be_audited(trials: list[Any]) -> None:
    trial = next(t for t in trials if t.facts.inside)
    for facts in (
        replace(trial.facts, broadcasting=trial.facts.broadcasting[1:]),
        replace(trial.facts, inside={}),
    ):
        assert "are not whole" in trial._replace(facts=facts).rules()


def test_facts_that_say_otherwise_make_parts_wrong(trials: list[Any]) -> None:
    fields = set()
    for trial in trials:
        for field in ("broadcasting", "length_m", "inside"):
            old = getattr(trial.facts, field)
            new = {key: ~inside for key, inside in old.items()} if field == "inside" else old == 0
            other = trial._replace(facts=replace(trial.facts, **{field: new}))
            if "share_class is not what the filters give" in other.rules():
                fields.add(field)
    assert fields == {"broadcasting", "length_m", "inside"}


def test_a_wrong_share_class_is_caught(trials: list[Any]) -> None:
    trial, _ = first_with(trials, stopped)
    share_class = trial.deliveries.parts["share_class"].copy()
    share_class[-1] ^= np.uint64(1)
    assert "share_class is not" in trial.tampered("parts", share_class=share_class).rules()


@pytest.mark.parametrize("name", ["count", "n_vessels"])
def test_a_part_that_is_counted_wrongly_is_caught(trials: list[Any], name: str) -> None:
    trial = trials[0]
    counts = trial.deliveries.parts[name].copy()
    counts[3] += 1
    assert f"parts: {name} is not" in trial.tampered("parts", **{name: counts}).rules()


def test_a_contact_moved_to_another_part_is_caught(trials: list[Any]) -> None:
    for trial in trials[:6]:
        part = trial.deliveries.contact_part.copy()
        part[0] = part[part != part[0]][0]
        forged = trial._replace(deliveries=replace(trial.deliveries, contact_part=part))
        assert "is not what" in forged.rules()


def test_filters_of_other_links_are_caught(trials: list[Any]) -> None:
    trial, _ = first_with(trials, stopped)
    sharing = copy.deepcopy(trial.sharing)
    for link in sharing["links"].values():
        link["filter"] = None
    assert "parts are not about the filters" in trial._replace(sharing=sharing).rules()


def test_a_filtered_contact_delivered_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, stopped)
    forged = trial.changed("outcome", row, Outcome.DELIVERED).changed("t_received_us", row, 10**9)
    found = forged.rules()
    assert "delivered although the filter stops it" in found


def test_a_filtered_contact_that_a_gate_was_asked_about_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, stopped)
    forged = trial.changed("gates", row, Gate.RELEASE).changed("outcome", row, Outcome.WITHHELD)
    assert "gates differ from the rules" in forged.rules()


def test_a_contact_that_passes_the_filter_but_was_left_is_caught(trials: list[Any]) -> None:
    def passing(trial: Any) -> np.ndarray:
        has_filter = columns_of(trial, "filter") != None  # noqa: E711
        return np.flatnonzero(has_filter & (trial.deliveries.hops["outcome"] == Outcome.WITHHELD))

    trial, row = first_with(trials, passing)
    forged = trial.changed("gates", row, 0).changed("gates_at_release", row, 0)
    assert "gates differ" in forged.changed("outcome", row, Outcome.NOT_SENT).rules()


def test_a_label_lowered_by_who_may_not_is_caught(trials: list[Any]) -> None:
    """What others' reports bear stays as it is unless they delegated it."""

    def others(trial: Any) -> np.ndarray:
        hops, labels = trial.deliveries.hops, trial.deliveries.hops.meta["labels"]
        level = np.array([LADDER.index(trial.sharing["labels"][id_]["classification"]) for id_ in labels])
        is_mine = originators(trial) == givers(trial)
        is_whole = columns_of(trial, "sanitise") == None  # noqa: E711
        return np.flatnonzero(delivered(trial) & ~is_mine & is_whole & (level[hops["label"]] > 0))

    trial, row = first_with(trials, others)
    cleared = trial.deliveries.hops.meta["labels"].index("cleared")
    assert "label is not what sanitising and fusing give" in trial.changed("label", row, cleared).rules()


def test_sanitising_that_nobody_delegated_is_caught(trials: list[Any]) -> None:
    found = []
    for trial in trials:
        sharing = copy.deepcopy(trial.sharing)
        for link in sharing["links"].values():
            if link["sanitise"] is not None:
                link["sanitise"]["delegated_by"] = []
        found.append(trial._replace(sharing=sharing).rules())
    assert any("label is not what sanitising and fusing give" in rules for rules in found)
    assert any("coarsened_m is not what sanitising gives" in rules for rules in found)


def test_a_copy_less_coarse_than_sanitising_gives_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, lambda t: np.flatnonzero(t.deliveries.hops["coarsened_m"] > 0))
    assert "coarsened_m is not" in trial.changed("coarsened_m", row, 0).rules()


def test_a_copy_that_was_not_held_back_is_caught(trials: list[Any]) -> None:
    trial, _ = first_with(trials, held_back)
    sharing = copy.deepcopy(trial.sharing)
    for link in sharing["links"].values():
        if link["sanitise"] is not None:
            link["sanitise"]["delay_s"] += 7200.0
    assert "t_case_us is not what the replay gives" in trial._replace(sharing=sharing).rules()


def test_a_beaten_copy_marked_kept_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, beaten)
    assert "is_kept is not what the copies of the node give" in trial.changed("is_kept", row, 1).rules()


def test_a_copy_that_nothing_beats_marked_beaten_is_caught(trials: list[Any]) -> None:
    def unused(trial: Any) -> np.ndarray:
        kept = np.flatnonzero(trial.deliveries.hops["is_kept"])
        return np.setdiff1d(kept, trial.deliveries.hops["source"])

    trial, row = first_with(trials, unused)
    found = trial.changed("is_kept", row, 0).rules()
    assert found.endswith("is_kept is not what the copies of the node give")


def test_a_copy_that_never_came_marked_kept_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, lambda t: np.flatnonzero(~delivered(t)))
    assert "is_kept is not what" in trial.changed("is_kept", row, 1).rules()


def test_a_copy_not_offered_is_caught(trials: list[Any]) -> None:
    def ends(trial: Any) -> np.ndarray:
        return np.setdiff1d(relayed(trial), trial.deliveries.hops["source"])

    for rows in (ends, lambda t: np.intersect1d(ends(t), second_copies(t))):
        trial, row = first_with(trials, rows)
        forged = trial.with_hops(np.delete(np.arange(len(trial.deliveries.hops)), row))
        assert "copy not offered to a link" in forged.rules()


def test_a_copy_offered_twice_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, relayed)
    rows = np.append(np.arange(len(trial.deliveries.hops)), row)
    number = trial.deliveries.hops["copy"][rows].copy()
    number[-1] += 1
    assert "copy offered twice to a link" in trial.with_hops(rows, copy=number).rules()


def test_a_wrong_source_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, relayed)
    hops = trial.deliveries.hops
    assert "leads to another node" in trial.changed("source", row, -1).rules()
    other = np.flatnonzero(delivered(trial) & (hops["part"] != hops["part"][row]))[0]
    assert "source of a hop is another part" in trial.changed("source", row, other).rules()
    assert "lead round in a circle" in trial.changed("source", row, row).rules()
    assert "source of a hop does not exist" in trial.changed("source", row, len(hops)).rules()
    lost = np.flatnonzero(~delivered(trial))[0]
    assert "source of a hop was not delivered" in trial.changed("source", row, lost).rules()


def test_a_source_that_was_not_kept_is_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, relayed)
    source = trial.deliveries.hops["source"][row]
    assert "source of a hop was not kept" in trial.changed("is_kept", source, 0).rules()


def test_a_source_other_than_the_copys_own_is_caught(trials: list[Any]) -> None:
    """The two offers of a part to a link, each with the source of the other."""
    trial, row = first_with(trials, second_copies)
    source = trial.deliveries.hops["source"]
    assert source[row] != source[row - 1]
    forged = trial.changed("source", [row - 1, row], source[[row, row - 1]])
    assert "t_arrived_us is not when the copy came" in forged.rules()


def test_copies_numbered_otherwise_than_they_came_are_caught(trials: list[Any]) -> None:
    trial, row = first_with(trials, second_copies)
    rows, number = np.arange(len(trial.deliveries.hops)), trial.deliveries.hops["copy"].copy()
    number[[row - 1, row]] = number[[row, row - 1]]
    assert "copies not numbered as they came" in trial.with_hops(rows, copy=number).rules()


def ways_back(trial: Any) -> np.ndarray:
    """Link from the recipient of each hop to its sender; -1 for none, or one that carries not all."""
    ends = {}
    for number, id_ in enumerate(trial.deliveries.hops.meta["links"]):
        link = trial.sharing["links"][id_]
        if not link["categories"]:
            ends[link["sender"], link["recipient"]] = number
    pairs = zip(columns_of(trial, "sender"), columns_of(trial, "recipient"), strict=True)
    return np.array([ends.get((taker, giver), -1) for giver, taker in pairs])


def could_go_back(trial: Any) -> np.ndarray:
    """Kept copies that only the path keeps from going back: nothing leads to the originator's nation."""
    is_mine = originators(trial) == givers(trial)
    return np.flatnonzero((trial.deliveries.hops["is_kept"] == 1) & (ways_back(trial) >= 0) & ~is_mine)


def test_a_loop_through_a_node_on_the_path_is_caught(trials: list[Any]) -> None:
    """A copy sent back to where it came from, which refused it: harmless, but it was not due."""
    trial, row = first_with(trials, could_go_back)
    hops, back = trial.deliveries.hops, ways_back(trial)[row]
    rows = np.append(np.arange(len(hops)), row)
    columns = {name: column[rows].copy() for name, column in hops.columns.items()}
    changes: dict[str, Any] = {name: NEVER_US for name in columns if name.startswith("t_")}
    changes |= {"link": back, "source": row, "t_arrived_us": hops["t_received_us"][row], "case": -1}
    changes["copy"] = ((hops["part"] == hops["part"][row]) & (hops["link"] == back)).sum()
    changes |= {"agreement": -1, "gates": Gate.IN_FORCE, "outcome": Outcome.WITHHELD, "is_kept": 0}
    for name, value in changes.items():
        columns[name][-1] = value
    assert "copy offered to a link that was not due" in trial.with_hops(rows, **columns).rules()


def test_a_review_that_took_longer_than_was_drawn_is_caught_with_the_seed(trials: list[Any]) -> None:
    """The elapsed delay of a case that was refused at release moves nothing after it."""

    def refused(trial: Any) -> np.ndarray:
        hops = trial.deliveries.hops
        return np.flatnonzero((hops["gates_at_release"] != 0) & (hops["case"] >= 0) & (hops["consent"] < 0))

    for trial in trials:
        hops = trial.deliveries.hops
        for row in refused(trial):
            same = np.flatnonzero((hops["link"] == hops["link"][row]) & (hops["case"] == hops["case"][row]))
            same = same[hops["t_released_us"][same] == hops["t_released_us"][row]]
            if (hops["gates_at_release"][same] != 0).all() and columns_of(trial, "desk")[row] == "slow":
                forged = trial.changed("t_released_us", same, hops["t_released_us"][row] + 1)
                assert forged.rules() == "t_released_us is not what the replay gives"
                assert forged._replace(seed=None).rules() == ""
                return
    raise AssertionError("no such case")
