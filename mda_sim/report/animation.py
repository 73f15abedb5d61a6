"""A day in one nation's picture: what sails, and what the nation holds of it, as a small GIF.

Model: every frame is one instant on the same map. A small grey dot is a vessel where it truly is; a coloured
one is a vessel where the nation holds it to be, darker the fresher the observation. A dark dot on a grey one
is known well; a pale dot alone is where something was.

Assumptions and limits: frames are drawn over one background, which is drawn once; colours are those of the
first frame's palette. Equal input gives equal bytes. Where next: ``study.animate`` fills and writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.report.basemap import Sheet, add_key, new_sheet
from mda_sim.report.maps import Caption, draw_sensors, draw_zones, name_zones, zone_handle
from mda_sim.report.scene import Scene, SensorMark
from mda_sim.report.style import AGE_COLOURS, INK, OWN, house_style
from mda_sim.report.words import age_words

if TYPE_CHECKING:
    from PIL.Image import Image

FRAME_MS: Final = 350
"""How long a frame stands [ms]."""

_DPI: Final = 84
_COLOURS: Final = 96
_TRUE: Final = "#9aa5ad"
_KEY: Final = (*AGE_COLOURS, _TRUE, OWN)
_KEY_COLUMNS: Final = 3


@dataclass(frozen=True, eq=False)
class Day:
    """What an animation shows; arrays are (n_frames, n_vessels)."""

    clocks: tuple[str, ...]
    """What each frame says of its time."""
    true_lat_deg: NDArray[np.float64]
    """Where vessels are; NaN where they are absent."""
    true_lon_deg: NDArray[np.float64]
    held_lat_deg: NDArray[np.float64]
    """Where the nation holds them to be; NaN where it does not."""
    held_lon_deg: NDArray[np.float64]
    age_s: NDArray[np.float64]
    """Age of what is held; NaN where it is not."""
    steps_s: tuple[float, ...]
    """Ages at which the colour changes, ascending, at most four; the last is the oldest that counts."""


def write_animation(
    scene: Scene, sensors: Sequence[SensorMark], nation: str, day: Day, caption: Caption, path: Path
) -> None:
    """Write the frames of a day to ``path``, a GIF that repeats; whole or not at all."""
    partial = path.with_name(f".{path.name}.part")
    try:
        first, *others = frames(scene, sensors, nation, day, caption)
        palette = _palette(first)
        _reduced(first, palette).save(
            partial,
            format="GIF",
            save_all=True,
            append_images=[_reduced(frame, palette) for frame in others],
            duration=FRAME_MS,
            loop=0,
        )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _palette(first: Image) -> Image:
    """Colours for all frames: those of the first, with what only some of them show."""
    from PIL import Image, ImageColor

    strip = Image.new("RGB", (first.width, first.height + 20 * len(_KEY)))
    strip.paste(first)
    for number, colour in enumerate(_KEY):
        top = first.height + 20 * number
        strip.paste(ImageColor.getrgb(colour), (0, top, first.width, top + 20))
    return strip.quantize(_COLOURS)


def _reduced(frame: Image, palette: Image) -> Image:
    from PIL.Image import Dither

    return frame.quantize(palette=palette, dither=Dither.NONE)


def frames(
    scene: Scene, sensors: Sequence[SensorMark], nation: str, day: Day, caption: Caption
) -> list[Image]:
    """The frames as pictures in RGB."""
    from PIL import Image

    with house_style():
        sheet = _background(scene, sensors, nation, day, caption)
        figure = sheet.figure
        figure.set_dpi(_DPI)
        canvas: Any = figure.canvas
        canvas.draw()
        behind = canvas.copy_from_bbox(figure.bbox)
        moving = _Moving(sheet, day)
        made = []
        for number in range(len(day.clocks)):
            canvas.restore_region(behind)
            moving.draw(number)
            made.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy()))
        return made


def _background(
    scene: Scene, sensors: Sequence[SensorMark], nation: str, day: Day, caption: Caption
) -> Sheet:
    """The map with all that stands still."""
    from matplotlib.lines import Line2D

    notes = [
        "Grey: vessels where they are. Coloured: vessels where the nation holds them to be, by the age of "
        f"its newest observation. Probes are left out. {scene.extent.coast_note}",
        caption.source,
    ]
    kinds = {(sensor.category, sensor.operator == nation) for sensor in sensors}
    rows = -(-(len(kinds) + len(day.steps_s) + 2) // _KEY_COLUMNS)
    sheet = new_sheet(scene.extent, caption.title, caption.subtitle, notes, key_rows=rows)
    draw_zones(sheet.axes, scene.zones)
    handles = draw_sensors(sheet.axes, sensors, own=nation)
    dots = [(_TRUE, 2.5, "vessel, where it is")]
    dots += [
        (colour, 5.0, f"held, at most {_words(step_s)} old")
        for colour, step_s in zip(AGE_COLOURS, day.steps_s, strict=False)
    ]
    handles += [
        Line2D([], [], color=colour, marker="o", markersize=size, linestyle="", label=label)
        for colour, size, label in dots
    ]
    add_key(sheet, [*handles, zone_handle()], columns=_KEY_COLUMNS)
    name_zones(sheet, scene, sensors)
    return sheet


class _Moving:
    """What is drawn anew in every frame."""

    def __init__(self, sheet: Sheet, day: Day) -> None:
        self._axes, self._day = sheet.axes, day
        look: dict[str, Any] = {"linestyle": "", "marker": "o", "animated": True}
        (self._true,) = self._axes.plot([], [], color=_TRUE, markersize=1.3, zorder=4.5, **look)
        edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.2}
        self._held = [
            self._axes.plot([], [], color=colour, markersize=2.8, zorder=5.5 - i / 10, **edge, **look)[0]
            for i, colour in enumerate(AGE_COLOURS[: len(day.steps_s)])
        ]
        self._clock = self._axes.text(
            0.98,
            0.98,
            "",
            transform=self._axes.transAxes,
            ha="right",
            va="top",
            fontsize=11,
            fontweight="bold",
            color=INK,
            zorder=20,
            animated=True,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 3.0},
        )

    def draw(self, number: int) -> None:
        """Draw a frame over the background."""
        day = self._day
        self._true.set_data(day.true_lon_deg[number], day.true_lat_deg[number])
        age_s, younger_s = day.age_s[number], -1.0
        for dots, step_s in zip(self._held, day.steps_s, strict=True):
            rows = (age_s > younger_s) & (age_s <= step_s)
            dots.set_data(day.held_lon_deg[number][rows], day.held_lat_deg[number][rows])
            younger_s = step_s
        self._clock.set_text(day.clocks[number])
        for artist in (self._true, *reversed(self._held), self._clock):
            self._axes.draw_artist(artist)


def _words(step_s: float) -> str:
    from mda_sim.metrics.spec import age_label

    return age_words(age_label(step_s))
