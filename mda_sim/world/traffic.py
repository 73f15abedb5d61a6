"""What every class of traffic has: lengths, flags, AIS carriage; and how one vessel's particulars are drawn.

Model: length is uniform in its span; the flag is drawn by the inverse of the cumulative shares in the order
of the trigraphs; a vessel carries a transponder with probability ``carriage`` and, if it does, has switched
it off with probability ``off_fraction``. Each is one draw at (address of the stream, index in the stream),
so changing one share moves no other draw.

Assumptions and limits: the four are independent of each other, and a vessel that switched its AIS off keeps
it off for the whole run.

Where next: ``merchant`` and ``militia`` extend ``TrafficBase`` and call ``vessel_group``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import NationMap, Positive, Probability, Sourced, Spec
from mda_sim.core.table import Table
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass
from mda_sim.world.groups import Group


class Span(Spec):
    """A quantity that is uniform between two values, in the unit of the field that holds it."""

    low: Positive
    """Smallest value. > 0"""
    high: Positive
    """Largest value, at least ``low``. > 0"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low must be at most high, got {self.low:g} and {self.high:g}")
        return self

    def at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares in [0, 1] of the way from low to high, shape of the input."""
        return np.asarray(self.low + share * (self.high - self.low), np.float64)


class AisCarriage(Spec):
    """Which AIS the vessels of a class carry, and whether they use it."""

    carriage: Probability
    """Share of vessels that carry a transponder. [0, 1]"""
    transponder: Literal["class_a", "class_b"] = "class_a"
    """Kind of transponder: class A (required of larger ships) or class B."""
    off_fraction: Probability = 0.0
    """Share of the vessels that carry one and have switched it off for the whole run. [0, 1]"""


class TrafficBase(Sourced):
    """What every class of traffic has."""

    length_m: Span
    """Length over all, uniform in the span. > 0 m"""
    flags: NationMap[Probability]
    """Share of each flag state; the shares add up to 1 within 1e-6. [0, 1]"""
    ais: AisCarriage
    """Carriage and use of AIS."""

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


def draw_particulars(traffic: TrafficBase, stream: str, index: NDArray[np.int64], seed: int) -> Particulars:
    """The particulars of vessels ``index`` (n,) of a stream in one replicate."""
    names = list(traffic.flags)
    shares = np.cumsum(list(traffic.flags.values()))
    row = np.searchsorted(shares[:-1], uniform(seed, "flag", stream, index), side="right")
    carries = uniform(seed, "carriage", stream, index) < traffic.ais.carriage
    uses = uniform(seed, "off", stream, index) >= traffic.ais.off_fraction
    kind = AisClass.CLASS_A if traffic.ais.transponder == "class_a" else AisClass.CLASS_B
    return Particulars(
        length_m=traffic.length_m.at(uniform(seed, "length", stream, index)),
        flag=[names[k] for k in row],
        ais=np.where(carries, kind, AisClass.NONE).astype(np.uint8),
        uses_ais=carries & uses,
    )


def vessel_group(
    class_id: str,
    stream: str,
    traffic: TrafficBase,
    index: NDArray[np.int64],
    legs: Table,
    seed: int,
    bound_for: Sequence[str] = (),
) -> Group:
    """The vessels ``index`` (n,) of a stream, with the particulars that are drawn for them.

    In ``legs``, a LEGS table, the column ``target`` counts them. ``bound_for``: nation of the port that each
    sails to, if known.
    """
    particulars = draw_particulars(traffic, stream, index, seed)
    return Group(
        traffic_class=class_id,
        stream=stream,
        index=index,
        flag=particulars.flag,
        length_m=particulars.length_m,
        ais=particulars.ais,
        legs=legs,
        broadcasts=for_life(particulars.uses_ais, legs),
        bound_for=bound_for,
    )


def uniform(
    seed: int, what: str, stream: str, index: NDArray[np.int64], step: int = 0, attempt: int = 0
) -> NDArray[np.float64]:
    """Uniforms in (0, 1) about vessels of a stream, (n,), one for each ``what``, step and attempt."""
    key = stream_key(seed, f"world.{what}")
    return draw_uniform(key, np.uint32(address(stream)), index, np.uint32(attempt), np.uint32(step))
