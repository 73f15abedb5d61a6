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

from itertools import pairwise

import numpy as np

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
AT_DESK = ("t_review_us", "t_reviewed_us", "t_released_us")
OVER_LINK = ("t_sent_us", "t_transmitted_us")


def check_clocks(file: CaseFile, trail: Trail, rulings: Rulings, notes: Notebook) -> None:
    """Stages are in order, cases close with their windows, desks and links do no more than they can."""
    Clocks(file, trail, rulings, notes).check()


class Clocks:
    """What the columns of stages should be, filled in stage by stage."""

    def __init__(self, file: CaseFile, trail: Trail, rulings: Rulings, notes: Notebook) -> None:
        n = len(file.link)
        self.file, self.trail, self.rulings, self.notes = file, trail, rulings, notes
        self.hops = file.hops
        self.wanted = {name: np.full(n, NEVER_US, np.int64) for name in STAGES[1:]}
        self.wanted["case"] = np.full(n, -1, np.int64)
        self.is_unsent = trail.is_stopped.copy()
        self.is_expired, self.is_lost = np.zeros(n, bool), rulings.is_lost.copy()
        in_case = np.flatnonzero((self.hops["gates"] == 0) & ~trail.is_stopped)
        asking = np.flatnonzero(rulings.asks)
        self.cases = Pieces.of(file, trail.window, in_case, np.full(len(in_case), -1, np.int64))
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
        self.desks = sorted(file.sharing["desks"])
        self.opens = {id_: opening_times(file.sharing["desks"][id_], file.timeline) for id_ in self.desks}

    def check(self) -> None:
        """Fill in all stages and compare them with the books."""
        self._check_order()
        is_sent = self._close_cases()
        self._ask()
        case_desk, request_desk = self._desks_asked(is_sent)
        for number, desk in enumerate(self.desks):
            cases = np.flatnonzero(case_desk == number)
            requests = np.flatnonzero(request_desk == number)
            reviews, hearings = self._serve(desk, cases, requests)
            self._review(desk, cases, reviews)
            self._hear(desk, requests, hearings)
        self._answer()
        self._spread()
        self._send()
        for name, expected in self.wanted.items():
            self.notes.rows(
                f"{name} is not what the replay gives",
                self.hops[name] != expected,
                "hops",
                part=self.hops["part"],
                link=self.file.link,
                expected=expected,
                found=self.hops[name],
            )
        self._check_outcomes()

    def _check_order(self) -> None:
        """No stage comes before the one that it follows; what is stopped at once meets none."""
        hops, n = self.hops, len(self.file.link)
        out_of_order, met_stage = np.zeros(n, bool), hops["case"] >= 0
        for before, after in pairwise(STAGES):
            out_of_order |= hops[after] < hops[before]
            met_stage |= hops[after] != NEVER_US
        self.notes.rows("stages of a hop are not in order", out_of_order, "hops", part=hops["part"])
        for rule, stopped in (
            ("a hop refused on arrival met a later stage", hops["gates"] != 0),
            ("a hop stopped by a filter met a later stage", self.trail.is_stopped),
        ):
            self.notes.rows(rule, stopped & met_stage, "hops", part=hops["part"])

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
        self.is_unsent[cases.rows] = ~is_sent[cases.of_row]
        for name in AT_DESK:
            self.of_case[name][:] = np.where(is_sent & ~has_desk, self._in_run(close_us), NEVER_US)
        return is_sent

    def _ask(self) -> None:
        """What is released asks at once, or need not ask and loses no time; what is stopped does neither."""
        in_case, rulings = self.cases.rows, self.rulings
        goes_on = (rulings.asks | (rulings.at_release == 0))[in_case]
        asked_us = np.where(goes_on, self.hops["t_released_us"][in_case], NEVER_US)
        self.wanted["t_asked_us"][in_case] = asked_us
        for name in ("t_decided_us", "t_consented_us"):
            self.wanted[name][in_case] = np.where(rulings.asks[in_case], NEVER_US, asked_us)

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
        n_bytes = self.file.n_bytes[self.file.row]
        priority = np.array([link["priority"] for link in self.file.specs], np.int64)
        came, until, light, keys = [], [], [], []
        for pieces, chosen, first, last in (
            (self.cases, cases, "t_case_us", "t_reviewed_us"),
            (self.requests, requests, "t_asked_us", "t_decided_us"),
        ):
            came.append(self._booked(first, pieces)[chosen])
            until.append(self._booked(last, pieces)[chosen])
            light.append(~pieces.has(n_bytes[pieces.rows] > 0)[chosen])
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

    def _spread(self) -> None:
        """Put what was worked out for cases and requests into the rows of their hops."""
        for pieces, columns, expired in (
            (self.cases, self.of_case, self.expired_cases),
            (self.requests, self.of_request, self.expired_requests),
        ):
            for name, values in columns.items():
                self.wanted[name][pieces.rows] = values[pieces.of_row]
            self.is_expired[pieces.rows] |= expired[pieces.of_row]

    def _send(self) -> None:
        """Pieces leave over their links, in the order in which they were released or answered."""
        file, columns = self.file, []
        passes = self.rulings.at_release == 0
        n_bytes = file.n_bytes[file.row]
        leaving = []
        for pieces, out in ((self.cases, "t_released_us"), (self.requests, "t_consented_us")):
            is_request = pieces is self.requests
            out_us = self._booked(out, pieces)
            goes = passes[pieces.rows] & (self.rulings.asks[pieces.rows] == is_request)
            goes &= (out_us != NEVER_US)[pieces.of_row]
            size = pieces.bytes_of(n_bytes[pieces.rows], goes)
            chosen = np.flatnonzero(pieces.has(goes))
            leaving.append((pieces, goes, chosen))
            keys = (pieces.link, out_us, pieces.category, pieces.window, pieces.consent, size)
            columns.append(
                np.stack([*(c[chosen] for c in keys), np.full(len(chosen), int(is_request), np.int64)])
            )
        link, out_us, category, window, consent, size, is_request_ = np.concatenate(columns, axis=1)
        order = np.lexsort((consent, window, category, is_request_, out_us, link))
        times = np.full((len(OVER_LINK), len(order)), NEVER_US, np.int64)
        for number in range(len(file.links)):
            of_link = order[np.searchsorted(link[order], number) : np.searchsorted(link[order], number + 1)]
            if len(of_link):
                spec = file.specs[number]
                downs = downs_us(file.links[number], spec, file.timeline, file.seed)
                times[:, of_link] = replay_link(spec, downs, out_us[of_link], size[of_link])
        begin = 0
        for pieces, goes, chosen in leaving:
            place = np.full(len(pieces.link), -1, np.int64)
            place[chosen] = np.arange(begin, begin + len(chosen))
            begin += len(chosen)
            rows, of_row = pieces.rows[goes], place[pieces.of_row[goes]]
            is_dropped = times[0, of_row] < 0
            self.is_lost[rows] |= is_dropped
            for name, t_us in zip(OVER_LINK, times, strict=True):
                self.wanted[name][rows] = np.where(is_dropped, NEVER_US, self._in_run(t_us[of_row]))
        comes = passes & ~self.is_lost & (self.rulings.at_receipt == 0)
        self.wanted["t_received_us"][comes] = self._in_run(self.rulings.due_us[comes])

    def _check_outcomes(self) -> None:
        """The outcome of a hop follows from how far it came."""
        hops = self.hops
        expected = np.full(len(self.file.link), int(Outcome.IN_FLIGHT), np.int64)
        expected[hops["t_received_us"] != NEVER_US] = int(Outcome.DELIVERED)
        expected[self.is_expired] = int(Outcome.EXPIRED)
        expected[self.is_unsent] = int(Outcome.NOT_SENT)
        expected[self.is_lost] = int(Outcome.LOST)
        withheld = (self.rulings.gates | self.rulings.gates_at_release) != 0
        expected[withheld] = int(Outcome.WITHHELD)
        self.notes.rows(
            "outcome of a hop does not follow from its stages",
            hops["outcome"] != expected,
            "hops",
            expected=expected,
            found=hops["outcome"],
        )

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
