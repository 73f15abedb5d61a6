"""The section ``picture``: by the truth nothing changes, gated there are tracks and their figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mda_sim import pipeline
from mda_sim.core.errors import RunError, ScenarioError
from mda_sim.metrics.compare import CAVEATS, GATED_CAVEATS
from mda_sim.metrics.score_rows import ScoreRow, from_csv
from mda_sim.picture.receipts import receipts
from mda_sim.picture.scans import places, received_scans
from mda_sim.records import NO_TARGET
from mda_sim.report.text import for_markdown
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.run import Study, run

TINY = Path(__file__).parent / "tiny.yaml"
SETS = ["output.maps=false", "seed.count=1"]


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Study:
    scenario = load_scenario(TINY, sets=[*SETS, "picture.association=gated"])
    return run(scenario, out=tmp_path_factory.mktemp("gated") / "out", workers=1)


@pytest.fixture(scope="module")
def by_truth(tmp_path_factory: pytest.TempPathFactory) -> Study:
    scenario = load_scenario(TINY, sets=[*SETS, "picture.association=truth"])
    return run(scenario, out=tmp_path_factory.mktemp("truth") / "out", workers=1)


def is_of_tracks(metric: str) -> bool:
    return metric.startswith(("siap_", "gospa_", "ospa_"))


def without_nan(rows: list[ScoreRow]) -> list[tuple[object, ...]]:
    return [tuple("nan" if cell != cell else cell for cell in row) for row in rows]


def test_gated_association_adds_figures_of_tracks_and_moves_no_other(gated: Study, by_truth: Study) -> None:
    plain, more = (list(from_csv(study.folder / "scores.csv")) for study in (by_truth, gated))
    assert not any(is_of_tracks(row.metric) for row in plain)
    assert without_nan([row for row in more if not is_of_tracks(row.metric)]) == without_nan(plain)
    found = {row.metric for row in more if is_of_tracks(row.metric)}
    assert {"siap_completeness", "siap_changes", "gospa_m", "gospa_false", "ospa_m"} <= found
    assert {row.node for row in more if is_of_tracks(row.metric)} == {"phl_centre", "jpn_centre"}
    unit = "seeds/1/sensing"
    for name in ("contacts", "reports", "legs"):
        one, other = ((study.folder / unit / f"{name}.parquet").read_bytes() for study in (gated, by_truth))
        assert one == other


def test_the_default_is_association_by_the_truth(by_truth: Study, tmp_path: Path) -> None:
    silent = run(load_scenario(TINY, sets=SETS), out=tmp_path / "out", workers=1)
    assert silent.summary == by_truth.summary
    for name in ("scores.csv", "summary.json", "answer.md", "scenario.yaml"):
        assert (silent.folder / name).read_bytes() == (by_truth.folder / name).read_bytes()


def test_every_table_says_how_contacts_were_associated(gated: Study, by_truth: Study) -> None:
    for study, caveats in ((gated, GATED_CAVEATS), (by_truth, CAVEATS)):
        assert json.loads((study.folder / "summary.json").read_text())["caveats"] == list(caveats)
        assert for_markdown(caveats[1]) in (study.folder / "answer.md").read_text()
    assert "gated association" in GATED_CAVEATS[1]
    assert "perfect association" not in (gated.folder / "answer.md").read_text().lower()
    assert "tracks and vessels" in (gated.folder / "answer.md").read_text().lower()


def test_better_sharing_makes_the_picture_more_complete(gated: Study) -> None:
    found = {
        (row.configuration, row.nation): row.value
        for row in from_csv(gated.folder / "scores.csv")
        if row.metric == "siap_completeness"
    }
    assert found["direct", "PHL"] > found["today", "PHL"]
    assert found["today", "PHL"] >= 0.0


def test_a_gated_frame_needs_the_seed() -> None:
    scenario, fleet, log = _sensed()
    with pytest.raises(RunError, match="needs the seed"):
        pipeline.build_frame(scenario, fleet, log)


def test_a_node_reads_every_contact_of_a_vessel_and_false_contact_that_came_once() -> None:
    scenario, fleet, log = _sensed()
    said = pipeline.gated_frame(scenario, fleet, log, 1).said
    target = log.contacts["target"]
    assert len(said.contact) == int(((target < log.n_vessels) | (target == NO_TARGET)).sum())
    sharing = scenario.arrangements["direct"]
    deliveries = pipeline.share(scenario, fleet, log, "direct", 1)
    came = receipts(log, deliveries, sharing, "jpn_centre", end_us=scenario.timeline.end_us)
    found = received_scans(said, deliveries, came)
    assert len(np.unique(found.said)) == len(found.said)
    expected = np.isin(deliveries.contact_part[said.contact], came["part"])
    assert sorted(found.said.tolist()) == np.flatnonzero(expected).tolist()
    assert (np.diff(found.t_received_us) >= 0).all()
    lat_deg, _ = places(said, found)
    assert (lat_deg == said.lat_deg[found.said]).all()  # no link makes copies coarser here


def test_bad_values_of_the_section_are_told_together() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(
            TINY,
            sets=[
                "picture.association=guess",
                "picture.gating.gate_probability=1",
                "picture.scoring.alpha=3",
            ],
        )
    paths = {problem.key for problem in caught.value.problems}
    assert paths == {"picture.association", "picture.gating.gate_probability", "picture.scoring.alpha"}


def _sensed() -> tuple[Scenario, object, object]:
    scenario = load_scenario(TINY, sets=[*SETS, "picture.association=gated"])
    fleet = pipeline.build_world(scenario, 1)
    return scenario, fleet, pipeline.sense(scenario, fleet, 1)
