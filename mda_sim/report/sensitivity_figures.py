"""The results of a sensitivity analysis, in the order and under the words in which people see them.

Model: results are what ``sensitivity.json`` holds. An endpoint is one figure of one nation; it is told by the
value of the baseline and by what every other configuration adds to it. Numbers of one endpoint are printed in
one unit: shares in per cent, their differences in percentage points.

Where next: ``sensitivity_tables`` prints them, ``sensitivity_charts`` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mda_sim.report.text import plain
from mda_sim.report.words import group_words, metric_words, time_unit

Entry = Mapping[str, Any]


class Endpoint(NamedTuple):
    """One figure of one nation."""

    nation: str
    metric: str
    group: str

    def words(self, zones: Mapping[str, str]) -> str:
        """The figure in words, without the nation."""
        return f"{metric_words(self.metric)}: {group_words(self.group, zones)}"


class Scale(NamedTuple):
    """How numbers of one endpoint are printed."""

    factor: float
    digits: int
    unit: str
    """Unit of a value."""
    step_unit: str
    """Unit of a difference."""

    def number(self, value: float | None, *, signed: bool = False) -> str:
        """A number without its unit; a dash for one that is not defined, no sign for what rounds to zero."""
        if value is None:
            return "–"
        text = f"{value * self.factor:,.{self.digits}f}"
        if not text.strip("-0.,"):
            return text.lstrip("-")
        return f"+{text}" if signed and not text.startswith("-") else text


def endpoints(results: Mapping[str, Any]) -> dict[Endpoint, list[Entry]]:
    """The headlines of each endpoint: the baseline's value, then the difference of each other
    configuration.
    """
    found: dict[Endpoint, list[Entry]] = {}
    for figure in results["figures"]:
        if figure["against"] or figure["configuration"] == results["baseline"]:
            key = Endpoint(figure["nation"], figure["metric"], figure["group"])
            found.setdefault(key, []).append(figure)
    return found


def scale_of(unit: str, values: Iterable[float | None]) -> Scale:
    """The scale that suits the largest of some values in ``unit``."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if unit == "1":
        return Scale(100.0, 2 if largest < 0.01 else 1, "%", "pp")
    if unit == "s":
        factor, name = time_unit(largest)
        return Scale(factor, 2 if largest * factor < 10 else 1, name, name)
    if unit == "m":
        return Scale(1e-3, 1, "km", "km")
    name = "" if unit == "count" else plain(unit)
    return Scale(1.0, 0 if largest >= 100 else 2, name, name)


def assumption_name(results: Mapping[str, Any], assumption: str) -> str:
    """The name of an assumption as it is printed."""
    return plain(str(results["assumptions"][assumption]["name"]), 60)


def setting_words(results: Mapping[str, Any], effect: Entry) -> str:
    """What an effect's assumption was set to."""
    settings = results["assumptions"][effect["assumption"]]["settings"]
    return plain(str(settings[effect["setting"]]["words"]), 24)


def headline_words(results: Mapping[str, Any], figure: Entry) -> str:
    """The configuration of a headline, and that it is a difference where it is one."""
    name = plain(str(figure["configuration"]), 30)
    return f"{name} less {plain(str(figure['against']), 30)}" if figure["against"] else name


def strongest(
    results: Mapping[str, Any], figures: Sequence[Entry]
) -> Iterator[tuple[str, float, Entry | None]]:
    """Assumptions by the size of what they do to any of some headlines: id, size, and to which headline.

    One at a time the size is the swing, of a screening mu*. Those that do nothing have no headline.
    """
    sizes: dict[str, tuple[float, Entry | None]] = dict.fromkeys(results["assumptions"], (0.0, None))
    for figure in figures:
        for name, size in sizes_of(figure).items():
            if size is not None and size > sizes[name][0]:
                sizes[name] = (size, figure)
    for name, (size, where) in sorted(sizes.items(), key=lambda item: (-item[1][0], item[0])):
        yield name, size, where


def sizes_of(figure: Entry) -> dict[str, float | None]:
    """The size of what each assumption does to a headline; None where it is undefined."""
    if "ranks" in figure:
        return {entry["assumption"]: entry["swing"] for entry in figure["ranks"]}
    return {entry["assumption"]: entry["mu_star"] for entry in figure["effects"]}


def is_moved(figure: Entry) -> bool:
    """Whether any assumption does anything to a headline."""
    return any(sizes_of(figure).values())
