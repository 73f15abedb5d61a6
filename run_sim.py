"""Run a scenario: ``python run_sim.py scenarios/south_china_sea.yaml`` (``--help`` lists the options)."""

from mda_sim.cli import run_sim

if __name__ == "__main__":
    run_sim()
