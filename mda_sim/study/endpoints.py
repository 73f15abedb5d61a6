"""Which figures a study of value is about: metrics, group and nations, checked before anything is run.

Model: without a metric, the primary endpoints of the scenario; with metrics, those in one group (all vessels
unless said), which may be confined to a zone: ``not_broadcasting_foreign@luzon_strait``. Nations are those
that the scenario scores: of kind 'nation', with a picture node.

Assumptions and limits: a flag is not checked, since which flags there are depends on the seed; a figure of
none is undefined. Where next: ``value`` and ``next_best``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mda_sim.core.errors import Problem
from mda_sim.core.spec import ID_PATTERN
from mda_sim.metrics.asked import KnownMetric, known_metrics
from mda_sim.metrics.spec import Endpoint
from mda_sim.scenario.findings import did_you_mean, listed

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

ALL: Final = "all"


def endpoints_of(
    scenario: Scenario, metrics: Sequence[str], group: str | None, problems: list[Problem]
) -> tuple[Endpoint, ...]:
    """The endpoints that are asked for; every problem is added to ``problems``."""
    known = known_metrics(scenario.spec.metrics)
    before = len(problems)
    if not metrics:
        primary = tuple(dict.fromkeys(scenario.spec.metrics.primary))
        if group is not None:
            problems.append(_problem("--group", "a group needs a metric: add --metric"))
        if not primary:
            problems.append(_problem("--metric", "the scenario has no primary endpoints: name a metric"))
        for endpoint in primary:
            _check_metric(endpoint.metric, known, "metrics.primary", problems)
        return primary
    name, at, zone = (group or ALL).partition("@")
    for metric in metrics:
        _check_metric(metric, known, "--metric", problems)
        if metric in known:
            _check_group(scenario, metric, known[metric], name, zone, problems)
    if at and zone not in scenario.spec.metrics.zones:
        zones = scenario.spec.metrics.zones
        hint = did_you_mean(zone, zones) or (
            f"; expected one of {listed(zones)}" if zones else "; there is none"
        )
        problems.append(_problem("--group", f"unknown zone '{zone}'{hint}"))
    if not re.fullmatch(r"[^@\s]+", name) or (at and not re.fullmatch(ID_PATTERN, zone)):
        problems.append(_problem("--group", f"expected <group> or <group>@<zone>, got '{group}'"))
    if len(problems) > before:
        return ()
    return tuple(Endpoint(metric=m, group=name, zone=zone or None) for m in dict.fromkeys(metrics))


def scored_nations(scenario: Scenario) -> tuple[str, ...]:
    """Nations whose pictures are scored, sorted."""
    parties = scenario.spec.nations.items()
    return tuple(name for name, party in parties if party.kind == "nation" and party.picture_node is not None)


def words_of(words: str | Sequence[str]) -> list[str]:
    """Words of a text with commas, or of a list of such texts."""
    texts = [words] if isinstance(words, str) else words
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def nations_of(scenario: Scenario, word: str, problems: list[Problem]) -> tuple[str, ...]:
    """The nations that a word names: one of those that are scored, several with commas, or ``all``."""
    known = scored_nations(scenario)
    if word == ALL:
        return known
    names = tuple(dict.fromkeys(words_of(word)))
    for name in names:
        if name not in known:
            message = (
                f"'{name}' is no nation with a picture of its own; expected 'all' or one of {listed(known)}"
            )
            problems.append(_problem("--nation", message))
    if not names:
        problems.append(_problem("--nation", f"expected 'all' or one of {listed(known)}"))
    return names


def _check_metric(metric: str, known: dict[str, KnownMetric], option: str, problems: list[Problem]) -> None:
    if metric not in known:
        hint = did_you_mean(metric, known) or f"; expected one of {listed(known)}"
        problems.append(_problem(option, f"unknown metric '{metric}'{hint}"))


def _check_group(
    scenario: Scenario, metric: str, known: KnownMetric, name: str, zone: str, problems: list[Problem]
) -> None:
    """The metric has the group, and figures in zones if a zone is named."""
    if zone and not known.has_zones:
        problems.append(_problem("--group", f"there is no '{metric}' in zones"))
    stem, colon, what = name.partition(":")
    if stem + colon not in known.groups:
        choices = ", ".join(f"'{one}...'" if one.endswith(":") else f"'{one}'" for one in known.groups)
        problems.append(_problem("--group", f"'{metric}' has no group '{name}'; expected one of {choices}"))
        return
    names: dict[str, Sequence[str]] = {
        "class": list(scenario.spec.world.traffic),
        "bound": list(scenario.spec.nations),
        "corridor": list(scenario.spec.metrics.corridors),
        "from": list(scenario.spec.nations),
        "to": list(scenario.spec.nations),
    }
    if stem in names and what not in names[stem]:
        hint = did_you_mean(what, names[stem]) or f"; expected one of {listed(names[stem])}"
        problems.append(_problem("--group", f"unknown {stem} '{what}'{hint}"))


def _problem(option: str, message: str) -> Problem:
    return Problem(option, 0, 0, "", message)
