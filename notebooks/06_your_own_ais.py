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
# # What can be said with an AIS recording of your own?
#
# A recording takes the place of generated ships: a CSV or Parquet file with positions and times, or NMEA sentences. The file here is
# invented; put your own path into `FILE`.
#
# **A recording holds only ships that broadcast and were received.** Nothing here says anything of the others.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import mda_sim as mda

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "scenarios").is_dir())
PLACE = Path(tempfile.mkdtemp())
SHORT = ["output.maps=false", "output.logs=true"]

# %% [markdown]
# ## The file

# %%
FILE = ROOT / "scenarios" / "data" / "recorded_example.csv"
print("".join(FILE.open().readlines()[:4]))

# %% [markdown]
# ## What the program makes of it
#
# Every row is used, or counted under the first rule that it fails: nothing is dropped in silence.

# %%
from mda_sim.pipeline import recordings
from mda_sim.world.recorded.report import rule_cells

scenario = mda.load(ROOT / "scenarios" / "recorded_example.yaml", sets=SHORT)
(recording,) = recordings(scenario).values()
for rule, rows, _, words in rule_cells(recording):
    if rows:
        print(f"{rule:24} {rows:6,} rows  {words}")

# %% [markdown]
# ## Who saw them, and who was told

# %%
run = mda.run(scenario, out=PLACE / "run", workers=1)
for name, nations in run.summary["configurations"].items():
    for nation, figures in nations.items():
        held = figures["custody_fraction_1h"]["all"]["mean"]
        print(f"{name:10} {nation}  {100 * held:5.1f} % of vessel-time held, seen within the hour")

# %% [markdown]
# ## And back into your own tools
#
# Tracks as GeoParquet for GIS, and what the AIS receivers of the scenario would have heard as NMEA sentences.

# %%
made = mda.export_run(run.folder, ["geoparquet", "aivdm"], out=PLACE / "exports")
for file in made.files:
    print(f"{file.name:20} {file.stat().st_size:9,} bytes")

# %%
import pyarrow.parquet as pq

tracks = pq.read_table(PLACE / "exports" / "geoparquet" / "tracks.parquet").select(
    ["vessel", "flag", "length_m", "times_utc"]
)
tracks.slice(0, 5).to_pandas()

# %% [markdown]
# The next cell fails if this no longer holds: ten ships, and a link that tells Tokyo more.

# %%
held_by_japan = {
    name: nations["JPN"]["custody_fraction_1h"]["all"]["mean"]
    for name, nations in run.summary["configurations"].items()
}
assert len(set(tracks["vessel"].to_pylist())) == 10
assert max(held_by_japan.values()) > held_by_japan[scenario.baseline]
