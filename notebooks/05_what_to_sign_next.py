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
# # What is each link worth, and what should be signed next?
#
# Arrangements are made of parts. Taken away one by one, or in all combinations, on the same ships and the same luck, they show
# what each is worth, to whom, and which of them only work together.
#
# **Read it as what it is:** simulation only, perfect association, surface targets only, no cueing. Two seeds, two scored days. A
# coalition is a thought experiment, not a proposal.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import mda_sim as mda

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
PLACE = Path(tempfile.mkdtemp())
SHORT = ["output.maps=false", "output.logs=true"]

# %% [markdown]
# ## What each link is worth
#
# The players are three of the links of the direct arrangement that join nations. Shapley's value is the mean of what a link adds over all orders in
# which the links could come; all values of a figure add up to what the three together bring.

# %%
scenario = mda.load(ROOT / "scenarios" / "quick.yaml", seeds=2)
LINKS = ["link:phl_jpn", "link:jpn_phl", "link:phl_usa"]
worth = mda.value(
    scenario,
    "direct_automated",
    LINKS,
    metric="custody_fraction_24h",
    group="not_broadcasting_foreign",
    workers=1,
    out=PLACE / "value",
)
print("\n".join(worth.lines()))

# %% [markdown]
# ## As a table

# %%
values = worth.to_pandas()
shapley = values[values.measure == "shapley"].pivot(index="player", columns="nation", values="mean")
(100 * shapley).round(2)

# %% [markdown]
# ## The next best
#
# From today on, one reform after the other, each the one that brings most to all nations together. Pooling everything is left
# out: nobody proposes it.

# %%
steps = mda.next_best(
    scenario,
    2,
    [f"reform:{name}" for name in ("us_hub_standing_consent", "direct_manual", "direct_automated")],
    metric="custody_fraction_24h",
    group="not_broadcasting_foreign",
    workers=1,
    out=PLACE / "next",
)
print("\n".join(steps.lines()))

# %% [markdown]
# ## In one sentence
#
# The next cell fails if this no longer holds: values add up to the whole, and the link from Manila to Tokyo is what Japan gains by.

# %%
grand = values[(values.measure == "shapley") & (values.nation == "JPN")]
assert shapley["JPN"].idxmax() == "link:phl_jpn"
assert steps.content["steps"][0]["player"] is not None
assert len(grand) == len(LINKS)
