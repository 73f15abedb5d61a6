"""The page about AIS: its scenario text loads, and its check runs."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from mda_sim.scenario import load_scenario

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ais.md").read_text(encoding="utf-8")


def block(language):
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return text


def test_the_switches_of_the_page_load_as_part_of_a_scenario(tmp_path):
    starter = resources.files("mda_sim.scenario").joinpath("starter.yaml").read_text(encoding="utf-8")
    lines = starter.splitlines()
    row = next(i for i, line in enumerate(lines) if line.strip().startswith("ais: {"))
    indent = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
    lines[row : row + 1] = [indent + line for line in block("yaml").splitlines()]
    path = tmp_path / "page.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    (ais,) = [one.ais for one in load_scenario(path).spec.world.traffic.values() if one.ais.gaps]
    assert ais.gaps.lasts_mean_s == 86_400.0
    assert ais.off_in["shoal"].region.radius_m == 24 * 1852.0
    assert ais.false_positions.distance_m.high == 200_000.0
    assert ais.false_positions.circle.period_s == 1800.0


def test_the_check_of_the_page_runs():
    exec(compile(block("python"), "docs/ais.md", "exec"), {})
    with pytest.raises(AssertionError):
        exec(compile(block("python").replace("0.0196", "0.02"), "docs/ais.md", "exec"), {})
