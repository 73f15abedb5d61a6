"""Simulator of maritime domain awareness: who sees what at sea, how soon, and what sharing changes.

The shop window: every name below is loaded when it is first used, so ``import mda_sim`` costs nothing.

    import mda_sim as mda
    scenario = mda.load("scenarios/south_china_sea.yaml")
    fleet = mda.build_world(scenario, seed=1)
    log = mda.sense(scenario, fleet, seed=1)
    deliveries = mda.share(scenario, fleet, log, "today", seed=1)
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mda_sim.pipeline import build_frame, build_world, run_seed, score, sense, share
    from mda_sim.scenario import Scenario
    from mda_sim.scenario import load_scenario as load
    from mda_sim.study.animate import animate_day
    from mda_sim.study.compare import compare
    from mda_sim.study.explain import explain
    from mda_sim.study.export import export_run
    from mda_sim.study.next_best import next_best
    from mda_sim.study.pictures import picture_at
    from mda_sim.study.redraw import draw_page
    from mda_sim.study.run import run
    from mda_sim.study.sensitivity import sensitivity
    from mda_sim.study.sweep import sweep
    from mda_sim.study.until import run_until
    from mda_sim.study.value import value
    from mda_sim.study.view import open_gallery, plot_coverage, plot_difference, plot_scenario

_HOMES: Final[dict[str, tuple[str, str]]] = {
    "Scenario": ("mda_sim.scenario", "Scenario"),
    "load": ("mda_sim.scenario", "load_scenario"),
    "build_world": ("mda_sim.pipeline", "build_world"),
    "sense": ("mda_sim.pipeline", "sense"),
    "share": ("mda_sim.pipeline", "share"),
    "build_frame": ("mda_sim.pipeline", "build_frame"),
    "score": ("mda_sim.pipeline", "score"),
    "run_seed": ("mda_sim.pipeline", "run_seed"),
    "run": ("mda_sim.study.run", "run"),
    "draw_page": ("mda_sim.study.redraw", "draw_page"),
    "explain": ("mda_sim.study.explain", "explain"),
    "export_run": ("mda_sim.study.export", "export_run"),
    "picture_at": ("mda_sim.study.pictures", "picture_at"),
    "sensitivity": ("mda_sim.study.sensitivity", "sensitivity"),
    "sweep": ("mda_sim.study.sweep", "sweep"),
    "run_until": ("mda_sim.study.until", "run_until"),
    "animate_day": ("mda_sim.study.animate", "animate_day"),
    "compare": ("mda_sim.study.compare", "compare"),
    "value": ("mda_sim.study.value", "value"),
    "next_best": ("mda_sim.study.next_best", "next_best"),
    "open_gallery": ("mda_sim.study.view", "open_gallery"),
    "plot_coverage": ("mda_sim.study.view", "plot_coverage"),
    "plot_difference": ("mda_sim.study.view", "plot_difference"),
    "plot_scenario": ("mda_sim.study.view", "plot_scenario"),
}

__all__ = [
    "Scenario",
    "__version__",
    "animate_day",
    "build_frame",
    "build_world",
    "compare",
    "draw_page",
    "explain",
    "export_run",
    "load",
    "next_best",
    "open_gallery",
    "picture_at",
    "plot_coverage",
    "plot_difference",
    "plot_scenario",
    "run",
    "run_seed",
    "run_until",
    "score",
    "sense",
    "sensitivity",
    "share",
    "sweep",
    "value",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("mda-sim")
    elif name in _HOMES:
        module, attribute = _HOMES[name]
        value = getattr(import_module(module), attribute)
    else:
        raise AttributeError(f"module 'mda_sim' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
