"""One seed and configuration of a finished run, read from its folder: what pictures and stories are made of.

Model: the tables that the run kept are read back, with their digests compared; nothing is simulated again.
What was asked for is checked first, and everything that is wrong is told at once.

Assumptions and limits: the run keeps its logs (``output.logs``).
Where next: ``pictures`` and ``explain``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.study.folder import MANIFEST, UNIT, RunFolder, read_json
from mda_sim.study.jobs import stored_deliveries, stored_fleet, stored_log, stored_scenario

if TYPE_CHECKING:
    from mda_sim.picture.awareness import History, PartHistory
    from mda_sim.records import DeliveryLog, DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec
    from mda_sim.world.fleet import Fleet

SENSED: Final = ("reports", "contacts")
SHARED: Final = ("parts", "contact_parts", "hops", "outcomes")


class Wrong:
    """Collects what is wrong with a request about a run."""

    def __init__(self, place: RunFolder) -> None:
        """Nothing yet."""
        self._place = place
        self._messages: list[str] = []

    def add(self, message: str) -> None:
        """One thing more."""
        self._messages.append(message)

    def stop(self, message: str) -> ScenarioError:
        """An error with one thing more, after which nothing else can be asked."""
        self.add(message)
        return self.error()

    def error(self) -> ScenarioError:
        """All of it as one error."""
        return ScenarioError(Problem(str(self._place.path), 0, 0, "", text) for text in self._messages)

    def raise_any(self) -> None:
        """ScenarioError with all problems, if there are any."""
        if self._messages:
            raise self.error()


@dataclass(frozen=True, eq=False)
class StoredUnit:
    """One seed and configuration; each table is read when it is first asked for."""

    folder: RunFolder
    scenario: Scenario
    configuration: str
    seed: int

    @cached_property
    def fleet(self) -> Fleet:
        """The world of the seed."""
        return stored_fleet(self.folder.sensing(self.seed))

    @cached_property
    def log(self) -> DetectionLog:
        """What sensors held."""
        log = stored_log(self.scenario, self.folder.sensing(self.seed))
        assert log is not None  # its tables were found
        return log

    @cached_property
    def deliveries(self) -> DeliveryLog:
        """What became of it; DigestMismatch if it was made from another log."""
        from mda_sim.pipeline import check_digest

        deliveries = stored_deliveries(self.folder.sharing(self.seed, self.configuration))
        check_digest(self.log, deliveries)
        return deliveries

    @cached_property
    def sharing(self) -> SharingSpec:
        """The section of the configuration, with the events of the seed as dates."""
        from mda_sim.sharing.happenings import resolve_events

        scenario = self.scenario
        return resolve_events(scenario.arrangements[self.configuration], scenario.timeline, self.seed)

    @cached_property
    def contacts(self) -> History:
        """The contacts by target, with those of a false position."""
        from mda_sim.metrics.frame import of_false_positions
        from mda_sim.picture.awareness import history

        error_max_m = self.scenario.spec.metrics.error_max_m
        return history(self.log, of_false_positions(self.log, self.fleet, error_max_m))

    def under(self, configuration: str) -> StoredUnit:
        """Another configuration of the seed, on the same world and log as far as they are read already."""
        other = StoredUnit(self.folder, self.scenario, configuration, self.seed)
        other.__dict__.update(fleet=self.fleet, log=self.log, contacts=self.contacts)
        return other

    @cached_property
    def by_part(self) -> PartHistory:
        """The same with the part in which each contact travels."""
        return self.contacts.by_part(self.deliveries)


def open_unit(
    folder: Path | str, configuration: str | None, seed: int | None, *, needs_logs: bool = True
) -> tuple[StoredUnit | None, Scenario, Wrong]:
    """The unit of a finished run that was asked for, and what is wrong with the request so far.

    ``configuration`` is the run's baseline and ``seed`` its first unless stated. The unit is None if the run
    does not have it; that it keeps no logs of it is wrong unless ``needs_logs`` is false. ScenarioError if
    the folder holds no finished run.
    """
    place = RunFolder(Path(folder), "")
    wrong = Wrong(place)
    manifest = place.manifest()
    if manifest is None:
        raise wrong.stop(f"no run: there is no {MANIFEST} that can be read")
    if manifest.get("complete") is not True:
        raise wrong.stop("the run is not finished; run the scenario again to complete it")
    path = place.path / "scenario.yaml"
    if not path.is_file():
        raise wrong.stop("no run: there is no scenario.yaml")
    scenario = stored_scenario(path, str(manifest["scenario_digest"]))
    name = scenario.baseline if configuration is None else configuration
    number = scenario.seeds[0] if seed is None else seed
    has_name, has_seed = name in scenario.arrangements, number in scenario.seeds
    if not has_name:
        wrong.add(f"the run has no configuration '{name}'; it has {', '.join(scenario.arrangements)}")
    if not has_seed:
        wrong.add(f"the run has no seed {number}; it has {', '.join(map(str, scenario.seeds))}")
    if not (has_name and has_seed):
        return None, scenario, wrong
    for unit, tables in (
        () if not needs_logs else ((place.sensing(number), SENSED), (place.sharing(number, name), SHARED))
    ):
        _ask_for(place, unit, tables, manifest, wrong)
    return StoredUnit(place, scenario, name, number), scenario, wrong


def picture_node_of(scenario: Scenario, nation: str, wrong: Wrong) -> str:
    """The picture node of a nation; empty, with a problem, if it has none."""
    nations = scenario.spec.nations
    with_picture = [id_ for id_, spec in nations.items() if spec.picture_node is not None]
    if nation not in nations:
        wrong.add(f"the scenario has no nation '{nation}'; with a picture: {', '.join(with_picture)}")
        return ""
    node = nations[nation].picture_node
    if node is None:
        wrong.add(f"{nation} has no picture node; with a picture: {', '.join(with_picture)}")
        return ""
    return node


def _ask_for(
    place: RunFolder, unit: Path, tables: tuple[str, ...], manifest: Mapping[str, Any], wrong: Wrong
) -> None:
    """Note which tables a unit does not have."""
    where = unit.relative_to(place.path).as_posix()
    listed = set(manifest.get("files", {}))
    missing = [table for table in tables if f"{where}/{table}.parquet" not in listed]
    if missing:
        wrong.add(f"{where} has no {', '.join(missing)}; run this scenario again with output.logs=true")
        return
    files = (read_json(unit / UNIT) or {}).get("files", {})
    gone = [name for name in files if not (unit / name).is_file()]
    if gone or not files:
        wrong.add(
            f"{where} lacks {', '.join(gone) or UNIT}, which the manifest lists; run the scenario again"
        )
