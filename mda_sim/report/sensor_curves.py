"""What a sensor can do with each class of vessel: probability of a contact against range, range against
probability, and where the decibels go.

Model: ``SensorBase.p_by_range`` asked on a grid of ranges. A class is **held to** the farthest range at which
the probability is at least a level; beyond it no range reaches the level. What is slower than a radar shows
at all (moving-target indication) is never held.

Assumptions and limits: one reporting interval (one image for a satellite), before the persistent term, and
without land. Where next: ``sensor_tables``, ``sensor_charts`` and ``sensor_coverage``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.table import Table
from mda_sim.sensing.detection import required_snr
from mda_sim.sensing.example import CALM
from mda_sim.sensing.horizon import EARTH_FACTOR, horizon_m
from mda_sim.sensing.mobile import MobileSensor
from mda_sim.sensing.propagation import low_target_range_m
from mda_sim.sensing.radar import RadarSet
from mda_sim.sensing.radar_tables import elevation_factor
from mda_sim.sensing.range_equation import Term, budget
from mda_sim.sensing.rcs import median_rcs_m2
from mda_sim.sensing.sensor import FixedSensor, SensorBase
from mda_sim.world.fleet import TARGETS, AisClass

if TYPE_CHECKING:
    from mda_sim.sensing.example import Example, Sky

RangedSensor = FixedSensor | MobileSensor
"""Sensors that hold targets to some range: those at a place and those aboard a platform."""

LEVELS: Final = (0.5, 0.9)
"""Probabilities for which ranges are given."""
STEP_M: Final = 100.0
"""Steps in which ranges are given [m]."""

NOTHING: Final = 0.01
"""Probability that is not worth drawing, and difference that is not worth a second curve."""
LENGTH_MOST_M: Final = 400.0
"""Longest vessel of a curve against length: that of the longest ships [m]."""

_NO_NAMES: Final = {"classes": [""], "streams": [""], "flags": [""], "destinations": [""]}
_MARGIN: Final = 1.1  # how much further than a sensor looks its curves go
_COARSE: Final = 10  # steps at once, before the last of them is looked at in steps of one
_MOST_POINTS: Final = 400  # of a curve
_STEPS_M: Final = (100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


@dataclass(frozen=True, eq=False)
class Curve:
    """Probability of a contact of one class against range, in one sky."""

    sky: str
    """The weather, in words."""
    target: str
    """Class of traffic, or the probe."""
    range_m: NDArray[np.float64]
    """(n,) [m]."""
    p: NDArray[np.float64]
    """(n,)."""


def p_contact(sensor: SensorBase, range_m: ArrayLike, example: Example, sky: Sky) -> NDArray[np.float64]:
    """Probability of a contact in one interval at ranges, their shape; 0 of what is too slow to be shown."""
    if shows(sensor, example):
        return sensor.p_by_range(range_m, example, sky)
    return np.zeros(np.shape(range_m))


def shows(sensor: SensorBase, example: Example) -> bool:
    """Whether a sensor shows vessels of that speed at all, if they sail along the line of sight."""
    return not isinstance(sensor, RadarSet) or example.speed_mps >= sensor.min_radial_speed_mps


def reach_m(sensor: RangedSensor, example: Example, sky: Sky) -> float:
    """Distance beyond which a sensor does not look for such a target; -1 for never [m].

    What is aboard and no radar looks as far as the horizon, or its longest range if that is nearer; one that
    receives AIS for no vessel without a set.
    """
    if not isinstance(sensor, FixedSensor | RadarSet):
        if sensor.category == "ais" and example.ais == AisClass.NONE:
            return -1.0
        horizon, longest_m = horizon_to_m(sensor, example), getattr(sensor, "max_range_m", None)
        return min(horizon, math.inf if longest_m is None else float(longest_m))
    row = {column.name: [0] for column in TARGETS.columns}
    seen = {
        "length_m": example.length_m,
        "height_m": example.height_m,
        "hull": example.hull,
        "ais": example.ais,
    }
    table = Table.of(TARGETS, row | {name: [value] for name, value in seen.items()}, _NO_NAMES)
    return float(sensor.reach_m(table, sky.duct_height_m)[0])


def horizon_to_m(sensor: SensorBase, example: Example) -> float:
    """Line of sight from the antenna of a sensor to such a target; nan for a kind without an antenna [m]."""
    height_m = getattr(sensor, "antenna_height_m", math.nan)
    return float(horizon_m(height_m, example.height_m, getattr(sensor, "refraction_factor", EARTH_FACTOR)))


def curves(sensor: RangedSensor, examples: Mapping[str, Example], skies: Mapping[str, Sky]) -> list[Curve]:
    """The curves of a sensor, sky by sky, a little further than it looks; skies that change no probability by
    more than ``NOTHING`` are left out.

    They are of targets fast enough to be shown.
    """
    reaches_m = [reach_m(sensor, one, sky) for one in examples.values() for sky in skies.values()]
    max_range_m = _MARGIN * max(*reaches_m, STEP_M)
    step_m = next((step for step in _STEPS_M if max_range_m / step <= _MOST_POINTS), _STEPS_M[-1])
    range_m = np.arange(1.0, math.floor(max_range_m / step_m) + 1.0) * step_m
    found: list[Curve] = []
    for sky_name, sky in skies.items():
        here = [
            Curve(sky_name, name, range_m, sensor.p_by_range(range_m, one, sky))
            for name, one in examples.items()
        ]
        calm = found[: len(here)]
        if not calm or any(_differ(one, other) for one, other in zip(here, calm, strict=True)):
            found += here
    return found


class Reach(NamedTuple):
    """How far a sensor holds a target."""

    p50_m: float
    """Farthest range, in steps of ``STEP_M``, at which the probability is at least 0.5; nan for none [m]."""
    p90_m: float
    """The same for 0.9 [m]."""
    gap_m: float
    """How much of the way to ``p50_m`` has less than 0.5, as the sea may hide what is near [m]."""


def held_to(sensor: RangedSensor, example: Example, sky: Sky) -> Reach:
    """How far a sensor holds a target, and with what gaps."""
    max_range_m = reach_m(sensor, example, sky)
    coarse_m = STEP_M * _COARSE * np.arange(1, math.floor(max_range_m / (STEP_M * _COARSE)) + 1)
    p = p_contact(sensor, coarse_m, example, sky)
    found = []
    for level in LEVELS:
        reached = np.flatnonzero(p >= level)
        last_m = float(coarse_m[reached[-1]]) if len(reached) else 0.0
        fine_m = last_m + STEP_M * np.arange(1, _COARSE)
        fine_m = fine_m[fine_m <= max_range_m]
        further = np.flatnonzero(p_contact(sensor, fine_m, example, sky) >= level)
        best_m = float(fine_m[further[-1]]) if len(further) else last_m
        found.append(best_m if best_m > 0 else math.nan)
    gap_m = STEP_M * _COARSE * float(np.count_nonzero((p < LEVELS[0]) & (coarse_m < found[0])))
    return Reach(found[0], found[1], gap_m)


def held_from_m(sensor: SensorBase, example: Example) -> tuple[float, float]:
    """Shortest length, in whole metres, at which the probability reaches each of ``LEVELS``, whatever the
    range, up to ``LENGTH_MOST_M``; nan for none, and where length makes no difference [m].
    """
    lengths_m, p = length_curve(sensor, example)
    if (p == p[0]).all():
        return math.nan, math.nan
    reached = [lengths_m[p >= level] for level in LEVELS]
    first, second = (float(one[0]) if len(one) else math.nan for one in reached)
    return first, second


def length_curve(sensor: SensorBase, example: Example) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lengths [m] and the probability of a contact of vessels that are otherwise like ``example``, (n,)."""
    lengths_m = np.arange(1.0, LENGTH_MOST_M + 1.0)
    p = [
        float(sensor.p_by_range(0.0, replace(example, length_m=length), CALM))
        for length in lengths_m.tolist()
    ]
    return lengths_m, np.array(p)


def link_budget(radar: RadarSet, example: Example, range_m: float) -> tuple[Term, ...]:
    """The terms of the signal-to-noise ratio of one pulse over a calm sea, their sum, what a scan needs for a
    probability of one half, and the difference [dB].
    """
    terms = budget(
        power_w=radar.power_w,
        antenna_gain_dbi=radar.antenna_gain_dbi,
        frequency_hz=radar.frequency_hz,
        pulse_width_s=radar.pulse_width_s,
        noise_figure_db=radar.noise_figure_db,
        losses=radar.losses,
        range_m=range_m,
        rcs_m2=float(median_rcs_m2(example.length_m, example.hull, radar.frequency_hz)),
    )
    low_m = float(low_target_range_m(radar.antenna_height_m, example.height_m, radar.frequency_hz))
    terms += (
        Term("elevation pattern, both ways", _db(float(elevation_factor(radar, range_m)))),
        Term("sea reflection of a low target", min(0.0, 4.0 * _db(low_m / range_m))),
    )
    together_db = math.fsum(term.value_db for term in terms)
    needed_db = _db(float(required_snr(0.5, radar.n_pulses, radar.p_false_alarm, radar.swerling)))
    return (
        *terms,
        Term(SUM, together_db),
        Term(f"needed for P = 0.5 in a scan of {radar.n_pulses} pulses", needed_db),
        Term("margin", together_db - needed_db),
    )


SUM: Final = "signal-to-noise ratio of one pulse"
"""Name of the line of a link budget that is the sum of those above it."""


def _differ(one: Curve, other: Curve) -> bool:
    return bool((np.abs(one.p - other.p) > NOTHING).any())


def _db(ratio: float) -> float:
    return 10.0 * math.log10(ratio)
