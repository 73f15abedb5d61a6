"""The diagram beside the scenario map: which party sends to which, configuration by configuration.

Model: one ring of parties per configuration, an arrow per pair of parties with a link. Links that the
baseline has are grey, further ones in colour; solid where people review, dashed where cases are released at
once.

Where next: ``maps.scenario_map`` draws it in its side panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from mda_sim.report.scene import LinkMark, Scene
from mda_sim.report.style import MUTED, colour_of
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Distance of the rings of parties from each other, in radii of a ring.
_RING_PITCH: Final = (3.4, 3.6)


def draw_links(axes: Axes, scene: Scene, arrangements: Sequence[tuple[str, Sequence[LinkMark]]]) -> None:
    """Who sends to whom: one ring of parties per configuration, links that the baseline lacks in colour."""
    columns = 1 if len(arrangements) <= 3 else 2
    rows = -(-len(arrangements) // columns)
    axes.set_axis_off()
    axes.set_xlim(-1.7, -1.7 + _RING_PITCH[0] * columns)
    axes.set_ylim(-1.9 - _RING_PITCH[1] * (rows - 1), 2.0)
    axes.set_aspect("equal", anchor="N")
    kept = {(link.sender, link.recipient) for link in arrangements[0][1]} if arrangements else set()
    size = 7.5 / columns**0.5
    for number, (name, links) in enumerate(arrangements):
        centre = (_RING_PITCH[0] * (number % columns), -_RING_PITCH[1] * (number // columns))
        axes.text(
            centre[0],
            centre[1] + 1.7,
            for_figure(name, 24),
            ha="center",
            va="center",
            fontsize=size * 1.15,
            fontweight="bold",
        )
        _ring_of_parties(axes, centre, [code for code, _, _ in scene.parties], links, kept, size)
    axes.text(
        -1.7,
        -1.75 - _RING_PITCH[1] * (rows - 1),
        "solid: people review; dashed: released at once\norange: not in the first configuration",
        va="center",
        fontsize=6.2,
        color=MUTED,
    )


def _ring_of_parties(
    axes: Axes,
    centre: tuple[float, float],
    codes: Sequence[str],
    links: Sequence[LinkMark],
    kept: AbstractSet[tuple[str, str]],
    size_pt: float,
) -> None:
    """Parties on a ring with an arrow per link; ``kept`` are the links that are drawn in grey."""
    from matplotlib.patches import FancyArrowPatch

    angles = np.pi / 2 + 2 * np.pi * np.arange(len(codes)) / max(len(codes), 1)
    spots = {
        code: (centre[0] + float(np.cos(angle)), centre[1] + float(np.sin(angle)))
        for code, angle in zip(codes, angles, strict=True)
    }
    for link in links:
        is_new = (link.sender, link.recipient) not in kept
        axes.add_patch(
            FancyArrowPatch(
                spots[link.sender],
                spots[link.recipient],
                connectionstyle="arc3,rad=0.16",
                arrowstyle="-|>",
                mutation_scale=1.2 * size_pt,
                shrinkA=2 * size_pt,
                shrinkB=2 * size_pt,
                linewidth=1.6 if is_new else 0.9,
                linestyle="-" if link.has_desk else (0, (3, 2)),
                color="#D55E00" if is_new else MUTED,
            )
        )
    for number, code in enumerate(codes):
        axes.text(
            *spots[code],
            for_figure(code, 8),
            ha="center",
            va="center",
            fontsize=size_pt,
            color="white",
            fontweight="bold",
            bbox={"boxstyle": "circle,pad=0.28", "facecolor": colour_of(number), "edgecolor": "none"},
        )
