"""The auditor agrees with the exchange on random arrangements, and catches every kind of tampering."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mda_sim.audit import Finding, audit
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate, Outcome


def read(trial: Any) -> tuple[Finding, ...]:
    return audit(*trial)


def tamper(trial: Any, table: str, change: Callable[[dict[str, np.ndarray]], None]) -> Any:
    """The trial with one table of its delivery log changed in place by ``change``."""
    old: Table = getattr(trial.deliveries, table)
    columns = {name: column.copy() for name, column in old.columns.items()}
    change(columns)
    forged = replace(trial.deliveries, **{table: Table.of(old.schema, columns, old.meta)})
    return trial._replace(deliveries=forged)


def rows_where(trial: Any, outcome: Outcome) -> np.ndarray:
    return np.flatnonzero(trial.deliveries.hops["outcome"] == outcome)


def test_the_auditor_finds_nothing_in_what_the_exchange_did(trials: list[Any]) -> None:
    assert [finding for trial in trials for finding in read(trial)] == []


def test_plain_arrangements_are_as_they_were_to_the_bit(plain_digest: str) -> None:
    """The digest was made by the version that knew neither parts nor copies."""
    assert plain_digest == "99957a3a06aadc37ae99650a76bf56dfdc71a257fc1324c08b19abcc82295422"


def test_the_random_arrangements_meet_every_outcome_and_gate(trials: list[Any]) -> None:
    """Otherwise the agreement above would show little."""
    hops = np.concatenate([trial.deliveries.hops["outcome"] for trial in trials])
    outcomes = np.concatenate([trial.deliveries.outcomes["outcome"] for trial in trials])
    gates = np.concatenate([trial.deliveries.hops["gates"] for trial in trials])
    late = np.concatenate([trial.deliveries.hops["gates_at_release"] for trial in trials])
    routes = np.concatenate([trial.deliveries.outcomes["hops"] for trial in trials])
    kinds = {
        Outcome.DELIVERED, Outcome.IN_FLIGHT, Outcome.EXPIRED, Outcome.WITHHELD, Outcome.NOT_SENT,
    }  # fmt: skip
    assert kinds <= set(hops.tolist())
    assert Outcome.NO_ROUTE in outcomes
    assert all((gates & gate).any() for gate in Gate)
    assert (late & Gate.IN_FORCE).any()
    assert routes.max() >= 2
    assert any(
        (trial.deliveries.hops["is_kept"][rows_where(trial, Outcome.DELIVERED)] == 0).any()
        for trial in trials
    )


def with_rows(trials: list[Any], outcome: Outcome, least: int = 20) -> Any:
    return next(trial for trial in trials if len(rows_where(trial, outcome)) >= least)


def rules_of(findings: tuple[Finding, ...]) -> str:
    return " | ".join(finding.rule for finding in findings)


def test_a_leak_past_a_failing_gate_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.WITHHELD)
    row = rows_where(trial, Outcome.WITHHELD)[0]

    def leak(hops: dict[str, np.ndarray]) -> None:
        hops["gates"][row] = 0
        hops["gates_at_release"][row] = 0
        hops["outcome"][row] = Outcome.DELIVERED

    assert read(tamper(trial, "hops", leak))


def test_a_false_refusal_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.IN_FLIGHT, least=1)
    row = rows_where(trial, Outcome.IN_FLIGHT)[0]

    def refuse(hops: dict[str, np.ndarray]) -> None:
        hops["gates"][row] = Gate.RELEASE
        hops["outcome"][row] = Outcome.WITHHELD

    found = rules_of(read(tamper(trial, "hops", refuse)))
    assert "gates differ from the rules" in found
    assert "withheld although every gate allows" in found


def test_a_refusal_with_the_wrong_gate_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.WITHHELD)
    rows = np.flatnonzero(trial.deliveries.hops["gates"])

    def rename(hops: dict[str, np.ndarray]) -> None:
        hops["gates"][rows[0]] ^= int(Gate.ACCREDITATION)

    assert "gates differ from the rules" in rules_of(read(tamper(trial, "hops", rename)))


def test_a_delivery_under_another_agreement_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.DELIVERED)

    def rewrite(hops: dict[str, np.ndarray]) -> None:
        hops["agreement"][:] = np.where(hops["agreement"] >= 0, hops["agreement"] + 1, -1)

    assert "agreement differ" in rules_of(read(tamper(trial, "hops", rewrite)))


def test_a_hop_struck_from_the_books_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.WITHHELD)
    row = rows_where(trial, Outcome.WITHHELD)[0]
    forged = trial.with_hops(np.delete(np.arange(len(trial.deliveries.hops)), row))
    assert "copy not offered to a link" in rules_of(read(forged))


def test_a_hop_written_twice_is_caught(trials: list[Any]) -> None:
    trial = trials[0]
    twice = np.sort(np.append(np.arange(len(trial.deliveries.hops)), 3))
    assert "twice" in trial.with_hops(twice).rules()


def test_a_report_that_nobody_fed_is_caught(trials: list[Any]) -> None:
    trial = next(t for t in trials if not t.deliveries.parts.meta["filters"])
    sharing = copy.deepcopy(trial.sharing)
    del sharing["feeds"]["radar_a"]
    assert "no sensor fed" in rules_of(read(trial._replace(sharing=sharing)))


@pytest.mark.parametrize(
    ("column", "shift"),
    [
        ("t_arrived_us", -1),
        ("t_case_us", 1),
        ("t_review_us", 1),
        ("t_sent_us", -1),
        ("t_transmitted_us", 1),
        ("t_received_us", -1),
    ],
)
def test_a_time_moved_by_one_microsecond_is_caught(trials: list[Any], column: str, shift: int) -> None:
    trial = with_rows(trials, Outcome.DELIVERED)
    row = rows_where(trial, Outcome.DELIVERED)[0]

    def move(hops: dict[str, np.ndarray]) -> None:
        hops[column][row] += shift

    assert read(tamper(trial, "hops", move))


def test_a_review_begun_before_the_desk_opens_is_caught(trials: list[Any]) -> None:
    """The review's begin stays between closing and end, so that only the desk's hours and queue can tell."""
    trial, rows = next((t, rows) for t in trials if len(rows := waited(t)))
    hops = trial.deliveries.hops

    def hurry(columns: dict[str, np.ndarray]) -> None:
        same = (columns["case"] == hops["case"][rows[0]]) & (columns["link"] == hops["link"][rows[0]])
        same &= columns["t_case_us"] != NEVER_US
        columns["t_review_us"][same] = columns["t_case_us"][same]

    assert "t_review_us is not what the replay gives" in rules_of(read(tamper(trial, "hops", hurry)))


def waited(trial: Any) -> np.ndarray:
    """Hops whose case waited for its desk for more than a minute."""
    hops = trial.deliveries.hops
    reviewed = hops["t_review_us"] != NEVER_US
    return np.flatnonzero(reviewed & (hops["t_review_us"] - hops["t_case_us"] > 60_000_000))


def test_an_unwilling_case_called_pending_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.NOT_SENT)
    row = rows_where(trial, Outcome.NOT_SENT)[0]

    def forgive(hops: dict[str, np.ndarray]) -> None:
        hops["outcome"][row] = Outcome.IN_FLIGHT

    assert "outcome of a hop does not follow" in rules_of(read(tamper(trial, "hops", forgive)))


def test_decisions_that_were_not_drawn_so_are_caught_with_the_seed(trials: list[Any]) -> None:
    """Under another seed other cases would have been left unsent; without the seed these are possible."""
    trial = next(t for t in trials if any(0 < link_of(t, i)["willingness"] < 1 for i in unsent(t)))
    assert "is not what the replay gives" in rules_of(read(trial._replace(seed=trial.seed + 1)))
    assert read(trial._replace(seed=None)) == ()


def unsent(trial: Any) -> np.ndarray:
    return rows_where(trial, Outcome.NOT_SENT)


def link_of(trial: Any, row: int) -> dict[str, Any]:
    hops = trial.deliveries.hops
    link: dict[str, Any] = trial.sharing["links"][hops.meta["links"][hops["link"][row]]]
    return link


def test_an_unwilling_case_of_a_sender_who_always_sends_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.NOT_SENT)
    sharing = copy.deepcopy(trial.sharing)
    for link in sharing["links"].values():
        link["willingness"] = 1.0
    assert "outcome of a hop does not follow" in rules_of(read(trial._replace(sharing=sharing, seed=None)))


def test_the_random_arrangements_wait_for_outages_and_set_times(trials: list[Any]) -> None:
    waited_for = set()
    for trial in trials:
        hops = trial.deliveries.hops
        for row in rows_where(trial, Outcome.DELIVERED):
            link = trial.sharing["links"][hops.meta["links"][hops["link"][row]]]
            if hops["t_sent_us"][row] > hops["t_consented_us"][row]:
                waited_for.add((link["pattern"]["kind"], bool(link["outages"])))
    assert waited_for == {(kind, down) for kind in ("push", "digest", "pull") for down in (True, False)}


@pytest.mark.parametrize("dropped", ["outages", "pattern"])
def test_waiting_for_an_outage_or_time_that_was_not_set_is_caught(trials: list[Any], dropped: str) -> None:
    none: dict[str, Any] = {"outages": [], "pattern": {"kind": "push"}}
    found = []
    for trial in trials[:8]:
        sharing = copy.deepcopy(trial.sharing)
        for link in sharing["links"].values():
            link[dropped] = none[dropped]
        found.append(rules_of(read(trial._replace(sharing=sharing))))
    assert any("t_sent_us is not what the replay gives" in rules for rules in found)


def test_a_transmission_through_an_outage_is_caught(trials: list[Any]) -> None:
    trial = with_rows(trials, Outcome.DELIVERED)
    sharing = copy.deepcopy(trial.sharing)
    for link in sharing["links"].values():
        link["outages"] = [{"from_utc": "2026-03-01T00:00:00Z", "to_utc": None}]
    assert "t_sent_us is not what the replay gives" in rules_of(read(trial._replace(sharing=sharing)))


def asked(trial: Any) -> np.ndarray:
    """Hops that rest on a consent on request and were answered."""
    hops, consents = trial.deliveries.hops, trial.sharing["consents"]
    on_request = [consents[id_]["kind"] == "on_request" for id_ in sorted(consents)]
    is_asked = np.array([*on_request, False])[hops["consent"]]
    return np.flatnonzero(is_asked & (hops["t_consented_us"] != NEVER_US))


def with_answers(trials: list[Any], *, granted: bool = True) -> tuple[Any, int]:
    """A trial and a hop that was asked for and answered so."""
    for trial in trials:
        hops = trial.deliveries.hops
        for row in asked(trial):
            was_granted = hops["outcome"][row] == Outcome.DELIVERED
            if was_granted if granted else hops["gates_at_release"][row] == Gate.RELEASE:
                return trial, int(row)
    raise AssertionError("no such answer")


def test_the_random_arrangements_meet_every_fate_of_a_request(trials: list[Any]) -> None:
    fates = set()
    for trial in trials:
        hops, consents = trial.deliveries.hops, trial.sharing["consents"]
        kinds = [consents[id_]["kind"] for id_ in sorted(consents)] + [""]
        for row in np.flatnonzero(hops["consent"] >= 0):
            has_desk = bool(consents[sorted(consents)[hops["consent"][row]]].get("desk"))
            fates.add((kinds[hops["consent"][row]], has_desk, Outcome(hops["outcome"][row]).name))
    assert {
        ("on_request", has_desk, fate) for has_desk in (True, False) for fate in ("DELIVERED", "WITHHELD")
    } < fates
    assert ("on_request", True, "EXPIRED") in fates
    assert ("standing", False, "DELIVERED") in fates


@pytest.mark.parametrize("column", ["t_asked_us", "t_decided_us", "t_consented_us"])
@pytest.mark.parametrize("shift", [-1, 1])
def test_a_stage_of_a_request_moved_by_one_microsecond_is_caught(
    trials: list[Any], column: str, shift: int
) -> None:
    trial, row = with_answers(trials)

    def move(hops: dict[str, np.ndarray]) -> None:
        hops[column][row] += shift

    assert read(tamper(trial, "hops", move))


def test_an_answer_moved_for_its_whole_request_is_caught_with_the_seed(trials: list[Any]) -> None:
    """A refused request moves nothing after it, so only the drawn delay of the answer can tell."""
    trial, row = next(
        (t, i) for t in trials for i in asked(t)
        if t.deliveries.hops["gates_at_release"][i] == Gate.RELEASE and is_drawn(t, i)
    )  # fmt: skip
    hops = trial.deliveries.hops
    key = ("link", "consent", "t_case_us", "t_consented_us")
    same = np.all([hops[name] == hops[name][row] for name in key], axis=0)

    def move(columns: dict[str, np.ndarray]) -> None:
        columns["t_consented_us"][same] += 1

    forged = tamper(trial, "hops", move)
    assert rules_of(read(forged)) == "t_consented_us is not what the replay gives"
    assert read(forged._replace(seed=None)) == ()


def is_drawn(trial: Any, row: int) -> bool:
    """Whether the answer's delay is drawn, not constant."""
    consents = trial.sharing["consents"]
    consent = consents[sorted(consents)[trial.deliveries.hops["consent"][row]]]
    return bool(consent["answer"]["kind"] != "constant")


def test_a_refused_request_booked_as_granted_is_caught(trials: list[Any]) -> None:
    trial, row = with_answers(trials, granted=False)

    def grant(hops: dict[str, np.ndarray]) -> None:
        hops["gates_at_release"][row] = 0
        for name in ("t_sent_us", "t_transmitted_us", "t_received_us"):
            hops[name][row] = hops["t_consented_us"][row]
        hops["outcome"][row] = Outcome.DELIVERED

    assert read(tamper(trial, "hops", grant))


def test_a_consent_that_was_never_given_makes_its_deliveries_leaks(trials: list[Any]) -> None:
    trial, _ = with_answers(trials)
    sharing = copy.deepcopy(trial.sharing)
    for consent in sharing["consents"].values():
        consent["originator"], consent["desk"] = "VNM", None
    found = rules_of(read(trial._replace(sharing=sharing)))
    assert "delivered although a gate refuses" in found
    assert "consent differ from the rules" in found


def test_a_delivery_by_another_consent_is_caught(trials: list[Any]) -> None:
    trial, row = with_answers(trials)

    def rename(hops: dict[str, np.ndarray]) -> None:
        hops["consent"][row] = -1

    assert "consent differ from the rules" in rules_of(read(tamper(trial, "hops", rename)))


def test_a_standing_consent_that_had_ended_makes_its_deliveries_leaks(trials: list[Any]) -> None:
    trial = next(t for t in trials if len(standing_deliveries(t)))
    sharing = copy.deepcopy(trial.sharing)
    for consent in sharing["consents"].values():
        if consent["kind"] == "standing":
            consent["to_utc"] = "2026-03-01T00:00:00Z"
    assert "consent differ from the rules" in rules_of(read(trial._replace(sharing=sharing)))


def standing_deliveries(trial: Any) -> np.ndarray:
    """Hops delivered by a standing consent."""
    hops = trial.deliveries.hops
    by_consent = (hops["consent"] >= 0) & (hops["outcome"] == Outcome.DELIVERED)
    return np.setdiff1d(np.flatnonzero(by_consent), asked(trial))


def test_a_wrong_outcome_is_caught(trials: list[Any]) -> None:
    trial = trials[0]

    def lose(outcomes: dict[str, np.ndarray]) -> None:
        row = np.flatnonzero(outcomes["outcome"] != Outcome.LOST)[0]
        outcomes["outcome"][row] = Outcome.LOST

    assert "outcomes: outcome is not" in rules_of(read(tamper(trial, "outcomes", lose)))


def test_a_missing_outcome_is_caught(trials: list[Any]) -> None:
    trial = trials[0]
    outcomes = trial.deliveries.outcomes
    forged = trial._replace(
        deliveries=replace(trial.deliveries, outcomes=outcomes.take(np.arange(1, len(outcomes))))
    )
    assert "not one outcome for each" in rules_of(read(forged))


def test_deliveries_of_another_log_are_refused(trials: list[Any]) -> None:
    forged = trials[0]._replace(log=trials[1].log)
    assert "another detection log" in rules_of(read(forged))


def test_an_unknown_level_word_fails_closed(trials: list[Any]) -> None:
    """What was delivered under a word on the ladder is a leak once the word is not."""
    trial = with_rows(trials, Outcome.DELIVERED)
    sharing = copy.deepcopy(trial.sharing)
    for label in sharing["labels"].values():
        label["classification"] = "COSMIC"
    assert "delivered although a gate refuses" in rules_of(read(trial._replace(sharing=sharing)))
