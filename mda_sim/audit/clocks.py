"""Whether it could have happened at these times: windows, desks with their hours, links with bandwidth.

Model: each hop's case closes with its window. Desks are replayed in the order of closing with the reviews'
ends as booked: a review begins at the first open moment at which a server is free, so no draw has to be
known. Links are replayed in the order of release from bytes, bandwidth and delay. A case without a vessel
occupies nothing. What lies past the end of the run is ``NEVER_US``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import CaseFile, Ints
from mda_sim.audit.draws import is_so
from mda_sim.audit.findings import Notebook
from mda_sim.audit.rules import Tree
from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import Outcome

STAGES = (
    "t_arrived_us",
    "t_case_us",
    "t_review_us",
    "t_reviewed_us",
    "t_released_us",
    "t_sent_us",
    "t_transmitted_us",
    "t_received_us",
)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Case(NamedTuple):
    """The hops that went through a desk and over a link together."""

    link: int
    category: str
    window: int
    rows: Ints


def check_clocks(file: CaseFile, notes: Notebook) -> None:
    """Stages are in order, cases close with their windows, desks and links do no more than they can."""
    hops = file.hops
    stages = np.stack([hops[name] for name in STAGES])
    in_order: NDArray[np.bool_] = np.asarray((np.diff(stages, axis=0) >= 0).all(axis=0))
    notes.rows("stages of a hop are not in order", ~in_order, "hops", report=hops["report"])
    refused = hops["gates"] != 0
    met_stage: NDArray[np.bool_] = refused & ((stages[1:] != NEVER_US).any(axis=0) | (hops["case"] >= 0))
    notes.rows("a hop refused on arrival met a later stage", met_stage, "hops", report=hops["report"])
    cases, unsent = [], np.zeros(len(file.link), bool)
    for case in _cases(file):
        if _check_case(file, case, notes):
            cases.append(case)
        else:
            unsent[case.rows] = True
    expired = np.zeros(len(file.link), bool)
    for desk in sorted(file.sharing["desks"]):
        _replay_desk(
            file, desk, [case for case in cases if _spec(file, case)["desk"] == desk], expired, notes
        )
    for link in range(len(file.links)):
        _replay_link(file, link, [case for case in cases if case.link == link], notes)
    _check_outcome_of_hops(file, unsent, expired, notes)


def _cases(file: CaseFile) -> Iterator[Case]:
    """The hops that passed on arrival, by link, category and window."""
    window_us = np.array(
        [to_us(file.sharing["links"][link]["case_window_s"]) for link in file.links], np.int64
    )
    categories = sorted({kind.category for kind in file.kinds})
    of_kind = np.array([categories.index(kind.category) for kind in file.kinds], np.int64)
    rows = np.flatnonzero(file.hops["gates"] == 0)
    if not len(rows):
        return
    link, category = file.link[rows], of_kind[file.kind[file.row[rows]]]
    window = file.hops["t_arrived_us"][rows] // window_us[link]
    order = np.lexsort((window, category, link))
    keys = np.stack([link, category, window])[:, order]
    cuts = np.flatnonzero((np.diff(keys, axis=1) != 0).any(axis=0)) + 1
    for part, first in zip(np.split(rows[order], cuts), np.concatenate([[0], cuts]), strict=True):
        i, j, k = keys[:, first].tolist()
        yield Case(i, categories[j], k, part)


def _check_case(file: CaseFile, case: Case, notes: Notebook) -> bool:
    """Check the stages that need no queue; whether the sender wanted to send the case."""
    hops, spec = file.hops, _spec(file, case)
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
    for name in ("t_review_us", "t_reviewed_us", "t_released_us"):
        if (hops[name][case.rows] != hops[name][case.rows[0]]).any():
            notes.broken(f"{name} differs within a case", [_name(file, case)])
    return is_sent


def _is_willing(file: CaseFile, case: Case) -> bool:
    link = file.links[case.link]
    willingness = _spec(file, case)["willingness"]
    booked = bool(file.hops["outcome"][case.rows[0]] != Outcome.NOT_SENT)
    return is_so(willingness, file.seed, "share.willing", link, case.category, case.window, booked=booked)


def _replay_desk(
    file: CaseFile, desk: str, cases: list[Case], expired: NDArray[np.bool_], notes: Notebook
) -> None:
    spec = file.sharing["desks"][desk]
    opens = _opening_times(spec["calendar"], file.timeline)
    limit_us = None if spec["expiry_s"] is None else to_us(spec["expiry_s"])
    free_us = [0] * spec["servers"]
    closed = [case for case in cases if file.hops["t_case_us"][case.rows[0]] != NEVER_US]
    for case in sorted(closed, key=lambda c: (file.hops["t_case_us"][c.rows[0]], c.link, c.category)):
        close_us = int(file.hops["t_case_us"][case.rows[0]])
        server = min(range(len(free_us)), key=free_us.__getitem__)
        begin_us = _next_open(opens, max(close_us, free_us[server]))
        if limit_us is not None and begin_us > close_us + limit_us:
            expired[case.rows] = close_us + limit_us <= file.end_us
            for name in ("t_review_us", "t_reviewed_us", "t_released_us"):
                _expect(file, case, name, NEVER_US, notes)
            continue
        _expect(file, case, "t_review_us", begin_us if begin_us <= file.end_us else NEVER_US, notes)
        if file.n_bytes[file.row[case.rows]].any():
            free_us[server] = int(file.hops["t_reviewed_us"][case.rows[0]])


def _replay_link(file: CaseFile, link: int, cases: list[Case], notes: Notebook) -> None:
    hops, spec = file.hops, file.sharing["links"][file.links[link]]
    delay_us, free_us = to_us(spec["delay_s"]), 0
    released = [case for case in cases if hops["t_released_us"][case.rows[0]] != NEVER_US]
    for case in sorted(released, key=lambda c: (hops["t_released_us"][c.rows[0]], c.category, c.window)):
        passing = case.rows[hops["gates_at_release"][case.rows] == 0]
        if not len(passing):
            continue
        n_bytes = int(file.n_bytes[file.row[passing]].sum())
        sent_us = max(int(hops["t_released_us"][case.rows[0]]), free_us)
        bandwidth = spec["bandwidth_bps"]
        transmitted_us = sent_us + (0 if bandwidth is None else to_us(8.0 * n_bytes / bandwidth))
        free_us = transmitted_us if n_bytes else free_us
        part = case._replace(rows=passing)
        received_us = transmitted_us + delay_us
        times = {"t_sent_us": sent_us, "t_transmitted_us": transmitted_us, "t_received_us": received_us}
        for name, t_us in times.items():
            _expect(file, part, name, t_us if t_us <= file.end_us else NEVER_US, notes)


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


def _spec(file: CaseFile, case: Case) -> Tree:
    spec: Tree = file.sharing["links"][file.links[case.link]]
    return spec


def _name(file: CaseFile, case: Case) -> str:
    return f"link {file.links[case.link]}, {case.category}, window {case.window}"


def _opening_times(calendar: Tree, timeline: Timeline) -> list[tuple[int, int]] | None:
    """Open intervals of a calendar over the run and a day either side; None if always open."""
    if calendar["kind"] == "always":
        return None
    zone = ZoneInfo(calendar["time_zone"])
    day: date = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    opens: list[tuple[int, int]] = []
    while day <= last:
        if DAY_NAMES[day.weekday()] in calendar["weekdays"]:
            start, end = (
                timeline.us_at(_wall(day, wall_s, zone))
                for wall_s in (calendar["open_s"], calendar["close_s"])
            )
            if opens and opens[-1][1] >= start:
                opens[-1] = (opens[-1][0], max(end, opens[-1][1]))
            elif end > start:
                opens.append((start, end))
        day += timedelta(days=1)
    return opens


def _wall(day: date, wall_s: float, zone: ZoneInfo) -> datetime:
    naive = datetime(day.year, day.month, day.day) + timedelta(seconds=wall_s)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def _next_open(opens: list[tuple[int, int]] | None, t_us: int) -> int:
    if opens is None:
        return t_us
    for start, end in opens:
        if t_us < end:
            return max(t_us, start)
    return NEVER_US
