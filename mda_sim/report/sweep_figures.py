"""The results of a sweep in the words in which people see them: factors, their values, and thresholds.

Model: results are what ``sweep.json`` holds. A threshold is said as a sentence that holds by itself: where
the gain comes down to the level, with the interval and in how many seeds, or that it never does within the
range, and whether the mean over seeds turns on the way.

Where next: ``sweep_words`` prints, ``sweep_charts`` draws, ``sweep_tables`` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mda_sim.report.sensitivity_figures import Scale, scale_of
from mda_sim.report.text import plain

Entry = Mapping[str, Any]


def factor_name(results: Mapping[str, Any], factor: str) -> str:
    """The name of a factor as it is printed."""
    return plain(str(results["factors"][factor]["name"]), 60)


def factor_label(results: Mapping[str, Any], factor: str) -> str:
    """The name of a factor with its unit, as an axis has it."""
    about = results["factors"][factor]
    name, unit = factor_name(results, factor), plain(about["unit"], 12)
    if about["is_multiple"]:
        return f"{name} [{unit}]" if about["per_one"] is not None and unit else f"{name} [× file]"
    return f"{name} [{unit}]" if unit else name


def shown_number(results: Mapping[str, Any], factor: str, number: float) -> float:
    """A factor's number as axes show it: of a multiple what it comes to, where that is one value."""
    per_one = results["factors"][factor]["per_one"]
    return number * per_one if per_one is not None else number


def number_words(results: Mapping[str, Any], factor: str, number: float) -> str:
    """A number of a factor with its unit."""
    about = results["factors"][factor]
    unit = plain(about["unit"], 12)
    if about["is_multiple"]:
        if about["per_one"] is None:
            return f"× {number:.3g}"
        return f"{number * about['per_one']:.3g} {unit} (× {number:.3g})".replace("  ", " ")
    return f"{number:.4g} {unit}".rstrip()


def figure_scale(figure: Entry) -> Scale:
    """The scale of one headline."""
    values: list[float | None] = list(figure["means"])
    for effect in figure["effects"]:
        values += [effect["effect"]["mean"], *(level["mean"] for level in effect.get("levels", ()))]
    return scale_of(figure["unit"], values)


def is_moved(figure: Entry) -> bool:
    """Whether a headline differs between any two points."""
    known = {mean for mean in figure["means"] if mean is not None}
    return len(known) > 1


def span_words(scale: Scale, entry: Entry, *, signed: bool) -> str:
    """An interval; that it needs two seeds where there is none."""
    if entry["low"] is None:
        return "needs two seeds" if entry["n"] < 2 else "undefined"
    return f"[{scale.number(entry['low'], signed=signed)}, {scale.number(entry['high'], signed=signed)}]"


def level_words(figure: Entry, one: Entry) -> str:
    """The level of a threshold."""
    if one["fraction"] is not None:
        return f"{100 * one['fraction']:.3g} % of the gain at the low end"
    scale = figure_scale(figure)
    return f"{scale.number(one['level'], signed=True)} {scale.step_unit}".rstrip() if one["level"] else "zero"


def threshold_words(results: Mapping[str, Any], figure: Entry, one: Entry) -> str:
    """A threshold as a sentence without its subject, which is the gain."""
    level = level_words(figure, one)
    factor, about = one["factor"], results["factors"][one["factor"]]
    span = f"within {plain(about['low_words'], 40)} to {plain(about['high_words'], 40)}"
    if one["verdict"] == "undefined" and one["fraction"] is not None:
        return "no gain at the low end of which a part could be looked for"
    if one["verdict"] == "undefined":
        return f"undefined {span}"
    if one["verdict"] == "never_down":
        return f"never comes down to {level} {span}"
    if one["verdict"] == "never_up":
        return f"never above {level} {span}"
    if one["verdict"] == "some_never":
        return f"crosses {level} in no seed {span}: it is above it in some, and never in others"
    verb = "comes up above" if one["rises"] else "comes down to"
    where = _place(results, factor, one, "median")
    text = (
        f"{verb} {level} {where}{_interval(results, factor, one)}, in {one['n_within']} of {one['n']} seeds"
    )
    if one["by"] not in ("grid", "points"):
        text += f"; by the fit of {one['by']}"
    if one["n_other"]:
        text += f"; {one['n_other']} cross more than once or the other way"
    if not one["monotone"]:
        text += "; not monotone: the mean turns within the range"
    return text


def held_words(results: Mapping[str, Any], one: Entry) -> str:
    """What is held, of a threshold; empty if the others are averaged."""
    return f"{factor_name(results, one['held'])} {plain(one['at'], 40)}" if one["held"] else ""


def _place(results: Mapping[str, Any], factor: str, one: Entry, name: str) -> str:
    if one[name] is not None:
        return f"at {number_words(results, factor, one[name])}"
    about = results["factors"][factor]
    end = about["high_words"] if one[f"{name}_beyond"] == "high" else about["low_words"]
    side = "beyond" if one[f"{name}_beyond"] == "high" else "below"
    return f"{side} {plain(end, 40)}"


def _interval(results: Mapping[str, Any], factor: str, one: Entry) -> str:
    ends: Sequence[str] = [
        number_words(results, factor, one[name]).partition(" (")[0]
        if one[name] is not None
        else {"high": "beyond the range", "low": "below the range"}.get(one[f"{name}_beyond"], "")
        for name in ("low", "high")
    ]
    return f" [{ends[0]}, {ends[1]}]" if all(ends) else " (an interval needs six seeds)"
