"""What the rules say about every hop: on arrival, at release, and when a consent was asked for.

Model: hops that share link, kind of report, label as offered and holding agreement are judged together,
moment by moment (``rules``). What a filter stops is not judged. What is released is asked about again at that
moment. If release then rests on a consent that has to be asked for, the legal gates are asked a third time
when the answer comes, and a refusal is a failing release gate.

Where next: ``verdicts`` compares the books with these, ``clocks`` replays the requests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.draws import Places, are_so
from mda_sim.audit.trails import Trail, named_until_us
from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate


@dataclass(frozen=True)
class Rulings:
    """What each hop's row should say, given its times."""

    gates: Ints
    gates_at_release: Ints
    agreement: Ints
    consent: Ints
    asks: Bools
    """Whether its release waits for an originator's answer."""


def rule(file: CaseFile, trail: Trail) -> Rulings:
    """Judge every hop."""
    hops, n = file.hops, len(file.link)
    gates, at_release = np.zeros(n, np.int64), np.zeros(n, np.int64)
    agreement, consent = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    asks = np.zeros(n, bool)
    was_released = hops["t_released_us"] != NEVER_US
    was_answered = hops["t_consented_us"] != NEVER_US
    for rows in _alike(file, trail):
        first = rows[0]
        spec = file.specs[file.link[first]]
        kind = file.kinds[file.kind[file.row[first]]]._replace(label=file.labels[hops["label"][first]])
        giver, taker = file.rules.party(spec["sender"]), file.rules.party(spec["recipient"])
        under, until_us = int(trail.under[first]), named_until_us(file, trail, rows, taker)
        t_us = hops["t_arrived_us"][rows]
        legal, agreement[rows] = file.rules.legal(kind, giver, taker, t_us)
        release, consent[rows] = file.rules.release(kind, giver, taker, under, t_us, until_us)
        accredited = file.rules.accreditation(kind, spec["accreditation"], spec["recipient"], t_us)
        gates[rows] = legal | accredited | release

        then, until_us = rows[was_released[rows]], until_us[was_released[rows]]
        t_us = hops["t_released_us"][then]
        legal, agreement[then] = file.rules.legal(kind, giver, taker, t_us)
        release, consent[then] = file.rules.release(kind, giver, taker, under, t_us, until_us)
        at_release[then] = legal | release
        asks[then] = (at_release[then] == 0) & file.rules.must_be_asked(consent[then])

        last = rows[asks[rows] & was_answered[rows]]
        legal, agreement[last] = file.rules.legal(kind, giver, taker, hops["t_consented_us"][last])
        at_release[last] = legal
    answered = np.flatnonzero(asks & was_answered)
    at_release[answered[~_granted(file, trail, answered, consent[answered])]] |= int(Gate.RELEASE)
    return Rulings(gates, at_release, agreement, consent, asks)


def _alike(file: CaseFile, trail: Trail) -> list[Ints]:
    """Rows of hops that share link, kind of report, label and holding agreement."""
    rows = np.flatnonzero(~trail.is_stopped)
    key = file.link[rows] * max(1, len(file.kinds)) + file.kind[file.row[rows]]
    key = key * max(1, len(file.labels)) + file.hops["label"][rows]
    key = key * (len(file.rules.agreement_ids) + 1) + trail.under[rows] + 1
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    return [alike for alike in np.split(rows[order], cuts) if len(alike)]


def _granted(file: CaseFile, trail: Trail, rows: Ints, consent: Ints) -> Bools:
    """Which of these answered hops were granted what they asked for."""
    booked = (file.hops["gates_at_release"][rows] & int(Gate.RELEASE)) == 0
    places = Places.of(file, file.link[rows], file.category[rows], trail.window[rows], consent)
    chances = [file.rules.consents[id_].get("probability", 1.0) for id_ in file.rules.consent_ids]
    return are_so(places, np.array([*chances, 1.0])[consent], "share.consent", booked)
