"""What the parts of the page that show a study have in common: numbers, charts with choosers, words.

Model: a number of a study is an element of class ``n`` that names the study's part of the page
(``data-study``), its place in the study's JSON (``data-path``) and what it is made from there: ``data-mean``,
``data-low`` and ``data-high``. A chart's series have columns for each key of what chooses them: figure,
nation and, where it is one of them, configuration, joined by line breaks; ``page_studies.js`` puts them in.

Where next: ``value_part`` and ``sensitivity_part`` make the parts, ``assembly`` puts them into the page.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.page.content import StudyContent
from mda_sim.report.page.plots import chart_figure
from mda_sim.report.page.tables import PageTable
from mda_sim.report.text import plain

if TYPE_CHECKING:
    from bokeh.plotting import figure as BokehFigure
    from markupsafe import Markup

Path = tuple[str | int, ...]

_LABEL_WIDTH: Final = 26
_LABEL_LINES: Final = 2
"""Names beside bars are broken into lines so that bars have room on a phone too."""
_ROW: Final = 38
"""Height of a row [pixels]."""


@dataclass(frozen=True)
class StudyChart:
    """A chart and what it shows for each choice."""

    plot: BokehFigure
    by: tuple[str, ...]
    """What chooses: ``figure``, ``nation``, ``configuration``, in the order of the keys' parts."""
    series: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Columns by name of the data source and key."""
    says: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What is shown, in words, and the label of the axis, by key."""

    def add(self, name: str, columns: dict[str, Any]) -> Any:
        """A data source for a series, filled by its first key."""
        from bokeh.models import ColumnDataSource

        self.series[name] = columns
        first: Mapping[str, Sequence[Any]] = next(iter(columns.values()), {})
        return ColumnDataSource({key: list(values) for key, values in first.items()}, name=name)


def study_figure(name: str, labels: Sequence[str], axis: str) -> BokehFigure:
    """An empty chart with a row for each label from the top down, and few, plain ticks below."""
    from bokeh.models import BasicTicker, BasicTickFormatter

    plot = chart_figure(name, 120 + _ROW * len(labels), y_range=labels[::-1], x_axis_label=axis)
    plot.xaxis.ticker = BasicTicker(desired_num_ticks=5)
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    return plot


@dataclass(frozen=True)
class StudyPart:
    """One study as the page shows it."""

    id: str
    """By which markup and script name it: ``value-1``."""
    title: str
    """What is above it; which configuration or method."""
    origin: str
    """Which file, scenario, configuration and seeds the figures come from."""
    about: str
    """Of which figure the findings are, in words."""
    findings: tuple[tuple[Markup, tuple[Markup, ...]], ...]
    """What it found for each nation, with more in detail."""
    figures: tuple[tuple[str, str], ...]
    """Key and words of each figure that the chart can show."""
    chart: StudyChart
    label: str
    """The chart's text alternative."""
    tables: tuple[tuple[str, tuple[PageTable, ...]], ...]
    """Summary and tables: the numbers of the chart, nation by nation, then whatever else there is."""
    notes: tuple[str, ...]
    """What the numbers mean, and warnings."""

    @property
    def says(self) -> str:
        """What the chart shows at first, in words."""
        return next((words for words, _ in self.chart.says.values()), "")

    def data(self) -> dict[str, Any]:
        """What ``page_studies.js`` reads."""
        return {
            "id": self.id,
            "by": list(self.chart.by),
            "series": self.chart.series,
            "says": {key: list(words) for key, words in self.chart.says.items()},
        }


def key_of(*parts: str | int) -> str:
    """The key of a choice."""
    return "\n".join(map(str, parts))


def study_span(part: str, content: Mapping[str, Any], path: Path, words: str, key: str = "") -> Markup:
    """A number of a study, under ``words`` that were made from it.

    ``path`` leads to a number or to an entry with ``mean``, ``low`` and ``high``; with ``key`` to an entry
    with ``<key>``, ``<key>_low`` and ``<key>_high``.
    """
    from markupsafe import Markup

    entry: Any = content
    for step in path:
        entry = entry[step]
    marks = {"study": part, "path": json.dumps(path, ensure_ascii=False), "key": key}
    marks |= {end: json.dumps(value) for end, value in told(entry, key).items()}
    attributes = Markup(" ").join(
        Markup('data-{}="{}"').format(name, value) for name, value in marks.items() if value
    )
    return Markup('<span class="n" {}>{}</span>').format(attributes, words)


def told(entry: Any, key: str = "") -> dict[str, float | None]:
    """Mean, low and high of an entry, or of what it has under a key; a number alone is its own mean."""
    if not isinstance(entry, Mapping):
        return {"mean": entry, "low": None, "high": None}
    names = (key, f"{key}_low", f"{key}_high") if key else ("mean", "low", "high")
    return {end: entry.get(name) for end, name in zip(("mean", "low", "high"), names, strict=True)}


def origin_words(study: StudyContent, what: str) -> str:
    """Which file, scenario and seeds the figures come from; ``what`` says of which configurations."""
    content = study.content
    seeds = content["seeds"]
    span = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds ({seeds[0]} to {seeds[-1]})"
    sets = "; ".join(plain(str(text)) for text in content["overrides"])
    return (
        f"From {study.file} (SHA-256 {study.sha256[:12]}…): {what}, {span}"
        + (f", with --set {sets}" if sets else "")
        + "."
    )


def seeds_note(study: StudyContent, run_seeds: Sequence[int]) -> list[str]:
    """What must be said where study and run have other seeds."""
    own = list(study.content["seeds"])
    if own == list(run_seeds):
        return []
    return [
        f"The study ran other seeds ({_span(own)}) than the run ({_span(run_seeds)}): its figures and those "
        "above are not means over the same luck."
    ]


def _span(seeds: Sequence[int]) -> str:
    return str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"


def row_labels(names: Sequence[str]) -> list[str]:
    """A label for each row of a chart: broken into lines, and no two the same."""
    labels: list[str] = []
    for name in names:
        lines = textwrap.wrap(plain(name, 80), _LABEL_WIDTH, max_lines=_LABEL_LINES, placeholder=" …")
        label, number = "\n".join(lines) or "?", 2
        while label in labels:
            label, number = "\n".join([*lines[:1], f"({number})"]), number + 1
        labels.append(label)
    return labels


def foot_notes(content: Mapping[str, Any]) -> list[str]:
    """Warnings and caveats of a study."""
    warnings = [f"Warning: {plain(str(warning), 400)}." for warning in content["warnings"]]
    return [*warnings, f"{'; '.join(plain(str(caveat)) for caveat in content['caveats'])}."]
