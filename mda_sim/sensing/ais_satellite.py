"""Satellites that receive AIS: what is lost where ships of a whole sea send at once.

Model: in the footprint (``footprint``) ships that do not hear each other send in the same slots, and their
messages collide at the satellite. Høye's closed form: of N ships that send every dT on n_ch channels, in
messages of length tau, a ship that is observed for T_obs is held with probability

    P = 1 - [1 - p exp(-(1 + s) N tau / (n_ch dT))] ^ (T_obs / dT)

where p is the probability that a message without collision is decoded, and s, the overlap factor, says by how
much messages meet more than one other slot's, because they come from far and near: 0 if all arrive within
their slots, 1 if they overlap at random. Here N / dT is what is truly on the air in the footprint (the
slots a second of ``message_grid``), by steps of about 15 s of the pass, so

    log(1 - P) = integral over the vessel's time in view of log(1 - p_message(t)) dt / T(class, speed)
    p_message = p (1 - garbled) [clear + p_separated (1 - clear)],   clear = exp(-(1 + s) slots/s tau / n_ch)

over the stretches in which it is present and not silent. ``p_separated`` is the probability that a message
that collides is decoded all the same: signal processing, capture, or several antennas; 0 gives Høye's form.
Where the footprint reaches beyond the area in which traffic is simulated, ``background_per_km2_s`` slots
a second are on the air from each square kilometre. A contact is of the last instant on the air in view, and
says what was broadcast then, the truth or a false position. Probes are no traffic.

Published figure: 10,000 ships in the footprint, reporting every 5.5 minutes, observed for 36 minutes, are
held with 99 %. The abstract that says so does not state s, and the report itself was not read. With p = 1 the
form gives 99.93 % for s = 0, 97.9 % for s = 1, and 99 % for s = 0.69, which is the default: **fitted** to
that figure. Two checks that the fit was not made from: the abstract speaks of an optimized system, and with
this s the interval for which P is greatest, where clear = 1/2, is 5.4 minutes; and a later report has one
satellite with a view to its horizon, 1,440 nautical miles away, hold 900 ships with better than 99 %, where
this form gives 98.8 % if they report every 6 s and 99.998 % if every 10 s (its abstract does not say).

Assumptions and limits: a message is lost or not independently of the others. All ships in the footprint
disturb each other, near ones too (optimistic reuse of slots within a cell is left out: pessimistic for few
ships), as strongly at its edge as in its middle. A message of two slots counts as two. Faster reports while
turning are left out. The background is the same everywhere, on land too. The 2 W of class B against 12.5 W of
class A are in ``p_decode_class_b`` alone. 0.8, 0.4 and 0.02 are assumptions, so chosen that where every
message collides a class A ship under way, 8 minutes in view, is held with 54 %, and one of class B with 12 %:
what is assumed of a pass over the South China Sea (0.3 to 0.7, and 0.05 to 0.2). 1e-5 slots a second from a
square kilometre: 60,000 class A sets at sea, half of them under way, on 361 million square kilometres
(assumption).

Source: G. Høye, "Space-based AIS: theoretical considerations and system parameter optimization", FFI-rapport
2006/02495, 2006 (abstract: 10,000 ships, 5.5 min, 36 min, 99 %); FFI, "Observation modelling and detection
probability for space-based AIS reception - extended observation area" (abstract: 900 ships, a swath of 2,880
nautical miles, 99 %); G. K. Høye, T. Eriksen, B. J. Meland, B. T.
Narheim, "Space-based AIS for global maritime traffic monitoring", Acta Astronautica 62, 2008, pp. 240-245
(the closed form; general knowledge, medium confidence). Slots and intervals: ``slot_load``, ``ais``.
Footprint radius of about 2,000 km: Spire, "What to expect from high traffic zones".
Where next: ``ais_satellite_kernels`` adds up the load and looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.rng import address, stream_key
from mda_sim.core.spec import NonNegative, Probability
from mda_sim.core.time import US_PER_S
from mda_sim.geo.orbits import Track
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.airtime import sets_of
from mda_sim.sensing.ais import reporting_interval_s
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.footprint import USUAL_ALTITUDE_M, Listener, footprint_rad, in_time, reach_of, views_of
from mda_sim.sensing.looks import Held, Plan, Setting
from mda_sim.sensing.slot_load import SLOTS_PER_S
from mda_sim.sensing.tasking import Works, intervals
from mda_sim.sensing.windows import leg_columns
from mda_sim.world.fleet import AisClass

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet

OVERLAP: Final = 0.69
"""Overlap factor s that gives the published 99 %; see the module. [1]"""
STEP_S: Final = 15.0
"""Longest step of a pass over which the load is taken as the same. [s]"""
P_MOST: Final = 1.0 - 1e-12
"""Most probable that a message can be to be decoded, so that its logarithm stays a number."""

_M2_PER_KM2: Final = 1e6


class Load(NamedTuple):
    """What is on the air in the footprints of all works, in order of time; a plain tuple for kernels."""

    first_step: NDArray[np.int64]
    """First step of each work, and the number of steps, (n_works + 1,)."""
    step_s: NDArray[np.float64]
    """Length of a step of each, (n_works,). [s]"""
    clear: NDArray[np.float64]
    """Probability that a message collides with none, in each step, (n_steps,)."""


class AisSatellite(Listener):
    """One or more like satellites of one operator that receive AIS. See the module for model and limits."""

    kind: Literal["ais_satellite"] = "ais_satellite"
    """Kind of sensor."""
    p_decode: Probability = 0.8
    """Probability that a message of class A that collides with none is decoded (0.8 is an assumption)."""
    p_decode_class_b: Probability = 0.4
    """The same for class B, which sends with 2 W and not 12.5 W (0.4 is an assumption)."""
    p_separated: Probability = 0.02
    """Probability that one that collides is not lost by that: signal processing (0.02 is an assumption)."""
    overlap: Annotated[float, Field(ge=0, le=1)] = OVERLAP
    """s: how much more messages overlap because ships are near and far (0.69: see the module). [1]"""
    background_per_km2_s: NonNegative = 1e-5
    """Slots a second used in each square kilometre of a footprint outside the area in which traffic is
    simulated (1e-5 is an assumption: see the module). [1/(km2 s)]"""
    position_error_m: NonNegative = 10.0
    """Position error of a contact, 1 sigma: that of the ship's satellite navigation (10 m is the bound
    of the AIS accuracy flag). [m]"""

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "ais"

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma, anywhere in the footprint [m]."""
        return self.position_error_m

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one pass whose ground track comes as near as ``range_m``, same shape.

        Of a target that sends all the time, with the background alone on the air, all over the footprint. No
        weather matters.
        """
        altitude_m = USUAL_ALTITUDE_M if self.altitude_m is None else self.altitude_m
        cap_m2 = 2 * np.pi * EARTH_RADIUS_M**2 * (1 - np.cos(footprint_rad(self, altitude_m)))
        on_air = self.background_per_km2_s * float(cap_m2) / _M2_PER_KM2
        every_s = float(reporting_interval_s(int(example.ais), example.speed_mps))
        p_decode = self.p_decode if example.ais == AisClass.CLASS_A else self.p_decode_class_b
        p = p_decode * self.p_uncollided(p_clear_from_space(on_air, self.overlap))
        missed = np.log1p(-np.minimum(p, P_MOST)) * self.in_view_s(range_m) / every_s
        return np.asarray(-np.expm1(missed))

    def p_uncollided(self, clear: ArrayLike) -> NDArray[np.float64]:
        """Probability that collisions spare a message, by the probability that it has none; same shape."""
        free = np.asarray(clear, np.float64)
        return np.asarray(free + self.p_separated * (1.0 - free))

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each pass; ValueError in a setting without an area."""
        from mda_sim.sensing.ais_satellite_kernels import look_passes

        fleet, timeline = setting.fleet, setting.timeline
        tracks = self.tracks(timeline)
        works = self.works(sensor_id, setting, tracks)
        numbers = intervals(works)
        views, load = views_of(self, tracks, works), self.load(tracks, works, setting)
        quality, p_of = qualities(self, fleet)
        missed = missed_until(load, np.array([self.p_uncollided(load.clear) * p for p in p_of]))
        sets, legs = sets_of(fleet), leg_columns(fleet)
        addresses, indices = fleet.draw_address, fleet.targets["index"]
        key = np.uint64(stream_key(setting.seed, "sense.ais_satellite.contact"))
        sensor = np.uint64(address(sensor_id))

        def look(first: int, stop: int, out: Held) -> int:
            return look_passes(
                views,
                load,
                missed,
                quality,
                sets,
                legs,
                addresses,
                indices,
                first,
                stop,
                key,
                sensor,
                numbers,
                out,
            )

        ready_us = self.ready_us(timeline, works["satellite"], works["t_to_us"])
        return Plan(numbers, works["t_to_us"].copy(), ready_us, 0, look)

    def load(self, tracks: tuple[Track, ...], works: Works, setting: Setting) -> Load:
        """What is on the air in the footprints of works: that of vessels, and the background."""
        from mda_sim.sensing.ais_satellite_kernels import fill_on_air

        works = works[in_time(works)]
        lasts_us = np.maximum(works["t_to_us"] - works["t_from_us"], 1)
        n_steps = np.ceil(lasts_us / (STEP_S * US_PER_S)).astype(np.int64)
        first_step = np.concatenate([[0], np.cumsum(n_steps)]).astype(np.int64)
        step_s = lasts_us / (n_steps * US_PER_S)
        grid = setting.messages
        on_air = np.empty(int(first_step[-1]))
        background = self.background_per_km2_s / _M2_PER_KM2
        for row, work in enumerate(works):
            steps = on_air[first_step[row] : first_step[row + 1]]
            track, from_us = tracks[work["satellite"]], int(work["t_from_us"])
            fill_on_air(track, reach_of(self), grid, background, from_us, float(step_s[row]), steps)
        return Load(first_step, step_s, p_clear_from_space(on_air, self.overlap))


def p_clear_from_space(slots_per_s: ArrayLike, overlap: float = OVERLAP) -> NDArray[np.float64]:
    """Probability that a message collides with none, by the slots a second used in the footprint; same shape.

    exp(-(1 + s) slots/s tau / n_ch): tau / n_ch is one over the slots a second of both channels together.
    """
    load = np.asarray(slots_per_s, np.float64) / SLOTS_PER_S
    return np.exp(-(1.0 + overlap) * load)


def p_held_from_space(
    n_ships: ArrayLike,
    interval_s: ArrayLike,
    observed_s: ArrayLike,
    overlap: float = OVERLAP,
    p_decode: float = 1.0,
) -> NDArray[np.float64]:
    """Høye's closed form: probability that a ship is held by a satellite that observes it for a time.

    ``n_ships`` in the footprint send one message of a slot every ``interval_s`` [s], and are in view for
    ``observed_s`` [s]; the arguments broadcast together.

    >>> round(float(p_held_from_space(10_000, 5.5 * 60, 36 * 60)), 3)
    0.99
    """
    every_s = np.asarray(interval_s, np.float64)
    p = p_decode * p_clear_from_space(np.asarray(n_ships, np.float64) / every_s, overlap)
    missed = np.log1p(-np.minimum(p, P_MOST)) * np.asarray(observed_s, np.float64) / every_s
    return np.asarray(-np.expm1(missed))


def qualities(satellite: AisSatellite, fleet: Fleet) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Kinds of message by the probability to be decoded without collision.

    The kind of each row of ``broadcasts``, (n_rows,), and the probability of each kind.
    """
    sent = fleet.broadcasts
    is_class_a = fleet.targets["ais"][sent["target"]] == AisClass.CLASS_A
    p = np.where(is_class_a, satellite.p_decode, satellite.p_decode_class_b)
    p_of, quality = np.unique(p * (1.0 - sent["garbled_fraction"].astype(np.float64)), return_inverse=True)
    return quality.astype(np.int64), p_of


def missed_until(load: Load, p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of log(1 - p) from the beginning of a work to the beginning of each of its steps and its end.

    ``p`` (n_kinds, n_steps) is constant on each step. (n_kinds, n_steps + n_works): the values of work i
    begin at its first step plus i. [s]
    """
    from mda_sim.sensing.ais_satellite_kernels import fill_missed

    out = np.empty((len(p), p.shape[1] + len(load.step_s)))
    fill_missed(load, np.log1p(-np.minimum(p, P_MOST)), out)
    return out
