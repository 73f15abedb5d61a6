"""What every class of traffic has: lengths, flags, AIS; and how one vessel's particulars are drawn.

Model: length is uniform in its span; the flag is drawn by the inverse of the cumulative shares in the order
of the trigraphs; a share works under bright lights at night; which AIS a vessel carries and what it does with
it is in ``ais_use``. Each is one draw at (address of the stream, index in the stream), so changing one share
moves no other draw.

Assumptions and limits: they are independent of each other.

Where next: every kind of traffic extends ``TrafficBase`` and calls ``vessel_group``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.spec import NationMap, Probability, Sourced
from mda_sim.core.table import Table
from mda_sim.world.ais_use import AisCarriage, draw_broadcasts
from mda_sim.world.draws import Span, uniform
from mda_sim.world.fleet import AisClass
from mda_sim.world.groups import Group
from mda_sim.world.hull import HULLS, HullWord

__all__ = ["AisCarriage", "Particulars", "Span", "TrafficBase", "draw_particulars", "uniform", "vessel_group"]


class TrafficBase(Sourced):
    """What every class of traffic has."""

    length_m: Span
    """Length over all, uniform in the span. > 0 m"""
    hull: HullWord = "steel"
    """What the vessels are made of: 'steel', or 'wood' for wood and glass fibre, which radars see less of."""
    flags: NationMap[Probability]
    """Share of each flag state; the shares add up to 1 within 1e-6. [0, 1]"""
    ais: AisCarriage
    """Carriage and use of AIS."""
    lit_fraction: Probability = 0.0
    """Share of vessels that work under bright lights at night, which night-light satellites see."""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the catalogue's ports that the class uses; none unless the kind says otherwise."""
        return []

    @property
    def feature_ids(self) -> list[str]:
        """Ids of the catalogue's features that the class keeps to; none unless the kind says otherwise."""
        return []

    @model_validator(mode="after")
    def _flags_are_shares(self) -> Self:
        total = math.fsum(self.flags.values())
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares of flags must add up to 1, got {total:g}")
        return self


@dataclass(frozen=True)
class Particulars:
    """What a vessel is, for vessels of one stream; all (n,)."""

    length_m: NDArray[np.float64]
    """Length over all [m]."""
    flag: list[str]
    """Flag state."""
    ais: NDArray[np.uint8]
    """AIS carried, an AisClass."""
    uses_ais: NDArray[np.bool_]
    """Whether it carries AIS that is not switched off for the whole run."""
    lit: NDArray[np.bool_]
    """Whether it works under bright lights at night."""


def draw_particulars(traffic: TrafficBase, stream: str, index: NDArray[np.int64], seed: int) -> Particulars:
    """The particulars of vessels ``index`` (n,) of a stream in one replicate."""
    names = list(traffic.flags)
    shares = np.cumsum(list(traffic.flags.values()))
    row = np.searchsorted(shares[:-1], uniform(seed, "flag", stream, index), side="right")
    carries = uniform(seed, "carriage", stream, index) < traffic.ais.carriage
    uses = uniform(seed, "off", stream, index) >= traffic.ais.off_fraction
    return Particulars(
        length_m=traffic.length_m.at(uniform(seed, "length", stream, index)),
        flag=[names[k] for k in row],
        ais=np.where(carries, traffic.ais.ais_class, AisClass.NONE).astype(np.uint8),
        uses_ais=carries & uses,
        lit=uniform(seed, "lights", stream, index) < traffic.lit_fraction,
    )


def vessel_group(
    class_id: str,
    stream: str,
    traffic: TrafficBase,
    index: NDArray[np.int64],
    legs: Table,
    seed: int,
    bound_for: Sequence[str] = (),
    silent: Table | None = None,
) -> Group:
    """The vessels ``index`` (n,) of a stream, with the particulars that are drawn for them.

    In ``legs``, a LEGS table, the column ``target`` counts them. ``bound_for``: nation of the port that each
    sails to, if known. ``silent``: a PRESENCE table, whose ``target`` counts them too, of stretches in which
    their AIS is off whatever is drawn.
    """
    particulars = draw_particulars(traffic, stream, index, seed)
    return Group(
        traffic_class=class_id,
        stream=stream,
        index=index,
        flag=particulars.flag,
        length_m=particulars.length_m,
        hull=HULLS[traffic.hull],
        ais=particulars.ais,
        lit=particulars.lit,
        legs=legs,
        broadcasts=draw_broadcasts(traffic.ais, particulars.uses_ais, stream, index, legs, seed, silent),
        bound_for=bound_for,
    )
