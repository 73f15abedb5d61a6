"""Sections of the answer about pictures: coverage of the sea, position, silent vessels, agreement.

Model: each section is a table with a row per nation (or pair of nations) and configuration, made from figures
of ``metrics.probe_contacts``, ``coverage``, ``findable``, ``position_error``, ``not_matched`` and
``agreement``; it is left out where the summary has none of them. Over the whole area; zones are in
``tables/``.

Where next: ``sections`` puts them into the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.figures import (
    Figure,
    configurations_of,
    entry_of,
    main_group,
    metrics_of,
    nations_of,
    split_age,
)
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.text import for_markdown
from mda_sim.report.words import age_words, compact_words, group_words

SILENT_NOTE: Final = (
    "Share of silent stays by which the nation has received a contact that is not of AIS and that no AIS "
    "contact it had received matches; leaving and broadcasting again compete. Not matched to AIS is not the "
    "same as illegal."
)
"""What the table of silent vessels says."""

AGREEMENT_NOTE: Final = (
    "Shares of scored vessel-time; Jaccard: held by both of what either holds; same report: of what both "
    "hold, the share in which the newest observation of both is one report."
)
"""What the table of agreement says."""


def picture_sections(summary: Mapping[str, Any]) -> Iterator[str]:
    """All sections, in Markdown."""
    age, group = split_age(summary), main_group(summary)
    yield from _by_nation(
        summary,
        "Coverage of the sea",
        f"Of probes, weighted by area, by what reached the nation; held within {age_words(age)}.",
        {
            "seen by the end": Figure("area_seen_fraction", "all"),
            "in contact": Figure("area_contact_mean_fraction", "all"),
            "mean gap": Figure("revisit_mean_s", "all"),
            "longest gap": Figure("revisit_max_s", "all"),
            "wait for a contact": Figure("response_mean_s", "all"),
            **{
                f"held by {words}": Figure(f"area_held_by_{n}_fraction_{age}", "all")
                for n, words in ((1, "a sensor"), (2, "two"), (3, "three"))
            },
        },
    )
    note = (
        "Findable: error grown by the top speed of the class within the search radius. Error: when observed, "
        "1 sigma. Off: true distance of the vessel from what is held, of what is held within "
        f"{age_words(age)}."
    )
    figures = {
        "findable": Figure("findable_fraction", group),
        "error, median": Figure(f"position_error_p50_m_{age}", group),
        "off, median": Figure(f"position_off_p50_m_{age}", group),
        "off, 90th percentile": Figure(f"position_off_p90_m_{age}", group),
        "bound on it, 90th percentile": Figure(f"position_bound_p90_m_{age}", group),
    }
    yield from _by_nation(summary, f"Position: {group_words(group)}", note, figures)
    silent = "not_broadcasting_foreign" if group == "not_broadcasting_foreign" else "not_broadcasting"
    figures = {
        **{f"within {hours} h": Figure(f"not_matched_fraction_{hours}h", silent) for hours in (6, 24, 72)},
        "within 24 h, own sensors": Figure("not_matched_fraction_organic_24h", silent),
        "median time": Figure("not_matched_p50_s", silent),
        "stays recognised": Figure("not_matched_received_count", silent),
        "ended without": Figure("not_matched_ended_count", silent),
    }
    yield from _by_nation(summary, f"Silent vessels: {group_words(silent)}", SILENT_NOTE, figures)
    yield from _agreement(summary, age)


def _by_nation(
    summary: Mapping[str, Any], heading: str, note: str, figures: Mapping[str, Figure]
) -> Iterator[str]:
    """A table with a row per nation and configuration; nothing without figures."""
    rows = []
    for nation in nations_of(summary):
        for name in configurations_of(summary):
            entries = [entry_of(summary, name, nation, figure) for figure in figures.values()]
            if any(entries):
                names = (for_markdown(str(word)) for word in (nation, name))
                rows.append(row_of([*names, *(compact_words(entry) for entry in entries)]))
    yield from _section(summary, heading, note, ["nation", "configuration", *figures], 2, rows)


def _agreement(summary: Mapping[str, Any], age: str) -> Iterator[str]:
    columns = {
        "both": "both_fraction",
        "first alone": "first_only_fraction",
        "second alone": "second_only_fraction",
        "neither": "neither_fraction",
        "Jaccard": "jaccard",
        "same report": "same_report_fraction",
    }
    metrics = [f"agreement_{column}_{age}" for column in columns.values()]
    rows = []
    for nation in nations_of(summary):
        groups = [g for g in metrics_of(summary, nation).get(metrics[0], ()) if "@" not in g]
        for group in groups:
            _, other, state = (*group.split(":"), "all")[:3]
            if state == "broadcasting":
                continue
            for name in configurations_of(summary):
                entries = [entry_of(summary, name, nation, Figure(metric, group)) for metric in metrics]
                words = (f"{nation}, {other}", group_words(state), name)
                rows.append(
                    row_of([*(for_markdown(str(w)) for w in words), *(compact_words(e) for e in entries)])
                )
    heads = ["first, second", "vessels", "configuration", *columns]
    heading = f"Agreement of pictures: held within {age_words(age)}"
    yield from _section(summary, heading, AGREEMENT_NOTE, heads, 3, rows)


def _section(
    summary: Mapping[str, Any],
    heading: str,
    note: str,
    heads: Sequence[str],
    n_words: int,
    rows: Sequence[str],
) -> Iterator[str]:
    if not rows:
        return
    yield f"\n## {for_markdown(heading)}\n"
    yield f"{caveats_of(summary)} {note}\n"
    yield from head(list(heads), n_words=n_words)
    yield from rows
