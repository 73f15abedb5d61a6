"""The auditor agrees with the exchange on all that an arrangement may state, and catches leaks in it.

Each tampered log is written as a careless or dishonest exchange would have written it; each is refused with
the rule that it breaks.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate, Outcome

OUT = ("t_sent_us", "t_transmitted_us", "t_received_us")


def test_the_auditor_agrees_on_every_feature(full_trials: list[Any]) -> None:
    assert [trial.rules() for trial in full_trials] == [""] * len(full_trials)


def test_the_auditor_agrees_where_copies_cross_many_borders(relay_trials: list[Any]) -> None:
    assert [trial.rules() for trial in relay_trials] == [""] * len(relay_trials)
    assert sum(int((column(trial, "source") >= 0).sum()) for trial in relay_trials) > 2000


def carried(trial: Any) -> np.ndarray:
    """Hops that a consent brought to a nation to which an earlier consent had brought the copy."""
    source, recipient = column(trial, "source"), of_link(trial, "recipient")
    nation = np.array([trial.sharing["nodes"][node]["nation"] for node in recipient])
    has_consent = column(trial, "consent") >= 0
    back, found = source.copy(), np.zeros(len(source), bool)
    for _ in trial.sharing["nodes"]:
        here = back >= 0
        found |= here & has_consent[back] & (nation[back] == nation)
        back = np.where(here, source[back], -1)
    return found & delivered(trial)


def test_carried_consents_are_heeded_no_longer_than_they_hold(relay_trials: list[Any]) -> None:
    """Had what was granted ended at once, deliveries that rest on it later would be leaks."""

    def shorten(sharing: dict[str, Any]) -> None:
        for consent in sharing["consents"].values():
            if consent["kind"] == "on_request":
                consent["validity_s"] = 1e-6

    carrying = [trial for trial in relay_trials if carried(trial).any()]
    assert any("differ from the rules" in restated(trial, shorten).rules() for trial in carrying)


def combined(trial: Any) -> np.ndarray:
    """Whether each hop offers a combination of labels."""
    return np.array(["+" in name for name in trial.deliveries.hops.meta["labels"]])[column(trial, "label")]


def column(trial: Any, name: str) -> np.ndarray:
    values: np.ndarray = trial.deliveries.hops[name]
    return values


def delivered(trial: Any) -> np.ndarray:
    return column(trial, "outcome") == Outcome.DELIVERED


def of_link(trial: Any, name: str) -> np.ndarray:
    """What the link of each hop states."""
    links = [trial.sharing["links"][id_][name] for id_ in trial.deliveries.hops.meta["links"]]
    values = np.empty(len(links), object)
    values[:] = links
    return values[column(trial, "link")]


def of_agreement(trial: Any, name: str) -> np.ndarray:
    """What the agreement of each hop states; None without one."""
    deals = [trial.sharing["agreements"][id_][name] for id_ in trial.deliveries.hops.meta["agreements"]]
    values = np.empty(len(deals) + 1, object)
    values[:-1] = deals
    return values[column(trial, "agreement")]


def withheld_on_receipt(trial: Any) -> np.ndarray:
    return (column(trial, "gates_at_release") > 0) & (column(trial, "t_transmitted_us") != NEVER_US)


def purged_before_release(trial: Any) -> np.ndarray:
    """Released only after its copy had to be destroyed."""
    source = column(trial, "source")
    purged_us = np.where(source >= 0, column(trial, "t_purged_us")[source], NEVER_US)
    released_us = column(trial, "t_released_us")
    return (released_us != NEVER_US) & (released_us >= purged_us)


def lost(trial: Any, *, on_the_way: bool) -> np.ndarray:
    was_sent = column(trial, "t_sent_us") != NEVER_US
    return (column(trial, "outcome") == Outcome.LOST) & (was_sent == on_the_way)


def refused_by(trial: Any, gate: Gate) -> np.ndarray:
    return (column(trial, "outcome") == Outcome.WITHHELD) & (column(trial, "gates") == gate)


def first(trials: list[Any], which: Any) -> tuple[Any, int]:
    """The first trial with such hops, and the first of them."""
    for trial in trials:
        rows = np.flatnonzero(which(trial))
        if len(rows):
            return trial, int(rows[0])
    raise AssertionError("no such hop in any trial")


def deliver(trial: Any, row: int) -> Any:
    """The trial with a hop written as delivered at once."""
    hops = trial.deliveries.hops
    at_us = int(hops["t_released_us"][row])
    if at_us == NEVER_US:
        at_us = int(hops["t_arrived_us"][row])
    forged = trial.changed("outcome", row, Outcome.DELIVERED).changed("is_kept", row, 0)
    for name in ("gates", "gates_at_release"):
        forged = forged.changed(name, row, 0)
    for name in hops.columns:
        is_stage = name.startswith("t_") and name not in ("t_arrived_us", "t_purged_us")
        if is_stage and hops[name][row] == NEVER_US:
            forged = forged.changed(name, row, at_us)
    return forged


def restated(trial: Any, change: Any) -> Any:
    """The trial under another sharing section: what was right under its own may be a leak under this."""
    sharing = copy.deepcopy(trial.sharing)
    change(sharing)
    return trial._replace(sharing=sharing)


LEAK = "delivered although a gate refuses"


def test_every_kind_of_thing_happens_in_the_arrangements(full_trials: list[Any]) -> None:
    """Otherwise the agreement would show little."""
    cases = {
        "combination delivered": lambda t: delivered(t) & combined(t),
        "combination relayed": lambda t: delivered(t) & combined(t) & (column(t, "source") >= 0),
        "withheld on receipt": withheld_on_receipt,
        "copy destroyed": lambda t: column(t, "t_purged_us") != NEVER_US,
        "destroyed before release": purged_before_release,
        "source stripped": lambda t: delivered(t) & (column(t, "is_stripped") == 1),
        "no room in the queue": lambda t: lost(t, on_the_way=False),
        "lost on the way": lambda t: lost(t, on_the_way=True),
        "asked": lambda t: column(t, "t_asked_us") != column(t, "t_decided_us"),
        "by equivalence": lambda t: delivered(t) & has(t, "equivalence"),
        "by ceilings": lambda t: delivered(t) & has(t, "ceilings"),
        "by purposes": lambda t: delivered(t) & has(t, "purposes"),
        "in an area": lambda t: delivered(t) & has(t, "area"),
    }
    for name, which in cases.items():
        assert sum(int(which(trial).sum()) for trial in full_trials) >= 10, name
    kinds = {event["kind"] for trial in full_trials for event in trial.sharing["events"].values()}
    assert len(kinds) == 8


def has(trial: Any, name: str) -> np.ndarray:
    """Whether the agreement of each hop states something under ``name``."""
    return np.array([bool(value) for value in of_agreement(trial, name)])


def test_a_delivery_over_a_suspended_agreement_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: refused_by(t, Gate.IN_FORCE))
    assert LEAK in deliver(trial, row).rules()


def test_a_suspension_that_the_exchange_did_not_see_is_caught(full_trials: list[Any]) -> None:
    """The log is whole; the agreement was suspended for one party all the time."""
    trial, row = first(full_trials, lambda t: delivered(t) & (column(t, "agreement") >= 0))
    id_ = trial.deliveries.hops.meta["agreements"][column(trial, "agreement")[row]]

    def suspend(sharing: dict[str, Any]) -> None:
        deal = sharing["agreements"][id_]
        pause = {"from_utc": "2026-01-01T00:00:00Z", "to_utc": None, "parties": [deal["parties"][0]]}
        deal["suspensions"].append(pause)

    assert LEAK in restated(trial, suspend).rules()


@pytest.mark.parametrize("gate", list(Gate))
def test_a_delivery_past_any_gate_is_caught(full_trials: list[Any], gate: Gate) -> None:
    """Above the ceiling, out of scope, to a node that is not cleared, to a third party without consent."""
    trial, row = first(full_trials, lambda t: refused_by(t, gate))
    assert LEAK in deliver(trial, row).rules()


def test_noforn_delivered_is_caught(full_trials: list[Any]) -> None:
    def is_noforn(trial: Any) -> np.ndarray:
        labels = trial.sharing["labels"]
        names = trial.deliveries.hops.meta["labels"]
        caveats = [{c for id_ in name.split("+") for c in labels[id_]["caveats"]} for name in names]
        marked = np.array(["NOFORN" in found for found in caveats])[column(trial, "label")]
        return marked & (column(trial, "gates") == Gate.RELEASE)

    trial, row = first(full_trials, is_noforn)
    assert LEAK in deliver(trial, row).rules()


def test_a_delivery_after_the_copy_was_destroyed_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(
        full_trials, lambda t: purged_before_release(t) & (column(t, "gates_at_release") == Gate.RELEASE)
    )
    assert LEAK in deliver(trial, row).rules()


def test_a_copy_held_for_longer_than_allowed_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: column(t, "t_purged_us") != NEVER_US)
    later = trial.changed("t_purged_us", row, column(trial, "t_purged_us")[row] + 1)
    assert later.rules() == "t_purged_us is not what its agreement demands"
    assert "t_purged_us is not" in trial.changed("t_purged_us", row, NEVER_US).rules()


def test_what_was_in_flight_at_a_suspension_and_still_delivered_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, withheld_on_receipt)
    forged = deliver(trial, row).changed(
        "t_received_us", row, column(trial, "t_transmitted_us")[row] + 300_000
    )
    assert LEAK in forged.rules()


def test_a_wrong_equivalent_level_is_caught(full_trials: list[Any]) -> None:
    """A table that protects every word as more than the ceiling makes what it let pass leaks."""
    trial, _ = first(full_trials, lambda t: delivered(t) & has(t, "equivalence"))
    words = ("RESTRICTED", "CONFIDENTIAL", "SECRET", "LIHIM", "GOKUHI", "NAIBU", "OFFICIAL")

    def protect(sharing: dict[str, Any]) -> None:
        for deal in sharing["agreements"].values():
            deal["equivalence"] = dict.fromkeys(deal["parties"], dict.fromkeys(words, "TOP_SECRET"))

    assert LEAK in restated(trial, protect).rules()


def test_a_ceiling_for_one_party_that_was_not_asked_is_caught(full_trials: list[Any]) -> None:
    def classified(trial: Any) -> np.ndarray:
        levels = {id_: label["classification"] for id_, label in trial.sharing["labels"].items()}
        names = trial.deliveries.hops.meta["labels"]
        above = [any(levels[id_] != "UNCLASSIFIED" for id_ in name.split("+")) for name in names]
        return delivered(trial) & (column(trial, "agreement") >= 0) & np.array(above)[column(trial, "label")]

    trial, _ = first(full_trials, classified)

    def lower(sharing: dict[str, Any]) -> None:
        for deal in sharing["agreements"].values():
            deal["ceilings"] = dict.fromkeys(deal["parties"], "UNCLASSIFIED")

    assert LEAK in restated(trial, lower).rules()


def test_a_part_outside_the_area_delivered_is_caught(full_trials: list[Any]) -> None:
    """The contacts of the part were elsewhere: the share class of its part is false, and says so."""
    trial, row = first(full_trials, lambda t: delivered(t) & has(t, "area"))
    part = column(trial, "part")[row]
    share_class = trial.deliveries.parts["share_class"].copy()
    share_class[part] &= (np.uint64(1) << np.uint64(len(trial.deliveries.parts.meta["filters"]))) - np.uint64(
        1
    )
    assert (
        "share_class is not what the filters give" in trial.tampered("parts", share_class=share_class).rules()
    )
    outside = {name: np.zeros_like(inside) for name, inside in trial.facts.inside.items()}
    moved = trial._replace(
        facts=trial.facts.__class__(trial.facts.broadcasting, trial.facts.length_m, outside)
    )
    assert "share_class is not what the filters give" in moved.rules()


def test_a_false_refusal_is_caught(full_trials: list[Any]) -> None:
    """Withheld although every gate allows."""
    trial, row = first(full_trials, lambda t: delivered(t) & (column(t, "is_kept") == 0))
    forged = trial.changed("outcome", row, Outcome.WITHHELD).changed("gates_at_release", row, Gate.RELEASE)
    for name in OUT:
        forged = forged.changed(name, row, NEVER_US)
    found = forged.rules()
    assert "gates_at_release differ from the rules" in found
    assert "withheld although every gate allows" in found


def test_a_refusal_in_the_name_of_another_gate_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: refused_by(t, Gate.SCOPE))
    assert "gates differ from the rules" in trial.changed("gates", row, Gate.CEILING).rules()


def test_a_refused_consent_booked_as_granted_is_caught(full_trials: list[Any]) -> None:
    def refused(trial: Any) -> np.ndarray:
        answered = column(trial, "t_consented_us") != NEVER_US
        return (
            answered
            & (column(trial, "t_sent_us") == NEVER_US)
            & (column(trial, "gates_at_release") == Gate.RELEASE)
        )

    trial, row = first(full_trials, refused)
    assert LEAK in deliver(trial, row).rules()


def test_an_unwilling_case_that_was_sent_is_caught(full_trials: list[Any]) -> None:
    def unwilling(trial: Any) -> np.ndarray:
        return (column(trial, "outcome") == Outcome.NOT_SENT) & (column(trial, "t_case_us") != NEVER_US)

    trial, row = first(full_trials, unwilling)
    found = deliver(trial, row).rules()
    assert "outcome of a hop does not follow from its stages" in found
    assert "t_sent_us is not what the replay gives" in found


@pytest.mark.parametrize("discipline", ["fifo", "priority", "newest_first"])
def test_reviews_out_of_turn_are_caught(full_trials: list[Any], discipline: str) -> None:
    """What was reviewed by another discipline was not reviewed by this one."""
    found = []
    for trial in full_trials[:8]:
        if all(desk["discipline"] == discipline for desk in trial.sharing["desks"].values()):
            continue
        sharing = copy.deepcopy(trial.sharing)
        for desk in sharing["desks"].values():
            desk["discipline"] = discipline
        found.append(trial._replace(sharing=sharing).rules())
    assert any("t_review_us is not what the replay gives" in rules for rules in found)


@pytest.mark.parametrize("stated", ["closures", "holidays", "closed_on", "surges", "batch"])
def test_reviews_in_hours_that_the_desk_does_not_keep_are_caught(full_trials: list[Any], stated: str) -> None:
    """The log is that of desks that keep to what they state; without it their reviews come at wrong times."""
    found = []
    for trial in full_trials[:12]:
        sharing = copy.deepcopy(trial.sharing)
        for desk in sharing["desks"].values():
            if stated in desk:
                desk[stated] = None if stated == "batch" else []
            elif desk["calendar"]["kind"] == "working_hours":
                desk["calendar"][stated] = [] if stated == "closed_on" else None
        found.append(trial._replace(sharing=sharing).rules())
    assert any("is not what the replay gives" in rules for rules in found)


@pytest.mark.parametrize("stated", ["outages", "contact_windows", "failures", "queue_limit", "extra_delay"])
def test_transmissions_that_the_link_does_not_allow_are_caught(full_trials: list[Any], stated: str) -> None:
    """Through an outage, outside contact windows, past a full queue, without the delay that was drawn."""
    none = {"outages": [], "extra_delay": {"kind": "constant", "value_s": 0.0}}
    found = []
    for trial in full_trials[:12]:
        sharing = copy.deepcopy(trial.sharing)
        for link in sharing["links"].values():
            link[stated] = none.get(stated)
        found.append(trial._replace(sharing=sharing).rules())
    column_ = "t_received_us" if stated == "extra_delay" else "t_sent_us"
    assert any(f"{column_} is not what the replay gives" in rules for rules in found)


def test_a_transmission_in_an_outage_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(
        full_trials,
        lambda t: delivered(t) & (column(t, "t_sent_us") > column(t, "t_consented_us") + 3_600_000_000),
    )
    at_us = column(trial, "t_consented_us")[row]
    assert "t_sent_us is not what the replay gives" in trial.changed("t_sent_us", row, at_us).rules()


def test_a_lost_piece_that_was_delivered_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: lost(t, on_the_way=True))
    received_us = column(trial, "t_transmitted_us")[row] + 300_000
    found = deliver(trial, row).changed("t_received_us", row, received_us).rules()
    assert "outcome of a hop does not follow from its stages" in found
    assert "t_received_us is not what the replay gives" in found


def test_a_piece_that_found_no_room_and_was_sent_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: lost(t, on_the_way=False))
    assert "t_sent_us is not what the replay gives" in deliver(trial, row).rules()


def test_a_missing_hop_and_one_that_is_twice_there_are_caught(full_trials: list[Any]) -> None:
    trial = full_trials[0]
    rows = np.arange(len(trial.deliveries.hops))
    assert "copy not offered to a link" in trial.with_hops(np.delete(rows, -1)).rules()
    assert "a hop twice" in trial.with_hops(np.sort(np.append(rows, 5))).rules()


@pytest.mark.parametrize(("name", "value"), [("is_stripped", 0), ("coarsened_m", 0.0)])
def test_a_source_shown_or_a_position_left_precise_is_caught(
    full_trials: list[Any], name: str, value: float
) -> None:
    trial, row = first(full_trials, lambda t: delivered(t) & (column(t, name) > 0))
    assert f"{name} is not what sanitising gives" in trial.changed(name, row, value).rules()


def test_a_product_under_the_label_of_one_of_its_sources_is_caught(full_trials: list[Any]) -> None:
    trial, row = first(full_trials, lambda t: delivered(t) & combined(t))
    names = trial.deliveries.hops.meta["labels"]
    alone = names.index(names[column(trial, "label")[row]].split("+")[0])
    assert "label is not what sanitising and fusing give" in trial.changed("label", row, alone).rules()


def test_an_outcome_that_hides_a_refusal_is_caught(full_trials: list[Any]) -> None:
    """NO_ROUTE is written for what a gate withheld."""
    trial = full_trials[0]
    outcomes = trial.deliveries.outcomes
    outcome = outcomes["outcome"].copy()
    outcome[np.flatnonzero(outcome == Outcome.WITHHELD)[0]] = Outcome.NO_ROUTE
    assert (
        trial.tampered("outcomes", outcome=outcome).rules() == "outcomes: outcome is not what the hops give"
    )


@pytest.mark.parametrize("dropped", ["events", "withdrawn"])
def test_an_event_that_the_exchange_did_not_heed_is_caught(full_trials: list[Any], dropped: str) -> None:
    """Read with the events, or withdrawals, left out, whole logs disagree with the rules."""

    def drop(sharing: dict[str, Any]) -> None:
        if dropped == "events":
            sharing["events"] = {}
        else:
            for consent in sharing["consents"].values():
                consent["withdrawn"] = []

    found = [restated(trial, drop).rules() for trial in full_trials]
    assert sum(bool(rules) for rules in found) >= 3


def test_draws_of_links_and_events_need_the_seed(full_trials: list[Any]) -> None:
    trial = next(t for t in full_trials if any(link["failures"] for link in t.sharing["links"].values()))
    assert trial._replace(seed=None).rules() == "without the seed it cannot be told what was drawn"
    assert trial._replace(seed=trial.seed + 1).rules() != ""


def test_whatever_cell_of_the_books_is_changed_is_found(full_trials: list[Any]) -> None:
    """Nothing in a row of hops is free: one changed cell anywhere is a finding."""
    rng = np.random.default_rng(20261126)
    for number in range(36):
        trial = full_trials[number % len(full_trials)]
        hops = trial.deliveries.hops
        names = sorted(hops.columns)
        name = names[int(rng.integers(len(names)))]
        row = int(rng.integers(len(hops)))
        old = hops[name][row]
        others = np.setdiff1d(hops[name], [old])
        new = others[int(rng.integers(len(others)))] if len(others) else old + 1
        assert trial.changed(name, row, new).rules(), (name, row, old, new)
