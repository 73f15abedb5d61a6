"""Shoal waters that merchant lanes go round, as data.

Assumptions and limits: outlines were drawn by hand around charted reefs and banks, generously and to about
20 km; the vendored coast has few of these reefs and no depths. They bound lanes of merchant ships only, and
say nothing about rights or names. All are assumptions.

Source: general knowledge of the charted reefs, approximate.
Where next: ``lanes`` keeps routes outside them; ``geo.regions`` tells what lies inside.
"""

from __future__ import annotations

from typing import Final

LatLon = tuple[float, float]

NO_GO: Final[dict[str, tuple[LatLon, ...]]] = {
    "dangerous_ground": (
        (7.3, 111.4),
        (8.5, 111.3),
        (9.8, 112.4),
        (11.2, 113.8),
        (11.9, 114.8),
        (12.2, 116.2),
        (12.0, 117.4),
        (10.3, 117.5),
        (9.4, 117.1),
        (8.8, 116.7),
        (8.2, 115.8),
        (7.5, 114.6),
        (6.9, 113.8),
        (6.1, 113.4),
        (6.1, 113.0),
        (7.0, 112.6),
    ),
    "luconia_shoals": ((4.9, 112.4), (5.7, 112.3), (5.9, 112.7), (5.4, 112.9), (4.9, 112.7)),
    "vanguard_bank": ((7.3, 109.4), (7.7, 109.4), (7.7, 110.0), (7.3, 110.0)),
    "paracel_islands": (
        (15.7, 111.1),
        (16.4, 111.4),
        (17.2, 111.6),
        (17.2, 112.4),
        (16.9, 112.8),
        (16.0, 112.7),
        (15.6, 111.5),
    ),
    "pratas_reef": ((20.5, 116.6), (20.9, 116.6), (20.9, 117.0), (20.5, 117.0)),
    "scarborough_shoal": ((15.0, 117.65), (15.25, 117.65), (15.25, 117.9), (15.0, 117.9)),
    "tubbataha_reefs": ((8.7, 119.7), (9.1, 119.8), (9.2, 120.1), (8.9, 120.1), (8.7, 119.9)),
}
"""Corners (latitude, longitude) in degrees of each outline, edges straight in longitude and latitude."""

SOURCE: Final = "general knowledge of the charted reefs, approximate"
"""Where the outlines come from; their confidence is 'assumption'."""
