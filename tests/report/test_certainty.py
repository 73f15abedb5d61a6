"""The section on seeds says what the summary says."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mda_sim.metrics.compare import summarise, values_by_key
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint
from mda_sim.metrics.uncertainty import add_uncertainty
from mda_sim.report.certainty import COLUMNS, certainty, certainty_sheet

METRIC = "custody_fraction_6h"


def summary_of(n: int) -> dict:
    rng = np.random.default_rng(7)
    luck = rng.normal(0.4, 0.1, n)
    values = {"today": luck, "direct": luck + rng.normal(0.05, 0.01, n), "same": luck}
    rows = [
        ScoreRow(name, seed, "PHL", "phl_ncwc", METRIC, "all", float(value), "1", 5)
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]
    summary = summarise(rows, "today", [Endpoint(metric=METRIC)])
    add_uncertainty(summary, values_by_key(rows))
    return summary


def test_with_many_seeds_the_reduction_is_in_the_answer_and_what_never_varies_is_a_dash() -> None:
    summary = summary_of(30)
    text = "\n".join(certainty(summary, {}))
    told = summary["configurations"]["direct"]["PHL"][METRIC]["all"]["difference"]["variance_reduction"]
    assert f"| PHL | custody 6 h: all vessels | {told:,.3g} | – |" in text
    assert "Simulation only" in text
    assert f"about {summary['uncertainty']['seeds_needed']} seeds would bring it to ±1" in text
    assert "in 0 of 1 differences they disagree" in text


def test_with_few_seeds_there_is_no_reduction_and_with_one_no_section() -> None:
    assert "What common seeds save" not in "\n".join(certainty(summary_of(29), {}))
    assert "## How sure" in "\n".join(certainty(summary_of(29), {}))
    assert list(certainty(summary_of(1), {})) == []


def test_the_sheet_has_a_line_per_endpoint_nation_and_configuration() -> None:
    summary = summary_of(30)
    rows = list(csv.DictReader(io.StringIO(certainty_sheet(summary)["uncertainty.csv"])))
    assert tuple(rows[0]) == COLUMNS
    assert [row["configuration"] for row in rows] == ["today", "direct", "same"]
    entry = summary["configurations"]["direct"]["PHL"][METRIC]["all"]
    assert float(rows[1]["bootstrap_low"]) == entry["bootstrap_low"]
    assert float(rows[1]["difference_bootstrap_high"]) == entry["difference"]["bootstrap_high"]
    assert float(rows[1]["variance_reduction"]) == pytest.approx(entry["difference"]["variance_reduction"])
    assert rows[0]["difference_mean"] == rows[2]["variance_reduction"] == ""
    assert certainty_sheet({**summary, "primary": []}) == {}
