"""Events in the answer and in charts: figures against hand-made summaries, days against hand-made hours."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_DAY, US_PER_H
from mda_sim.metrics.over_time import OVER_TIME
from mda_sim.metrics.suspension_rate import RATES_PER_YEAR, YEAR_S
from mda_sim.report.answer import answer
from mda_sim.report.event_charts import Days, Followed, Span, daily, event_span, over_time_chart
from mda_sim.report.event_tables import event_blocks, events_of, rate_rows, rate_sheet
from mda_sim.report.sheets import sheets
from mda_sim.report.words import metric_words

GROUP = "not_broadcasting_foreign"
DAY_S = 86_400.0
SIX_H = Followed(GROUP, "6h", 6 * 3600.0)


def entry(mean: float | None, unit: str, difference: float | None = None, n: int = 2) -> dict[str, Any]:
    known: dict[str, Any] = {"mean": mean, "low": mean, "high": mean, "n": n, "unit": unit}
    if difference is not None:
        known["difference"] = {"mean": difference, "low": difference, "high": difference, "n": n}
    return known


@pytest.fixture
def eventful(summary: dict[str, Any]) -> dict[str, Any]:
    """AAA's 'direct' has an event of ten days that costs two days of custody against the baseline."""
    today, direct = (summary["configurations"][name]["AAA"] for name in ("today", "direct"))
    for found, own in ((today, False), (direct, True)):
        found["event_scored_s.crisis"] = {"all": entry(10 * DAY_S, "s")}
        for phase, mean in (("before", 0.6), ("during", 0.4 if own else 0.6), ("after", 0.6)):
            lost = mean - 0.6 if own else None
            found[f"custody_{phase}_6h.crisis"] = {GROUP: entry(mean, "1", lost)}
        found["custody_since_6h_s.crisis"] = {GROUP: entry(20 * DAY_S, "s", -2 * DAY_S if own else None)}
    direct["recovery_6h_s.crisis"] = {GROUP: entry(3600.0, "s", n=1)}
    direct["custody_lost_6h_s.crisis"] = {GROUP: entry(3 * DAY_S, "s", n=1)}
    return summary


def test_the_answer_shows_each_phase_recovery_and_loss(eventful: dict[str, Any]) -> None:
    assert events_of(eventful) == ["crisis"]
    text = answer(eventful, {})
    part = text.split('### AAA: Before, during and after the event "crisis"')[1].split("###")[0]
    about = "custody 6 h, not broadcasting, not own flag"
    assert f"| {about}: during | 60.0 % | 40.0 % -20.0 ±0.0 | 2 |" in part
    assert f"| {about}: time to recover | – | 60.0 min | 1 |" in part
    assert "BBB: Before, during" not in text


def test_the_loss_is_paired_where_nothing_but_the_event_differs(eventful: dict[str, Any]) -> None:
    """Custody without events is the baseline's 0.25; an event every 1/r + 10 d costs 2 d of it."""
    rows = list(rate_rows(eventful))
    assert [row.rate_per_year for row in rows] == list(RATES_PER_YEAR)
    for row in rows:
        assert (row.nation, row.configuration, row.event) == ("AAA", "direct", "crisis")
        assert (row.loss.against, row.loss.n) == ("baseline", 2)
        cycle_s = YEAR_S / row.rate_per_year + 10 * DAY_S
        assert row.custody == pytest.approx(0.25 - 2 * DAY_S / cycle_s)


def test_elsewhere_the_loss_is_measured_against_what_was_before(eventful: dict[str, Any]) -> None:
    direct = eventful["configurations"]["direct"]["AAA"]
    direct["custody_before_6h.crisis"][GROUP]["difference"]["mean"] = 0.1
    (row, *_) = rate_rows(eventful)
    assert (row.loss.against, row.loss.n) == ("before", 1)
    cycle_s = YEAR_S / RATES_PER_YEAR[0] + 10 * DAY_S
    assert row.custody == pytest.approx(0.6 - 3 * DAY_S / cycle_s)


def test_the_table_of_rates_begins_with_none_and_the_sheet_has_all(eventful: dict[str, Any]) -> None:
    text = answer(eventful, {}).split("came at a rate")[1]
    assert "| none | 25.00 % |" in text
    assert "Rates are not known" in text
    rows = list(csv.DictReader(io.StringIO(rate_sheet(eventful, {})["suspension_rates.csv"])))
    assert len(rows) == len(RATES_PER_YEAR)
    assert {row["lost_against"] for row in rows} == {"baseline"}
    assert [float(row["rate_per_year"]) for row in rows] == list(RATES_PER_YEAR)
    custody = [float(row["custody_in_the_long_run"]) for row in rows]
    assert custody == sorted(custody, reverse=True)


def test_figures_of_events_have_a_sheet_and_words_of_their_own(eventful: dict[str, Any]) -> None:
    metrics = {row["metric"] for row in csv.DictReader(io.StringIO(sheets(eventful, {})["events.csv"]))}
    assert metrics == {m for m in eventful["configurations"]["direct"]["AAA"] if m.endswith(".crisis")}
    assert metric_words("custody_since_6h_s.crisis") == 'time in custody 6 h since the event "crisis" began'


def test_a_summary_without_events_has_no_word_of_them(summary: dict[str, Any]) -> None:
    assert list(event_blocks(summary, {})) == []
    assert rate_sheet(summary, {}) == {}
    assert "at a rate" not in answer(summary, {})
    assert "events.csv" not in sheets(summary, {})


def hours_of(shares: list[float], first_h: float = 0.0) -> Table:
    """OVER_TIME of one nation and group: ten vessels, in custody for this share of each hour."""
    n = len(shares)
    columns = {
        "nation": [0] * n,
        "group": [0] * n,
        "age": [0] * n,
        "t_from_us": np.rint((first_h + np.arange(n)) * US_PER_H).astype(np.int64),
        "held_us": np.rint(np.array(shares) * 10 * US_PER_H).astype(np.int64),
        "scored_us": [10 * US_PER_H] * n,
    }
    meta = {"nations": ["AAA"], "groups": [GROUP], "ages_s": [6 * 3600.0]}
    return Table.of(OVER_TIME, columns, meta)


def test_days_are_counted_from_the_event_in_each_seed_and_whole() -> None:
    """Custody falls from 0.8 to 0.2 at 30 h in one seed, at 40 h in the other: day 0 of both is dark."""
    tables = [hours_of([0.8] * fall + [0.2] * (90 - fall)) for fall in (30, 40)]
    days = daily(tables, [30 * US_PER_H, 40 * US_PER_H], "AAA", SIX_H)
    assert days.day.tolist() == [-1, 0, 1]
    assert days.share == pytest.approx(np.array([[0.8, 0.2, 0.2]] * 2))


def test_a_day_that_few_seeds_have_is_left_out_and_one_that_some_lack_is_undefined() -> None:
    tables = [hours_of([0.5] * 24 * n) for n in (1, 2, 3)]
    days = daily(tables, [0, 0, 0], "AAA", SIX_H)
    assert days.day.tolist() == [0, 1]
    assert np.isnan(days.share).tolist() == [[False, True], [False, False], [False, False]]


def test_a_nation_or_group_that_is_not_followed_has_no_days() -> None:
    assert not len(daily([hours_of([0.5] * 24)], [0], "BBB", SIX_H).day)
    assert not len(daily([hours_of([0.5] * 24)], [0], "AAA", SIX_H._replace(group="all")).day)


def test_an_event_is_shaded_to_its_median_end() -> None:
    lasting = [("x", day * US_PER_DAY, (day + n) * US_PER_DAY) for day, n in ((1, 2), (5, 3), (9, 10))]
    assert event_span(lasting) == Span("x", 0.0, 3.0)
    assert event_span([("x", 0, NEVER_US)]).to_d == np.inf


def test_the_chart_draws_median_band_and_shade_of_every_nation() -> None:
    days = Days(np.arange(-2, 4), np.array([[0.5] * 6, [0.7] * 6, [0.3] * 6]))
    courses = {"today": {"AAA": days, "BBB": days}, "$direct$": {"AAA": days}}
    span = Span("$crisis$", 0.0, 2.0)
    figure = over_time_chart("Title", courses, ["AAA", "BBB"], [span], SIX_H, {}, x_words="days")
    first, second = figure.axes
    assert [len(axes.lines) for axes in (first, second)] == [2, 1]
    assert first.lines[0].get_xdata().tolist() == [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
    assert first.lines[0].get_ydata() == pytest.approx([50.0] * 6)
    (shade,) = first.patches
    assert (shade.get_x(), shade.get_width()) == (0.0, 2.0)
    band = first.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == pytest.approx((30.0, 70.0))
    assert [text.get_text() for text in first.texts] == ["$crisis$"]
    figure.canvas.draw()
