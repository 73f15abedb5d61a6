"""Loops that write the rows of ``hops``.

Model: offers are put in the order of part, link and copy by counting: each knows its part, the few of one
part are sorted by link, and keep the order of time. Then each hop gathers what its bundle and pieces met.

Assumptions and limits: none of its own; the meaning of every column is in the package's docstring.
Where next: ``books`` makes a table of them.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US
from mda_sim.records import Outcome
from mda_sim.sharing.exchange.layout import FILTERED, NO_CONSENT, Rows

Column = NDArray[Any]

_IN_FLIGHT = int(Outcome.IN_FLIGHT)
_DELIVERED = int(Outcome.DELIVERED)
_LOST = int(Outcome.LOST)
_EXPIRED = int(Outcome.EXPIRED)
_NOT_SENT = int(Outcome.NOT_SENT)
_WITHHELD = int(Outcome.WITHHELD)


@kernel
def order_hops(
    fed_row: Column, fed_link: Column, offers: Rows, rows: Column, starts: Column, hop: Column, link: Column
) -> None:
    """Order all offers by row of the intake, then link, then time.

    ``starts`` (F + 1) tells where those of each row begin, ``hop`` (H) which offer each is: a fed one by its
    number, or a relayed one by the number of fed ones plus its own. Zeroes to begin with.
    """
    for i in range(len(fed_row)):
        starts[fed_row[i] + 1] += 1
    for k in range(len(offers)):
        for j in range(offers[k]["start"], offers[k]["start"] + offers[k]["n_rows"]):
            starts[rows[j] + 1] += 1
    for row in range(len(starts) - 1):
        starts[row + 1] += starts[row]
    for i in range(len(fed_row)):
        place = starts[fed_row[i]]
        starts[fed_row[i]] = place + 1
        hop[place], link[place] = i, fed_link[i]
    for k in range(len(offers)):
        for j in range(offers[k]["start"], offers[k]["start"] + offers[k]["n_rows"]):
            place = starts[rows[j]]
            starts[rows[j]] = place + 1
            hop[place], link[place] = len(fed_row) + k, offers[k]["link"]
    for row in range(len(starts) - 1, 0, -1):
        starts[row] = starts[row - 1]
    starts[0] = 0
    for row in range(len(starts) - 1):
        for i in range(starts[row] + 1, starts[row + 1]):
            j, number, of_link = i, hop[i], link[i]
            while j > starts[row] and link[j - 1] > of_link:
                hop[j], link[j] = hop[j - 1], link[j - 1]
                j -= 1
            hop[j], link[j] = number, of_link


@kernel
def note_fed(
    starts: Column, hop: Column, fed_bundle: Column, fed_step: Column, fed_group: Column, has_desk: Column,
    form_of_group: Column, steps: Rows, t_arrived_us: Column, pieces: Rows, bundles: Rows,
    bundle: Column, form: Column, arrived_us: Column, case: Column, gates: Column, agreement: Column,
    consent: Column,
) -> None:  # fmt: skip
    """Write down what feeds brought; columns have an entry for each hop."""
    for row in range(len(starts) - 1):
        for i in range(starts[row], starts[row + 1]):
            k = hop[i]
            if k >= len(fed_bundle):
                continue
            bundle[i], form[i], arrived_us[i] = fed_bundle[k], form_of_group[fed_group[k]], t_arrived_us[row]
            case[i] = -1
            if fed_bundle[k] >= 0 and has_desk[fed_group[k]]:
                case[i] = pieces[bundles[fed_bundle[k]]["case"]]["window"]
            if fed_step[k] < 0:
                gates[i], agreement[i], consent[i] = 0, -1, NO_CONSENT
            else:
                step = steps[fed_step[k]]
                gates[i], agreement[i], consent[i] = step["gates"], step["agreement"], step["consent"]


@kernel
def note_relayed(
    starts: Column, hop: Column, n_fed: int, offers: Rows, bundle: Column, form: Column, arrived_us: Column,
    case: Column, gates: Column, agreement: Column, consent: Column, source: Column, depth: Column,
) -> None:  # fmt: skip
    """Write down what links brought, and from which hop it came."""
    for row in range(len(starts) - 1):
        for i in range(starts[row], starts[row + 1]):
            source[i], depth[i] = -1, 0
            if hop[i] < n_fed:
                continue
            offer = offers[hop[i] - n_fed]
            bundle[i], form[i], arrived_us[i] = offer["bundle"], offer["form"], offer["t_arrived_us"]
            case[i], gates[i] = offer["window"], offer["gates"]
            agreement[i], consent[i] = offer["agreement"], offer["consent"]
            source[i], depth[i] = offer["source"], offer["depth"]
        for i in range(starts[row], starts[row + 1]):
            if source[i] >= 0:
                source[i] = _hop_of(starts, bundle, row, source[i])


@kernel
def _hop_of(starts: Column, bundle: Column, row: int, number: int) -> int:
    """The hop that a bundle is for one of its rows."""
    for i in range(starts[row], starts[row + 1]):
        if bundle[i] == number:
            return i
    return -1


@kernel
def note_kept(
    starts: Column,
    bundle: Column,
    receipts: Column,
    bundles: Rows,
    rows: Column,
    kept: Column,
    kept_row: Column,
) -> int:
    """Write down which hops were kept, in the order in which they came; how many."""
    n = 0
    for k in range(len(receipts)):
        number = receipts[k]
        start = bundles[number]["kept_start"]
        for j in range(start, start + bundles[number]["n_kept"]):
            kept[n], kept_row[n] = _hop_of(starts, bundle, rows[j], number), rows[j]
            n += 1
    return n


@kernel
def note_copies(starts: Column, link: Column, copy: Column) -> None:
    """Count the copies of each part on each link."""
    for row in range(len(starts) - 1):
        for i in range(starts[row], starts[row + 1]):
            copy[i] = 0
            if i > starts[row] and link[i] == link[i - 1]:
                copy[i] = copy[i - 1] + 1


@kernel
def note_case(
    bundle: Column, bundles: Rows, pieces: Rows, end_us: int,
    case_us: Column, review_us: Column, reviewed_us: Column, released_us: Column,
) -> None:  # fmt: skip
    """Write down what each hop's case met."""
    for i in range(len(bundle)):
        case_us[i] = review_us[i] = reviewed_us[i] = released_us[i] = NEVER_US
        if bundle[i] >= 0:
            case = pieces[bundles[bundle[i]]["case"]]
            case_us[i] = _within(case["came_us"], end_us)
            review_us[i] = _within(case["begin_us"], end_us)
            reviewed_us[i] = _within(case["reviewed_us"], end_us)
            released_us[i] = _within(case["released_us"], end_us)


@kernel
def note_way(
    bundle: Column, bundles: Rows, pieces: Rows, end_us: int, asked_us: Column, decided_us: Column,
    consented_us: Column, sent_us: Column, transmitted_us: Column, received_us: Column, purged_us: Column,
) -> None:  # fmt: skip
    """Write down how each hop left."""
    for i in range(len(bundle)):
        asked_us[i] = decided_us[i] = consented_us[i] = NEVER_US
        sent_us[i] = transmitted_us[i] = received_us[i] = purged_us[i] = NEVER_US
        if bundle[i] < 0:
            continue
        one = bundles[bundle[i]]
        piece = pieces[one["case"]]
        if one["request"] >= 0:
            piece = pieces[one["request"]]
            asked_us[i] = _within(piece["came_us"], end_us)
            decided_us[i] = _within(piece["reviewed_us"], end_us)
            consented_us[i] = _within(piece["consented_us"], end_us)
        elif one["has_left"]:
            asked_us[i] = decided_us[i] = consented_us[i] = _within(piece["released_us"], end_us)
        if one["has_left"]:
            sent_us[i] = _within(piece["sent_us"], end_us)
            transmitted_us[i] = _within(piece["transmitted_us"], end_us)
            if not one["gates_again"]:
                received_us[i] = _within(piece["received_us"], end_us)
        purged_us[i] = _within(one["gone_us"], end_us)


@kernel
def _within(t_us: int, end_us: int) -> int:
    """A moment within the run; else NEVER_US."""
    return t_us if t_us <= end_us else NEVER_US


@kernel
def note_outcome(
    bundle: Column, bundles: Rows, pieces: Rows, gates: Column, received_us: Column,
    gates_again: Column, agreement: Column, consent: Column, outcome: Column,
) -> None:  # fmt: skip
    """Write down how each hop ended, and on what it rested when gates were last asked."""
    for i in range(len(bundle)):
        gates_again[i] = 0
        ended = _IN_FLIGHT
        if received_us[i] != NEVER_US:
            ended = _DELIVERED
        if bundle[i] == FILTERED:
            ended = _NOT_SENT
        elif bundle[i] >= 0:
            one = bundles[bundle[i]]
            piece = case = pieces[one["case"]]
            if one["request"] >= 0:
                piece = pieces[one["request"]]
            if one["has_left"] and piece["is_lost"]:
                ended = _LOST
            if case["is_expired"] or piece["is_expired"]:
                ended = _EXPIRED
            if case["is_unwilling"]:
                ended = _NOT_SENT
            if one["was_asked"]:
                agreement[i], consent[i] = one["agreement"], one["consent"]
                gates_again[i] = one["gates_again"]
        if gates[i] | gates_again[i]:
            ended = _WITHHELD
        outcome[i] = ended
