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
# # Which arrangement is better, and how sure is that?
#
# Three seeds are three worlds: other ships, other luck. Every arrangement is tried on the same three, so differences are paired, and an
# interval says what luck could have made of them. It says nothing of the assumptions: those are another question.
#
# **Read it as what it is:** simulation only, perfect association, surface targets only, no cueing; two scored days on a coarse grid.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import mda_sim as mda

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
PLACE = Path(tempfile.mkdtemp())
SHORT = ["output.maps=false", "output.logs=true"]

# %% [markdown]
# ## Three seeds, three arrangements

# %%
WAYS = ["us_hub_standing_consent", "direct_manual", "direct_automated"]
scenario = mda.load(
    ROOT / "scenarios" / "quick.yaml",
    seeds=3,
    configurations=WAYS,
    sets=["output.maps=false", "output.logs=false"],
)
run = mda.run(scenario, out=PLACE / "run", workers=1)
found = mda.compare(run.folder)

# %% [markdown]
# ## The table
#
# `compare` gives a tidy table: one row for each figure, nation and arrangement, with the paired difference from the baseline and its
# 95 % interval. `to_pandas` makes it a DataFrame.

# %%
table = found.to_pandas()
custody = table[(table.metric == "custody_fraction_24h") & (table.group == "not_broadcasting_foreign")]
custody.filter(["configuration", "nation", "mean", "difference", "difference_low", "difference_high"]).round(
    4
)

# %% [markdown]
# ## The picture of it

# %%
found.forest("custody_fraction_24h", "not_broadcasting_foreign")

# %% [markdown]
# ## How many seeds are enough?
#
# An interval narrows with the root of the number of seeds. `mda-sim run --until custody_fraction_24h:0.01` adds seeds until it is as
# narrow as one asks; by hand, from what three seeds say:


# %%
def half_width(configuration, nation="JPN"):
    """Half the width of the interval of the paired difference."""
    entry = run.summary["configurations"][configuration][nation]["custody_fraction_24h"][
        "not_broadcasting_foreign"
    ]
    return (entry["difference"]["high"] - entry["difference"]["low"]) / 2


for name in WAYS:
    half = half_width(name)
    needed = max(2, round(3 * (half / 0.01) ** 2))
    print(f"{name:25} ± {100 * half:4.2f} points with 3 seeds; about {needed} seeds for ± 1 point")

# %% [markdown]
# ## In one sentence
#
# The next cell fails if these runs no longer say so: an automated guard gives Japan more than release by people, in every seed.

# %%
custody_jpn = {
    name: run.summary["configurations"][name]["JPN"]["custody_fraction_24h"]["not_broadcasting_foreign"]
    for name in WAYS
}
assert (
    custody_jpn["direct_automated"]["difference"]["low"]
    > custody_jpn["direct_manual"]["difference"]["mean"]
    > 0
)
