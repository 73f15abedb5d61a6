"""A look at the world of one seed: pictures and tables in a folder, nothing sensed and nothing shared.

    show.json  tables/counts.csv  tables/published.csv  maps/  charts/

Model: the world is made as ``run`` makes it, so it is the one that a run of this seed looks at.
``show.json`` is written last; it names the scenario, the seed and every file.

Assumptions and limits: a folder is written over only if it holds a look at the same scenario and seed.
Where next: the command line calls ``show``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mda_sim.core.errors import RunError
from mda_sim.study.folder import FORMAT, listing, read_json, write_json, write_text
from mda_sim.study.identity import versions

if TYPE_CHECKING:
    from mda_sim.report.show_tables import Compared
    from mda_sim.report.world_counts import Count
    from mda_sim.scenario import Scenario

RECORD: Final = "show.json"
"""What says that a folder holds a look at a world."""

_FOLDERS: Final = ("maps", "charts", "tables")


@dataclass(frozen=True)
class Shown:
    """A look at a world, written."""

    scenario: Scenario
    seed: int
    folder: Path
    counts: Sequence[Count]
    """Vessels by class and zone."""
    compared: Sequence[Compared]
    """Published figures beside the world."""
    zones: Mapping[str, str]
    """Names of zones by id."""
    noon: str
    """Which instants count as local noon, in words."""

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.show_tables import summary_lines

        yield f"{self.scenario.name}  digest {self.scenario.digest()[:8]}  seed {self.seed}"
        yield from summary_lines(self.counts, self.compared, self.zones, self.noon)

    def plain_data(self) -> dict[str, Any]:
        """Counts and comparison as JSON holds them."""
        from mda_sim.report.show_tables import as_plain_data

        return {
            "folder": str(self.folder),
            "scenario": self.scenario.name,
            "seed": self.seed,
            **as_plain_data(self.counts, self.compared),
        }


def default_folder(scenario: Scenario, seed: int) -> Path:
    """``runs/<name>-<digest8>-world-<seed>``, below the working directory."""
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}-world-{seed}"


def show(
    scenario: Scenario,
    seed: int | None = None,
    *,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[str], None] | None = None,
) -> Shown:
    """Make the world of one seed (the scenario's first unless given) and write pictures and tables of it.

    ``overrides`` are the texts of ``--set`` and are only recorded; ``watch`` is told what begins. RunError
    if the folder holds something else, or if the scored time holds no whole hour.
    """
    from mda_sim.pipeline import build_world
    from mda_sim.report.show_gallery import WorldGallery
    from mda_sim.report.show_tables import compare, counts_csv, published_csv
    from mda_sim.report.style import save
    from mda_sim.report.world_counts import counts, noon_words, zone_names
    from mda_sim.report.world_measures import SimulatedWorld

    seed = scenario.seeds[0] if seed is None else seed
    tell = watch if watch is not None else _nobody
    folder = Path(out) if out is not None else default_folder(scenario, seed)
    digest = scenario.digest()
    _claim(folder, digest, seed)
    tell("world")
    world = SimulatedWorld(scenario, build_world(scenario, seed), seed)
    tell("counts")
    found, compared = counts(world), compare(world, with_sensing=False)
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    write_text(folder / "tables" / "counts.csv", counts_csv(found))
    write_text(folder / "tables" / "published.csv", published_csv(compared))
    gallery = WorldGallery(world)
    for name in gallery.names():
        tell(name)
        save(gallery.figure(name), folder / name)
    files = [path for name in _FOLDERS for path in (folder / name).iterdir()]
    record = {
        **_head(scenario, digest, seed),
        "overrides": list(overrides),
        "versions": versions(),
        "n_vessels": world.fleet.n_vessels,
        "fleet_digest": world.fleet.digest(),
        "files": listing(folder, files),
        "complete": True,
    }
    write_json(folder / RECORD, record)
    return Shown(scenario, seed, folder, found, compared, zone_names(world), noon_words(world))


def _nobody(what: str) -> None:
    """Watches nothing."""


def _claim(folder: Path, digest: str, seed: int) -> None:
    """Make sure that a folder may be written to: it is absent, empty, or holds this very look."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; choose another folder with --out")
    if not folder.exists() or not any(folder.iterdir()):
        return
    record = read_json(folder / RECORD)
    if record is None:
        raise RunError(
            f"{folder} is not empty and holds no look at a world; choose another folder with --out"
        )
    if (record.get("scenario_digest"), record.get("seed")) != (digest, seed):
        raise RunError(
            f"{folder} holds the world of another scenario or seed ('{record.get('scenario')}', "
            f"{record.get('seed')}); choose another folder with --out, or remove it"
        )


def _head(scenario: Scenario, digest: str, seed: int) -> dict[str, object]:
    return {"format": FORMAT, "scenario": scenario.name, "scenario_digest": digest, "seed": seed}
