"""Messages of ships that do not hear each other collide at a receiver that hears both."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.time import US_PER_H
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.airtime import airtime_of, sets_of, squares_of
from mda_sim.sensing.slot_load import SLOTS_PER_S, p_clear, slot_load, slots_per_s
from mda_sim.sensing.sweep import sense
from mda_sim.sensing.windows import find_windows
from mda_sim.world.broadcasts import AisState, broadcasts_of

SEED = 20261125
EAST, WEST = 90.0, 270.0
ANCHORED = 4 / 360  # slots a second: a position every 180 s, and static data
UNDER_WAY = 1 / 10 + 2 / 360


def crowd(build, n, bearing_deg, hours=2.0, distance_m=35e3):
    """Ships at anchor in one place."""
    return build.parked(np.full(n, distance_m), bearing_deg, hours)


def load_of(build, fleet, hours=1.0, **changes):
    receiver = build.ais(**changes)
    reach_m = receiver.reach_m(fleet.targets)
    windows = find_windows(fleet, 14.0, 120.0, reach_m)
    squares = squares_of(14.0, 120.0, float(reach_m.max()), build.timeline(hours))
    airtime = airtime_of(windows, sets_of(fleet), squares, receiver.p_decode)
    return slot_load(airtime, squares, receiver.ship_range_m)


def contacts(build, fleet, hours=2.0, block=256, **changes):
    """Interval, stream, index and dt of each contact of a vessel."""
    sensors = {"a": build.ais(**changes)}
    log = sense(fleet, sensors, build.timeline(hours), SEED, land=None, block=block)
    rows = [row for row in build.rows(log) if row[2] < fleet.n_vessels]
    streams, index = fleet.targets["stream"], fleet.targets["index"]
    return {(k, fleet.streams[streams[t]], int(index[t]), dt) for _, k, t, dt in rows}


@pytest.mark.parametrize(
    ("ais_class", "knots", "is_turning", "per_minute"),
    [
        (1, 0.0, False, 1 / 3 + 1 / 3),
        (1, 10.0, False, 6 + 1 / 3),
        (1, 10.0, True, 18 + 1 / 3),
        (1, 20.0, False, 10 + 1 / 3),
        (2, 10.0, True, 2 + 1 / 3),
        (3, 30.0, False, 12 + 1 / 3),
        (0, 10.0, False, 0.0),
    ],
)
def test_slots_are_positions_and_two_for_static_data_every_six_minutes(
    ais_class, knots, is_turning, per_minute
):
    used = slots_per_s(ais_class, knots * 1852 / 3600, is_turning)
    assert 60 * float(used) == pytest.approx(per_minute, rel=1e-12)


def test_there_are_2250_slots_a_minute_on_each_of_two_channels():
    assert SLOTS_PER_S * 60 == 4500


@pytest.mark.parametrize("n", [1, 100, 450])
def test_a_message_is_clear_as_often_as_independent_choices_of_a_slot_say(n):
    assert float(p_clear(n / 4500)) == pytest.approx((1 - 1 / 4500) ** n, rel=1e-4)


@pytest.mark.parametrize("n", [1, 40, 200])
def test_ships_that_report_every_ten_seconds_fill_their_share_of_the_slots(build, n):
    fleet = build.fleet([build.sailing(5e3, 40e3, 5.0)] * n)
    load = load_of(build, fleet)
    assert load.heard == pytest.approx([n * UNDER_WAY / 75], rel=1e-6)
    assert (load.hidden <= load.heard).all()


def test_load_is_of_the_time_on_the_air_and_in_reach(build):
    """Half of an hour in reach, then, of another ship, a quarter of each hour on the air."""
    n = 50
    gone = [[(0.0, 14.1, 120.0), (1800.0, 14.1, 120.0)]] * n
    assert load_of(build, build.fleet(gone)).heard == pytest.approx([n * ANCHORED / 75 / 2], rel=1e-6)
    on = [0, US_PER_H // 4, US_PER_H, US_PER_H * 5 // 4]
    states = [AisState.TRUE, AisState.SILENT] * 2
    sent = broadcasts_of(np.repeat(np.arange(n), 4), np.tile(on, n), np.tile(states, n))
    heard = load_of(build, build.fleet(crowd(build, n, EAST), broadcasts=sent), hours=2.0).heard
    assert heard == pytest.approx([n * ANCHORED / 75 / 4] * 2, rel=1e-6)


def test_messages_of_two_crowds_that_do_not_hear_each_other_collide_as_reckoned(build):
    n = 1800
    both = build.fleet([*crowd(build, n, EAST), *crowd(build, n, WEST)])
    changes = {"p_decode": 1.0, "interval_s": 180.0}
    held = contacts(build, both, **changes)
    looks = 2 * n * len({interval for interval, *_ in held})
    p = np.exp(-n * ANCHORED / 75)  # one message in each interval
    assert p < 0.8
    error = 4 * np.sqrt(p * (1 - p) / looks)
    assert abs(len(held) / looks - p) < error < 0.01 * p
    alone = contacts(build, build.fleet(crowd(build, n, EAST)), **changes)
    assert len(alone) * 2 == looks


def test_ships_that_hear_each_other_lose_nothing(build):
    fleet = build.fleet([*crowd(build, 400, EAST), *crowd(build, 400, 60.0)])
    changes = {"p_decode": 0.3, "interval_s": 180.0}
    assert contacts(build, fleet, **changes) == contacts(build, fleet, slot_load=False, **changes)


def test_more_ships_never_mean_more_contacts_of_one(build):
    few = crowd(build, 300, EAST)
    before = contacts(build, build.fleet(few), p_decode=0.5, interval_s=180.0)
    for n in (50, 1500):
        more = [*few, *crowd(build, n, WEST)]
        streams = ["trawler"] * 300 + ["other"] * n
        order = np.argsort(streams, kind="stable")
        fleet = build.fleet([more[i] for i in order], streams=[streams[i] for i in order])
        after = contacts(build, fleet, p_decode=0.5, interval_s=180.0)
        mine = {row for row in after if row[1] == "trawler"}
        assert mine < before
        before = mine


def test_without_slot_load_no_vessel_changes_the_contacts_of_another(build):
    few = crowd(build, 300, EAST)
    fleet = build.fleet([*few, *crowd(build, 1500, WEST)])
    changes = {"p_decode": 0.5, "interval_s": 180.0, "slot_load": False}
    mine = {row for row in contacts(build, fleet, **changes) if row[2] < 300}
    assert mine == contacts(build, build.fleet(few), **changes)


def test_probes_do_not_load_the_channels(build):
    few = crowd(build, 300, EAST)
    fleet = build.fleet([*few, *crowd(build, 1500, WEST)], probes=1500)
    changes = {"p_decode": 0.5, "interval_s": 180.0}
    assert contacts(build, fleet, **changes) == contacts(build, build.fleet(few), **changes)


@pytest.mark.parametrize("is_probe", [False, True])
def test_a_tall_target_far_out_of_reach_changes_no_contact(build, is_probe):
    rng = np.random.default_rng(SEED)
    near = build.parked(43e3 * np.sqrt(rng.uniform(size=1000)), rng.uniform(0.0, 360.0, 1000), 2.0)
    changes = {"p_decode": 0.5, "interval_s": 180.0}
    usual = contacts(build, build.fleet(near), **changes)
    assert usual != contacts(build, build.fleet(near), slot_load=False, **changes)  # some do collide
    giant = [*near, *build.parked(5000e3, hours=2.0)]
    fleet = build.fleet(giant, probes=int(is_probe), height_m=np.r_[np.full(1000, 8.0), 40.0])
    assert contacts(build, fleet, **changes) == usual


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_the_block_size_changes_nothing(build, block):
    paths = [*crowd(build, 60, EAST), *[build.sailing(-40e3, 40e3, 6.0, 45.0)] * 60]
    fleet = build.fleet([*paths, *crowd(build, 60, WEST)])
    usual = contacts(build, fleet, p_decode=0.1)
    assert contacts(build, fleet, p_decode=0.1, block=block) == usual


def test_what_is_hidden_grows_as_ships_hear_less_far(build):
    fleet = build.fleet(build.parked(np.linspace(2e3, 40e3, 200), np.linspace(0, 2000, 200), 2.0))
    ranges_m = (1e3, 15e3, 30e3, 60e3, 100e3)
    hidden = [load_of(build, fleet, ship_range_m=range_m).hidden.max() for range_m in ranges_m]
    assert (np.diff(hidden) < 0).sum() >= 3
    assert (np.diff(hidden) <= 0).all()
    assert hidden[-1] == 0.0


@pytest.mark.parametrize("k", [1.0, 4 / 3, 2.5])
def test_reach_is_the_horizon_of_both_antennas_over_an_earth_of_that_factor(build, k):
    fleet = build.fleet(build.parked(10e3))
    reach_m = build.ais(refraction_factor=k, max_range_m=500e3).reach_m(fleet.targets)
    radius_m = k * EARTH_RADIUS_M
    assert reach_m == pytest.approx([np.sqrt(2 * radius_m * 60.0) + np.sqrt(2 * radius_m * 8.0)])


@pytest.mark.parametrize("changes", [{"ship_range_m": 0.0}, {"refraction_factor": 0.0}, {"slot_load": 1}])
def test_what_makes_no_sense_is_refused(build, changes):
    with pytest.raises(ValidationError):
        build.ais(**changes)
