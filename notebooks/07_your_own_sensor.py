# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What would people with binoculars on a hill see? Add your own kind of sensor
#
# A kind of sensor is one class. Here it is written in a cell, asked by range, set on the coast of Zambales beside a radar, and held
# to its own law. `docs/new-sensor.md` says where the class goes so that YAML, checks and `mda-sim show` know it too.
#
# **Read it as what it is:** ranges and probabilities of the watch post are assumptions, made up for this page.

# %%
# %matplotlib inline
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

import mda_sim as mda
from mda_sim.core.rng import draw_uniform
from mda_sim.core.spec import Probability
from mda_sim.geo.sphere import destination
from mda_sim.sensing.example import Example, Sky
from mda_sim.sensing.horizon import horizon_m
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import for_life
from mda_sim.world.groups import Group, assemble
from mda_sim.world.legs import legs_between

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
scenario = mda.load(ROOT / "scenarios" / "quick.yaml", seeds=1)


# %% [markdown]
# ## The class
#
# What a fixed sensor owes the program: the category that agreements name, a position error, a reach, a probability by range, and a
# `looker`, which is asked about the stretches of time in which a vessel is in reach. A draw is addressed by what it decides, so this
# sensor changes no draw of another.


# %%
class WatchPost(FixedSensor):
    """A post from which people watch the sea, in clear weather, day and night alike."""

    kind: Literal["watch_post"] = "watch_post"
    antenna_height_m: Annotated[float, Field(gt=0, le=9000)]
    max_range_m: Annotated[float, Field(gt=0, le=1e6)] = 20_000.0
    p_seen: Probability = 0.5

    @property
    def category(self):
        return "visual"

    def error_m(self):
        return 500.0

    def reach_m(self, targets, duct_height_m=0.0):
        return np.minimum(self.max_range_m, horizon_m(self.antenna_height_m, targets["height_m"]))

    def p_by_range(self, range_m, example, sky=None):
        reach_m = min(self.max_range_m, float(horizon_m(self.antenna_height_m, example.height_m)))
        return np.where(np.asarray(range_m) <= reach_m, self.p_seen, 0.0)

    def looker(self, watch):
        fleet, grid, key = watch.fleet, watch.grid, watch.key("sense.visual.contact")

        def look(windows, out):
            n = 0
            for window in windows:
                target, stream = int(window["target"]), fleet.draw_address[window["target"]]
                begins = (int(window["t_from_us"]) - grid.phase_us) // grid.interval_us
                ends = (int(window["t_to_us"]) - grid.phase_us) // grid.interval_us
                for interval in range(max(begins, grid.first), min(ends, grid.stop)):
                    u = draw_uniform(key, stream, fleet.targets["index"][target], watch.address, interval)[0]
                    if u < self.p_seen:
                        out[n] = 0
                        out[n]["interval"], out[n]["target"] = interval, target
                        n += 1
            return n

        return look


# %% [markdown]
# ## A post on the coast, beside a radar
#
# The radar is one of the scenario's; the post stands at the same place, 60 m above the sea, and reports every ten minutes.

# %%
RADAR = "phl_radar_osa_c"
radar = scenario.spec.sensors[RADAR]
post = WatchPost(
    operator="PHL", lat_deg=radar.lat_deg, lon_deg=radar.lon_deg, antenna_height_m=60.0, interval_s=600.0
)

# %% [markdown]
# ## By range

# %%
range_m = np.linspace(500, 60_000, 300)
boat = Example.of(length_m=14.0)

figure = Figure(figsize=(7, 3.2))
axes = figure.add_subplot()
axes.plot(range_m / 1000, post.p_by_range(range_m, boat), label="watch post, in ten minutes")
axes.plot(range_m / 1000, radar.p_by_range(range_m, boat, Sky(sea_state=3.0)), label="radar, in an interval")
axes.set(xlabel="range [km]", ylabel="P(a boat of 14 m is held)", ylim=(0, 1.02))
axes.legend()
figure

# %% [markdown]
# ## In the world of the scenario
#
# Both look at the same vessels. The log is that of any other sensor: reports, and contacts by report and target.

# %%
fleet = mda.build_world(scenario, seed=1)
log = sense(fleet, {"post": post, RADAR: radar}, scenario.timeline, seed=1, land=scenario.spec.world.land())
sensor_of = np.repeat(log.reports["sensor"], log.reports["count"])
names = np.array([card.id for card in log.sensors])[sensor_of]
is_vessel = log.contacts["target"] < fleet.n_vessels
contacts = pd.DataFrame(
    {
        "sensor": names[is_vessel],
        "target": log.contacts["target"][is_vessel],
        "class": np.array(fleet.classes)[fleet.targets["traffic_class"][log.contacts["target"][is_vessel]]],
    }
)
contacts.groupby(["class", "sensor"])["target"].agg(["size", "nunique"]).unstack("sensor").fillna(0).astype(
    int
)

# %% [markdown]
# ## Who adds what
#
# Vessels held by the post and not by the radar, and the other way round.

# %%
by_post = set(contacts.loc[contacts["sensor"] == "post", "target"])
by_radar = set(contacts.loc[contacts["sensor"] == RADAR, "target"])
print(f"{len(by_post & by_radar):5} vessels held by both")
print(f"{len(by_post - by_radar):5} by the post alone")
print(f"{len(by_radar - by_post):5} by the radar alone")

# %% [markdown]
# ## Held to its own law
#
# Three boats that lie still, within, just within and just beyond reach: the share of intervals with a contact must be the probability
# at their range. The cell fails if it is not.

# %%
boats = ("near", 0.5), ("just within reach", 0.99), ("just beyond", 1.01)
reach_m = float(post.reach_m({"height_m": np.array([boat.height_m])})[0])
away_m = np.array([share for _, share in boats]) * reach_m
lat_deg, lon_deg = (np.repeat(place, 2) for place in destination(post.lat_deg, post.lon_deg, 270.0, away_m))
until_us = np.tile([0, scenario.timeline.score_to_us], len(boats))
legs = legs_between(lat_deg, lon_deg, until_us, np.repeat(np.arange(len(boats)), 2))
silent = for_life(np.zeros(len(boats), np.bool_), legs)
of_each = np.arange(len(boats))
lengths_m, sets = np.full(len(boats), boat.length_m), np.zeros(len(boats), np.uint8)
parked = assemble([Group("boat", "boat", of_each, ["PHL"] * len(boats), lengths_m, sets, legs, silent)])

watched = sense(parked, {"post": post}, scenario.timeline, seed=1, land=None)
n = len(watched.reports)
seen = np.bincount(watched.contacts["target"], minlength=len(boats)) / n
law = post.p_by_range(away_m, boat)
for (name, _), range_m, share, p in zip(boats, away_m, seen, law, strict=True):
    print(f"{name:18} {range_m / 1000:5.1f} km: held in {share:.3f} of {n} intervals, the law says {p:.1f}")
assert (np.abs(seen - law) <= 4 * np.sqrt(law * (1 - law) / n)).all()
