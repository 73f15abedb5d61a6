"""One seed from scenario to scores: each stage a function of tables.

    build_world(scenario, seed)                      -> Fleet           once per seed
    sense(scenario, fleet, seed)                     -> DetectionLog    once per seed
    share(scenario, fleet, log, configuration, seed) -> DeliveryLog     once per seed and configuration
    audit(scenario, fleet, log, deliveries, configuration, seed) -> nothing, or AuditError
    score(scenario, frame, deliveries, ...)          -> Scores          once per seed and configuration
    counterfactuals(scenario, fleet, log, frame, ..) -> rows            once per seed and configuration asked

Model: sense once, share many. Configurations differ in ``sharing`` alone, so all of them read one detection
log; a delivery log names the digest of the log it was made from, and whoever puts the two together again
refuses another one. The audit is not an option: it runs on every delivery log, and a finding fails the run.

Assumptions and limits: everything of one seed fits in memory.
Where next: ``study`` runs seeds in processes and keeps the tables; notebooks call the stages themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mda_sim.core.errors import AuditError, DigestMismatch, RunError
from mda_sim.meter import Meter, StageCost, Watch

if TYPE_CHECKING:
    from mda_sim.audit import Finding
    from mda_sim.metrics.asked import Asked
    from mda_sim.metrics.frame import ScoringFrame
    from mda_sim.metrics.score_rows import ScoreRow
    from mda_sim.metrics.scores import Scores
    from mda_sim.metrics.track_figures import GatedFrame
    from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.exchange import EngineStats
    from mda_sim.world.environment import Environment
    from mda_sim.world.fleet import Fleet
    from mda_sim.world.recorded.recording import Recording
    from mda_sim.world.sorties import Carrier

_FINDINGS_SHOWN: Final = 10


@dataclass(frozen=True)
class Arranged:
    """One configuration on one seed: what was shared and what it was worth."""

    deliveries: DeliveryLog
    scores: Scores
    costs: tuple[StageCost, ...]
    stats: EngineStats
    """What the exchange took."""


@dataclass(frozen=True)
class Replicate:
    """One seed: its world, what was sensed in it, and every configuration on top."""

    seed: int
    fleet: Fleet
    log: DetectionLog
    arranged: Mapping[str, Arranged]
    """By configuration."""
    costs: tuple[StageCost, ...]
    """Of the stages that all configurations share."""


def run_seed(
    scenario: Scenario, seed: int, configurations: Sequence[str] | None = None, watch: Watch | None = None
) -> Replicate:
    """All stages of one seed, in memory, for some or all configurations.

    Raises RunError for an unknown configuration, AuditError if the audit finds anything.
    """
    meter = Meter(seed, watch)
    with meter.stage("world"):
        fleet = build_world(scenario, seed)
    with meter.stage("sense"):
        log = sense(scenario, fleet, seed)
    with meter.stage("frame"):
        frame = build_frame(scenario, fleet, log, seed)
    arranged = {
        name: arrange(scenario, fleet, log, frame, name, seed, meter.of(name))
        for name in (configurations if configurations is not None else tuple(scenario.arrangements))
    }
    return Replicate(seed, fleet, log, arranged, tuple(meter.costs))


def arrange(
    scenario: Scenario,
    fleet: Fleet,
    log: DetectionLog,
    frame: ScoringFrame,
    configuration: str,
    seed: int,
    meter: Meter,
) -> Arranged:
    """Share, audit and score one configuration on a log."""
    with meter.stage("share"):
        facts = facts_of(scenario, fleet, log, configuration)
        deliveries, stats = share_with_stats(scenario, fleet, log, configuration, seed, facts)
    with meter.stage("audit"):
        audit(scenario, fleet, log, deliveries, configuration, seed, facts)
    del facts  # five bytes and more a contact, which scoring does not ask for
    with meter.stage("score"):
        scores = score(scenario, frame, deliveries, configuration, seed)
    return Arranged(deliveries, scores, tuple(meter.costs), stats)


def laddered(scenario: Scenario) -> tuple[str, ...]:
    """The configurations whose ladder of gates and delays is told; one without links has none to tell."""
    from mda_sim.metrics.counterfactuals import chosen

    arrangements = scenario.arrangements
    names = chosen(scenario.spec.metrics, scenario.baseline, arrangements)
    return tuple(name for name in names if arrangements[name].links)


def counterfactuals(
    scenario: Scenario, fleet: Fleet, log: DetectionLog, frame: ScoringFrame, configuration: str, seed: int
) -> tuple[ScoreRow, ...]:
    """The rows of a configuration's ladder: with its gates open, and without delays besides.

    Both are shared, audited and scored on this log under names of their own. AuditError if the audit finds
    anything.
    """
    from mda_sim.metrics.counterfactuals import asked_of, rungs_of, told_rows
    from mda_sim.sharing.counterfactuals import gates_open, no_delays

    sharing, nations = scenario.arrangements[configuration], scenario.spec.nations
    freed = gates_open(sharing, nations, {card.category for card in log.sensors})
    derived = dict(zip(rungs_of(configuration)[1:], (freed, no_delays(freed)), strict=True))
    widened = replace(scenario, arrangements={**scenario.arrangements, **derived})
    rows: list[ScoreRow] = []
    asked = asked_of(scenario.spec.metrics)
    facts = facts_of(widened, fleet, log, next(iter(derived)))  # both have the same filters, and no areas
    for name in derived:
        deliveries, _ = share_with_stats(widened, fleet, log, name, seed, facts)
        audit(widened, fleet, log, deliveries, name, seed, facts)
        if asked is None:
            rows += score(widened, frame, deliveries, name, seed).rows
        else:
            rows += score_asked(widened, frame, deliveries, name, seed, asked)
    picture_nodes = {party: spec.picture_node for party, spec in nations.items() if spec.picture_node}
    return told_rows(rows, scenario.spec.metrics, picture_nodes)


def build_world(scenario: Scenario, seed: int) -> Fleet:
    """Every vessel and probe of one seed, with its motion."""
    from mda_sim.world.world import build_fleet

    return build_fleet(scenario.spec.world, scenario.spec.area, scenario.timeline, seed)


def recordings(scenario: Scenario) -> dict[str, Recording]:
    """The recording of each class of traffic that has one, by class; the same for all seeds."""
    from mda_sim.geo.regions import widened
    from mda_sim.world.recorded.recording import read_recording
    from mda_sim.world.recorded.spec import RecordedAisTraffic

    world = scenario.spec.world
    box = widened(scenario.spec.area, world.buffer_m)
    return {
        name: read_recording(traffic, box, scenario.timeline, world.land())
        for name, traffic in world.traffic.items()
        if isinstance(traffic, RecordedAisTraffic)
    }


def sense(scenario: Scenario, fleet: Fleet, seed: int) -> DetectionLog:
    """What every sensor held: the same for all configurations."""
    from mda_sim.geo.regions import widened
    from mda_sim.sensing.sweep import sense as sweep

    spec = scenario.spec
    return sweep(
        fleet,
        spec.sensors,
        scenario.timeline,
        seed,
        land=spec.world.land(),
        area=widened(spec.area, spec.world.buffer_m),
        environment=weather_of(scenario, seed),
        carriers=carriers_of(scenario, seed),
    )


def weather_of(scenario: Scenario, seed: int) -> Environment | None:
    """The weather of one seed; None if the world has none."""
    from mda_sim.world.environment import build_environment

    weather = scenario.spec.world.environment
    if weather is None:
        return None
    return build_environment(weather, scenario.spec.area, scenario.timeline, seed)


def carriers_of(scenario: Scenario, seed: int) -> dict[str, Carrier]:
    """What the hulls of each platform do in one seed, by platform."""
    from mda_sim.world.sorties import build_carriers

    spec = scenario.spec
    if not spec.platforms:
        return {}
    weather = weather_of(scenario, seed)
    return build_carriers(spec.platforms, scenario.timeline, seed, weather, spec.world.land())


def share(scenario: Scenario, fleet: Fleet, log: DetectionLog, configuration: str, seed: int) -> DeliveryLog:
    """What became of every report under one configuration; RunError if the scenario has no such one.

    ``fleet`` is that of the log: filters ask about its vessels.
    """
    return share_with_stats(scenario, fleet, log, configuration, seed)[0]


def facts_of(scenario: Scenario, fleet: Fleet, log: DetectionLog, configuration: str) -> ContactFacts | None:
    """What filters and areas of a configuration ask about every contact; None if it has neither.

    It is of the world and not of the exchange, so that the audit may be handed the same. RunError if the
    scenario has no such configuration.
    """
    from mda_sim.sharing.filters import contact_facts

    if configuration not in scenario.arrangements:
        raise RunError(
            f"the scenario has no configuration '{configuration}'; it has {', '.join(scenario.arrangements)}"
        )
    return contact_facts(fleet, log, scenario.arrangements[configuration])


def share_with_stats(
    scenario: Scenario,
    fleet: Fleet,
    log: DetectionLog,
    configuration: str,
    seed: int,
    facts: ContactFacts | None = None,
) -> tuple[DeliveryLog, EngineStats]:
    """As ``share``, with what the exchange took; ``facts`` as of ``facts_of``, made here if not given."""
    from mda_sim.sharing.exchange import share_with_stats as exchange

    facts = facts_of(scenario, fleet, log, configuration) if facts is None else facts
    sharing = scenario.arrangements[configuration]
    return exchange(log, sharing, scenario.spec.nations, scenario.timeline, seed, facts)


def check_digest(log: DetectionLog, deliveries: DeliveryLog) -> None:
    """DigestMismatch unless the deliveries were made from this very log."""
    if deliveries.sensing_digest != log.digest():
        raise DigestMismatch(
            f"these deliveries were made from the detection log {deliveries.sensing_digest[:12]}, not from "
            f"{log.digest()[:12]}; share this log again"
        )


def audit(
    scenario: Scenario,
    fleet: Fleet,
    log: DetectionLog,
    deliveries: DeliveryLog,
    configuration: str,
    seed: int,
    facts: ContactFacts | None = None,
) -> None:
    """Re-derive every delivery and refusal from the tables; AuditError with the findings if any differs.

    ``facts`` are those of ``facts_of``, made here if not given.
    """
    check_digest(log, deliveries)
    findings = audit_findings(scenario, fleet, log, deliveries, configuration, seed, facts)
    if findings:
        shown = "\n".join(f"  {finding}" for finding in findings[:_FINDINGS_SHOWN])
        raise AuditError(
            f"the audit of configuration '{configuration}' disagrees in {len(findings)} ways:\n{shown}"
        )


def audit_findings(
    scenario: Scenario,
    fleet: Fleet,
    log: DetectionLog,
    deliveries: DeliveryLog,
    configuration: str,
    seed: int,
    facts: ContactFacts | None = None,
) -> tuple[Finding, ...]:
    """Everything in which the deliveries of one configuration depart from the rules; empty for nothing."""
    from mda_sim.audit import audit as examine

    facts = facts_of(scenario, fleet, log, configuration) if facts is None else facts
    sharing = scenario.arrangements[configuration].model_dump(mode="json")
    nations = {name: nation.model_dump(mode="json") for name, nation in scenario.spec.nations.items()}
    return examine(log, deliveries, sharing, nations, scenario.timeline, seed, facts)


def build_frame(scenario: Scenario, fleet: Fleet, log: DetectionLog, seed: int | None = None) -> ScoringFrame:
    """What scoring needs of one seed, made once for all configurations.

    RunError without ``seed`` where association is gated: what contacts say is drawn.
    """
    from mda_sim.metrics.frame import scoring_frame

    spec = scenario.spec
    frame = scoring_frame(log, fleet, spec.area, spec.metrics, scenario.timeline, tuple(spec.nations))
    if not spec.picture.is_gated:
        return frame
    if seed is None:
        raise RunError("association is gated: the frame needs the seed of the log")
    return replace(frame, gated=gated_frame(scenario, fleet, log, seed))


def gated_frame(scenario: Scenario, fleet: Fleet, log: DetectionLog, seed: int) -> GatedFrame:
    """What tracks are made from and scored on in one seed, whatever the scenario's association is."""
    from mda_sim.metrics.track_figures import GatedFrame, truth_at
    from mda_sim.picture.scans import said_of

    spec = scenario.spec
    said = said_of(log, fleet, spec.sensors, seed, carriers_of(scenario, seed))
    truth = truth_at(fleet, spec.area, scenario.timeline, spec.picture.scoring.snapshot_s)
    return GatedFrame(said, truth, spec.area, spec.picture)


def score(
    scenario: Scenario, frame: ScoringFrame, deliveries: DeliveryLog, configuration: str, seed: int
) -> Scores:
    """Every metric of every nation with a picture of its own, for one seed and configuration."""
    from mda_sim.metrics.phases import scored_events
    from mda_sim.metrics.scores import score_configuration
    from mda_sim.sharing.happenings import resolve_events

    arrangements, timeline = scenario.arrangements, scenario.timeline
    return score_configuration(
        frame,
        deliveries,
        resolve_events(arrangements[configuration], timeline, seed),
        scenario.spec.nations,
        configuration=configuration,
        seed=seed,
        events=scored_events(arrangements, scenario.baseline, configuration, timeline, seed),
    )


def score_asked(
    scenario: Scenario,
    frame: ScoringFrame,
    deliveries: DeliveryLog,
    configuration: str,
    seed: int,
    asked: Asked,
) -> tuple[ScoreRow, ...]:
    """The rows of ``score`` that are asked for, made by the same code, and nothing else."""
    from mda_sim.metrics.scores import asked_rows
    from mda_sim.sharing.happenings import resolve_events

    return asked_rows(
        frame,
        deliveries,
        resolve_events(scenario.arrangements[configuration], scenario.timeline, seed),
        scenario.spec.nations,
        configuration=configuration,
        seed=seed,
        asked=asked,
    )
