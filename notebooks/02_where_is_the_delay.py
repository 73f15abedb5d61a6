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
# # A report takes a day from Manila to Tokyo. Where does the time go?
#
# A direct agreement lets Philippine reports go to Japan, and people release them in office hours. This notebook runs that
# arrangement, takes the latency apart, follows one vessel, and asks what longer office hours would bring.
#
# **Read it as what it is:** simulation only, perfect association, surface targets only, no cueing. One seed, two scored
# days: good for learning how to look, not for quoting. Review times and office hours are assumptions.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import mda_sim as mda

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
PLACE = Path(tempfile.mkdtemp())
SHORT = ["output.maps=false", "output.logs=true"]

# %% [markdown]
# ## Run it
#
# A run writes a folder with every hop of every report. The notebook keeps it in a temporary place.

# %%
scenario = mda.load(
    ROOT / "scenarios" / "quick.yaml",
    seeds=1,
    configurations=["direct_manual", "direct_automated"],
    sets=SHORT,
)
run = mda.run(scenario, out=PLACE / "run", workers=1)

sorted(run.summary["configurations"])

# %% [markdown]
# ## The mean, stage by stage
#
# Stages follow each other and add up to the mean latency of the contacts that came.

# %%
gallery = mda.open_gallery(run.folder)
gallery.figure("charts/latency.png")

# %%
STAGES = ("case_forming", "desk_wait", "review", "elapsed", "consent", "link_wait", "transmission", "relay")


def hours(configuration, metric, group="from:PHL", nation="JPN"):
    """A mean time of the summary, in hours."""
    return run.summary["configurations"][configuration][nation][metric][group]["mean"] / 3600


for stage in STAGES:
    manual, automated = (
        hours(name, f"stage_{stage}_mean_s") for name in ("direct_manual", "direct_automated")
    )
    print(f"{stage:15} {manual:8.2f} h by people {automated:8.2f} h by a guard")

# %% [markdown]
# Reports wait for the desk to open, and then for the release. The link and the review itself hardly count.

# %% [markdown]
# ## What waits, and when
#
# Cases pile up at night and over the weekend, and are worked off in the morning.

# %%
gallery.figure("charts/backlog.png")

# %% [markdown]
# ## One vessel
#
# `explain` tells who saw a vessel and what every gate, desk and link did with the reports. Taken is a vessel that Japan holds
# by Philippine eyes.

# %%
picture = mda.picture_at(run.folder, "JPN", "2", configuration="direct_manual")
parties, sensors = picture.meta["parties"], picture.meta["sensors"]
by_manila = [row for row in range(len(picture)) if picture["originator"][row] == parties.index("PHL")]
target = int(picture["target"][by_manila[0]])

print(f"{len(picture)} targets ever held, {len(by_manila)} of them now by a Philippine sensor")
print(
    f"the first: target {target}, {picture['age_us'][by_manila[0]] / 3.6e9:.1f} h old, by {sensors[picture['sensor'][by_manila[0]]]}"
)

# %%
story = mda.explain(run.folder, "JPN", vessel=target, configuration="direct_manual")
print("\n".join(list(story.lines())[:28]))

# %% [markdown]
# ## What if the desk never closed?
#
# Any key of the scenario can be set. Here the two desks of the direct agreement are open always, and nothing else moves: the
# same ships, the same luck.

# %%
OPEN = [
    f"configurations.direct_manual.desks.{desk}.calendar={{kind: always}}"
    for desk in scenario.arrangements["direct_manual"].desks
    if desk.endswith(("_release_phl", "_release_jpn"))
]
always = mda.load(
    ROOT / "scenarios" / "quick.yaml", seeds=1, configurations=["direct_manual"], sets=[*SHORT, *OPEN]
)
open_run = mda.run(always, out=PLACE / "open", workers=1)

for name, found in (("office hours", run), ("always open", open_run)):
    entry = found.summary["configurations"]["direct_manual"]["JPN"]
    latency = entry["latency_mean_s"]["from:PHL"]["mean"] / 3600
    custody = entry["custody_fraction_6h"]["not_broadcasting_foreign"]["mean"]
    print(f"{name:13} mean latency {latency:5.1f} h, custody within 6 h {100 * custody:4.1f} %")

# %% [markdown]
# ## In one sentence
#
# The next cell fails if this run no longer says so: most of the delay is waiting for people, not for lines, and opening the
# desk at night shortens it.

# %%
waits = hours("direct_manual", "stage_desk_wait_mean_s") + hours("direct_manual", "stage_elapsed_mean_s")
assert waits > 0.8 * hours("direct_manual", "latency_mean_s")
assert (
    open_run.summary["configurations"]["direct_manual"]["JPN"]["latency_mean_s"]["from:PHL"]["mean"]
    < run.summary["configurations"]["direct_manual"]["JPN"]["latency_mean_s"]["from:PHL"]["mean"]
)
