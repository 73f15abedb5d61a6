"""The results of a sweep as tables: points, every figure, effects, interactions and thresholds.

Model: tables are tidy, one figure a row; numbers are written as the results hold them, and what is undefined
is empty. ``what`` says what a row of ``effects.csv`` is:

    grid   level         mean at one level of the factor, and its paired change from the first level
           effect        last level less first
    fit    effect        change over the whole range, by the model of first order
           standardised  standardised coefficient of the same model
           bend          how far the ends lie above the middle, by the model of second order
           bend_standardised   standardised coefficient of the square
           r2_first, r2_second   share of the variance over points that a model explains; of no factor

Where next: ``study.sweep`` writes the files, ``sweep_words`` and ``sweep_charts`` show the same.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.sweep_figures import threshold_words
from mda_sim.report.text import for_csv

Row = dict[str, Any]

ABOUT: Final = ("configuration", "nation", "metric", "group", "against", "unit")
ENDS: Final = ("mean", "low", "high", "n")
EFFECT_COLUMNS: Final = (
    *("factor", "what", "level", "number", *ABOUT, *ENDS),
    *("change", "change_low", "change_high", "change_n"),
)
INTERACTION_COLUMNS: Final = ("factor", "other", *ABOUT, *ENDS)
THRESHOLD_COLUMNS: Final = (
    *("factor", "held", "at", "by", *ABOUT, "level", "fraction", "verdict"),
    *("median", "median_beyond", "low", "low_beyond", "high", "high_beyond", "of_mean", "of_mean_beyond"),
    *("n", "n_within", "n_other", "rises", "monotone", "words"),
)


def tables(results: Mapping[str, Any], responses: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each CSV file."""
    factors = tuple(results["factors"])
    yield "points", _csv(("point", *factors, "words", "set"), _point_rows(results, factors))
    columns = ("point", *factors, "configuration", "nation", "metric", "group", "seed", "value", "unit")
    yield "responses", _csv(columns, (_response_row(one, factors) for one in responses))
    yield "effects", _csv(EFFECT_COLUMNS, effect_rows(results))
    yield "interactions", _csv(INTERACTION_COLUMNS, interaction_rows(results))
    yield "thresholds", _csv(THRESHOLD_COLUMNS, threshold_rows(results))


def effect_rows(results: Mapping[str, Any]) -> list[Row]:
    """What each factor does to each headline, columns ``EFFECT_COLUMNS``."""
    rows: list[Row] = []
    for figure in results["figures"]:
        about = {name: figure[name] for name in ABOUT}
        for effect in figure["effects"]:
            head = {"factor": effect["factor"], "level": "", "number": None}
            for level in effect.get("levels", ()):
                change = dict(zip(EFFECT_COLUMNS[-4:], (level["change"][end] for end in ENDS), strict=True))
                where = {"what": "level", "level": level["level"], "number": level["number"]}
                rows.append({**head, **where, **about, **_ends(level), **change})
            for what in ("effect", "standardised", "bend", "bend_standardised"):
                if effect.get(what) is not None:
                    unit = {"unit": "1"} if "standardised" in what else {}
                    rows.append({**head, "what": what, **about, **unit, **_ends(effect[what])})
        for what, model in (("r2_first", "first_order"), ("r2_second", "second_order")):
            if model in figure:
                head = {"factor": "", "what": what, "level": "", "number": None}
                rows.append({**head, **about, "unit": "1", **_ends(figure[model]["r2"])})
    return [{column: row.get(column) for column in EFFECT_COLUMNS} for row in rows]


def interaction_rows(results: Mapping[str, Any]) -> list[Row]:
    """The effect of every two factors on each headline, columns ``INTERACTION_COLUMNS``."""
    return [
        {
            "factor": one["factor"],
            "other": one["other"],
            **{name: figure[name] for name in ABOUT},
            **_ends(one["effect"]),
        }
        for figure in results["figures"]
        for one in figure["interactions"]
    ]


def threshold_rows(results: Mapping[str, Any]) -> list[Row]:
    """Where each gain comes down to each level, columns ``THRESHOLD_COLUMNS``."""
    return [
        {
            column: one.get(column, figure.get(column)) if column != "words" else words
            for column in THRESHOLD_COLUMNS
        }
        for figure in results["figures"]
        for one in figure["thresholds"]
        for words in (threshold_words(results, figure, one),)
    ]


def _ends(entry: Mapping[str, Any]) -> Row:
    return {end: entry[end] for end in ENDS}


def _point_rows(results: Mapping[str, Any], factors: Sequence[str]) -> Iterator[Row]:
    for point in results["points"]:
        words = "; ".join(
            f"{results['factors'][name]['name']} {text}" for name, text in point["words"].items()
        )
        given = {name: point["values"][name] for name in factors}
        yield {"point": point["point"], **given, "words": words, "set": " ".join(point["set"])}


def _response_row(one: Any, factors: Sequence[str]) -> Row:
    return {**one._asdict(), **dict(zip(factors, one.values, strict=True))}


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return for_csv(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 600)
