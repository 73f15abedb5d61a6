"""What the rules say about every hop: on arrival, at release, and when a consent was asked for.

Model: hops that share link, kind of report and holding agreement are judged together, moment by moment
(``rules``). What is released is asked about again at that moment. If release then rests on a consent that has
to be asked for, the legal gates are asked a third time when the answer comes, and a refusal is a failing
release gate.

Where next: ``verdicts`` compares the books with these, ``clocks`` replays the requests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import CaseFile, Ints
from mda_sim.audit.draws import Place, are_so
from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate


@dataclass(frozen=True)
class Rulings:
    """What each hop's row should say, given its times."""

    gates: Ints
    gates_at_release: Ints
    agreement: Ints
    consent: Ints
    asks: NDArray[np.bool_]
    """Whether its release waits for an originator's answer."""


def rule(file: CaseFile) -> Rulings:
    """Judge every hop."""
    hops, n = file.hops, len(file.link)
    gates, at_release = np.zeros(n, np.int64), np.zeros(n, np.int64)
    agreement, consent = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    asks = np.zeros(n, bool)
    was_released = hops["t_released_us"] != NEVER_US
    was_answered = hops["t_consented_us"] != NEVER_US
    for rows in _alike(file):
        link, kind = file.links[file.link[rows[0]]], file.kinds[file.kind[file.row[rows[0]]]]
        spec = file.sharing["links"][link]
        giver, taker = file.rules.party(spec["sender"]), file.rules.party(spec["recipient"])
        under, until_us = int(file.under[rows[0]]), file.named_until_us[rows]
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
    at_release[answered[~_granted(file, answered, consent[answered])]] |= int(Gate.RELEASE)
    return Rulings(gates, at_release, agreement, consent, asks)


def _alike(file: CaseFile) -> list[Ints]:
    """Rows of hops that share link, kind of report and holding agreement."""
    key = (file.link * max(1, len(file.kinds)) + file.kind[file.row]) * (len(file.rules.agreement_ids) + 1)
    return _same(key + file.under + 1)


def _same(key: Ints) -> list[Ints]:
    order = np.argsort(key, kind="stable")
    return [rows for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if len(rows)]


def _granted(file: CaseFile, rows: Ints, consent: Ints) -> NDArray[np.bool_]:
    """Which of these answered hops were granted what they asked for."""
    granted = np.zeros(len(rows), bool)
    booked = (file.hops["gates_at_release"][rows] & int(Gate.RELEASE)) == 0
    key = (file.link[rows] * max(1, len(file.categories)) + file.category[rows]) * (
        consent.max(initial=0) + 1
    )
    for group in _same(key + consent):
        first = rows[group[0]]
        id_ = file.rules.consent_ids[consent[group[0]]]
        place = Place(
            seed=file.seed,
            link=file.links[file.link[first]],
            category=file.categories[file.category[first]],
            about=id_,
            windows=file.window[rows[group]],
        )
        probability = file.rules.consents[id_]["probability"]
        granted[group] = are_so(place, probability, "share.consent", booked[group])
    return granted
