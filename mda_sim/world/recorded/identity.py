"""What an MMSI says: whether it is that of a ship, and the state whose flag she flies.

Model: a ship's identity has nine digits and begins with the three maritime identification digits (MID) of the
state that assigned it, of which the first is 2 to 7. Other stations have forms of their own: coast stations
00MID, groups of ships 0MID, aircraft 111MID, portable radios 8MID, craft with a mother ship 98MID, aids to
navigation 99MID, and beacons 970, 972 and 974.

Assumptions and limits: the MID tells who assigned the identity when it was set, not what the ship is doing.
Territories with a MID of their own have their own code. 306 is shared by three, and is given to one.

Source: Recommendation ITU-R M.585-9 (2022), annexes 1 and 2; MIDs: ``data/ais/mid.csv``.
Where next: ``cleaning`` asks here.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@lru_cache(maxsize=1)
def flags_by_mid() -> tuple[str, ...]:
    """The code of the state or territory of each MID from 0 to 999; '' where none is allocated."""
    flags = [""] * 1000
    text = (files("mda_sim.data") / "ais" / "mid.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        flags[int(row["mid"])] = row["flag"]
    return tuple(flags)


def has_ship_form(mmsi: Numbers) -> Bools:
    """Whether each number has the form of a ship's identity: nine digits of which the first is 2 to 7."""
    return np.asarray((mmsi >= 200_000_000) & (mmsi <= 799_999_999))


def has_other_form(mmsi: Numbers) -> Bools:
    """Whether each number has the form of another station's identity; its leading noughts may be lost."""
    begins = mmsi // 1_000_000
    beacon = (begins == 970) | (begins == 972) | (begins == 974)
    aircraft = (begins == 111) & has_mid(mmsi % 1_000_000 // 1_000)
    portable = (mmsi // 100_000_000 == 8) & has_mid(mmsi % 100_000_000 // 100_000)
    aid_or_craft = ((mmsi // 10_000_000 == 98) | (mmsi // 10_000_000 == 99)) & has_mid(
        mmsi % 10_000_000 // 10_000
    )
    coast = (mmsi < 10_000_000) & has_mid(mmsi // 10_000)
    group = (mmsi >= 10_000_000) & (mmsi < 100_000_000) & has_mid(mmsi // 100_000)
    return np.asarray(beacon | aircraft | portable | aid_or_craft | coast | group)


def has_mid(mid: Numbers) -> Bools:
    """Whether each number is an allocated MID."""
    allocated = np.array([bool(flag) for flag in flags_by_mid()])
    return np.asarray((mid >= 0) & (mid <= 999) & allocated[np.clip(mid, 0, 999)])


def flags_of(mmsi: Numbers) -> list[str]:
    """The code of the state or territory of each ship's identity; '' if its MID is not allocated.

    >>> flags_of(np.array([431_000_001, 548_000_001]))
    ['JPN', 'PHL']
    """
    flags = flags_by_mid()
    return [flags[mid] for mid in (mmsi // 1_000_000).tolist()]
