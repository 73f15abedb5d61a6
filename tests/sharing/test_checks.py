"""Cross-checks: each fault is found, at its key, with its severity; a whole section is silent."""

from __future__ import annotations

import copy
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.sharing.checks import check_sharing
from mda_sim.sharing.network import NationSpec, SharingSpec

OPERATORS = {"radar": "PHL"}
WEEKEND = Timeline(datetime(2026, 3, 7, tzinfo=UTC), 0, US_PER_DAY, 0)

WHOLE: dict[str, Any] = {
    "nodes": {
        "jpn": {"nation": "JPN", "highest_level": "SECRET"},
        "phl": {"nation": "PHL", "highest_level": "SECRET"},
    },
    "labels": {"own": {"classification": "RESTRICTED", "rel_to": ["JPN"]}},
    "feeds": {"radar": {"node": "phl", "label": "own"}},
    "agreements": {
        "deal": {
            "parties": ["JPN", "PHL"],
            "signed": "2024-01-01T00:00:00Z",
            "in_force_from": "2025-01-01T00:00:00Z",
            "categories": ["radar"],
            "articles": {"release": "6"},
        }
    },
    "groups": {"all": {"nodes": ["jpn", "phl"]}},
    "consents": {"word": {"originator": "PHL", "recipient": "USA", "kind": "on_request", "desk": "desk"}},
    "desks": {"desk": {"calendar": {"kind": "working_hours", "time_zone": "Asia/Manila"}}},
    "links": {
        "back": {"sender": "jpn", "recipient": "phl"},
        "forth": {"sender": "phl", "recipient": "jpn", "desk": "desk"},
    },
}

BACKWARD = [{"from_utc": "2026-01-02T00:00:00Z", "to_utc": "2026-01-01T00:00:00Z"}]
SAME = ""
"""In place of a key: the finding is at the path that was changed."""

FAULTS = [
    ("links.forth.filter", {}, SAME, "states nothing", "error"),
    ("links.forth.sanitise", {"delegated_by": ["USA"]}, SAME, "changes nothing", "error"),
    ("links.forth.sanitise", {"label": "tear"}, "links.forth.sanitise.label", "unknown label", "error"),
    (
        "links.forth.sanitise",
        {"coarsen_m": 1e3, "delegated_by": ["PHL"]},
        "links.forth.sanitise.delegated_by",
        "needs no delegation",
        "error",
    ),
    (
        "links.forth.sanitise",
        {"coarsen_m": 1e3, "delegated_by": ["ABC"]},
        "links.forth.sanitise.delegated_by",
        "unknown nation 'ABC'",
        "error",
    ),
    ("nodes.phl.nation", "PHX", SAME, "unknown nation 'PHX'", "error"),
    ("labels.own.rel_to", ["AUS"], SAME, "unknown nation 'AUS'", "error"),
    ("agreements.deal.parties", ["JPN", "ABC"], SAME, "'ABC'", "error"),
    ("agreements.deal.parties", ["JPN"], SAME, "at least two", "error"),
    ("agreements.deal.parties", ["JPN", "USA"], "links.forth", "no agreement names both", "warning"),
    (
        "agreements.deal.signed",
        "2026-01-01T00:00:00Z",
        "agreements.deal.in_force_from",
        "before it was signed",
        "error",
    ),
    (
        "agreements.deal.in_force_to",
        "2024-06-01T00:00:00Z",
        "agreements.deal.in_force_to",
        "ends before",
        "error",
    ),
    (
        "agreements.deal.suspensions",
        BACKWARD,
        "agreements.deal.suspensions.0",
        "ends before",
        "error",
    ),
    (
        "agreements.deal.articles",
        {"third_party": "6"},
        "agreements.deal.articles.third_party",
        "unknown rule",
        "error",
    ),
    ("agreements.deal.notice_given", "2026-01-01T00:00:00Z", SAME, "no notice_s", "error"),
    ("agreements.deal.ceilings", {"USA": "SECRET"}, SAME, "USA is no party", "error"),
    ("agreements.deal.equivalence", {"USA": {"SECRET": "SECRET"}}, SAME, "USA is no party", "error"),
    (
        "agreements.deal.suspensions",
        [{"from_utc": "2026-01-01T00:00:00Z", "parties": ["USA"]}],
        "agreements.deal.suspensions.0",
        "USA is no party",
        "error",
    ),
    ("agreements.deal.purposes", ["rescue"], SAME, "no label has one of its purposes (rescue)", "warning"),
    ("labels.own.originators", ["AUS"], SAME, "unknown nation 'AUS'", "error"),
    ("links.forth.fused_with", ["theirs"], SAME, "unknown label 'theirs'", "error"),
    ("links.forth.fused_with", ["own"], SAME, "names no originators", "error"),
    ("links.forth.pattern", {"kind": "subscribe"}, SAME, "state a filter", "error"),
    ("links.forth.priority", 3, SAME, "goes by fifo", "warning"),
    ("links.back.priority", 3, SAME, "no desk", "warning"),
    ("links.forth.willing_per", {"kind": "category_day"}, SAME, "nothing is drawn", "warning"),
    (
        "links.forth.contact_windows",
        {"kind": "periodic", "period_s": 60.0, "lasts_s": 60.0},
        SAME,
        "or more of its period",
        "error",
    ),
    ("links.forth.contact_windows", {"kind": "dated", "stretches": []}, SAME, "no window", "error"),
    (
        "links.forth.contact_windows",
        {"kind": "dated", "stretches": BACKWARD},
        "links.forth.contact_windows.stretches.0",
        "ends before",
        "error",
    ),
    ("consents.word.decided_per", {"kind": "episode", "lasts_s": 9.0}, SAME, "nothing is drawn", "warning"),
    ("consents.word.withdrawn", BACKWARD, "consents.word.withdrawn.0", "ends before", "error"),
    (
        "consents.word",
        {"originator": "JPN", "recipient": "USA", "kind": "on_request"},
        "consents.word.originator",
        "originator of no report",
        "warning",
    ),
    ("desks.desk.closures", BACKWARD, "desks.desk.closures.0", "ends before", "error"),
    ("desks.desk.surges", [{**BACKWARD[0], "servers": 3}], "desks.desk.surges.0", "ends before", "error"),
    ("feeds.radar.node", "nowhere", SAME, "unknown node 'nowhere'", "error"),
    ("feeds.radar.node", "jpn", SAME, "cannot feed node 'jpn' of JPN", "error"),
    ("feeds.radar.label", "none", SAME, "unknown label 'none'", "error"),
    ("feeds.ghost", {"node": "phl", "label": "own"}, SAME, "unknown sensor 'ghost'", "error"),
    ("labels.own.classification", "TOP_SECRET", "feeds.radar", "above node 'phl'", "warning"),
    ("links.forth.sender", "nowhere", SAME, "unknown node", "error"),
    ("links.forth.desk", "dusk", SAME, "unknown desk 'dusk'; expected one of 'desk'", "error"),
    ("links.forth.recipient", "phl", SAME, "to itself", "error"),
    ("links.back.desk", "desk", "desks.desk", "JPN and PHL", "warning"),
    ("groups.pool", {"nodes": ["phl", "nowhere"]}, "groups.pool.nodes", "unknown node 'nowhere'", "error"),
    ("groups.pool", {"nodes": ["phl", "phl"]}, "groups.pool.nodes", "two different nodes", "error"),
    ("links.forth.outages", BACKWARD, "links.forth.outages.0", "ends before", "error"),
    ("consents.word.originator", "PHX", SAME, "unknown nation 'PHX'", "error"),
    ("consents.word.recipient", "PHX", SAME, "unknown nation 'PHX'", "error"),
    ("consents.word.sender", "PHX", SAME, "unknown nation 'PHX'", "error"),
    ("consents.word.originator", "USA", SAME, "runs no node", "error"),
    ("consents.word.recipient", "PHL", SAME, "own reports", "error"),
    ("consents.word.sender", "PHL", SAME, "needs no consent to send", "error"),
    ("consents.word.desk", "dusk", SAME, "unknown desk 'dusk'; expected one of 'desk'", "error"),
    ("consents.word.originator", "JPN", "consents.word.desk", "releases for PHL", "error"),
    (
        "consents.stands",
        {"originator": "PHL", "recipient": "USA", "kind": "standing", **BACKWARD[0]},
        "consents.stands.to_utc",
        "ends before",
        "error",
    ),
    ("desks.desk.calendar.weekdays", [], "desks.desk.calendar", "never open", "error"),
    ("desks.desk.calendar.close_s", 3600.0, "desks.desk.calendar", "never open", "error"),
]


def findings(
    plain: dict[str, Any], timeline: Timeline | None = None, **pictures: str
) -> list[tuple[str, ...]]:
    nodes = {"JPN": "jpn", "PHL": "phl", "USA": None, **pictures}
    nations = {id_: NationSpec(name=id_, picture_node=node) for id_, node in nodes.items()}
    return [tuple(f) for f in check_sharing(SharingSpec.model_validate(plain), nations, OPERATORS, timeline)]


def test_a_whole_section_has_no_findings() -> None:
    assert findings(WHOLE) == []


@pytest.mark.parametrize(("path", "value", "key", "words", "severity"), FAULTS)
def test_each_fault_is_found_at_its_key(path: str, value: Any, key: str, words: str, severity: str) -> None:
    plain = copy.deepcopy(WHOLE)
    key = f"sharing.{key or path}"
    *stem, last = path.split(".")
    place = plain
    for part in stem:
        place = place[part]
    place[last] = value
    assert [f for f in findings(plain) if f[0] == key and words in f[1] and f[2] == severity]


def test_labels_that_do_not_combine_are_found_before_running() -> None:
    plain = copy.deepcopy(WHOLE)
    for name, purpose in (("one", "rescue"), ("other", "defence")):
        plain["labels"][name] = {"classification": "RESTRICTED", "originators": ["JPN"], "purpose": purpose}
    plain["links"]["forth"]["fused_with"] = ["one", "other"]
    assert [f[0] for f in findings(plain) if "do not combine" in f[1]] == ["sharing.links.forth.fused_with"]


@pytest.mark.parametrize(("node", "words"), [("nowhere", "unknown node"), ("jpn", "belongs to JPN")])
def test_a_picture_node_must_exist_and_be_the_nations_own(node: str, words: str) -> None:
    [(key, message, severity)] = findings(WHOLE, PHL=node)
    assert (key, severity) == ("nations.PHL.picture_node", "error")
    assert words in message


def test_a_desk_that_does_not_open_during_the_run_is_a_warning() -> None:
    assert [f[0] for f in findings(WHOLE, WEEKEND)] == ["sharing.desks.desk.calendar"]


def test_links_may_form_loops() -> None:
    plain = copy.deepcopy(WHOLE)
    plain["nodes"]["phl_2"] = {"nation": "PHL", "highest_level": "SECRET"}
    plain["links"] |= {
        "one": {"sender": "phl", "recipient": "phl_2"},
        "two": {"sender": "phl_2", "recipient": "phl"},
    }
    assert findings(plain) == []


def test_desks_that_ask_each_other_are_named_with_their_consents() -> None:
    """PHL's desk asks JPN's about what it passes on to USA, and the other way round."""
    plain = copy.deepcopy(WHOLE)
    plain["nodes"]["usa"] = {"nation": "USA"}
    plain["agreements"]["all"] = {"parties": ["JPN", "PHL", "USA"], "categories": ["radar"]}
    plain["desks"]["jpn_desk"] = {}
    plain["labels"]["own"]["originators"] = ["JPN"]
    plain["links"]["to_usa"] = {"sender": "phl", "recipient": "usa", "desk": "desk"}
    plain["consents"]["theirs"] = {
        "originator": "JPN", "recipient": "USA", "kind": "on_request", "desk": "jpn_desk",
    }  # fmt: skip
    assert findings(plain) == []
    plain["links"]["also"] = {"sender": "jpn", "recipient": "usa", "desk": "jpn_desk"}
    [(key, message, severity)] = findings(plain)
    assert (key, severity) == ("sharing.consents.theirs.desk", "warning")
    assert "'theirs', 'word'" in message


def test_a_desk_that_decides_for_two_parties_is_an_error() -> None:
    plain = copy.deepcopy(WHOLE)
    plain["desks"]["shared"] = {}
    plain["consents"]["word"]["desk"] = "shared"
    plain["consents"]["theirs"] = plain["consents"]["word"] | {"originator": "JPN"}
    assert ("sharing.desks.shared", "error") in [(f[0], f[2]) for f in findings(plain)]


def test_specs_gates_and_checks_load_nothing_heavy() -> None:
    program = (
        "import sys, mda_sim.sharing.checks, mda_sim.sharing.policy;"
        "print([m for m in ('numba', 'scipy', 'pyarrow', 'matplotlib', 'simpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
