"""Write docs/gallery.md: what each shipped scenario asks, of whom, and a map of it.

    python docs/make_gallery.py              # the page alone: a function of the scenarios
    python docs/make_gallery.py --pictures   # the maps too, from a brief run of each (some minutes)

A test compares the page with the scenarios.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

import mda_sim
from mda_sim.report.contents import plain_contents

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "images" / "gallery"
BRIEFLY = ("warmup_h=6", "duration_h=12", "drain_h=6", "output.maps=true", "output.logs=true")
"""A run for the map alone: what is drawn there hangs on neither its length nor its scores."""
DPI = 80
COLOURS = 96
"""Of a map in the repository: few enough to be small."""
FIRST = ("six_arrangements", "south_china_sea", "quick")
"""Scenarios that come first; the others follow by name."""
HEAD = """# The gallery

Every scenario of `scenarios/`: what it asks, who takes part, and a map of it. Each file begins with
what in it is a fact and what an assumption; [the shipped scenarios](scenarios.md) tells more of those
on sharing. Maps show sensors and their reach, sea lanes, the tracks of some vessels over half a day,
and who sends to whom. Zones are illustrative and take no position on claims.

This page is made from the scenarios by `docs/make_gallery.py`.
"""


def main() -> None:
    """Write the page, and with ``--pictures`` the maps."""
    parser = argparse.ArgumentParser(description="Write docs/gallery.md.")
    parser.add_argument("--pictures", action="store_true", help="draw the maps too")
    if parser.parse_args().pictures:
        PICTURES.mkdir(parents=True, exist_ok=True)
        for path in scenario_files():
            draw(path)
            print(path.stem)
    PAGE.write_text(page(), encoding="utf-8")


def scenario_files() -> list[Path]:
    """The shipped scenarios in the order of the page."""
    files = {path.stem: path for path in sorted((ROOT / "scenarios").glob("*.yaml"))}
    return [*(files.pop(name) for name in FIRST), *files.values()]


def page() -> str:
    """The page as text."""
    return "\n".join([HEAD, *(line for path in scenario_files() for line in section(path))])


def section(path: Path) -> Iterator[str]:
    """What one scenario asks, and of whom."""
    scenario = mda_sim.load(path)
    found = plain_contents(scenario)
    n_sensors = {code: sum(nation["sensors"].values()) for code, nation in found["nations"].items()}
    parties = ", ".join(
        f"{nation['name']} ({n_sensors[code] or 'no'} sensor{'s' if n_sensors[code] != 1 else ''})"
        for code, nation in found["nations"].items()
    )
    names = ", ".join(
        f"`{name}`{' (baseline)' if name == found['baseline'] else ''}" for name in found["configurations"]
    )
    seeds = len(found["seeds"])
    yield f"## {path.stem}\n"
    yield f"{' '.join(scenario.spec.description.split())}\n"
    yield f"![Map of {path.stem}](images/gallery/{path.stem}.png)\n"
    yield f"- parties: {parties}"
    yield f"- configurations: {names}"
    yield (
        f"- {found['duration_d']:g} scored days, {seeds} seed{'s' if seeds != 1 else ''}, "
        f"{len(found['traffic'])} classes of traffic"
    )
    yield f"- `mda-sim run scenarios/{path.name}`\n"


def draw(path: Path) -> None:
    """Draw the map of a scenario from a brief run of its first seed."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = mda_sim.load(path, seeds=1, sets=BRIEFLY)
        study = mda_sim.run(scenario, out=Path(folder) / "run")
        drawn = io.BytesIO()
        mda_sim.plot_scenario(study.folder).savefig(drawn, dpi=DPI)
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(PICTURES / f"{path.stem}.png", optimize=True)


if __name__ == "__main__":
    main()
