"""Tables and charts of value: what they show is what the content says, ranked, with its bound."""

from __future__ import annotations

import pytest

from mda_sim.report.value_charts import PLAYERS_SHOWN, players_chart
from mda_sim.report.value_tables import interval_words, number_words, ranked, scale_of, value_lines, values_of

KEY = ("custody_fraction_24h", "all")


def content_of(values, *, samples=0):
    """A study of players with (AAA, BBB) Shapley values, each with an interval half as wide as 0.01."""
    entries = []
    for player, of_nations in values.items():
        for nation, mean in zip(("AAA", "BBB"), of_nations, strict=True):
            for measure in ("shapley", "first_in", "last_in"):
                entry = {"mean": mean, "low": None, "high": None, "n": 0}
                if mean is not None:
                    entry |= {"low": mean - 0.01, "high": mean + 0.01, "n": 4}
                if samples and measure == "shapley":
                    entry["bound"] = 0.002
                metric, group = KEY
                about = {"player": player, "nation": nation, "metric": metric, "group": group}
                entries.append({**about, "measure": measure, **entry})
    whole = {"mean": 0.5, "low": None, "high": None, "n": 1}
    return {
        "scenario": "invented",
        "configuration": "grand",
        "baseline": "today",
        "empty_is_baseline": False,
        "players": list(values),
        "told": ["AAA", "BBB"],
        "endpoints": [{"metric": KEY[0], "group": KEY[1]}],
        "units": {KEY[0]: "1"},
        "samples": samples,
        "seeds": [1, 2, 3, 4],
        "values": entries,
        "totals": [
            {"nation": nation, "metric": KEY[0], "group": KEY[1], "difference": whole}
            for nation in ("AAA", "BBB")
        ],
        "nations": [],
        "confidence_level": 0.95,
        "caveats": ["simulation only"],
        "warnings": [],
    }


def test_players_are_ranked_by_the_sum_over_nations_and_ties_stay_in_order():
    content = content_of(
        {"a": (0.1, 0.0), "b": (0.0, 0.3), "c": (-0.2, 0.0), "d": (0.0, 0.1), "e": (None, None)}
    )
    assert ranked(content, values_of(content, *KEY)) == ["b", "a", "d", "e", "c"]


def test_the_chart_has_a_panel_per_nation_and_a_bar_per_known_value():
    content = content_of({"a": (0.1, 0.0), "b": (-0.2, None)})
    figure = players_chart(content, *KEY, {})
    first, second = figure.axes
    assert [bar.get_width() for bar in first.patches] == pytest.approx([10.0, -20.0])
    assert [bar.get_width() for bar in second.patches] == [0.0]
    assert first.get_xlim() == second.get_xlim()
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["a", "b"]


def test_the_chart_leaves_out_the_smallest_and_says_so():
    content = content_of({f"p{i}": (0.01 * (i + 1), 0.0) for i in range(PLAYERS_SHOWN + 5)})
    figure = players_chart(content, *KEY, {})
    shown = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert len(shown) == PLAYERS_SHOWN
    assert not {"p0", "p4"} & set(shown)
    assert any("5 players of smaller value are not drawn" in text.get_text() for text in figure.texts)


def test_a_sampled_table_tells_the_bound_and_an_exact_one_that_it_is_exact():
    sampled = "\n".join(value_lines(content_of({"a": (0.1, 0.0)}, samples=40) | {"nations": []}, {}))
    assert "sampled from 40 orders a seed" in sampled
    assert "+10.00 ±1.00 bound 0.20 (+10.00, +10.00)" in sampled
    exact = "\n".join(value_lines(content_of({"a": (0.1, 0.0)}), {}))
    assert "exact: from all 2 coalitions" in exact
    assert "bound" not in exact


def test_numbers():
    assert number_words(0.0, 100.0) == "0"
    assert number_words(1e-6, 100.0) == "+0.00"
    assert number_words(None, 100.0) == "–"
    assert interval_words({"mean": 0.0, "low": 0.0, "high": 0.0}, 100.0) == "0"
    assert interval_words({"mean": 0.0, "low": -0.1, "high": 0.1}, 100.0) == "0 ±10.00"
    assert scale_of("count", [5.0]) == (1.0, "")
    assert scale_of("m", [5.0]) == (1e-3, "km")
