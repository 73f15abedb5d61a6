"""Finished runs as a comparison reads them: scores by seed, digests of sensing, what is measured, and how.

Model: a run is read from its folder alone: the manifest says that it is finished and what each seed's sensing
was, ``scores.csv`` holds the figures of nations' pictures, ``scenario.yaml`` what they mean. Two runs
**measure the same** if the parts of their scenarios that define figures are equal: area, warm-up and scored
time, probes, and the section ``metrics`` but for names and for what is asked of its figures (primary
endpoints, programmes, ladder, nodes). Two runs **share sensing** if the digests of world and detection log
are equal in every seed that both have, and they have one.

Assumptions and limits: the drain and everything under ``sensors``, ``world`` and ``sharing`` may differ.
Digests are compared, not the tables, which a run may not keep. Where next: ``compare``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mda_sim.core.errors import MdaError
from mda_sim.core.spec import BY_CONTENT, content_sha256
from mda_sim.study.folder import RunFolder
from mda_sim.study.gather import picture_nodes_of

if TYPE_CHECKING:
    from mda_sim.metrics.compare import Values
    from mda_sim.scenario import Scenario

ASKED: Final = ("primary", "programmes", "programme_focus", "ladder", "nodes")
"""Keys of ``metrics`` that ask for figures and define none."""
_WORDS: Final = frozenset({"name", "source", "confidence"})
"""Keys that say something to people only."""


class NotARun(MdaError):
    """A folder that cannot be compared; the text says why."""

    exit_code = 2


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """One run, read."""

    name: str
    """What rows call it."""
    folder: RunFolder
    manifest: Mapping[str, Any]
    scenario: Scenario
    values: Values
    """Figures of pictures by seed."""
    units: Mapping[str, str]
    """Unit of each metric."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Its seeds, ascending."""
        return tuple(self.manifest["seeds"])

    @cached_property
    def figures(self) -> dict[tuple[str, str], None]:
        """Metrics with groups that it has."""
        return dict.fromkeys((key.metric, key.group) for key in self.values)

    @cached_property
    def nations(self) -> list[str]:
        """Nations that it has figures of."""
        return sorted({key.holder for key in self.values})

    def sensed(self, seed: int) -> tuple[str, str]:
        """Digests of world and detection log of one of its seeds."""
        record = self.manifest["units"][str(seed)]["sensing"]
        return str(record["fleet_digest"]), str(record["digest"])

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """The parts of its scenario that define figures."""
        spec = self.scenario.spec.model_dump(mode="json", context=BY_CONTENT)
        metrics = {key: value for key, value in spec["metrics"].items() if key not in ASKED}
        return {
            "area": spec["area"],
            "warmup_s": spec["warmup_s"],
            "duration_s": spec["duration_s"],
            "world": {"probes": spec["world"]["probes"]},
            "metrics": metrics,
        }


def read_run(path: Path, name: str) -> FinishedRun:
    """The run in a folder; NotARun if there is no finished run, or its scores or scenario were changed."""
    from mda_sim.metrics.score_book import ScoreBook
    from mda_sim.scenario import load_scenario

    folder = RunFolder(path, "")
    manifest = folder.manifest()
    if manifest is None:
        raise NotARun(
            "no run: there is no manifest.json that can be read; name the folder that a run printed last"
        )
    if manifest.get("complete") is not True:
        raise NotARun("the run is not finished; run the scenario again to complete it")
    for file in ("scores.csv", "scenario.yaml"):
        listed = manifest.get("files", {}).get(file, {}).get("sha256")
        if not (path / file).is_file() or content_sha256(path / file) != listed:
            raise NotARun(f"{file} is not the one that the run wrote; run the scenario again")
    scenario = load_scenario(path / "scenario.yaml", is_own=True)
    nodes = picture_nodes_of(scenario)
    book = ScoreBook()
    book.read(path / "scores.csv", nodes)
    return FinishedRun(name, folder, manifest, scenario, book.values("nation", nodes), book.units)


def names_of(paths: list[Path]) -> list[str]:
    """A name for each folder: its last part, or the whole path where two share that.

    >>> names_of([Path("runs/a"), Path("old/b"), Path("runs/b")])
    ['a', 'old/b', 'runs/b']
    """
    last = [path.resolve().name for path in paths]
    return [
        name if last.count(name) == 1 else path.as_posix() for name, path in zip(last, paths, strict=True)
    ]


def other_definitions(run: FinishedRun, reference: FinishedRun) -> Iterator[str]:
    """Where two runs measure differently."""
    for key, here, there in _differences(run.definitions, reference.definitions, ""):
        yield f"{key} is {here}, and {there} in '{reference.name}': their figures do not mean the same"


def other_sensing(run: FinishedRun, reference: FinishedRun) -> str:
    """Why two runs do not share sensing; empty if they do."""
    common = sorted(set(run.seeds) & set(reference.seeds))
    if not common:
        return f"no seed in common with '{reference.name}'"
    other = [seed for seed in common if run.sensed(seed) != reference.sensed(seed)]
    if not other:
        return ""
    seeds = f"seed{'s' if len(other) > 1 else ''} {', '.join(map(str, other[:5]))}"
    more = f" and {len(other) - 5} more" if len(other) > 5 else ""
    return f"world or sensing of {seeds}{more} is not that of '{reference.name}'"


def _differences(
    here: Mapping[str, Any], there: Mapping[str, Any], path: str
) -> Iterator[tuple[str, str, str]]:
    """Dotted path of each difference, and what is on either side."""
    for key in sorted((here.keys() | there.keys()) - _WORDS):
        ours, theirs = here.get(key), there.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from _differences(ours, theirs, f"{path}{key}.")
        elif ours != theirs:
            yield f"{path}{key}", _shown(ours), _shown(theirs)


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, Mapping):
        return "there"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
