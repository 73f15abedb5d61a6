"""The page about events: its example loads, has an event of every kind, and is what its comments say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.sharing.events import EventSpec
from mda_sim.sharing.happenings import drawn_events, resolve_events

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/events.md").read_text(encoding="utf-8")
[EXAMPLE] = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    if "format:" in block
]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("page") / "eventful.yaml"
    quick = ROOT / "scenarios/quick.yaml"
    path.write_text(EXAMPLE.replace("extends: quick.yaml", f"extends: {quick}"), encoding="utf-8")
    return load_scenario(path, allow_path=True)


def test_the_example_has_an_event_of_every_kind(scenario: Scenario) -> None:
    union, _ = get_args(EventSpec)
    kinds = {get_args(spec.model_fields["kind"].annotation)[0] for spec in get_args(union)}
    assert {event.kind for event in scenario.spec.sharing.events.values()} == kinds


def test_every_event_of_the_example_comes_in_its_first_seed(scenario: Scenario) -> None:
    timeline = scenario.timeline
    drawn = {event.id: event for event in drawn_events(scenario.spec.sharing, timeline, 1)}
    assert all(event.happens for event in drawn.values())
    since_h = (drawn["compromise"].begin_us - timeline.score_from_us) / US_PER_H
    assert 6 <= since_h <= 12
    assert drawn["compromise"].end_us - drawn["compromise"].begin_us == 6 * US_PER_H
    assert drawn["scare"].end_us - drawn["scare"].begin_us == 89 * US_PER_DAY
    assert ("agreements", "pact") in drawn["leaving"].affects


def test_a_notice_that_is_withdrawn_in_time_changes_nothing(scenario: Scenario) -> None:
    sharing = scenario.spec.sharing
    others = {id_: event for id_, event in sharing.events.items() if id_ != "scare"}
    without = type(sharing).model_validate({**dict(sharing), "events": others})
    one, other = (resolve_events(section, scenario.timeline, 1) for section in (sharing, without))
    assert one.agreements["pact"] == other.agreements["pact"]
