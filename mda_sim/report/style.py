"""One look for every figure: fonts, colours, line widths, resolution and how a file is written.

Colours are safe for colour-blind readers: pale yellow to dark blue (YlGnBu) for shares, so that little held
looks like little, orange to purple (PuOr) for differences, and the palette of Okabe and Ito for categories.
Figures are made without pyplot, so there is no global state and no display. Files carry no time and no
program version, so equal figures are equal bytes.

Source: M. Okabe, K. Ito, "Color Universal Design", 2008 (palette); M. Harrower, C. Brewer, "ColorBrewer.org",
The Cartographic Journal 40(1), 2003 (YlGnBu, PuOr). Where next: ``basemap``, ``maps`` and ``charts`` draw
with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT: Final = "DejaVu Sans"
DPI: Final = 150

INK: Final = "#22303c"
MUTED: Final = "#6b7883"
SEA: Final = "#f7f9fa"
NEVER: Final = "#dfe7ed"
OWN: Final = "#e8483f"
"""Sensors of the nation whose map it is."""
LAND: Final = "#dcd9d2"
COAST: Final = "#8b8880"
GRID: Final = "#c3ccd3"

SHARE_COLOURS: Final = "YlGnBu"
DIFFERENCE_COLOURS: Final = "PuOr"

#: What is held, from fresh to old; the last is of another hue, so that old is not taken for pale.
AGE_COLOURS: Final = ("#08306b", "#2171b5", "#6baed6", "#e6a23c")

#: Okabe and Ito's categories, darkest contrast first.
CATEGORIES: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#000000")

#: Line styles that tell categories of one colour apart.
STROKES: Final = ("solid", "dashed", "dotted", "dashdot")

_RULES: Final[Any] = {
    "font.family": FONT,
    "font.size": 8.5,
    "text.parse_math": False,
    "text.usetex": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.titlesize": 10,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "mda_sim",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


_UNSAID: Final[Any] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
"""What is left out of a file's metadata."""


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house style; restores matplotlib's settings afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(_RULES):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure of the given size [inches], with a renderer that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG at 150 dpi or, if ``path`` ends so, as SVG; whole or not at all.

    Nothing in the file changes between runs: no time, no version, no random ids.
    """
    kind = "svg" if path.suffix == ".svg" else "png"
    partial = path.with_name(f".{path.name}.part")
    try:
        with house_style():
            figure.savefig(partial, format=kind, dpi=DPI, metadata=_UNSAID[kind])
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def stroke_of(index: int) -> str:
    """Line style of category number ``index``: solid for eight, then dashed, dotted, dash-dotted."""
    return STROKES[index // len(CATEGORIES) % len(STROKES)]


def colour_of(index: int) -> str:
    """Category colour number ``index``, repeating after the eighth."""
    return CATEGORIES[index % len(CATEGORIES)]
