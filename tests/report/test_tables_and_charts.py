"""The terminal table and the charts, judged by their content."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from matplotlib.container import ErrorbarContainer

from mda_sim.report.answer import answer
from mda_sim.report.charts import GAP_PARTS, custody_chart, gap_chart, latency_chart
from mda_sim.report.figures import configurations_of
from mda_sim.report.sheets import sheets
from mda_sim.report.tables import summary_text
from mda_sim.report.words import ZONES_NOTE

GROUP = "not_broadcasting_foreign"


def share(mean: float, difference: float | None = None) -> dict[str, Any]:
    """An entry of a share, with a difference of half width 5 points."""
    entry: dict[str, Any] = {"mean": mean, "low": mean, "high": mean, "n": 2, "unit": "1"}
    if difference is not None:
        ends = {"low": difference - 0.05, "high": difference + 0.05}
        entry["difference"] = {"mean": difference, **ends, "n": 2}
    return entry


def still(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry under another configuration that changes it in no seed."""
    nothing = None if entry["mean"] is None else 0.0
    return {**entry, "difference": {"mean": nothing, "low": nothing, "high": nothing, "n": entry["n"]}}


def test_the_table_prints_primary_endpoints_first_with_difference_and_interval(
    summary: dict[str, Any],
) -> None:
    lines = summary_text(summary, {}, 120).splitlines()
    heading = next(number for number, line in enumerate(lines) if "not broadcasting, not own flag" in line)
    first = lines[heading + 1]
    assert "custody 6 h" not in "".join(lines[:heading])
    assert first.split("6 h")[1].split() == ["25.0", "%", "75.0", "%", "+50.0", "±5.0"]


def test_the_table_prints_counts_caveats_and_warnings(summary: dict[str, Any]) -> None:
    text = summary_text(summary, {}, 120)
    assert "simulation only; perfect association." in text
    assert "Warning: 2 seeds: few." in text
    assert "Foreign contacts (counts" in text
    assert "95% interval" in text
    assert "without a route" in text


def test_the_baseline_comes_first_whatever_its_name(summary: dict[str, Any]) -> None:
    assert configurations_of(summary) == ["today", "direct"]
    header = next(line for line in summary_text(summary, {}, 120).splitlines() if "direct" in line)
    assert header.index("today") < header.index("direct")


def test_a_figure_that_is_not_there_is_a_dash_not_a_number(summary: dict[str, Any]) -> None:
    text = summary_text(summary, {}, 120)
    line = next(line for line in text.splitlines() if line.startswith(" median"))
    assert line.split("median")[1].split() == ["–", "2.00", "h"]
    assert "nan" not in text.lower()
    assert "None" not in text


def test_parts_that_are_zero_throughout_take_one_line(summary: dict[str, Any]) -> None:
    for name, nations in summary["configurations"].items():
        for metrics in nations.values():
            for part, words, _ in GAP_PARTS:
                mean = 0.5 if words in ("held", "seen by nobody") else 0.0
                metrics[f"gap_{part}_fraction"] = {GROUP: share(mean, 0.0 if name == "direct" else None)}
    lines = summary_text(summary, {}, 120).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Held within 24 h, and why"))
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["held", "seen", "nothing"]
    assert lines[start + 3].strip() == (
        "nothing is: too imprecise, not yet arrived, expired or lost, no link, not sent by choice, "
        "refused by a rule"
    )


def test_zones_are_listed_at_one_age_with_the_note_on_claims(summary: dict[str, Any]) -> None:
    for nations in summary["configurations"].values():
        for metrics in nations.values():
            for age in ("6h", "24h"):
                groups = metrics.setdefault(f"custody_fraction_{age}", {})
                groups[f"{GROUP}@shoal"] = share(0.5)
    for age in ("6h", "24h"):
        summary["primary"].append({"metric": f"custody_fraction_{age}", "group": f"{GROUP}@shoal"})
    text = summary_text(summary, {"shoal": "The Shoal"}, 120)
    lines = text.splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith(" The Shoal"))
    assert lines[row - 1].startswith(f"Primary endpoint custody 24 h by zone. {ZONES_NOTE}")
    assert ZONES_NOTE in lines[-4:]
    assert "not broadcasting, not own flag" in "".join(lines[:row])
    assert "claims" not in summary_text({**summary, "primary": summary["primary"][:1]}, {}, 120)


def test_configurations_that_change_nothing_are_named_and_not_repeated(summary: dict[str, Any]) -> None:
    same = {
        nation: {
            metric: {group: still(entry) for group, entry in groups.items()} for metric, groups in m.items()
        }
        for nation, m in summary["configurations"]["today"].items()
    }
    summary["configurations"] = {"copy": same, "today": summary["configurations"]["today"]}
    text = summary_text(summary, {}, 100)
    assert "As 'today' in every figure below: copy." in text
    assert "no change" not in text


def test_columns_stand_at_the_right_place_whatever_the_width_of_names(summary: dict[str, Any]) -> None:
    long = "a_very_long_name_of_a_configuration"
    summary["configurations"][long] = summary["configurations"].pop("direct")
    lines = summary_text(summary, {}, 100).splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("──"))
    head = " ".join(lines[rule - 2 : rule]).split()
    assert head == ["a_very_long_name_of_", "today", "a_configuration"]
    row = next(line for line in lines if line.startswith(" custody 6 h"))
    assert len(row) == len(lines[rule])


def test_the_breakdown_has_every_group_with_its_n_and_its_caveats(summary: dict[str, Any]) -> None:
    for name, nations in summary["configurations"].items():
        groups = nations["AAA"]["custody_fraction_24h"]
        for group in ("class:tug", "flag:PAN", f"{GROUP}@shoal"):
            groups[group] = share(0.4, None if name == "today" else 0.2)
        groups["flag:PAN"]["n"] = 1
    text = answer(summary, {"shoal": "The | Shoal"})
    assert "| flag PAN | 40.0 % | 40.0 % +20.0 ±5.0 | 1 |" in text
    assert "| tug vessels | 40.0 % | 40.0 % +20.0 ±5.0 | 2 |" in text
    assert "| not broadcasting, not own flag, The \\| Shoal | 40.0 %" in text
    section = text.split("### AAA: custody 24 h by zone")[1].split("|")[0]
    assert ZONES_NOTE in section
    assert section.startswith("\n\nSimulation only; perfect association.")
    assert "Warning: 2 seeds: few." in text


def test_the_breakdown_escapes_what_markdown_would_read(summary: dict[str, Any]) -> None:
    summary["configurations"]["<script>|*x*"] = summary["configurations"].pop("direct")
    text = answer(summary, {})
    assert "\\<script\\>\\|\\*x\\*" in text
    assert "<script>" not in text.replace("\\<script\\>", "")


def test_the_sheets_hold_every_figure_of_the_summary_as_it_is(summary: dict[str, Any]) -> None:
    summary["configurations"]["=cmd()"] = summary["configurations"].pop("direct")
    files = sheets(summary, {})
    assert set(files) == {"custody.csv", "latency.csv", "counts.csv"}
    rows = [row for text in files.values() for row in csv.DictReader(io.StringIO(text))]
    assert len(rows) == sum(
        len(groups) for n in summary["configurations"].values() for m in n.values() for groups in m.values()
    )
    (row,) = (
        row
        for row in rows
        if (row["configuration"], row["nation"], row["metric"], row["group"])
        == ("'=cmd()", "AAA", "custody_fraction_6h", GROUP)
    )
    entry = summary["configurations"]["=cmd()"]["AAA"]["custody_fraction_6h"][GROUP]
    assert (float(row["mean"]), row["is_primary"]) == (entry["mean"], "yes")
    assert float(row["difference_low"]) == entry["difference"]["low"]
    undefined = next(row for row in rows if row["metric"] == "latency_p50_s" and row["nation"] == "BBB")
    assert undefined["mean"] == ""


def test_markup_and_controls_in_names_reach_the_terminal_as_plain_text(summary: dict[str, Any]) -> None:
    hostile = "[bold red]x[/bold red]\x1b[2J"
    summary["configurations"][hostile] = summary["configurations"].pop("direct")
    summary["primary"][0]["group"] = f"{GROUP}@z"
    for nations in summary["configurations"].values():
        for metrics in nations.values():
            metrics["custody_fraction_6h"][f"{GROUP}@z"] = metrics["custody_fraction_6h"][GROUP]
    text = summary_text(summary, {"z": "[link=http://a]zone[/link]"}, 140)
    assert "[bold red]x[/bold red][2J" in text
    assert "[link=http://a]zone[/link]" in " ".join(text.split())
    assert "\x1b" not in text


def test_configurations_that_do_not_fit_the_width_go_into_a_further_table(summary: dict[str, Any]) -> None:
    for number in range(5):
        summary["configurations"][f"other_{number}"] = summary["configurations"]["direct"]
    text = summary_text(summary, {}, 100)
    for number in range(5):
        assert f"other_{number}" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_custody_chart_draws_the_means_of_the_summary(summary: dict[str, Any]) -> None:
    figure = custody_chart(summary, ["AAA", "BBB"], [21600.0, 86400.0], GROUP, {})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["AAA", "BBB"]
    bars = [c for c in figure.axes[0].containers if isinstance(c, ErrorbarContainer)]
    drawn = {str(bar.get_label()): list(bar.lines[0].get_ydata()) for bar in bars}
    assert drawn == {"today": [25.0, 35.0], "direct": [75.0, 85.0]}


def test_the_stages_of_the_latency_chart_add_up_to_the_length_of_the_bar(summary: dict[str, Any]) -> None:
    summary["configurations"]["direct"]["AAA"]["latency_mean_s"] = {
        "all": {"mean": 9000.0, "n": 2, "unit": "s"}
    }
    figure = latency_chart(summary, ["AAA"])
    (axes,) = figure.axes
    ends = {}
    for bar in axes.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0.0), bar.get_x() + bar.get_width())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["today", "direct"]
    assert ends[0] == 0.0
    assert abs(ends[1] - 9000.0 / 3600.0) < 1e-12
    assert {"0 % came", "2.50 h, 75 % came"} <= {text.get_text() for text in axes.texts}


def test_the_last_table_sets_all_nations_and_configurations_side_by_side(summary: dict[str, Any]) -> None:
    lines = summary_text(summary, {}, 120).splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith("In short"))
    assert "not broadcasting, not own flag" in lines[start]
    rows = [line.split() for line in lines[start + 1 :] if line.strip()[:3].isupper()]
    nations = {nation for values in summary["configurations"].values() for nation in values}
    assert len(rows) == len(nations) * len(summary["configurations"])
    assert ["direct", "75.0", "%", "(+50.0)"] in [row[1:5] for row in rows]


def test_the_parts_of_the_gap_chart_fill_each_bar(summary: dict[str, Any]) -> None:
    shares = [0.2, 0.0, 0.1, 0.05, 0.05, 0.1, 0.2, 0.3]
    for nations in summary["configurations"].values():
        for metrics in nations.values():
            for (part, _, _), share in zip(GAP_PARTS, shares, strict=True):
                entry = {"mean": share, "low": share, "high": share, "n": 2, "unit": "1"}
                metrics[f"gap_{part}_fraction"] = {GROUP: entry}
    nations = sorted(next(iter(summary["configurations"].values())))
    (axes,) = gap_chart(summary, nations, GROUP, {}).axes
    bars = {container.get_label(): container.patches for container in axes.containers}
    assert set(bars) == {words for (_, words, _), share in zip(GAP_PARTS, shares, strict=True) if share}
    for place in range(len(nations) * len(summary["configurations"])):
        lengths = [patches[place].get_width() for patches in bars.values()]
        assert sum(lengths) == pytest.approx(100.0)
        assert bars["refused by a rule"][place].get_width() == pytest.approx(20.0)
