"""Whether it could have happened at these times: windows, desks with their hours, links with bandwidth.

Model: each hop's case closes with its window, unless its sender does not want to send it. Desks are
replayed with what comes to them by closing, and by asking for requests; links in the order of release, or
answer (``queues``). Where the seed or a constant tells how long a review, a delay or an answer took, that is
derived as well; else it is only asked to be one for the whole case or request. What should be in each column
is worked out for all hops at once, and compared at the end. What lies past the end of the run is
``NEVER_US``.

Assumptions and limits: what a stage begins from is taken as booked, so that one wrong time is found once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.calendars import Opens, add_working, opening_times
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.draws import Places, are_so, times_us, units
from mda_sim.audit.findings import Notebook
from mda_sim.audit.lines import downs_us, next_tick
from mda_sim.audit.moments import Tree
from mda_sim.audit.queues import Pieces, Queue, replay_desk, replay_link
from mda_sim.audit.rulings import Rulings
from mda_sim.audit.trails import Trail
from mda_sim.core.time import NEVER_US
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
"""All stages, in their order."""
AT_DESK = ("t_review_us", "t_reviewed_us", "t_released_us")
OVER_LINK = ("t_sent_us", "t_transmitted_us")


def check_clocks(file: CaseFile, trail: Trail, rulings: Rulings, notes: Notebook) -> None:
    """Stages are in order, cases close with their windows, desks and links do no more than they can."""
    Clocks(file, trail, rulings, notes).check()


class Clocks:
    """What the columns of stages should be, filled in stage by stage."""

    def __init__(self, file: CaseFile, trail: Trail, rulings: Rulings, notes: Notebook) -> None:
        self.file, self.trail, self.rulings, self.notes = file, trail, rulings, Notebook()
        self.hops, self._found = file.hops, notes
        in_case = np.flatnonzero((file.books["gates"] == 0) & ~trail.is_stopped)
        asking = np.flatnonzero(rulings.asks)
        self.cases = Pieces.of(file, trail.window, in_case, np.zeros(0, np.int64))
        self.requests = Pieces.of(file, trail.window, asking, rulings.consent[asking])
        self.of_case = {
            name: np.full(len(self.cases.link), NEVER_US, np.int64)
            for name in ("t_case_us", "case", *AT_DESK)
        }
        self.of_request = {
            name: np.full(len(self.requests.link), NEVER_US, np.int64)
            for name in ("t_decided_us", "t_consented_us")
        }
        self.expired_cases = np.zeros(len(self.cases.link), bool)
        self.expired_requests = np.zeros(len(self.requests.link), bool)
        self._is_light = [~pieces.has_weight(file) for pieces in (self.cases, self.requests)]
        self.desks = sorted(file.sharing["desks"])
        self.opens = {id_: opening_times(file.sharing["desks"][id_], file.timeline) for id_ in self.desks}

    def check(self) -> None:
        """Work out all stages and compare them with the books."""
        is_sent = self._close_cases()
        case_desk, request_desk = self._desks_asked(is_sent)
        for number, desk in enumerate(self.desks):
            cases = np.flatnonzero(case_desk == number)
            requests = np.flatnonzero(request_desk == number)
            reviews, hearings = self._serve(desk, cases, requests)
            self._review(desk, cases, reviews)
            self._hear(desk, requests, hearings)
        self._answer()
        self._compare(is_sent, *self._send())

    def _compare(self, is_sent: Bools, of_case: Ints, of_request: Ints, over_link: NDArray[np.int64]) -> None:
        """Hold what was worked out against the books, with the pieces over links of cases and requests."""
        from mda_sim.audit.clock_kernels import FIRST_STAGE, stages

        file, trail, rulings, n = self.file, self.trail, self.rulings, len(self.file.link)
        belongs = np.full((2, n), -1, np.int32)
        for own, pieces in zip(belongs, (self.cases, self.requests), strict=True):
            own[pieces.rows] = pieces.of_row
        flags = np.empty(n, np.uint32)
        ends = ("IN_FLIGHT", "DELIVERED", "EXPIRED", "NOT_SENT", "LOST", "WITHHELD")
        against: tuple[Any, ...] = (
            tuple(file.books[name] for name in STAGES),
            *(file.books[name] for name in ("case", "gates", "outcome")),
            *belongs,
            np.stack(list(self.of_case.values()), axis=1),
            np.stack(list(self.of_request.values()), axis=1),
            is_sent,
            self.expired_cases,
            self.expired_requests,
            of_case,
            of_request,
            over_link,
            trail.is_stopped,
            rulings.asks,
            rulings.is_lost,
            rulings.gates,
            rulings.at_release,
            rulings.at_receipt,
            rulings.due_us,
            file.end_us,
            tuple(int(Outcome[end]) for end in ends),
            flags,
        )
        against = (*against, np.empty((12, 0), np.int64))
        if not stages(*against):
            self._found.findings += self.notes.findings
            return
        wanted = np.empty((12, n), np.int64)
        against = (*against[:-1], wanted)
        stages(*against)
        self._report(flags, FIRST_STAGE, wanted)

    def _report(self, flags: NDArray[np.uint32], first: int, wanted: Ints) -> None:
        """Note the rows that are flagged; stages are from the bit ``first`` on."""
        notes, hops, part = self._found, self.hops, self.hops["part"]
        for bit, rule in enumerate(
            (
                "stages of a hop are not in order",
                "a hop refused on arrival met a later stage",
                "a hop stopped by a filter met a later stage",
            )
        ):
            notes.rows(rule, (flags >> bit & 1) != 0, "hops", part=part)
        notes.findings += self.notes.findings
        for bit, name in enumerate((*STAGES[1:], "case"), first):
            notes.rows(
                f"{name} is not what the replay gives",
                (flags >> bit & 1) != 0,
                "hops",
                part=part,
                link=self.file.link,
                expected=wanted[bit - first],
                found=hops[name],
            )
        notes.rows(
            "outcome of a hop does not follow from its stages",
            (flags >> (first + len(STAGES)) & 1) != 0,
            "hops",
            expected=wanted[len(STAGES)],
            found=hops["outcome"],
        )

    def _close_cases(self) -> Bools:
        """Windows close, and senders decide whether to send; whether each case is sent on."""
        file, cases = self.file, self.cases
        close_us = (cases.window + 1) * file.window_us[cases.link]
        has_desk = np.array([spec["desk"] is not None for spec in file.specs], bool)[cases.link]
        self.of_case["t_case_us"][:] = self._in_run(close_us)
        self.of_case["case"][:] = np.where(has_desk, cases.window, -1)
        willingness = np.array([spec["willingness"] for spec in file.specs], np.float64)[cases.link]
        booked = self.hops["outcome"][cases.first] != Outcome.NOT_SENT
        places = self._places(cases)
        unit = places.window.copy()
        for number, spec in enumerate(file.specs):
            of_link = cases.link == number
            unit[of_link] = units(spec["willing_per"], unit[of_link], file.window_us[cases.link[of_link]])
        is_willing = are_so(places.by_unit(unit), willingness, "share.willing", booked)
        is_sent: Bools = is_willing | (close_us > file.end_us)
        for name in AT_DESK:
            self.of_case[name][:] = np.where(is_sent & ~has_desk, self._in_run(close_us), NEVER_US)
        return is_sent

    def _desks_asked(self, is_sent: Bools) -> tuple[Ints, Ints]:
        """Desk that each case and request comes to within the run; -1 for none."""
        number: dict[str | None, int] = {None: -1} | {id_: i for i, id_ in enumerate(self.desks)}
        of_link = np.array([number[spec["desk"]] for spec in self.file.specs], np.int64)
        of_consent = np.array([number[self._consent(i).get("desk")] for i in self._consents()], np.int64)
        cases, requests = self.cases, self.requests
        comes = is_sent & (self._booked("t_case_us", cases) != NEVER_US)
        was_asked = self._booked("t_asked_us", requests) != NEVER_US
        return (
            np.where(comes, of_link[cases.link], -1),
            np.where(was_asked, of_consent[requests.consent], -1) if len(of_consent) else requests.link,
        )

    def _serve(self, desk: str, cases: Ints, requests: Ints) -> tuple[Ints, Ints]:
        """Replay a desk with its cases and requests; when the reviews of both began [us]."""
        spec, n = self.file.sharing["desks"][desk], len(cases)
        priority = np.array([link["priority"] for link in self.file.specs], np.int64)
        came, until, light, keys = [], [], [], []
        for pieces, chosen, first, last, is_light in (
            (self.cases, cases, "t_case_us", "t_reviewed_us", self._is_light[0]),
            (self.requests, requests, "t_asked_us", "t_decided_us", self._is_light[1]),
        ):
            came.append(self._booked(first, pieces)[chosen])
            until.append(self._booked(last, pieces)[chosen])
            light.append(is_light[chosen])
            keys.append(
                np.stack([c[chosen] for c in (pieces.link, pieces.category, pieces.window, pieces.consent)])
            )
        names = np.concatenate(keys, axis=1)
        queue = Queue(
            np.concatenate(came),
            np.concatenate(until),
            np.concatenate(light),
            np.arange(names.shape[1]) >= n,
            priority[names[0]],
            names,
        )
        begin_us, is_late = replay_desk(spec, self.opens[desk], self.file.timeline, queue)
        self.expired_cases[cases], self.expired_requests[requests] = is_late[:n], is_late[n:]
        return begin_us[:n], begin_us[n:]

    def _review(self, desk: str, chosen: Ints, begin_us: Ints) -> None:
        """Reviews of cases end after the touch time; cases are released after elapsed delay and batch."""
        spec, cases, opens = self.file.sharing["desks"][desk], self.cases, self.opens[desk]
        places = self._places(cases).take(chosen)
        touch_us = times_us(places, spec["touch"], "share.touch")
        elapsed_us = times_us(places, spec["elapsed"], "share.elapsed")
        reviewed_us = self._ended("t_reviewed_us", cases, chosen, begin_us, touch_us, opens)
        clock = opens if spec["elapsed_clock"] == "working" else None
        released_us = self._ended("t_released_us", cases, chosen, reviewed_us, elapsed_us, clock)
        if spec["batch"] is not None:
            released_us = self._in_run(next_tick(spec["batch"], released_us))
        for name, t_us in zip(AT_DESK, (begin_us, reviewed_us, released_us), strict=True):
            self.of_case[name][chosen] = t_us

    def _hear(self, desk: str, chosen: Ints, begin_us: Ints) -> None:
        """Reviews of requests end when the desk's touch time has passed."""
        places = self._places(self.requests).take(chosen)
        touch_us = times_us(places, self.file.sharing["desks"][desk]["touch"], "share.touch")
        decided_us = self._ended("t_decided_us", self.requests, chosen, begin_us, touch_us, self.opens[desk])
        self.of_request["t_decided_us"][chosen] = decided_us
        early = self.requests.first[chosen[decided_us < begin_us]].tolist()
        self.notes.broken(
            "a request was decided before its review could begin", [f"hops row {row}" for row in early]
        )

    def _ended(
        self, name: str, pieces: Pieces, chosen: Ints, since_us: Ints, lasting_us: Ints | None, opens: Opens
    ) -> Ints:
        """End of a stage that began at ``since_us``; what is booked where its length is not known [us]."""
        if lasting_us is not None:
            return self._in_run(add_working(opens, since_us, lasting_us))
        booked = self._booked(name, pieces)[chosen]
        return np.where(since_us == NEVER_US, NEVER_US, booked)

    def _answer(self) -> None:
        """The answer comes when its delay has passed since the decision, and is one for the whole request."""
        requests = self.requests
        decided_us = self._booked("t_decided_us", requests)
        for consent in np.unique(requests.consent).tolist():
            spec = self._consent(consent)
            chosen = np.flatnonzero(requests.consent == consent)
            desk, opens = spec["desk"], None
            if desk is None:
                asked_us = self._booked("t_asked_us", requests)[chosen]
                self.of_request["t_decided_us"][chosen] = asked_us
            elif self.file.sharing["desks"][desk]["elapsed_clock"] == "working":
                opens = self.opens[desk]
            delay_us = times_us(self._places(requests).take(chosen), spec["answer"], "share.consent.answer")
            answered_us = self._ended("t_consented_us", requests, chosen, decided_us[chosen], delay_us, opens)
            self.of_request["t_consented_us"][chosen] = answered_us
        refused = (self.hops["gates_at_release"] & int(Gate.RELEASE))[requests.rows] != 0
        is_told = ~self.rulings.is_overtaken[requests.rows]
        in_part = requests.has(is_told & refused) & requests.has(is_told & ~refused)
        places = [f"hops row {row}" for row in requests.first[in_part].tolist()]
        self.notes.broken("a request was granted in part", places)

    def _send(self) -> tuple[Ints, Ints, NDArray[np.int64]]:
        """Pieces leave over their links, in the order in which they were released or answered.

        The piece over a link of each case and of each request, -1 for none; when each piece was sent and when
        it was transmitted, -1 if it was dropped.
        """
        from mda_sim.audit.clock_kernels import leaving

        file, rulings, columns, begin, places = self.file, self.rulings, [], 0, []
        for pieces, out in ((self.cases, "t_released_us"), (self.requests, "t_consented_us")):
            out_us, n = self._booked(out, pieces), len(pieces.link)
            size, goes = np.zeros(n, np.int64), np.zeros(n, bool)
            of_hops = pieces.rows, pieces.of_row, file.row, file.n_bytes, rulings.at_release, rulings.asks
            leaving(*of_hops, pieces is self.requests, out_us, size, goes)
            chosen, place = np.flatnonzero(goes), np.full(n, -1, np.int64)
            place[chosen] = np.arange(begin, begin + len(chosen))
            begin += len(chosen)
            places.append(place)
            columns.append([column[chosen] for column in (pieces.link, out_us, size)])
        link, out_us, size = (np.concatenate(both) for both in zip(*columns, strict=True))
        order = np.lexsort((out_us, link))  # cases come before requests, each by category, window and consent
        times = np.full((len(order), len(OVER_LINK)), NEVER_US, np.int64)
        for number in range(len(file.links)):
            of_link = order[np.searchsorted(link[order], number) : np.searchsorted(link[order], number + 1)]
            if len(of_link):
                spec = file.specs[number]
                downs = downs_us(file.links[number], spec, file.timeline, file.seed)
                times[of_link] = np.stack(replay_link(spec, downs, out_us[of_link], size[of_link]), axis=1)
        return places[0], places[1], times

    def _booked(self, name: str, pieces: Pieces) -> Ints:
        """A stage of each piece, as its first hop has it."""
        booked: Ints = self.hops[name][pieces.first]
        return booked

    def _in_run(self, t_us: Ints) -> Ints:
        return np.where(t_us <= self.file.end_us, t_us, NEVER_US)

    def _places(self, pieces: Pieces) -> Places:
        """Addresses of the draws about each case or request."""
        return Places.of(self.file, pieces.link, pieces.category, pieces.window, pieces.consent)

    def _consents(self) -> range:
        return range(len(self.file.rules.consent_ids))

    def _consent(self, number: int) -> Tree:
        spec: Tree = self.file.rules.consents[self.file.rules.consent_ids[number]]
        return spec
