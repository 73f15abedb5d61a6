"""Place names on a map so that none covers another, a marker, or the frame.

Model: labels are placed one after another, most important first. Each tries a fixed list of positions around
its point, nearest first, and takes the first whose box is free; from the second ring on a thin line leads
back to the point. A label that fits nowhere is left out, and its name is returned.

Assumptions and limits: greedy, so the result depends on the order given, and on nothing else.
Where next: ``basemap`` calls it for zones, features and ports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mda_sim.report.style import INK, MUTED
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

_RINGS_PT: Final = (4.0, 11.0, 20.0, 32.0, 46.0)
_COMPASS: Final = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_ABOVE: Final = ((0, 1), (0, -1))
_MARGIN_PX: Final = 2.0


@dataclass(frozen=True)
class Label:
    """A name for a point of the map."""

    lat_deg: float
    lon_deg: float
    text: str
    colour: str = INK
    size_pt: float = 7.0
    style: str = "normal"
    """Font style: 'normal' or 'italic'."""
    above: bool = False
    """Try the place above the point first, as suits the top of an outline."""


class PixelBox(NamedTuple):
    """A rectangle on the canvas [px]."""

    x0: float
    y0: float
    x1: float
    y1: float

    def overlaps(self, other: PixelBox) -> bool:
        """Whether the two rectangles share area."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def inside(self, frame: PixelBox) -> bool:
        """Whether this rectangle lies within ``frame``."""
        return self.x0 >= frame.x0 and self.y0 >= frame.y0 and self.x1 <= frame.x1 and self.y1 <= frame.y1


def place_labels(axes: Axes, labels: Sequence[Label], taken: Sequence[PixelBox] = ()) -> tuple[str, ...]:
    """Draw labels on ``axes`` (x longitude, y latitude, limits final); returns the texts left out."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "the axes belong to a figure"
    canvas: Any = figure.canvas
    renderer = canvas.get_renderer()
    extent = axes.get_window_extent(renderer)
    frame = PixelBox(extent.x0 + 2, extent.y0 + 2, extent.x1 - 2, extent.y1 - 2)
    px_per_pt = figure.dpi / 72
    occupied = list(taken)
    left_out: list[str] = []
    for label in labels:
        x_px, y_px = axes.transData.transform((label.lon_deg, label.lat_deg))
        drawn = _text(axes, label)
        size = drawn.get_window_extent(renderer)
        for ring, box in _candidates(
            float(x_px), float(y_px), size.width, size.height, px_per_pt, label.above
        ):
            if box.inside(frame) and not any(box.overlaps(other) for other in occupied):
                _move(axes, drawn, box, (float(x_px), float(y_px)), lead=ring > 0)
                occupied.append(box)
                break
        else:
            drawn.remove()
            left_out.append(label.text)
    return tuple(left_out)


def boxes_around(
    axes: Axes, lat_deg: Sequence[float], lon_deg: Sequence[float], half_px: float
) -> list[PixelBox]:
    """Rectangles of half width ``half_px`` around points, so that labels keep off their markers."""
    boxes = []
    for lat, lon in zip(lat_deg, lon_deg, strict=True):
        x, y = axes.transData.transform((lon, lat))
        boxes.append(PixelBox(x - half_px, y - half_px, x + half_px, y + half_px))
    return boxes


def _text(axes: Axes, label: Label) -> Text:
    from matplotlib.patheffects import withStroke

    style: Any = label.style
    return axes.text(
        label.lon_deg,
        label.lat_deg,
        for_figure(label.text, 40),
        color=label.colour,
        fontsize=label.size_pt,
        fontstyle=style,
        ha="left",
        va="bottom",
        zorder=9,
        path_effects=[withStroke(linewidth=2.0, foreground="white", alpha=0.85)],
    )


def _candidates(
    x: float, y: float, width: float, height: float, px_per_pt: float, above: bool
) -> Iterator[tuple[int, PixelBox]]:
    """Positions around a point, nearest ring first, as (ring, box with margin)."""
    for ring, radius_pt in enumerate(_RINGS_PT):
        radius = radius_pt * px_per_pt
        for east, north in _ABOVE + _COMPASS if above else _COMPASS:
            shift = radius if east == 0 or north == 0 else radius * 0.7071
            left = x + east * shift - width * (1 - east) / 2
            low = y + north * shift - height * (1 - north) / 2
            yield (
                ring,
                PixelBox(
                    left - _MARGIN_PX, low - _MARGIN_PX, left + width + _MARGIN_PX, low + height + _MARGIN_PX
                ),
            )


def _move(axes: Axes, text: Text, box: PixelBox, point: tuple[float, float], *, lead: bool) -> None:
    """Put ``text`` into ``box``; draw the leading line from its point if asked."""
    to_data = axes.transData.inverted()
    lon, lat = to_data.transform((box.x0 + _MARGIN_PX, box.y0 + _MARGIN_PX))
    text.set_position((float(lon), float(lat)))
    if lead:
        nearest = (min(max(point[0], box.x0), box.x1), min(max(point[1], box.y0), box.y1))
        (lon0, lat0), (lon1, lat1) = to_data.transform([point, nearest])
        axes.plot([lon0, lon1], [lat0, lat1], color=MUTED, linewidth=0.5, zorder=8, solid_capstyle="round")
