"""From the figures of coalitions to what each player is worth: ``value.json`` and its tables.

Model: the value of every player is taken seed by seed (so luck is paired), then given as mean and interval
over seeds (``metrics.compare``). Where it is sampled, ``bound`` is half the 95 % interval of the sampling
alone: sqrt(sum of the squares of the seeds' bounds) / number of seeds, as the orders of different seeds are
independent.

For each party that runs a node, on the first endpoint and all others likewise:

    gain over organic    v under the configuration less the same of the nation's own sensors alone
    gain over baseline   v under the configuration less that under the baseline
    contribution         sum over all other nations with a picture of v(all) - v(all without the party)
    exposure             contacts of vessels held abroad at the end (``metrics.exposure``)

Assumptions and limits: a party without a picture has a contribution only. A player's value is undefined in a
seed in which a figure that counts is. Where next: ``value`` writes it, ``report.value_tables`` prints it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.compare import CAVEATS, CONFIDENCE_LEVEL, interval, warnings
from mda_sim.metrics.value import (
    Sampled,
    difference,
    first_in,
    interaction,
    last_in,
    sampled_shapley,
    shapley,
)
from mda_sim.study.coalitions import FigureKey, Played

Floats = NDArray[np.float64]

MEASURES: Final = ("shapley", "first_in", "last_in")
"""What is told of each player."""
GRAND: Final = "all"
BASELINE: Final = "baseline"
WITHOUT: Final = "without:"
"""Names of the sections that are run besides coalitions; the last is followed by a party."""
EXPOSURE: Final = ("exposure_count", "all")


@dataclass(frozen=True)
class SeedValues:
    """What every player is worth in one seed, (n_players, n_figures) each."""

    measures: Mapping[str, Floats]
    bound: Floats | None
    """Of the Shapley values, where they are sampled."""
    pairs: Floats | None
    """Interaction of pairs, (n_players, n_players, n_figures), where they are exact."""
    none: Floats
    """v of the empty coalition, (n_figures,)."""
    all: Floats
    """v of the grand coalition, (n_figures,)."""


def seed_values(
    played: Played, n_players: int, figures: Sequence[FigureKey], order: NDArray[np.int64] | None
) -> SeedValues:
    """Values of one seed; ``order`` are the sampled orders, None if all coalitions were played."""
    known = {
        mask: np.array([found.get(key, math.nan) for key in figures])
        for mask, found in played.coalitions.items()
    }
    whole = (1 << n_players) - 1
    sampled: Sampled | None = None
    pairs = None
    if order is None:
        table = np.stack([known[mask] for mask in range(whole + 1)])
        measures = {"shapley": shapley(table), "first_in": first_in(table), "last_in": last_in(table)}
        pairs = interaction(table)
    else:
        sampled = sampled_shapley(known, order)
        alone = [difference(known[1 << i], known[0]) for i in range(n_players)]
        lost = [difference(known[whole], known[whole ^ 1 << i]) for i in range(n_players)]
        measures = {"shapley": sampled.value, "first_in": np.stack(alone), "last_in": np.stack(lost)}
    return SeedValues(measures, sampled.bound if sampled else None, pairs, known[0], known[whole])


def content_of(
    head: Mapping[str, Any],
    players: Sequence[str],
    figures: Sequence[FigureKey],
    found: Sequence[SeedValues],
    played: Sequence[Played],
    parties: Mapping[str, str],
    organic: Mapping[str, str],
    every: Sequence[FigureKey],
) -> dict[str, Any]:
    """What ``value.json`` holds: ``head``, then values, totals, interactions and the table of nations.

    ``figures`` are those whose values are told, ``every`` the same of all nations that are scored.
    ``parties`` are the parties that run a node, with their kind; ``organic`` has the metric of the organic
    picture by metric, '' for none.
    """
    units = {metric: unit for one in played for metric, unit in one.units.items()}
    return {
        **head,
        "confidence_level": CONFIDENCE_LEVEL,
        "units": dict(sorted((m, u) for m, u in units.items() if m in {key.metric for key in figures})),
        "values": [
            {"player": player, **key._asdict(), "measure": measure, **_value(found, measure, i, k)}
            for i, player in enumerate(players)
            for k, key in enumerate(figures)
            for measure in MEASURES
        ],
        "totals": [
            {
                **key._asdict(),
                "all": interval([float(one.all[k]) for one in found]),
                "none": interval([float(one.none[k]) for one in found]),
                "difference": interval([float(difference(one.all, one.none)[k]) for one in found]),
            }
            for k, key in enumerate(figures)
        ],
        "interactions": list(_interactions(players, figures, found)),
        "nations": list(_nations(every, played, parties, organic)),
        "caveats": list(CAVEATS),
        "warnings": warnings(len(found)),
    }


def _value(found: Sequence[SeedValues], measure: str, i: int, k: int) -> dict[str, Any]:
    entry = interval([float(one.measures[measure][i, k]) for one in found])
    bounds = [one.bound[i, k] for one in found if one.bound is not None]
    if measure == "shapley" and bounds:
        bound = math.sqrt(math.fsum(b * b for b in bounds)) / len(bounds)
        entry["bound"] = None if math.isnan(bound) else bound
    return entry


def _interactions(
    players: Sequence[str], figures: Sequence[FigureKey], found: Sequence[SeedValues]
) -> Iterator[dict[str, Any]]:
    tables = [one.pairs for one in found if one.pairs is not None]
    for i, first in enumerate(players if tables else ()):
        for j in range(i + 1, len(players)):
            for k, key in enumerate(figures):
                entry = interval([float(table[i, j, k]) for table in tables])
                yield {"players": [first, players[j]], **key._asdict(), **entry}


def _nations(
    figures: Sequence[FigureKey],
    played: Sequence[Played],
    parties: Mapping[str, str],
    organic: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Gain, contribution and exposure of every party, for every metric and group."""
    scored = list(dict.fromkeys(key.nation for key in figures))
    for metric, group in dict.fromkeys((key.metric, key.group) for key in figures):
        for party, kind in parties.items():
            key = FigureKey(party, metric, group)
            entry: dict[str, Any] = {"nation": party, "kind": kind, "metric": metric, "group": group}
            if party in scored:
                grand = [_of(one, GRAND, key) for one in played]
                own = FigureKey(party, organic[metric], group)
                alone = [_of(one, GRAND, own) for one in played]
                base = [_of(one, BASELINE, key) for one in played]
                exposure = [_of(one, GRAND, FigureKey(party, *EXPOSURE)) for one in played]
                entry |= {
                    "figure": interval(grand),
                    "gain_over_organic": _paired(grand, alone) if organic[metric] else None,
                    "gain_over_baseline": _paired(grand, base),
                    "exposure": interval(exposure),
                }
            else:
                entry |= dict.fromkeys(("figure", "gain_over_organic", "gain_over_baseline", "exposure"))
            others = [FigureKey(name, metric, group) for name in scored if name != party]
            given = [_given(one, party, others) for one in played]
            yield {**entry, "contribution": interval(given) if others else None}


def _given(played: Played, party: str, others: Sequence[FigureKey]) -> float:
    """What others would lose without the party, in one seed."""
    return sum(_of(played, GRAND, key) - _of(played, WITHOUT + party, key) for key in others)


def _of(played: Played, section: str, key: FigureKey) -> float:
    return played.sections[section].get(key, math.nan)


def _paired(values: Sequence[float], reference: Sequence[float]) -> dict[str, Any]:
    return interval(difference(np.array(values), np.array(reference)).tolist())


def tables_of(
    content: Mapping[str, Any], figures: Sequence[FigureKey], played: Sequence[Played]
) -> dict[str, str]:
    """``value.csv``, ``coalitions.csv`` and ``nations.csv``."""
    units = content["units"]
    ends = ("mean", "low", "high", "n")
    values = [
        [
            *(e[x] for x in ("player", "nation", "metric", "group", "measure", *ends)),
            units.get(e["metric"], ""),
            e.get("bound"),
        ]
        for e in content["values"]
    ]
    coalitions = [
        [one.seed, mask, *key, found.get(key, math.nan)]
        for one in played
        for mask, found in sorted(one.coalitions.items())
        for key in figures
    ]
    names = ("figure", "gain_over_organic", "gain_over_baseline", "contribution", "exposure")
    nations = [
        [e["nation"], e["kind"], e["metric"], e["group"], name, *(e[name][x] for x in ends)]
        for e in content["nations"]
        for name in names
        if e[name] is not None
    ]
    head = ["player", "nation", "metric", "group", "measure", *ends, "unit", "bound"]
    return {
        "value.csv": csv_text(head, values),
        "coalitions.csv": csv_text(["seed", "coalition", "nation", "metric", "group", "value"], coalitions),
        "nations.csv": csv_text(["nation", "kind", "metric", "group", "measure", *ends], nations),
    }


def csv_text(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A CSV table: floats as the shortest text that reads back the same, nothing for what is undefined."""
    from mda_sim.report.text import for_csv

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(cell, for_csv) for cell in row] for row in rows)
    return stream.getvalue()


def _cell(cell: Any, quoted: Any) -> str:
    if cell is None:
        return ""
    return quoted(cell) if isinstance(cell, str) else repr(cell)
