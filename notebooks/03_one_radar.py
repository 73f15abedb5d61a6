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
# # How far does one coastal radar hold a trawler, and what decides it?
#
# From the echo of one pulse to the map of a coast: signal-to-noise ratio, probability of detection, the horizon, the sea,
# and the probability that the radar holds the vessel in a reporting interval. No draw is made here.
#
# **Read it as what it is:** a model of a generic radar with published parameters (`docs/radar.md` has formulas and sources); heights
# of sites are assumptions.

# %%
# %matplotlib inline
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import mda_sim as mda
from mda_sim.report.sensor_curves import held_to, link_budget
from mda_sim.report.sensor_examples import examples, skies
from mda_sim.sensing.detection import albersheim_snr_db, required_snr

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
scenario = mda.load(ROOT / "scenarios" / "quick.yaml", seeds=1)

# %% [markdown]
# ## The radar
#
# One of the sites of the scenario. Its parameters come from a type of the catalogue, with source and confidence.

# %%
NAME = next(name for name, sensor in scenario.spec.sensors.items() if sensor.kind == "coastal_radar")
radar = scenario.spec.sensors[NAME]

print(
    NAME,
    f"at {radar.lat_deg:.2f} N {radar.lon_deg:.2f} E, antenna {radar.antenna_height_m:.0f} m above the sea",
)
print(f"{radar.n_pulses} pulses a scan, {radar.n_scans} scans an interval of {radar.interval_s:.0f} s")

# %% [markdown]
# ## The link budget
#
# What is left of a pulse after its way to a trawler at 30 km and back. Terms in dB; they add up to the last line.

# %%
trawler = examples(scenario)["trawler"]
terms = link_budget(radar, trawler, 30_000.0)
for term in terms:
    print(f"{term[0]:48} {term[1]:9.1f} dB")

# %% [markdown]
# ## How much signal is enough
#
# The signal-to-noise ratio of one pulse that gives a probability of detection, by the exact formula and by Albersheim's
# approximation of 1981: two ways to the same number.

# %%
P_FALSE = 1e-6
print(" pulses   exact   Albersheim   for P(detection) = 0.9, P(false alarm) = 1e-6, a steady target")
for n_pulses in (1, 4, 16):
    exact_db = 10 * np.log10(required_snr(0.9, n_pulses, P_FALSE, 0))
    print(f"{n_pulses:7} {exact_db:7.2f} {float(albersheim_snr_db(0.9, P_FALSE, n_pulses)):11.2f} dB")

# %% [markdown]
# ## Held in an interval, by range
#
# Several vessels, in a calm sea: what decides for large ones is the horizon, for small ones the echo.

# %%
sky = next(iter(skies(scenario).values()))
range_m = np.linspace(1_000, 120_000, 240)
shown = {
    name: example
    for name, example in examples(scenario).items()
    if name in ("probe", "trawler", "banca", "container")
}

figure = Figure(figsize=(7, 3.6))
axes = figure.add_subplot()
for name, example in shown.items():
    axes.plot(
        range_m / 1000, radar.p_by_range(range_m, example, sky), label=f"{name}, {example.length_m:.0f} m"
    )
axes.set(xlabel="range [km]", ylabel="P(held in an interval)", ylim=(0, 1.02))
axes.legend()
figure

# %%
for name, example in shown.items():
    found = held_to(radar, example, sky)
    print(
        f"{name:10} held in half of the intervals to {found.p50_m / 1000:5.1f} km, in nine of ten to {found.p90_m / 1000:5.1f} km"
    )

# %% [markdown]
# ## And the map
#
# A share of cells in which a small boat would be held, for every radar of the scenario, comes from
# `mda-sim show scenarios/quick.yaml --sensors --coverage`; `--sensor NAME` draws these curves with the weather of the scenario.
#
# The next cell fails if the model no longer says so: larger is farther, and nothing is held beyond the horizon.

# %%
trawler_p, banca_p = (radar.p_by_range(range_m, shown[name], sky) for name in ("trawler", "banca"))
assert (trawler_p >= banca_p - 1e-9).all()
for example in shown.values():
    beyond = range_m > float(radar.horizon_m(example.height_m))
    assert (radar.p_by_range(range_m, example, sky)[beyond] == 0).all()
