from __future__ import annotations

from pathlib import Path

import pytest

from mda_sim.core.errors import ScenarioError
from mda_sim.scenario import load_scenario, load_scenario_text
from mda_sim.scenario.starter import starter_text, write_starter
from mda_sim.study.run import run


def test_the_starter_is_sound_and_doubtless() -> None:
    scenario = load_scenario_text(starter_text("my_first"))
    assert scenario.name == "my_first"
    assert scenario.warnings == ()
    assert scenario.baseline in scenario.arrangements
    assert len(scenario.arrangements) == 3


def test_the_starter_shows_every_kind_of_traffic_and_sensor() -> None:
    spec = load_scenario_text(starter_text()).spec
    assert {one.kind for one in spec.world.traffic.values()} == {
        "fishing",
        "merchant",
        "militia",
        "patrol",
        "small_boats",
    }
    assert {one.kind for one in spec.sensors.values()} == {"ais_receiver", "coastal_radar", "sar_satellite"}


def test_the_starter_runs(tmp_path: Path) -> None:
    path = tmp_path / "first.yaml"
    write_starter(path)
    brief = ("warmup_h=1", "duration_h=3", "drain_h=1", "output.maps=false")
    study = run(load_scenario(path, sets=brief), out=tmp_path / "out", workers=1)
    assert set(study.efforts) == {"direct", "pooled", "today"}
    assert (tmp_path / "out" / "summary.json").stat().st_size > 0


def test_it_is_written_once_and_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sulu_sea.yaml"
    write_starter(path)
    assert load_scenario(path).name == "sulu_sea"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ScenarioError, match="is there already"):
        write_starter(path)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["../x", "A", "", "a\n", "a" * 42, "x\x1b[2J"])
def test_a_name_that_is_no_id_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match="expected a name of lower-case letters"):
        write_starter(tmp_path / "x.yaml", name)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot write it"):
        write_starter(tmp_path / "missing" / "x.yaml")
