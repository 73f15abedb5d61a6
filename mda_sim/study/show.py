"""A look at the world of one seed: pictures and tables in a folder, nothing sensed and nothing shared.

    show.json  tables/counts.csv  tables/published.csv  maps/  charts/

Model: the world is made as ``run`` makes it, so it is the one that a run of this seed looks at.
``show.json`` is written last; it names the scenario, the seed and every file.

Assumptions and limits: a folder is written over only if it holds a look at the same scenario and seed.
Where next: the command line calls ``show``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.study.folder import write_text
from mda_sim.study.look_folder import claim, clear, finish

if TYPE_CHECKING:
    from mda_sim.report.show_tables import Compared
    from mda_sim.report.world_counts import Count
    from mda_sim.scenario import Scenario


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
    known_by = {"scenario_digest": scenario.digest(), "seed": seed}
    claim(folder, known_by, "the world")
    tell("world")
    world = SimulatedWorld(scenario, build_world(scenario, seed), seed)
    tell("counts")
    found, compared = counts(world), compare(world, with_sensing=False)
    clear(folder)
    write_text(folder / "tables" / "counts.csv", counts_csv(found))
    write_text(folder / "tables" / "published.csv", published_csv(compared))
    gallery = WorldGallery(world)
    for name in gallery.names():
        tell(name)
        save(gallery.figure(name), folder / name)
    fleet = {"n_vessels": world.fleet.n_vessels, "fleet_digest": world.fleet.digest()}
    finish(folder, {"look": "world", "scenario": scenario.name, **known_by}, overrides, fleet)
    return Shown(scenario, seed, folder, found, compared, zone_names(world), noon_words(world))


def _nobody(what: str) -> None:
    """Watches nothing."""
