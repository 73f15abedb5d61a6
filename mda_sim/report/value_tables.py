"""Values of players, nations and next steps as text for a terminal.

Model: one table per figure: players ranked by their Shapley value summed over nations, and for each nation
that value with half its 95 % interval over seeds, and in brackets the value alone (first in) and the loss
without it (last in). Shares are told in percentage points.

Assumptions and limits: only the first ``FIGURES_SHOWN`` figures are printed; files hold all.
Where next: the command line prints them; ``value_charts`` draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.text import plain
from mda_sim.report.words import DASH, group_words, metric_words, time_unit

FIGURES_SHOWN: Final = 2
"""Most figures whose tables are printed."""

Content = Mapping[str, Any]
Entry = Mapping[str, Any]


def scale_of(unit: str, values: Sequence[float]) -> tuple[float, str]:
    """Factor and name of the unit in which differences of a figure are told.

    >>> scale_of("1", [0.2]), scale_of("s", [7200.0])
    ((100.0, 'pp'), (0.0002777777777777778, 'h'))
    """
    if unit == "1":
        return 100.0, "pp"
    if unit == "s":
        return time_unit(max(map(abs, values), default=0.0))
    if unit == "m":
        return 1e-3, "km"
    return 1.0, "" if unit == "count" else unit


def figures_of(content: Content) -> list[tuple[str, str]]:
    """Metric and group of every figure, in the order asked."""
    return [(entry["metric"], entry["group"]) for entry in content["endpoints"]]


def values_of(content: Content, metric: str, group: str) -> dict[tuple[str, str, str], Entry]:
    """Entries of one figure by player, nation and measure."""
    return {
        (entry["player"], entry["nation"], entry["measure"]): entry
        for entry in content["values"]
        if (entry["metric"], entry["group"]) == (metric, group)
    }


def ranked(content: Content, values: Mapping[tuple[str, str, str], Entry]) -> list[str]:
    """Players by the sum over nations of their Shapley value, the largest first; then as they were named."""
    total = {
        player: sum(values[player, nation, "shapley"]["mean"] or 0.0 for nation in content["told"])
        for player in content["players"]
    }
    return sorted(content["players"], key=lambda player: -total[player])


def value_lines(content: Content, zones: Mapping[str, str]) -> Iterator[str]:
    """The tables of a study of value."""
    yield f"{plain(content['scenario'])}: what the players of '{plain(content['configuration'])}' are worth"
    yield from _notes(content)
    figures = figures_of(content)
    for metric, group in figures[:FIGURES_SHOWN]:
        yield ""
        yield from _value_table(content, metric, group, zones)
    if len(figures) > FIGURES_SHOWN:
        yield ""
        yield f"{len(figures) - FIGURES_SHOWN} further figures: value.csv, charts/"
    yield ""
    yield from _nation_table(content, *figures[0], zones)
    yield ""
    yield from foot_lines(content)


def _notes(content: Content) -> Iterator[str]:
    n, base = len(content["players"]), plain(content["baseline"])
    same = "the same as" if content["empty_is_baseline"] else "not"
    grand = plain(content["configuration"])
    yield f"Nobody: '{grand}' without all players; it is {same} the baseline '{base}'."
    if content["samples"]:
        yield (
            f"Shapley values of {n} players are sampled from {content['samples']} orders a seed; "
            "bound: half the 95 % interval of that sampling alone."
        )
    else:
        yield f"Shapley values of {n} players are exact: from all {1 << n} coalitions."


def _value_table(content: Content, metric: str, group: str, zones: Mapping[str, str]) -> Iterator[str]:
    values = values_of(content, metric, group)
    factor, unit = scale_of(content["units"].get(metric, ""), _means(values.values()))
    yield f"{metric_words(metric)}; {group_words(group, zones)}" + (f" [{unit}]" if unit else "")
    nations = content["told"]
    rows = [["", *nations]]
    for player in ranked(content, values):
        cells = (_cell(values, player, nation, factor) for nation in nations)
        rows.append([plain(player, 60), *cells])
    totals = {
        entry["nation"]: entry["difference"]
        for entry in content["totals"]
        if (entry["metric"], entry["group"]) == (metric, group)
    }
    rows.append(["all together", *(interval_words(totals[nation], factor) for nation in nations)])
    yield from columns(rows)
    yield "Shapley value ± half its interval over seeds (first in, last in)"


def _cell(values: Mapping[tuple[str, str, str], Entry], player: str, nation: str, factor: float) -> str:
    shapley = values[player, nation, "shapley"]
    ends = [number_words(values[player, nation, name]["mean"], factor) for name in ("first_in", "last_in")]
    words = interval_words(shapley, factor)
    if shapley.get("bound"):
        words += f" bound {number_words(shapley['bound'], factor).removeprefix('+')}"
    return f"{words} ({', '.join(ends)})"


def _nation_table(content: Content, metric: str, group: str, zones: Mapping[str, str]) -> Iterator[str]:
    entries = [e for e in content["nations"] if (e["metric"], e["group"]) == (metric, group)]
    names = ("gain_over_organic", "gain_over_baseline", "contribution")
    means = [e[name]["mean"] for e in entries for name in names if e[name]]
    factor, unit = scale_of(content["units"].get(metric, ""), [m for m in means if m is not None])
    what = f"{metric_words(metric)}; {group_words(group, zones)}"
    yield f"Gain, contribution and exposure of each party: {what}" + (f" [{unit}]" if unit else "")
    base = plain(content["baseline"])
    rows = [["", "over own sensors", f"over '{base}'", "gives to others", "contacts held abroad"]]
    for entry in entries:
        cells = [interval_words(entry[name], factor) for name in names]
        exposure = entry["exposure"]
        count = DASH if not exposure or exposure["mean"] is None else f"{exposure['mean']:,.0f}"
        rows.append([plain(entry["nation"]), *cells, count])
    yield from columns(rows)


def step_lines(content: Content, zones: Mapping[str, str]) -> Iterator[str]:
    """The tables of a search for the next best."""
    metric, group = figures_of(content)[0]
    nations, steps = content["told"], content["steps"]
    factor, unit = scale_of(content["units"].get(metric, ""), [step["gain"]["mean"] for step in steps])
    yield (
        f"{plain(content['scenario'])}: the next best from '{plain(content['base'])}' on, "
        f"of {len(content['candidates'])} candidates"
    )
    what = f"{metric_words(metric)}; {group_words(group, zones)}; sum over {', '.join(nations)}"
    yield what + (f" [{unit}]" if unit else "")
    rows = [["step", "gain", *(nations if len(nations) > 1 else ()), "reached"]]
    for number, step in enumerate(steps, start=1):
        each = (interval_words(step["nations"][nation], factor) for nation in nations)
        reached = number_words(step["reached"]["mean"], factor).removeprefix("+")
        cells = [interval_words(step["gain"], factor), *(each if len(nations) > 1 else ()), reached]
        rows.append([f"{number}. {plain(step['player'], 60)}", *cells])
    yield from columns(rows)
    if content["no_gain_left"] is not None:
        yield f"None of the {len(content['no_gain_left'])} candidates left gains anything in the mean."
    yield "Gain: paired with what the steps before it reached."
    yield ""
    yield from foot_lines(content)


def foot_lines(content: Content) -> Iterator[str]:
    """What every result must say."""
    n = len(content["seeds"])
    yield (
        f"Mean over {n} seed{'s' if n != 1 else ''}, taken seed by seed; intervals: "
        f"{content['confidence_level']:.0%} over seeds. {DASH}: undefined."
    )
    yield f"Caveats: {'; '.join(content['caveats'])}."
    for warning in content["warnings"]:
        yield f"Warning: {warning}."


def interval_words(entry: Entry | None, factor: float) -> str:
    """Mean and half the interval.

    >>> interval_words({"mean": 0.1, "low": 0.05, "high": 0.15}, 100.0)
    '+10.00 ±5.00'
    """
    if not entry or entry["mean"] is None:
        return DASH
    words = number_words(entry["mean"], factor)
    if entry["mean"] == 0 and not entry["high"]:
        return words
    if entry["high"] is None:
        return words
    return f"{words} ±{number_words(entry['high'] - entry['mean'], factor).removeprefix('+')}"


def number_words(value: float | None, factor: float) -> str:
    """A number with its sign; exactly nothing is '0'."""
    if value is None:
        return DASH
    return "0" if value == 0 else f"{value * factor:+,.2f}"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells in columns, the first to the left, the others to the right."""
    wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(wide[0]), *(cell.rjust(w) for cell, w in zip(row[1:], wide[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _means(entries: Any) -> list[float]:
    return [entry["mean"] for entry in entries if entry["mean"] is not None]
