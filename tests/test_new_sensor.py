"""The page on new kinds of sensor: its example runs in the sweep, and holds what it says by range."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.sphere import destination
from mda_sim.sensing.example import Example, Sky
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import Fleet
from mda_sim.world.groups import Group, assemble
from mda_sim.world.legs import legs_between

PAGE = Path(__file__).resolve().parents[1] / "docs" / "new-sensor.md"


def parked(places: list[tuple[float, float]], timeline: Timeline) -> Fleet:
    """A fleet of 50 m vessels that lie still."""
    n = len(places)
    lat_deg, lon_deg = np.repeat(np.array(places, np.float64), 2, axis=0).T
    legs = legs_between(lat_deg, lon_deg, np.tile([0, timeline.score_to_us], n), np.repeat(np.arange(n), 2))
    silent = for_life(np.zeros(n, np.bool_), legs)
    lengths_m, sets = np.full(n, 50.0), np.zeros(n, np.uint8)
    return assemble([Group("boat", "boat", np.arange(n), ["PHL"] * n, lengths_m, sets, legs, silent)])


@pytest.fixture
def page(monkeypatch):
    """The module that the page holds."""
    (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    module = ModuleType("watch_post")
    monkeypatch.setitem(sys.modules, "watch_post", module)  # pydantic looks its annotations up there
    exec(compile(text, str(PAGE), "exec"), module.__dict__)
    return module


def test_the_example_is_seen_as_often_as_it_says_and_never_beyond_its_reach(page):
    post = page.WatchPost(operator="PHL", lat_deg=14.0, lon_deg=120.0, antenna_height_m=30.0, p_seen=0.3)
    reach_m = post.reach_m({"height_m": np.array([8.0])})[0]
    ranges_m = np.array([0.5 * reach_m, 0.99 * reach_m, 1.01 * reach_m])
    places = [destination(14.0, 120.0, 90.0, range_m) for range_m in ranges_m]
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 200 * 3600 * US_PER_S, 0)
    log = sense(parked(places, timeline), {"post": post}, timeline, 71, land=None)
    n = len(log.reports)
    said = post.p_by_range(ranges_m, Example(50.0, 8.0), Sky())
    seen = np.bincount(log.contacts["target"], minlength=3) / n
    assert said.tolist() == [0.3, 0.3, 0.0]
    assert seen[2] == 0.0
    assert (np.abs(seen - said) <= 4.0 * np.sqrt(said * (1.0 - said) / n)).all()
    assert (np.abs(seen[:2] - 1.25 * said[:2]) > 4.0 * np.sqrt(said[:2] * (1.0 - said[:2]) / n)).all()
