"""The diagram beside the scenario map: which party sends to which, configuration by configuration.

Model: one ring of parties per configuration, an arrow per pair of parties with a link. Pairs with a link
that the baseline lacks, or has otherwise, are in colour; solid where people review, dashed where cases are
released at once. Parties of a sharing group, which hold everything at once, stand on a shaded ground. Below
each ring stand the agreements and consents that the baseline lacks, since they change what flows without a
new arrow.

Where next: ``maps.scenario_map`` draws it in its side panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from mda_sim.report.scene import Arrangement, Scene
from mda_sim.report.style import MUTED, colour_of
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Distance of the rings of parties from each other, in radii of a ring.
_RING_PITCH: Final = (3.4, 4.0)
_NEW: Final = "#D55E00"
_NEWS_SHOWN: Final = 2
_NAME_LETTERS: Final = 16
"""Letters of a name that fit beside another ring's."""


def draw_links(axes: Axes, scene: Scene, arrangements: Sequence[Arrangement]) -> None:
    """Who sends to whom: one ring of parties per configuration, what the first lacks in colour."""
    columns = 1 if len(arrangements) <= 2 else 2
    rows = -(-len(arrangements) // columns)
    axes.set_axis_off()
    _write_key(axes, scene)
    axes.set_xlim(-1.7, -1.7 + _RING_PITCH[0] * columns)
    axes.set_ylim(-2.1 - _RING_PITCH[1] * (rows - 1), 2.0)
    axes.set_aspect("equal", anchor="N")
    size = 7.5 / columns**0.5
    for number, arrangement in enumerate(arrangements):
        centre = (_RING_PITCH[0] * (number % columns), -_RING_PITCH[1] * (number // columns))
        axes.text(
            centre[0],
            centre[1] + 1.7,
            _in_lines(for_figure(arrangement.name, 24)) if columns > 1 else for_figure(arrangement.name, 24),
            ha="center",
            va="center",
            linespacing=1.0,
            fontsize=size * 1.15,
            fontweight="bold",
        )
        _ring_of_parties(axes, centre, [code for code, _, _ in scene.parties], arrangement, size)
        axes.text(
            centre[0],
            centre[1] - 1.42,
            "\n".join(_shortened(arrangement.news)),
            ha="center",
            va="top",
            fontsize=5.2,
            color=_NEW,
            linespacing=1.2,
        )


def _in_lines(name: str) -> str:
    """A long name on two lines, cut at the underscore nearest to its middle; it keeps the underscore."""
    cuts = [place + 1 for place, letter in enumerate(name) if letter == "_"]
    if len(name) <= _NAME_LETTERS or not cuts:
        return name
    cut = min(cuts, key=lambda place: abs(2 * place - len(name)))
    return f"{name[:cut]}\n{name[cut:]}"


def _write_key(axes: Axes, scene: Scene) -> None:
    """What lines and codes mean, at the foot of the panel; the rings get the room above."""
    lines = [
        "solid: people review; dashed: released at once",
        "orange: links, agreements and consents (standing, or",
    ]
    lines += ["  on request) that the first lacks", "shaded: a pool, held by all of its parties at once"]
    lines += [f"{for_figure(code, 8)}: {for_figure(name, 40)}" for code, name, _ in scene.parties]
    figure = axes.get_figure(root=True)
    assert figure is not None, "the axes belong to a figure"
    box = axes.get_position(original=True)
    height = (0.125 * len(lines) + 0.08) / figure.get_figheight()
    text = "\n".join(lines)
    figure.text(box.x0, box.y0, text, va="bottom", fontsize=6.2, color=MUTED, linespacing=1.3)
    axes.set_position((box.x0, box.y0 + height, box.width, max(box.height - height, 0.1)))


def _shortened(news: Sequence[str]) -> list[str]:
    """At most ``_NEWS_SHOWN`` lines of what is new; the last says how many more there are."""
    shown = [for_figure(line, 44) for line in news[:_NEWS_SHOWN]]
    more = len(news) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _ring_of_parties(
    axes: Axes,
    centre: tuple[float, float],
    codes: Sequence[str],
    arrangement: Arrangement,
    size_pt: float,
) -> None:
    """Parties on a ring with an arrow per pair of parties with a link."""
    from matplotlib.patches import FancyArrowPatch

    angles = np.pi / 2 + 2 * np.pi * np.arange(len(codes)) / max(len(codes), 1)
    spots = {
        code: (centre[0] + float(np.cos(angle)), centre[1] + float(np.sin(angle)))
        for code, angle in zip(codes, angles, strict=True)
    }
    for pool in arrangement.pools:
        _shade(axes, [spots[code] for code in codes if code in pool])
    for link in arrangement.links:
        is_new = (link.sender, link.recipient) in arrangement.new_pairs
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
                color=_NEW if is_new else MUTED,
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


def _shade(axes: Axes, spots: Sequence[tuple[float, float]]) -> None:
    """A ground under the parties of a pool, in the order of the ring."""
    x, y = zip(*[*spots, spots[0]], strict=True)
    axes.fill(x, y, facecolor="#fbe0cc", edgecolor="#fbe0cc", linewidth=16, joinstyle="round", zorder=0.5)
