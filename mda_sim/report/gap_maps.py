"""Maps of the gap split: where a vessel that stays put is held, and what most often keeps it from being held.

Model: each cell has the colour of the answer of the gap split that takes most of its probe's scored time,
mean over seeds; it is hatched where even that one takes less than half of the time. Colours are those of the
charts of the gap split, which colour-blind readers can tell apart, and the key names them in words.

Assumptions and limits: the largest share hides the others: their numbers are in ``probe_gaps.parquet`` of
each unit. A cell shows its probe, not the vessels that happen to be there. Where next: ``gallery``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mda_sim.report.basemap import add_key, new_sheet
from mda_sim.report.charts import GAP_PARTS
from mda_sim.report.grids import Mesh
from mda_sim.report.maps import Caption, draw_sensors, draw_zones, hatch, name_zones, zone_handle
from mda_sim.report.style import MUTED, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.report.scene import Scene, SensorMark


def gap_map(
    scene: Scene, mesh: Mesh, sensors: Sequence[SensorMark], nation: str, caption: Caption, window: str
) -> Figure:
    """What is true of each cell for most of the time; ``mesh`` is an ``answer_mesh``, ``window`` in words."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    notes = [
        "Colour: the answer of the gap split that takes most of the scored time of a vessel that stays in "
        f"the cell (held: seen no more than {window} ago), mean over seeds. Accounting, not value: the first "
        f"reason that holds, in the order of the key. Cells with their centre on land have none. "
        f"{scene.extent.coast_note}",
        caption.source,
    ]
    shown = [number for number in range(len(GAP_PARTS)) if (mesh.values == number).any()]
    handles = [
        Patch(facecolor=GAP_PARTS[number][2], edgecolor=MUTED, linewidth=0.3, label=GAP_PARTS[number][1])
        for number in shown
    ]
    if mesh.is_hatched.any():
        words = "less than half of the time"
        handles.append(Patch(facecolor="none", edgecolor=MUTED, hatch="/////", linewidth=0.4, label=words))
    with house_style():
        n_keys = len(handles) + len({(s.category, s.operator == nation) for s in sensors}) + 1
        sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, key_rows=-(-n_keys // 4))
        sheet.axes.pcolormesh(
            mesh.lon_edges_deg,
            mesh.lat_edges_deg,
            np.ma.masked_invalid(mesh.values),
            cmap=ListedColormap([colour for _, _, colour in GAP_PARTS]),
            vmin=-0.5,
            vmax=len(GAP_PARTS) - 0.5,
            zorder=1,
            rasterized=True,
        )
        hatch(sheet.axes, mesh)
        draw_zones(sheet.axes, scene.zones, halo=True)
        handles += draw_sensors(sheet.axes, sensors, own=nation)
        add_key(sheet, [*handles, zone_handle()])
        name_zones(sheet, scene, sensors)
        return sheet.figure
