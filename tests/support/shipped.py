"""The shipped scenarios, each loaded once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mda_sim.scenario import Scenario, load_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
PATHS = sorted(FOLDER.glob("*.yaml"))


@cache
def shipped(name: str) -> Scenario:
    """A shipped scenario as it stands, by the name of its file; a scenario cannot be changed."""
    return load_scenario(FOLDER / f"{name}.yaml")


@cache
def resolved_text(name: str) -> str:
    """A shipped scenario written out in full."""
    return shipped(name).to_yaml()
