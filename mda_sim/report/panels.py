"""A figure with panels in rows, a margin at their left, and notes at its foot.

Where next: ``sensitivity_charts`` and ``sweep_charts`` fill the panels.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mda_sim.report.style import MUTED, new_figure
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS: Final = 3
PANEL_IN: Final = 2.55

_GAP_IN: Final = 0.25
_TOP_IN: Final = 0.66
_HEAD_IN: Final = 0.24
_FOOT_IN: Final = 0.5
_WIDTH_IN: Final = 7.2


class Panels:
    """Places panels of one size; all lengths in inches."""

    TOP_IN: Final = _TOP_IN

    def __init__(
        self,
        n: int,
        panel_in: float,
        notes: Sequence[str],
        left_in: float,
        *,
        width_in: float = PANEL_IN,
        gap_in: float = _GAP_IN,
        foot_in: float = _FOOT_IN,
    ) -> None:
        """Room for ``n`` panels that are ``panel_in`` high and ``width_in`` wide, in rows of three."""
        self._panel_in, self._left_in, self._gap_in, self._foot_in = panel_in, left_in, gap_in, foot_in
        self._width_in = width_in
        rows, columns = -(-n // COLUMNS), min(n, COLUMNS)
        width = max(left_in + columns * (width_in + gap_in) + 0.1, _WIDTH_IN)
        lines = [line for note in notes for line in textwrap.wrap(for_figure(note, 900), int(width * 18.5))]
        self.notes_in = notes_in = 0.14 * len(lines) + 0.12
        height = _TOP_IN + rows * (_HEAD_IN + panel_in + foot_in) + notes_in
        self.figure = new_figure(width, height)
        self.size = width, height
        self.figure.text(
            0.15 / width,
            (notes_in - 0.04) / height,
            "\n".join(lines),
            fontsize=6.3,
            color=MUTED,
            va="top",
            linespacing=1.3,
        )

    def axes(self, number: int) -> Axes:
        """The axes of one panel."""
        width, height = self.size
        row, column = divmod(number, COLUMNS)
        left = self._left_in + column * (self._width_in + self._gap_in)
        low = height - _TOP_IN - (row + 1) * (_HEAD_IN + self._panel_in) - row * self._foot_in
        size = self._width_in / width, self._panel_in / height
        return self.figure.add_axes((left / width, low / height, *size))
