"""Objects print what they are, and tables come as DataFrames and datasets that say what the files say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import mda_sim as mda
from mda_sim.core.table import Column, Schema, Table
from mda_sim.study.frames import effects_frame, value_frame
from mda_sim.study.run import Study

TINY = Path(__file__).with_name("tiny.yaml")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    scenario = mda.load(TINY, sets=["output.maps=false"])
    return mda.run(scenario, out=tmp_path_factory.mktemp("frames") / "run", workers=1)


def test_a_run_as_a_frame_has_every_figure_of_its_summary(study: Study) -> None:
    frame = study.to_pandas()
    summary = json.loads((study.folder / "summary.json").read_text())
    by_metric = [groups for nations in summary["configurations"].values() for groups in nations.values()]
    n = sum(len(groups) for metrics in by_metric for groups in metrics.values())
    assert len(frame) == n > 100
    index = ["configuration", "nation", "metric", "group"]
    row = frame.set_index(index).loc["direct", "JPN", "custody_fraction_6h", "all"]
    entry = summary["configurations"]["direct"]["JPN"]["custody_fraction_6h"]["all"]
    assert row["mean"] == entry["mean"]
    assert row["difference"] == entry["difference"]["mean"]
    assert not frame.duplicated(index).any()
    with (study.folder / "scores.csv").open() as file:
        values = [
            float(one["value"])
            for one in csv.DictReader(file)
            if [one[name] for name in index] == ["direct", "JPN", "custody_fraction_6h", "all"]
        ]
    assert row["mean"] == pytest.approx(np.mean(values))


def test_coverage_of_a_run_is_a_dataset_by_place(study: Study) -> None:
    data = study.coverage()
    assert set(data.custody_fraction.dims) == {"configuration", "seed", "nation", "custody_age", "lat", "lon"}
    weight = np.cos(np.deg2rad(data.lat))
    ages = [int(age) for age in data.custody_age.values]
    frame = study.to_pandas().set_index(["configuration", "nation", "metric", "group"])
    of_six = data.custody_fraction.sel(configuration="direct", nation="PHL", custody_age=ages[0])
    mean = float(of_six.weighted(weight).mean(("lat", "lon")).mean("seed"))
    told = frame.loc["direct", "PHL", f"area_coverage_fraction_{ages[0] // 3600}h", "all"]["mean"]
    assert mean == pytest.approx(told, abs=0.02)  # cells at the edge of the area are cut


def test_a_table_as_a_frame_names_what_has_names_and_leaves_out_what_has_none() -> None:
    schema = Schema("pets", (Column("kind", "i2", "kind", names="kinds"), Column("mass_kg", "f8", "mass")))
    frame = Table.of(
        schema, {"kind": [1, -1, 0], "mass_kg": [1.0, 2.0, 3.0]}, {"kinds": ["cat", "dog"]}
    ).to_pandas()
    assert frame["kind"].astype(object).where(frame["kind"].notna(), None).tolist() == ["dog", None, "cat"]
    assert frame["mass_kg"].tolist() == [1.0, 2.0, 3.0]


def test_a_comparison_as_a_frame_has_its_rows(study: Study) -> None:
    found = mda.compare(study.folder)
    frame = found.to_pandas()
    assert len(frame) == len(found.rows)
    assert list(frame.columns) == list(found.rows[0]._fields)
    assert frame["mean"].tolist() == pytest.approx([row.mean for row in found.rows], nan_ok=True)


def test_objects_print_in_a_line(study: Study) -> None:
    scenario = mda.load(TINY)
    fleet = mda.build_world(scenario, seed=1)
    log = mda.sense(scenario, fleet, seed=1)
    deliveries = mda.share(scenario, fleet, log, "direct", seed=1)
    told = [
        repr(one)
        for one in (scenario, fleet, log, log.contacts, deliveries, study, mda.compare(study.folder))
    ]
    assert all(words.startswith("<") and len(words) < 200 and "\n" not in words for words in told)
    assert f"{len(log.contacts):,} contacts" in told[2]
    assert "direct" in told[0]


def test_effects_as_a_frame_stand_beside_their_figure() -> None:
    change = {"mean": -0.1, "low": -0.2, "high": 0.0, "n": 3}
    effects = [
        {
            "assumption": "height",
            "setting": end,
            "mean": 0.4,
            "low": 0.3,
            "high": 0.5,
            "n": 3,
            "change": change,
        }
        for end in ("low", "high")
    ]
    figure = {"nation": "PHL", "metric": "m", "group": "all", "configuration": "direct", "against": "today"}
    frame = effects_frame({"figures": [{**figure, "unit": "1", "mean": 0.5, "effects": effects}]})
    assert frame["setting"].tolist() == ["low", "high"]
    assert set(frame["against"]) == {"today"}
    assert frame["change_low"].tolist() == [-0.2, -0.2]
    assert "change" not in frame


def test_values_of_players_as_a_frame() -> None:
    row = {
        "player": "link:a",
        "nation": "JPN",
        "metric": "m",
        "group": "all",
        "measure": "shapley",
        "mean": 0.1,
    }
    assert value_frame({"values": [row, {**row, "measure": "first_in"}]})["measure"].tolist() == [
        "shapley",
        "first_in",
    ]
