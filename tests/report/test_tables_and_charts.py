"""The terminal table and the charts, judged by their content."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.container import ErrorbarContainer

from mda_sim.report.charts import GAP_PARTS, custody_chart, gap_chart, latency_chart
from mda_sim.report.tables import configurations_of, summary_text

GROUP = "not_broadcasting_foreign"


def test_the_table_prints_primary_endpoints_first_with_difference_and_interval(
    summary: dict[str, Any],
) -> None:
    lines = summary_text(summary, {}, 120).splitlines()
    heading = next(number for number, line in enumerate(lines) if "not broadcasting, not own flag" in line)
    first = lines[heading + 1]
    assert "custody 6 h" not in "".join(lines[:heading])
    assert first.split("6 h")[1].split() == ["25.0", "%", "75.0", "%", "+50.0", "pp", "[+45.0,", "+55.0]"]


def test_the_table_prints_counts_caveats_and_warnings(summary: dict[str, Any]) -> None:
    text = summary_text(summary, {}, 120)
    assert "simulation only; perfect association." in text
    assert "Warning: 2 seeds: few." in text
    assert "foreign contacts received" in text
    assert "without a route" in text


def test_the_baseline_comes_first_whatever_its_name(summary: dict[str, Any]) -> None:
    assert configurations_of(summary) == ["today", "direct"]
    header = next(line for line in summary_text(summary, {}, 120).splitlines() if "direct" in line)
    assert header.index("today") < header.index("direct")


def test_a_figure_that_is_not_there_is_a_dash_not_a_number(summary: dict[str, Any]) -> None:
    text = summary_text(summary, {}, 120)
    line = next(line for line in text.splitlines() if "latency, median" in line)
    assert line.split("median")[1].split() == ["–", "2.00", "h", "–"]
    assert "nan" not in text.lower()
    assert "None" not in text


def test_endpoints_that_are_zero_throughout_take_one_line(summary: dict[str, Any]) -> None:
    zero = {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 2, "unit": "1"}
    for nations in summary["configurations"].values():
        for metrics in nations.values():
            for age in ("6h", "24h"):
                metrics.setdefault(f"custody_fraction_{age}", {})["all@shoal"] = zero
    summary["primary"] = [
        {"metric": f"custody_fraction_{age}", "group": "all@shoal"} for age in ("6h", "24h")
    ]
    lines = summary_text(summary, {"shoal": "The Shoal"}, 120).splitlines()
    row = next(number for number, line in enumerate(lines) if "all vessels, The Shoal" in line)
    assert lines[row + 1].split() == ["all", "of", "its", "figures", "0", "0", "0"]


def test_a_zone_is_named_alone_under_the_vessels_it_confines(summary: dict[str, Any]) -> None:
    for nations in summary["configurations"].values():
        for metrics in nations.values():
            metrics["custody_fraction_6h"][f"{GROUP}@shoal"] = metrics["custody_fraction_6h"][GROUP]
    summary["primary"].append({"metric": "custody_fraction_6h", "group": f"{GROUP}@shoal"})
    lines = [line.strip() for line in summary_text(summary, {"shoal": "The Shoal"}, 120).splitlines()]
    assert lines.index("in The Shoal") > lines.index("not broadcasting, not own flag")


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
    assert drawn == {"today": [0.25, 0.35], "direct": [0.75, 0.85]}


def test_the_stages_of_the_latency_chart_add_up_to_the_length_of_the_bar(summary: dict[str, Any]) -> None:
    figure = latency_chart(summary, ["AAA"])
    (axes,) = figure.axes
    ends = {}
    for bar in axes.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0.0), bar.get_x() + bar.get_width())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["AAA today", "AAA direct"]
    assert ends[0] == 0.0
    assert abs(ends[1] - 9000.0 / 3600.0) < 1e-12
    assert {"0% came", "75% came"} <= {text.get_text() for text in axes.texts}


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
