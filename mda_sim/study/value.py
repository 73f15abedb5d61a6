"""What each link, agreement, sensor, nation or reform is worth: coalitions of players, run and solved.

Model: the players of one configuration (``players``) make a game for every figure (``endpoints``) of every
nation. World and sensing are made once for each seed; every coalition is shared, audited and scored on that
detection log (``coalitions``), and the value of each player is taken seed by seed (``metrics.value``): from
all 2**n coalitions up to 12 players, else from drawn orders, anew for each seed.

Assumptions and limits: values are about the figure that is asked for, in this simulation; a coalition is a
thought experiment, not a proposal. Where next: the command line and notebooks call ``value``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.asked import known_metrics
from mda_sim.metrics.spec import Endpoint
from mda_sim.metrics.value import DEFAULT_SAMPLES, EXACT_MAX, SAMPLES_MIN, coalitions_of, orders
from mda_sim.sharing.checks import check_sharing
from mda_sim.sharing.items import Item, items_of, without
from mda_sim.study.coalition_plan import CoalitionJob
from mda_sim.study.coalitions import FigureKey, Played, play
from mda_sim.study.crew import open_crew
from mda_sim.study.endpoints import endpoints_of, nations_of, scored_nations, words_of
from mda_sim.study.kinship import ROOTS, roots_of
from mda_sim.study.players import Game, game_of
from mda_sim.study.value_content import (
    BASELINE,
    EXPOSURE,
    GRAND,
    WITHOUT,
    SeedValues,
    content_of,
    seed_values,
    tables_of,
)
from mda_sim.study.value_folder import CHARTS, Finished, ValueFolder, request_digest, with_logs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec

Watch = Callable[[str], None]


class Valued(Finished):
    """A finished study of value."""

    def to_pandas(self) -> Any:
        """What each player is worth, as ``frames.value_frame`` says."""
        from mda_sim.study.frames import value_frame

        return value_frame(self.content)

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.value_tables import value_lines

        yield from value_lines(self.content, self.zones)


@dataclass(frozen=True)
class Question:
    """What is asked, checked."""

    game: Game
    endpoints: tuple[Endpoint, ...]
    nations: tuple[str, ...]
    """Whose values are told."""
    samples: int
    """Orders to draw; 0 where all coalitions are run."""


def value(
    scenario: Scenario,
    configuration: str,
    players: str | Sequence[str],
    *,
    metric: str | Sequence[str] = (),
    group: str | None = None,
    nation: str = "all",
    samples: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    watch: Watch | None = None,
) -> Valued:
    """What each player of a configuration is worth, to whom; tables and charts go to a folder of its own.

    ``players``: words as ``study.players`` reads them, with commas or as a list. ``metric`` and ``group``:
    the figures; the primary endpoints unless given. ``samples``: how many orders to draw (even, at least 4);
    by default none up to 12 players, else 40. ``watch`` is told what is going on. ``overrides`` are the texts
    of ``--set`` and are only recorded.

    ScenarioError with all problems of the question; RunError if the folder holds something else or a worker
    dies; AuditError if the audit of any coalition finds a difference.
    """
    begun_s = time.perf_counter()
    words = words_of(players)
    asked = _question(scenario, configuration, words, words_of(metric), group, nation, samples)
    kept = with_logs(scenario)
    request = _request(scenario, asked, overrides)
    name = f"{scenario.name}-{scenario.digest()[:8]}-value-{request_digest(request)[:8]}"
    folder = ValueFolder(Path(out) if out is not None else Path("runs") / name, kept, request)
    zones = {id_: zone.name for id_, zone in scenario.spec.metrics.zones.items()}
    tell = watch if watch is not None else _nobody
    with folder.held(tell) as again:
        if again is not None:
            return Valued(folder.path, again, zones, True, time.perf_counter() - begun_s)
        for line in _forewords(asked):
            tell(line)
        played = _played(kept, asked, folder, workers, cluster, tell)
        content, tables = _solved(scenario, asked, request, played)
        _draw(content, zones, folder.path / CHARTS, tell)
        costs = {"seconds": round(time.perf_counter() - begun_s, 3), "seeds": [_costs(one) for one in played]}
        folder.finish(content, tables, costs, keep_logs=bool(scenario.spec.output.logs))
    return Valued(folder.path, content, zones, False, time.perf_counter() - begun_s)


def _question(
    scenario: Scenario,
    configuration: str,
    players: Sequence[str],
    metrics: Sequence[str],
    group: str | None,
    nation: str,
    samples: int | None,
) -> Question:
    """The question, or ScenarioError with everything that is wrong with it."""
    problems: list[Problem] = []
    game = game_of(scenario, configuration, players, problems)
    endpoints = endpoints_of(scenario, metrics, group, problems)
    nations = nations_of(scenario, nation, problems)
    if samples is not None and (samples < SAMPLES_MIN or samples % 2):
        message = (
            f"expected an even number of at least {SAMPLES_MIN} (each order and its reverse), got {samples}"
        )
        problems.append(Problem("--samples", 0, 0, "", message))
    if game is not None:
        problems += _unsound(scenario, game)
    if problems or game is None:
        raise ScenarioError(problems)
    few = len(game.players) <= EXACT_MAX
    return Question(game, endpoints, nations, samples or (0 if few else DEFAULT_SAMPLES))


def _unsound(scenario: Scenario, game: Game) -> Iterator[Problem]:
    """Coalitions of none, one, and all but one that the checks of sharing sections refuse."""
    n = len(game.players)
    operators = {id_: sensor.operator for id_, sensor in scenario.spec.sensors.items()}
    for mask in dict.fromkeys((0, *(1 << i for i in range(n)), *(game.whole ^ 1 << i for i in range(n)))):
        for found in check_sharing(game.section(mask), scenario.spec.nations, operators):
            if found.severity == "error":
                message = f"{found.key}: {found.message} (in the coalition of {_members(game, mask)})"
                yield Problem("--players", 0, 0, "", message)


def _members(game: Game, mask: int) -> str:
    return ", ".join(p.id for i, p in enumerate(game.players) if mask >> i & 1) or "nobody"


def _request(scenario: Scenario, asked: Question, overrides: Sequence[str]) -> dict[str, Any]:
    """What the study is known by, as JSON holds it."""
    return {
        "scenario": scenario.name,
        "scenario_digest": scenario.digest(),
        "seeds": list(scenario.seeds),
        "configuration": asked.game.configuration,
        "players": [player.id for player in asked.game.players],
        "endpoints": [{"metric": e.metric, "group": e.key} for e in asked.endpoints],
        "told": list(asked.nations),
        "samples": asked.samples,
        "overrides": list(overrides),
    }


def _forewords(asked: Question) -> Iterator[str]:
    """What must be said before a long run."""
    n = len(asked.game.players)
    if not asked.samples:
        yield f"{n} players: all {1 << n} coalitions"
        return
    why = f"{n} players are too many for all coalitions; " if n > EXACT_MAX else ""
    yield (
        f"{why}Shapley values are sampled from {asked.samples} orders a seed (each order drawn and its "
        "reverse); the bound stands beside each value; --samples says how many"
    )


def _played(
    scenario: Scenario,
    asked: Question,
    folder: ValueFolder,
    workers: int | None,
    cluster: str | None,
    tell: Watch,
) -> list[Played]:
    """Every coalition of every seed."""
    n = len(asked.game.players)
    sections = _sections(scenario, asked)
    nations = scored_nations(scenario)
    jobs = [
        CoalitionJob(
            folder.run,
            folder.digest,
            seed,
            asked.endpoints,
            nations,
            asked.game,
            _masks(n, _order(asked, seed)),
            sections,
        )
        for seed in scenario.seeds
    ]
    with open_crew(folder.path, n_jobs=len(jobs), workers=workers, cluster=cluster, listen=tell) as crew:
        return crew.all(play, [(job, crew.post) for job in jobs])


def _order(asked: Question, seed: int) -> NDArray[np.int64] | None:
    """The orders that are drawn for a seed; None if all coalitions are run."""
    if not asked.samples:
        return None
    return orders([player.id for player in asked.game.players], asked.samples, seed)


def _masks(n: int, order: NDArray[np.int64] | None) -> tuple[int, ...]:
    """Coalitions to run: all, or those of the orders and those of none, one, and all but one."""
    if order is None:
        return tuple(range(1 << n))
    whole = (1 << n) - 1
    ends = {0, whole, *(1 << i for i in range(n)), *(whole ^ 1 << i for i in range(n))}
    return tuple(sorted(ends | set(coalitions_of(order).ravel().tolist())))


def _sections(
    scenario: Scenario, asked: Question
) -> tuple[tuple[str, SharingSpec, tuple[Endpoint, ...]], ...]:
    """What the table of nations needs besides coalitions: the grand one first, whose time is told."""
    grand, known = asked.game.grand, known_metrics(scenario.spec.metrics)
    organic = tuple(
        endpoint.model_copy(update={"metric": known[endpoint.metric].organic})
        for endpoint in asked.endpoints
        if known[endpoint.metric].organic
    )
    exposure = Endpoint(metric=EXPOSURE[0], group=EXPOSURE[1])
    return (
        (GRAND, grand, (*asked.endpoints, *organic, exposure)),
        (BASELINE, scenario.arrangements[scenario.baseline], asked.endpoints),
        *(
            (WITHOUT + party, without(grand, [Item("nation", party)]), asked.endpoints)
            for party in items_of(grand, "nation")
        ),
    )


def _solved(
    scenario: Scenario, asked: Question, request: Mapping[str, Any], played: Sequence[Played]
) -> tuple[dict[str, Any], dict[str, str]]:
    """``value.json``, and the CSV tables."""
    players = [player.id for player in asked.game.players]
    figures = [FigureKey(n, e.metric, e.key) for e in asked.endpoints for n in asked.nations]
    found: list[SeedValues] = [
        seed_values(one, len(players), figures, _order(asked, one.seed)) for one in played
    ]
    baseline = scenario.arrangements[scenario.baseline]
    head = {
        "format": 1,
        "study": "value",
        **request,
        "baseline": scenario.baseline,
        "reforms": {name: sorted(map(".".join, made)) for name, made in asked.game.reforms.items()},
        "empty_is_baseline": asked.game.section(0) == baseline,
        ROOTS: roots_of(scenario),
    }
    every = [FigureKey(n, e.metric, e.key) for e in asked.endpoints for n in scored_nations(scenario)]
    parties = {name: scenario.spec.nations[name].kind for name in items_of(asked.game.grand, "nation")}
    organic = {name: known.organic for name, known in known_metrics(scenario.spec.metrics).items()}
    content = content_of(head, players, figures, found, played, parties, organic, every)
    return content, tables_of(content, figures, played)


def _costs(played: Played) -> dict[str, Any]:
    """What a seed took: coalitions beside one run of the grand coalition."""
    return {
        "seed": played.seed,
        "coalitions": len(played.coalitions),
        "coalitions_run": played.n_run,
        "prepare_s": round(played.prepare_s, 3),
        "compute_s": round(played.compute_s, 3),
        "coalitions_s": round(played.coalitions_s, 3),
        "grand_coalition_s": round(played.first_s, 3),
    }


def _draw(content: Mapping[str, Any], zones: Mapping[str, str], folder: Path, tell: Watch) -> None:
    from mda_sim.report.style import save
    from mda_sim.report.value_charts import value_charts

    tell("charts ...")
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in value_charts(content, zones):
        save(figure, folder / f"{name}.png")


def _nobody(what: str) -> None:
    """Watches nothing."""
