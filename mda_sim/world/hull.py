"""What a hull is made of, as far as a radar can tell.

Where next: traffic classes state it, ``fleet.TARGETS`` carries it, ``sensing.rcs`` reads it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal

HullWord = Literal["steel", "wood"]
"""A hull as written in a scenario; 'wood' stands for glass fibre too."""


class Hull(IntEnum):
    """Material of a hull."""

    STEEL = 0
    WOOD = 1


HULLS: Final[dict[HullWord, Hull]] = {"steel": Hull.STEEL, "wood": Hull.WOOD}
"""Hull of each word."""
