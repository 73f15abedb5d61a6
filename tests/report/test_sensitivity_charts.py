"""Tables and charts of a sensitivity analysis, from hand-made results."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from mda_sim.report.sensitivity_charts import charts
from mda_sim.report.sensitivity_figures import endpoints, scale_of, strongest
from mda_sim.report.sensitivity_tables import morris_csv, result_lines, sensitivity_csv

HOSTILE = "=$\\frac{1$ [bold red]x[/] \x1b[31m\u202e<script> 太"


def change(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "n": 3}


def figure(
    configuration: str, against: str, mean: float, moves: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    effects = [
        {
            "assumption": name,
            "setting": setting,
            **change(mean + by),
            "change": change(by) if by else {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 3},
        }
        for name, (low, high) in moves.items()
        for setting, by in (("low", low), ("high", high))
    ]
    means = [mean, *(effect["mean"] for effect in effects)]
    swings = {name: max(0, *ends) - min(0, *ends) for name, ends in moves.items()}
    return {
        "nation": "JPN",
        "metric": "custody_fraction_6h",
        "group": "all@zone",
        "configuration": configuration,
        "against": against,
        "unit": "1",
        **change(mean),
        "range": {"low": min(means), "high": max(means)},
        "effects": effects,
        "ranks": [
            {"assumption": name, "swing": swing}
            for name, swing in sorted(swings.items(), key=lambda item: -item[1])
        ],
    }


def described(name: str) -> dict[str, Any]:
    settings = {setting: {"words": words, "set": []} for setting, words in (("low", "1 h"), ("high", "9 h"))}
    return {
        "name": name,
        "keys": ["metrics.error_max_m"],
        "stated": "3 h",
        "source": "x",
        "settings": settings,
    }


@pytest.fixture
def results() -> dict[str, Any]:
    """Two configurations, three assumptions: a moves most, b moves one panel, c moves nothing."""
    return {
        "method": "one_at_a_time",
        "baseline": "today",
        "seeds": [1, 2, 3],
        "warnings": [HOSTILE],
        "caveats": ["simulation only"],
        "assumptions": {"a": described(HOSTILE), "b": described("Bee"), "c": described("Sea")},
        "figures": [
            figure("today", "", 0.3, {"a": (0.0, 0.0), "b": (-0.02, 0.0), "c": (0.0, 0.0)}),
            figure("direct", "today", 0.1, {"a": (-0.05, 0.15), "b": (0.0, 0.0), "c": (0.0, 0.0)}),
            figure("same", "today", 0.0, {"a": (0.0, 0.0), "b": (0.0, 0.0), "c": (0.0, 0.0)}),
            figure("direct", "", 0.4, {"a": (-0.05, 0.15), "b": (-0.02, 0.0), "c": (0.0, 0.0)}),
        ],
    }


@pytest.fixture
def screened(results: dict[str, Any]) -> dict[str, Any]:
    """The same of a screening."""
    entries = []
    for name, mu_star in (("a", 0.2), ("b", 0.05), ("c", 0.0)):
        numbers = {"mu": -mu_star, "mu_star": mu_star, "sigma": mu_star / 2}
        ends = {f"{key}_{end}": value for key, value in numbers.items() for end in ("low", "high")}
        entries.append({"assumption": name, "n": 4, **numbers, **ends})
    figures = [{**one, "effects": entries} for one in results["figures"][:2]]
    for one in figures:
        del one["ranks"], one["range"], one["mean"]
    return {**results, "method": "morris", "trajectories": 4, "levels": 4, "figures": figures}


def test_an_endpoint_is_the_baselines_value_and_the_differences(results: dict[str, Any]) -> None:
    ((endpoint, figures),) = endpoints(results).items()
    assert (endpoint.nation, endpoint.group) == ("JPN", "all@zone")
    assert [(one["configuration"], one["against"]) for one in figures] == [
        ("today", ""),
        ("direct", "today"),
        ("same", "today"),
    ]


def test_assumptions_are_ranked_by_their_largest_effect_on_any_headline(results: dict[str, Any]) -> None:
    found = list(strongest(results, results["figures"]))
    assert [(name, pytest.approx(size)) for name, size, _ in found] == [("a", 0.2), ("b", 0.02), ("c", 0.0)]
    assert found[0][2] is results["figures"][1]
    assert found[2][2] is None


@pytest.mark.parametrize(
    ("unit", "largest", "value", "shown"),
    [
        ("1", 0.5, 0.123, "+12.3"),
        ("1", 0.005, -0.00123, "-0.12"),
        ("1", 0.5, -1e-9, "0.0"),
        ("s", 7200.0, 5400.0, "+1.50"),
        ("m", 5e4, 1500.0, "+1.5"),
        ("count", 500.0, 12.0, "+12"),
        ("1", 0.5, None, "–"),
    ],
)
def test_numbers_are_printed_in_one_unit(unit: str, largest: float, value: float | None, shown: str) -> None:
    assert scale_of(unit, [largest, None]).number(value, signed=True) == shown


def test_the_terminal_shows_the_range_beside_the_interval(results: dict[str, Any]) -> None:
    lines = "\n".join(result_lines(results, {"zone": "Zone"}))
    assert "direct less today" in lines
    assert "+10.0 pp" in lines
    assert "[+9.0, +11.0]" in lines
    assert "+5.0 to +25.0" in lines
    assert "No effect on any of them: Sea." in lines
    assert "same" not in lines
    assert "\x1b" not in lines


def test_every_headline_has_a_row_for_the_file_and_for_each_setting(results: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(sensitivity_csv(results))))
    assert len(rows) == 4 * (1 + 6)
    moved = [
        row
        for row in rows
        if (row["assumption"], row["setting"], row["configuration"]) == ("a", "high", "direct")
    ]
    assert [float(row["difference"]) for row in moved] == [0.15, 0.15]
    assert [row["against"] for row in moved] == ["today", ""]
    assert [row["value"] for row in moved] == ["9 h", "9 h"]


def test_a_screening_has_a_row_for_each_assumption(screened: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(morris_csv(screened))))
    assert len(rows) == 2 * 3
    assert [float(rows[0][name]) for name in ("mu", "mu_star", "sigma", "mu_star_low")] == [
        -0.2,
        0.2,
        0.1,
        0.2,
    ]
    lines = "\n".join(result_lines(screened, {}))
    assert "20.0 pp" in lines
    assert "largest mu*" in lines


def test_charts_show_what_moves_and_name_what_does_not(
    results: dict[str, Any], screened: dict[str, Any]
) -> None:
    ((name, draw),) = charts(results, {"zone": HOSTILE})
    assert name == "custody_fraction_6h_all-zone_JPN.png"
    drawn = draw()
    assert len(drawn.axes) == 2
    words = "\n".join(text.get_text() for text in drawn.texts)
    assert "No effect: Sea." in words
    assert "1 configuration that no assumption moves" in words
    assert "Simulation only." in words
    first = [label.get_text() for label in drawn.axes[0].get_yticklabels()]
    assert first[1] == "Bee"
    assert len(first) == 2
    ((name, draw),) = charts(screened, {})
    assert name == "morris_custody_fraction_6h_all-zone_JPN.png"
    assert len(draw().axes) == 2


def test_labels_of_a_screening_cover_neither_each_other_nor_leave_the_panel(screened: dict[str, Any]) -> None:
    """All at nearly the same place: every rank is still there, apart from the others."""
    for number, effect in enumerate(screened["figures"][0]["effects"]):
        effect |= {"mu_star": 0.2 + 1e-4 * number, "sigma": 0.1, "mu_star_low": 0.19, "mu_star_high": 0.21}
    ((_, draw),) = charts(screened, {})
    drawn = draw()
    texts = [text for text in drawn.axes[0].texts if text.get_text().isdigit()]
    assert {text.get_text() for text in texts} == {"1", "2", "3"}
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_equal_results_are_equal_pictures(results: dict[str, Any], tmp_path: Any) -> None:
    from mda_sim.report.style import save

    def bytes_of(draw: Callable[[], Any], name: str) -> bytes:
        save(draw(), tmp_path / name)
        return (tmp_path / name).read_bytes()

    ((_, draw),) = charts(results, {})
    assert bytes_of(draw, "a.png") == bytes_of(draw, "b.png")
