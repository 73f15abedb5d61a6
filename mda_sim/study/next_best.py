"""The next best: which sensor, link or reform to add first, then next, from a base configuration on.

Model: greedy. With B the section so far and v the sum over nations of one figure, each candidate c is added
to B by itself; the one with the largest mean over seeds of v(B + c) - v(B), paired seed by seed, is taken,
until as many steps are done as were asked for, or no candidate gains anything in the mean. A candidate is an
item of a configuration that the base does not have (with the nodes, labels and desks that it names), or a
reform: the changes that a named configuration makes to the baseline, put over B. A candidate that does not
fit onto B (the checks of the section refuse it) is left out of the step.

Assumptions and limits: greedy sees no pair that is only worth something together; join the two with ``+``.
The figure must be one that is the better the higher. Of equal gains the first candidate named counts.

Source: G. L. Nemhauser, L. A. Wolsey, M. L. Fisher, "An analysis of approximations for maximizing submodular
set functions I", Mathematical Programming 14 (1978), pp. 265-294: where gains only shrink, greedy reaches 1 -
1/e of the best. They need not shrink here.
Where next: the command line and notebooks call ``next_best``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.asked import is_better_higher
from mda_sim.metrics.compare import CAVEATS, CONFIDENCE_LEVEL, interval, warnings
from mda_sim.scenario.reforms import Change, changes, done
from mda_sim.scenario.reforms import Path as ChangePath
from mda_sim.sharing.checks import check_sharing
from mda_sim.sharing.items import KINDS, Item, items_of, with_items, without
from mda_sim.study.coalition_plan import CoalitionJob
from mda_sim.study.coalitions import FigureKey, Figures, play
from mda_sim.study.crew import Crew, open_crew
from mda_sim.study.endpoints import endpoints_of, nations_of, words_of
from mda_sim.study.players import Player, is_known_configuration, read_players
from mda_sim.study.value import Watch
from mda_sim.study.value_content import csv_text
from mda_sim.study.value_folder import CHARTS, Finished, ValueFolder, request_digest, with_logs

if TYPE_CHECKING:
    from mda_sim.metrics.spec import Endpoint
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec


class NextBest(Finished):
    """A finished search for the next best."""

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.value_tables import step_lines

        yield from step_lines(self.content, self.zones)


@dataclass(frozen=True)
class _Search:
    """What is asked, checked."""

    steps: int
    base: str
    configuration: str | None
    candidates: tuple[Player, ...]
    endpoint: Endpoint
    nations: tuple[str, ...]
    superset: SharingSpec
    reforms: Mapping[str, Mapping[ChangePath, Change]]


def next_best(
    scenario: Scenario,
    steps: int,
    candidates: str | Sequence[str],
    *,
    configuration: str | None = None,
    base: str | None = None,
    metric: str | Sequence[str] = (),
    group: str | None = None,
    nation: str = "all",
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    watch: Watch | None = None,
) -> NextBest:
    """The next best of the candidates, at most ``steps`` of them; tables and a chart go to a folder.

    ``candidates``: words as for ``value``, of what ``configuration`` has and ``base`` (the baseline unless
    given) has not; or ``reforms``. The figure is the first that ``metric`` and ``group`` name, or the first
    primary endpoint; v is its sum over the nations. Errors as for ``value``.
    """
    begun_s = time.perf_counter()
    search = _search(
        scenario, steps, words_of(candidates), configuration, base, words_of(metric), group, nation
    )
    kept = with_logs(scenario)
    request = _request(scenario, search, overrides)
    name = f"{scenario.name}-{scenario.digest()[:8]}-next-{request_digest(request)[:8]}"
    folder = ValueFolder(Path(out) if out is not None else Path("runs") / name, kept, request)
    zones = {id_: zone.name for id_, zone in scenario.spec.metrics.zones.items()}
    tell = watch if watch is not None else _nobody
    with folder.held(tell) as again:
        if again is not None:
            return NextBest(folder.path, again, zones, True, time.perf_counter() - begun_s)
        n_jobs = len(scenario.seeds)
        with open_crew(folder.path, n_jobs=n_jobs, workers=workers, cluster=cluster, listen=tell) as crew:
            player = _Player(kept, search, folder, crew)
            found = _steps(kept, search, player, tell)
        content = _content(scenario, request, found, player.unit)
        _draw(content, zones, folder.path / CHARTS)
        costs = {"seconds": round(time.perf_counter() - begun_s, 3)}
        tables = {"next_best.csv": _table(content)}
        folder.finish(content, tables, costs, keep_logs=bool(scenario.spec.output.logs))
    return NextBest(folder.path, content, zones, False, time.perf_counter() - begun_s)


def _search(
    scenario: Scenario,
    steps: int,
    words: Sequence[str],
    configuration: str | None,
    base: str | None,
    metrics: Sequence[str],
    group: str | None,
    nation: str,
) -> _Search:
    """The search, or ScenarioError with everything that is wrong with it."""
    problems: list[Problem] = []
    start = base if base is not None else scenario.baseline
    is_known = is_known_configuration(scenario, start, "--base", problems)
    if configuration is not None:
        is_known &= is_known_configuration(scenario, configuration, "--configuration", problems)
    endpoints = endpoints_of(scenario, metrics, group, problems)
    nations = nations_of(scenario, nation, problems)
    if endpoints and not is_better_higher(endpoints[0].metric):
        message = f"'{endpoints[0].metric}' is not the better the higher: name custody, awareness or coverage"
        problems.append(Problem("--metric", 0, 0, "", message))
    found: tuple[Player, ...] = ()
    superset = None
    if is_known:
        superset = scenario.arrangements[configuration if configuration is not None else start]
        found = _candidates(scenario, start, superset, words, problems)
    if problems or superset is None:
        raise ScenarioError(problems)
    baseline = scenario.arrangements[scenario.baseline]
    reforms = {
        name: changes(baseline, scenario.arrangements[name])
        for name in sorted({name for player in found for name in player.reforms})
    }
    return _Search(steps, start, configuration, found, endpoints[0], nations, superset, reforms)


def _candidates(
    scenario: Scenario, base: str, superset: SharingSpec, words: Sequence[str], problems: list[Problem]
) -> tuple[Player, ...]:
    """What may be added: items of the superset that the base has not, and reforms."""
    sharing = scenario.arrangements[base]
    had = [Item(kind, id_) for kind in KINDS if kind != "nation" for id_ in items_of(sharing, kind)]
    offered = without(superset, had)
    named = [name for name in scenario.arrangements if name not in (scenario.baseline, base)]
    changed = [
        name for name in named if scenario.arrangements[name] != scenario.arrangements[scenario.baseline]
    ]
    found = read_players(words, offered, (), changed, named, "--candidates", problems)
    for player in found:
        if any(item.kind == "nation" for item in player.items):
            problems.append(Problem("--candidates", 0, 0, "", f"'{player.id}': a nation cannot be added"))
    if not found and not problems:
        problems.append(Problem("--candidates", 0, 0, "", "there is nothing to choose from"))
    return tuple(found)


def _request(scenario: Scenario, search: _Search, overrides: Sequence[str]) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "scenario_digest": scenario.digest(),
        "seeds": list(scenario.seeds),
        "steps_asked": search.steps,
        "base": search.base,
        "configuration": search.configuration,
        "candidates": [player.id for player in search.candidates],
        "endpoints": [{"metric": search.endpoint.metric, "group": search.endpoint.key}],
        "told": list(search.nations),
        "overrides": list(overrides),
    }


class _Player:
    """Runs sections on every seed."""

    def __init__(self, scenario: Scenario, search: _Search, folder: ValueFolder, crew: Crew) -> None:
        self._seeds, self._search, self._folder = scenario.seeds, search, folder
        self._crew = crew
        self.unit = ""

    def figures(self, sections: Mapping[str, SharingSpec]) -> dict[str, list[Figures]]:
        """Figures of each section, seed by seed."""
        endpoints = (self._search.endpoint,)
        asked = tuple((name, sharing, endpoints) for name, sharing in sections.items())
        folder, nations = self._folder, self._search.nations
        jobs = [
            CoalitionJob(folder.run, folder.digest, seed, endpoints, nations, sections=asked)
            for seed in self._seeds
        ]
        played = self._crew.all(play, [(job, self._crew.post) for job in jobs])
        self.unit = next(iter(played[0].units.values()), "")
        return {name: [one.sections[name] for one in played] for name in sections}


def _steps(scenario: Scenario, search: _Search, player: _Player, tell: Watch) -> list[dict[str, Any]]:
    """The steps, each with the gains of all candidates."""
    sharing = scenario.arrangements[search.base]
    now = player.figures({"base": sharing})["base"]
    left, steps = list(search.candidates), list[dict[str, Any]]()
    while left and len(steps) < search.steps:
        tell(f"step {len(steps) + 1}: {len(left)} candidates")
        sections = {one.id: made for one in left if (made := _added(scenario, search, sharing, one))}
        if not sections:
            break
        found = player.figures(sections)
        gains = {id_: _gain(search, figures, now, search.nations) for id_, figures in found.items()}
        best = max(gains, key=lambda id_: _mean(gains[id_]))
        if not _mean(gains[best]) > 0:
            steps.append({"player": None, "candidates": gains})
            break
        of_nations = {nation: _gain(search, found[best], now, (nation,)) for nation in search.nations}
        reached = interval([_sum(search, figures, search.nations) for figures in found[best]])
        steps.append(
            {
                "player": best,
                "gain": gains[best],
                "nations": of_nations,
                "reached": reached,
                "candidates": gains,
            }
        )
        sharing, now = sections[best], found[best]
        left = [one for one in left if one.id != best]
    return steps


def _added(scenario: Scenario, search: _Search, sharing: SharingSpec, player: Player) -> SharingSpec | None:
    """The section with a candidate; None if it does not fit."""
    try:
        for name in player.reforms:
            sharing = done(sharing, search.reforms[name])
    except ValidationError:
        return None
    sharing = with_items(sharing, search.superset, player.items)
    operators = {id_: sensor.operator for id_, sensor in scenario.spec.sensors.items()}
    found = check_sharing(sharing, scenario.spec.nations, operators)
    return None if any(finding.severity == "error" for finding in found) else sharing


def _sum(search: _Search, figures: Figures, nations: Sequence[str]) -> float:
    endpoint = search.endpoint
    return sum(figures.get(FigureKey(n, endpoint.metric, endpoint.key), math.nan) for n in nations)


def _gain(
    search: _Search, figures: Sequence[Figures], before: Sequence[Figures], nations: Sequence[str]
) -> dict[str, Any]:
    pairs = zip(figures, before, strict=True)
    return interval([_sum(search, one, nations) - _sum(search, other, nations) for one, other in pairs])


def _mean(gain: Mapping[str, Any]) -> float:
    return -math.inf if gain["mean"] is None else float(gain["mean"])


def _content(
    scenario: Scenario, request: Mapping[str, Any], found: Sequence[Mapping[str, Any]], unit: str
) -> dict[str, Any]:
    taken = [step for step in found if step["player"] is not None]
    stopped = [step for step in found if step["player"] is None]
    return {
        "format": 1,
        "study": "next_best",
        **request,
        "baseline": scenario.baseline,
        "units": {request["endpoints"][0]["metric"]: unit},
        "confidence_level": CONFIDENCE_LEVEL,
        "steps": taken,
        "no_gain_left": stopped[0]["candidates"] if stopped else None,
        "caveats": list(CAVEATS),
        "warnings": warnings(len(scenario.seeds)),
    }


def _table(content: Mapping[str, Any]) -> str:
    """Every gain of every candidate at every step."""
    ends = ("mean", "low", "high", "n")
    rows = [
        [number, id_, int(id_ == step["player"]), *(gain[end] for end in ends)]
        for number, step in enumerate(content["steps"], start=1)
        for id_, gain in step["candidates"].items()
    ]
    last = len(content["steps"]) + 1
    rows += [
        [last, id_, 0, *(gain[end] for end in ends)] for id_, gain in (content["no_gain_left"] or {}).items()
    ]
    return csv_text(["step", "candidate", "is_taken", *ends], rows)


def _draw(content: Mapping[str, Any], zones: Mapping[str, str], folder: Path) -> None:
    from mda_sim.report.style import save
    from mda_sim.report.value_charts import steps_chart

    if content["steps"]:
        folder.mkdir(parents=True, exist_ok=True)
        save(steps_chart(content, zones), folder / "next_best.png")


def _nobody(what: str) -> None:
    """Watches nothing."""
