"""A look at sensors that move: passes of a day, sorties of a week and revisit by latitude, in a folder.

    show.json  and, as asked for:
    maps/passes_<category>.png  tables/passes.csv
    maps/sorties.png  charts/sorties.png  tables/sorties.csv
    charts/revisit.png  tables/revisit.csv

Model: no world is made and nothing is sensed; passes and sorties are those that a run of the seed has. The
same look gives the same bytes. ``show.json`` is written last; it names the scenario, the seed and every file.

Assumptions and limits: those of ``report.moving_look``. Where next: the command line calls ``show_moving``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mda_sim.study.folder import write_text
from mda_sim.study.look_folder import claim, clear, finish

if TYPE_CHECKING:
    from mda_sim.report.moving_look import MovingLook
    from mda_sim.scenario import Scenario

WHAT: Final = ("passes", "sorties", "revisit")
"""What may be looked at."""


@dataclass(frozen=True)
class ShownMoving:
    """A look at what moves, written."""

    look: MovingLook
    """What was looked at."""
    what: frozenset[str]
    """Which of ``WHAT`` were asked for."""
    folder: Path

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.moving_tables import pass_lines, revisit_lines, sortie_lines
        from mda_sim.report.revisit import REVISIT_DAYS
        from mda_sim.report.words import ZONES_NOTE

        look = self.look
        yield f"{look.scenario.name}  digest {look.scenario.digest()[:8]}  seed {look.seed}"
        if "passes" in self.what:
            yield from pass_lines(look.pass_rows, look.day_words)
        if "sorties" in self.what:
            yield from sortie_lines(look.sortie_rows, look.week_words)
        if "revisit" in self.what:
            yield from revisit_lines(look.revisit_rows, REVISIT_DAYS)
        yield ZONES_NOTE

    def plain_data(self) -> dict[str, Any]:
        """The tables as JSON holds them."""
        from mda_sim.report.sensor_tables import rows_plain

        look = self.look
        return {
            "folder": str(self.folder),
            "scenario": look.scenario.name,
            "seed": look.seed,
            "passes": rows_plain(look.pass_rows) if "passes" in self.what else [],
            "sorties": rows_plain(look.sortie_rows) if "sorties" in self.what else [],
            "revisit": rows_plain(look.revisit_rows) if "revisit" in self.what else [],
        }


def default_folder(scenario: Scenario, seed: int) -> Path:
    """``runs/<name>-<digest8>-moving-<seed>``, below the working directory."""
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}-moving-{seed}"


def show_moving(
    scenario: Scenario,
    what: Sequence[str],
    sensor_ids: Sequence[str] = (),
    *,
    seed: int | None = None,
    day: int | datetime | None = None,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[str], None] | None = None,
) -> ShownMoving:
    """Write what of ``WHAT`` is asked for, of all sensors unless some are named, in one seed (the first).

    ``day`` is a scored day from 1 on or a date: that of the passes, and the first of the week of sorties.
    ``overrides`` are the texts of ``--set`` and are only recorded; ``watch`` is told what begins.
    ScenarioError for a sensor or day that the scenario does not have, RunError if the folder holds something
    else or an orbit or a platform fails, ValueError for an unknown word in ``what``.
    """
    from mda_sim.report.moving_look import MovingLook

    asked = frozenset(what)
    if not asked or not asked <= set(WHAT):
        raise ValueError(f"expected some of {', '.join(WHAT)}, got {', '.join(sorted(asked)) or 'none'}")
    seed = scenario.seeds[0] if seed is None else seed
    look = MovingLook(scenario, sensor_ids, seed, day)
    folder = Path(out) if out is not None else default_folder(scenario, seed)
    known_by = {"look": "moving", "scenario_digest": scenario.digest(), "seed": seed}
    claim(folder, known_by, "what moves")
    tell = watch if watch is not None else _nobody
    # All that can fail is done before anything is written.
    made = [name for name in WHAT if name in asked]
    for name in made:
        tell(name)
        getattr(look, _ROWS[name])
    clear(folder)
    for name in made:
        _WRITERS[name](look, folder, tell)
    head = {**known_by, "scenario": scenario.name}
    finish(folder, head, overrides, {"sensors": list(look.sensors), "what": made, "day": look.day_words})
    return ShownMoving(look, asked, folder)


def _write_passes(look: MovingLook, folder: Path, tell: Callable[[str], None]) -> None:
    from mda_sim.report.moving_tables import PassRow
    from mda_sim.report.sensor_tables import rows_csv
    from mda_sim.report.style import save

    write_text(folder / "tables" / "passes.csv", rows_csv(PassRow, look.pass_rows))
    for category in look.pass_categories:
        tell(f"maps/passes_{category}.png")
        save(look.pass_map(category), folder / "maps" / f"passes_{category}.png")


def _write_sorties(look: MovingLook, folder: Path, tell: Callable[[str], None]) -> None:
    from mda_sim.report.moving_tables import SortieRow
    from mda_sim.report.sensor_tables import rows_csv
    from mda_sim.report.style import save

    write_text(folder / "tables" / "sorties.csv", rows_csv(SortieRow, look.sortie_rows))
    if look.carriers:
        tell("maps/sorties.png")
        save(look.sortie_map(), folder / "maps" / "sorties.png")
        save(look.strip_chart(), folder / "charts" / "sorties.png")


def _write_revisit(look: MovingLook, folder: Path, tell: Callable[[str], None]) -> None:
    from mda_sim.report.revisit import RevisitRow
    from mda_sim.report.sensor_tables import rows_csv
    from mda_sim.report.style import save

    write_text(folder / "tables" / "revisit.csv", rows_csv(RevisitRow, look.revisit_rows))
    if look.revisit_rows:
        tell("charts/revisit.png")
        save(look.revisit_chart(), folder / "charts" / "revisit.png")


_ROWS: Final = {"passes": "pass_rows", "sorties": "sortie_rows", "revisit": "revisit_rows"}
_WRITERS: Final = {"passes": _write_passes, "sorties": _write_sorties, "revisit": _write_revisit}


def _nobody(what: str) -> None:
    """Watches nothing."""
