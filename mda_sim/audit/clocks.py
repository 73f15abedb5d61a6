"""Whether it could have happened at these times: windows, desks with their hours, links with bandwidth.

Model: each hop's case closes with its window, unless its sender does not want to send it. Desks are
replayed in the order of closing, and of asking for requests, with the reviews' ends as booked: a review
begins at the first open moment at which a server is free, so no draw has to be known. Where the seed or a
constant tells them, the times of requests are derived as well. Links are replayed in the order of release,
or answer, from bytes, bandwidth and delay. A case without a vessel occupies nothing. What lies past the end
of the run is ``NEVER_US``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.calendars import Opens, add_working, next_open, opening_times
from mda_sim.audit.case_file import CaseFile, Ints
from mda_sim.audit.draws import Place, are_so, time_us
from mda_sim.audit.findings import Notebook
from mda_sim.audit.lines import may_leave, outages_us, past_outages
from mda_sim.audit.rules import Tree
from mda_sim.audit.rulings import Rulings
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.records import Gate, Outcome

STAGES = (
    "t_arrived_us",
    "t_case_us",
    "t_review_us",
    "t_reviewed_us",
    "t_released_us",
    "t_asked_us",
    "t_decided_us",
    "t_consented_us",
    "t_sent_us",
    "t_transmitted_us",
    "t_received_us",
)


class Case(NamedTuple):
    """The hops that went through a desk and over a link together."""

    link: int
    category: str
    window: int
    rows: Ints
    consent: int = -1
    """Consent that was asked for, if this is a request."""


def check_clocks(file: CaseFile, rulings: Rulings, notes: Notebook) -> None:
    """Stages are in order, cases close with their windows, desks and links do no more than they can."""
    hops = file.hops
    stages = np.stack([hops[name] for name in STAGES])
    in_order: NDArray[np.bool_] = np.asarray((np.diff(stages, axis=0) >= 0).all(axis=0))
    notes.rows("stages of a hop are not in order", ~in_order, "hops", report=hops["report"])
    refused = hops["gates"] != 0
    met_stage: NDArray[np.bool_] = refused & ((stages[1:] != NEVER_US).any(axis=0) | (hops["case"] >= 0))
    notes.rows("a hop refused on arrival met a later stage", met_stage, "hops", report=hops["report"])
    _check_asking(file, rulings, notes)
    cases, unsent = [], np.zeros(len(file.link), bool)
    for case in _groups(file, np.flatnonzero(hops["gates"] == 0)):
        if _check_case(file, case, notes):
            cases.append(case)
        else:
            unsent[case.rows] = True
    requests = list(_groups(file, np.flatnonzero(rulings.asks), rulings.consent))
    expired = np.zeros(len(file.link), bool)
    for desk in sorted(file.sharing["desks"]):
        served = [case for case in cases if _spec(file, case)["desk"] == desk]
        heard = [request for request in requests if _consent(file, request)["desk"] == desk]
        _replay_desk(file, desk, served, heard, expired, notes)
    for request in requests:
        if _consent(file, request)["desk"] is None:
            _expect(file, request, "t_decided_us", _time(file, request, "t_asked_us"), notes)
        _check_answer(file, request, notes)
    for link in range(len(file.links)):
        over_link = [piece for piece in (*cases, *requests) if piece.link == link]
        _replay_link(file, link, over_link, rulings, notes)
    _check_outcome_of_hops(file, unsent, expired, notes)


def _check_asking(file: CaseFile, rulings: Rulings, notes: Notebook) -> None:
    """What is released asks at once, or need not ask and loses no time; what is stopped does neither."""
    hops = file.hops
    goes_on = rulings.asks | (rulings.gates_at_release == 0)
    asked = np.where(goes_on, hops["t_released_us"], NEVER_US)
    notes.rows(
        "t_asked_us does not follow from the release",
        hops["t_asked_us"] != asked,
        "hops",
        expected=asked,
        found=hops["t_asked_us"],
    )
    for name in ("t_decided_us", "t_consented_us"):
        took_time = ~rulings.asks & (hops[name] != hops["t_asked_us"])
        notes.rows(f"{name} although no consent was asked for", took_time, "hops", found=hops[name])


def _groups(file: CaseFile, rows: Ints, consent: Ints | None = None) -> Iterator[Case]:
    """These hops by link, category and window, and by consent if they are requests."""
    if not len(rows):
        return
    about = np.full(len(rows), -1, np.int64) if consent is None else consent[rows]
    keys = np.stack([file.link[rows], file.category[rows], file.window[rows], about])
    order = np.lexsort(keys[::-1])
    keys = keys[:, order]
    cuts = np.flatnonzero((np.diff(keys, axis=1) != 0).any(axis=0)) + 1
    for part, first in zip(np.split(rows[order], cuts), np.concatenate([[0], cuts]), strict=True):
        link, category, window, asked_for = keys[:, first].tolist()
        yield Case(link, file.categories[category], window, part, asked_for)


def _check_case(file: CaseFile, case: Case, notes: Notebook) -> bool:
    """Check the stages that need no queue; whether the sender wanted to send the case."""
    spec = _spec(file, case)
    close_us = (case.window + 1) * to_us(spec["case_window_s"])
    number = -1 if spec["desk"] is None else case.window
    wanted = {"t_case_us": close_us if close_us <= file.end_us else NEVER_US, "case": number}
    is_sent = close_us > file.end_us or _is_willing(file, case)
    if not is_sent:
        wanted |= dict.fromkeys(STAGES[2:], NEVER_US)
    elif spec["desk"] is None:
        wanted |= dict.fromkeys(("t_review_us", "t_reviewed_us", "t_released_us"), wanted["t_case_us"])
    for name, value in wanted.items():
        _expect(file, case, name, value, notes)
    _check_alike(file, case, ("t_review_us", "t_reviewed_us", "t_released_us"), notes)
    return is_sent


def _is_willing(file: CaseFile, case: Case) -> bool:
    booked = file.hops["outcome"][case.rows[:1]] != Outcome.NOT_SENT
    willingness = _spec(file, case)["willingness"]
    return bool(are_so(_place(file, case), willingness, "share.willing", booked)[0])


def _check_alike(file: CaseFile, case: Case, names: tuple[str, ...], notes: Notebook) -> None:
    for name in names:
        if (file.hops[name][case.rows] != file.hops[name][case.rows[0]]).any():
            notes.broken(f"{name} differs within a case", [_name(file, case)])


def _replay_desk(
    file: CaseFile,
    desk: str,
    cases: list[Case],
    requests: list[Case],
    expired: NDArray[np.bool_],
    notes: Notebook,
) -> None:
    spec = file.sharing["desks"][desk]
    opens = opening_times(spec["calendar"], file.timeline)
    limit_us = None if spec["expiry_s"] is None else to_us(spec["expiry_s"])
    free_us = [0] * spec["servers"]
    turns = [(_time(file, case, "t_case_us"), 0, *case[:3], case.consent, case.rows) for case in cases]
    turns += [(_time(file, r, "t_asked_us"), 1, *r[:3], r.consent, r.rows) for r in requests]
    for came_us, is_request, link, category, window, consent, rows in sorted(turns, key=lambda t: t[:6]):
        if came_us == NEVER_US:
            continue
        turn = Case(link, category, window, rows, consent)
        server = min(range(len(free_us)), key=free_us.__getitem__)
        begin_us = next_open(opens, max(came_us, free_us[server]))
        if limit_us is not None and begin_us > came_us + limit_us:
            expired[rows] = came_us + limit_us <= file.end_us
            never = ("t_decided_us",) if is_request else ("t_review_us", "t_reviewed_us", "t_released_us")
            for name in never:
                _expect(file, turn, name, NEVER_US, notes)
            continue
        if is_request:
            _check_hearing(file, turn, spec, opens, begin_us, notes)
        else:
            _expect(file, turn, "t_review_us", _in_run(file, begin_us), notes)
        if file.n_bytes[file.row[rows]].any():
            free_us[server] = _time(file, turn, "t_decided_us" if is_request else "t_reviewed_us")


def _check_hearing(
    file: CaseFile, request: Case, desk: Tree, opens: Opens, begin_us: int, notes: Notebook
) -> None:
    """The review of a request ends when the desk's touch time has passed since its begin."""
    touch_us = time_us(_place(file, request), desk["touch"], "share.touch")
    if touch_us is not None:
        decided_us = add_working(opens, begin_us, touch_us)
        _expect(file, request, "t_decided_us", _in_run(file, decided_us), notes)
    elif _time(file, request, "t_decided_us") < begin_us:
        notes.broken("a request was decided before its review could begin", [_name(file, request)])


def _check_answer(file: CaseFile, request: Case, notes: Notebook) -> None:
    """The answer comes when its delay has passed since the decision, and is one for the whole request."""
    consent, decided_us = _consent(file, request), _time(file, request, "t_decided_us")
    delay_us = time_us(_place(file, request), consent["answer"], "share.consent.answer")
    if decided_us == NEVER_US:
        _expect(file, request, "t_consented_us", NEVER_US, notes)
    elif delay_us is not None:
        desk = None if consent["desk"] is None else file.sharing["desks"][consent["desk"]]
        works = desk is not None and desk["elapsed_clock"] == "working"
        opens = opening_times(desk["calendar"], file.timeline) if desk is not None and works else None
        answered_us = add_working(opens, decided_us, delay_us)
        _expect(file, request, "t_consented_us", _in_run(file, answered_us), notes)
    _check_alike(file, request, ("t_asked_us", "t_decided_us", "t_consented_us"), notes)
    refused = file.hops["gates_at_release"][request.rows] & int(Gate.RELEASE)
    if (refused != refused[0]).any():
        notes.broken("a request was granted in part", [_name(file, request)])


def _replay_link(file: CaseFile, link: int, pieces: list[Case], rulings: Rulings, notes: Notebook) -> None:
    hops, spec = file.hops, file.sharing["links"][file.links[link]]
    delay_us, free_us = to_us(spec["delay_s"]), 0
    outages = outages_us(spec, file.timeline)
    queue = []
    for piece in pieces:
        is_request = piece.consent >= 0
        leaving = hops["gates_at_release"][piece.rows] == 0
        leaving &= rulings.asks[piece.rows] == is_request
        out_us = _time(file, piece, "t_consented_us" if is_request else "t_released_us")
        if leaving.any() and out_us != NEVER_US:
            order = (out_us, is_request, piece.category, piece.window, piece.consent)
            queue.append((order, piece._replace(rows=piece.rows[leaving])))
    for (out_us, *_), piece in sorted(queue, key=lambda item: item[0]):
        n_bytes = int(file.n_bytes[file.row[piece.rows]].sum())
        bandwidth = spec["bandwidth_bps"]
        lasting_us = 0 if bandwidth is None else to_us(8.0 * n_bytes / bandwidth)
        sent_us = past_outages(outages, max(may_leave(spec, out_us), free_us), lasting_us)
        transmitted_us = sent_us + lasting_us
        free_us = transmitted_us if n_bytes else free_us
        received_us = transmitted_us + delay_us
        times = {"t_sent_us": sent_us, "t_transmitted_us": transmitted_us, "t_received_us": received_us}
        for name, t_us in times.items():
            _expect(file, piece, name, _in_run(file, t_us), notes)


def _check_outcome_of_hops(
    file: CaseFile, unsent: NDArray[np.bool_], expired: NDArray[np.bool_], notes: Notebook
) -> None:
    hops = file.hops
    expected = np.full(len(file.link), int(Outcome.IN_FLIGHT), np.int64)
    expected[hops["t_received_us"] != NEVER_US] = int(Outcome.DELIVERED)
    expected[expired] = int(Outcome.EXPIRED)
    expected[unsent] = int(Outcome.NOT_SENT)
    expected[(hops["gates"] | hops["gates_at_release"]) != 0] = int(Outcome.WITHHELD)
    notes.rows(
        "outcome of a hop does not follow from its stages",
        hops["outcome"] != expected,
        "hops",
        expected=expected,
        found=hops["outcome"],
    )


def _expect(file: CaseFile, case: Case, name: str, value: int, notes: Notebook) -> None:
    found = file.hops[name][case.rows]
    if (found != value).any():
        wrong = int(found[found != value][0])
        notes.broken(
            f"{name} is not what the replay gives", [f"{_name(file, case)}: expected {value}, found {wrong}"]
        )


def _time(file: CaseFile, case: Case, name: str) -> int:
    """A stage of a case, as its first hop has it."""
    return int(file.hops[name][case.rows[0]])


def _in_run(file: CaseFile, t_us: int) -> int:
    return t_us if t_us <= file.end_us else NEVER_US


def _place(file: CaseFile, case: Case) -> Place:
    """Address of the draws about a case or a request."""
    about = "" if case.consent < 0 else file.rules.consent_ids[case.consent]
    return Place(file.seed, file.links[case.link], case.category, about, np.array([case.window], np.int64))


def _consent(file: CaseFile, request: Case) -> Tree:
    spec: Tree = file.rules.consents[file.rules.consent_ids[request.consent]]
    return spec


def _spec(file: CaseFile, case: Case) -> Tree:
    spec: Tree = file.sharing["links"][file.links[case.link]]
    return spec


def _name(file: CaseFile, case: Case) -> str:
    about = "" if case.consent < 0 else f", consent {file.rules.consent_ids[case.consent]}"
    return f"link {file.links[case.link]}, {case.category}, window {case.window}{about}"
