"""Parts of the benchmarks: stages of the default run, large worlds, a recording."""

from __future__ import annotations

from typing import Any

from figures import FOLDER, Measured, Options, figure, made_by, ratios, scaled
from world import position_costs_ns, samples_s

SCENARIO = FOLDER.parent / "scenarios" / "six_arrangements.yaml"


def stages(how: Options) -> Measured:
    """Stages of one seed, and costs per unit of work."""
    from mda_sim import pipeline
    from mda_sim.scenario import load_scenario

    scenario = load_scenario(SCENARIO, seeds=1)
    seed, n = scenario.seeds[0], how.repeats
    fleet = pipeline.build_world(scenario, seed)
    log = pipeline.sense(scenario, fleet, seed)
    unit_ns, lat_lon_ns = position_costs_ns(fleet)
    frame = pipeline.build_frame(scenario, fleet, log)
    figures = [
        figure("read and check the scenario", samples_s(lambda: load_scenario(SCENARIO), n), "s"),
        figure("world of one seed", samples_s(lambda: pipeline.build_world(scenario, seed), n), "s"),
        figure("sensing of one seed", samples_s(lambda: pipeline.sense(scenario, fleet, seed), n), "s"),
        figure("contacts made", len(log.contacts)),
        figure("position as a unit vector", unit_ns, "ns", 60.0),
        figure("position as latitude and longitude", lat_lon_ns, "ns", 120.0),
        figure(
            "frame for scoring one seed",
            samples_s(lambda: pipeline.build_frame(scenario, fleet, log), n),
            "s",
        ),
    ]
    for name in scenario.arrangements:

        def exchange(name: str = name) -> Any:
            return pipeline.share_with_stats(scenario, fleet, log, name, seed)

        deliveries, stats = exchange()

        def examine(name: str = name, made: Any = deliveries) -> None:
            pipeline.audit(scenario, fleet, log, made, name, seed)

        def score(name: str = name, made: Any = deliveries) -> None:
            frame.scored_pictures.clear()  # nothing is taken over from another configuration
            pipeline.score(scenario, frame, made, name, seed)

        seconds = samples_s(exchange, n)
        hop_us = [one / stats.hops_rows * 1e6 for one in seconds]
        figures += [
            figure(f"exchange, {name}", seconds, "s"),
            figure(f"exchange, {name}: a hop row", hop_us, "us"),
            figure(f"audit, {name}", samples_s(examine, n), "s"),
            figure(f"scores, {name}", samples_s(score, n), "s"),
        ]
    return Measured(figures)


def worlds(how: Options) -> Measured:
    """Large worlds, each made in a process of its own (``world.py``), and positions in the second."""
    figures = []
    for n_vessels in (1_000, 10_000, 50_000):
        made = made_by("world.py", str(n_vessels), repeats=how.repeats)
        name = f"world of {n_vessels:,} vessels, 30 days"
        has_bar = n_vessels == 10_000
        vessel_day_us = [1e6 * one for one in ratios(made["seconds"], made["vessel_days"])]
        figures += [
            figure(name, made["seconds"], "s", 20.0 if has_bar else None),
            figure(f"{name}: a vessel-day", vessel_day_us, "us"),
            figure(f"{name}: vessels at a time", made["vessels"]),
            figure(f"{name}: legs and vessels", made["table_mib"], "MiB"),
            figure(f"{name}: largest the process was", made["peak_mib"], "MiB"),
        ]
        if has_bar:
            figures += [
                figure(f"{name}: position as a unit vector", made["unit_ns"], "ns", 60.0),
                figure(f"{name}: position as latitude and longitude", made["lat_lon_ns"], "ns", 120.0),
            ]
    return Measured(figures)


def recording(how: Options) -> Measured:
    """A recording of a million rows, made in a process of its own (``recording.py``)."""
    made = made_by("recording.py", repeats=how.repeats)
    name = "recording of 1,000,000 rows"
    return Measured(
        [
            figure(f"{name}: read, cleaned, made tracks", made["seconds"], "s", 20.0),
            figure(f"{name}: a row", scaled(made, "seconds", 1.0), "us"),
            figure(f"{name}: rows used", made["used"]),
            figure(f"{name}: legs", made["legs"]),
            figure(f"{name}: largest the process was", made["peak_mib"], "MiB"),
        ]
    )
