"""Scenarios: YAML to a frozen, checked ``Scenario``, or every problem at once with its place in the
file.
"""

from mda_sim.scenario.load import load_scenario, load_scenario_text
from mda_sim.scenario.scenario import Origin, Scenario

__all__ = ["Origin", "Scenario", "load_scenario", "load_scenario_text"]
