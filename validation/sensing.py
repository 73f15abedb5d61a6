"""Put the models of sensing beside published tables, other programs and closed forms; writes ``sensing.md``.

    make validate-sensing
    python validation/sensing.py --dry     # print only

Formulas are asked at once (``sensing_detection.py``, ``sensing_formulas.py``), and the engine is run on small
fleets (``sensing_engine.py``, ``sensing_ais.py``, ``sensing_search.py``). Orbits and passes are put beside
other programs and published ones (``sensing_elements.py``, ``sensing_orbits.py``). Published values are files
in ``reference``, each row with where it was read. Takes a minute or two; not part of the test suite.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import sensing_ais as ais
import sensing_detection as theory
import sensing_elements as elements
import sensing_engine as engine
import sensing_formulas as formulas
import sensing_orbits as orbits
import sensing_search as search
from sensing_page import TAG_WORDS, WORDS, Section, paragraph, table

RESULTS = Path(__file__).with_name("sensing.md")
SECTIONS = (
    theory.detection,
    theory.estimates,
    theory.tables_of_looks,
    formulas.range_equation,
    formulas.rain,
    formulas.horizon,
    formulas.sea_clutter,
    formulas.cross_sections,
    formulas.aspects,
    formulas.ship_radar,
    engine.m_of_n,
    engine.first_detection,
    engine.weak_intervals,
    engine.persistent_range,
    engine.cells,
    engine.false_contacts,
    ais.ais_intervals,
    ais.ais_contacts,
    ais.slot_load,
    ais.from_space,
    elements.verification_set,
    elements.element_sets,
    orbits.repeat_cycles,
    orbits.walker_patterns,
    orbits.revisits,
    orbits.regional_passes,
    search.random_patrol,
    search.parallel_tracks,
    search.barrier_patrol,
)
LEFT_OUT = {
    "Nathanson's tables of sea clutter": """the book and the report that repeats them were not to be had in
        full; the model's error against them is quoted, not repeated.""",
    "Footnotes of table 2 of MSC.192(79)": """they state the cross-sections of buoys and of the boat without
        reflector; they were not to be had, so those rows use general knowledge and say so.""",
    "Table 2 of MSC.192(79) in S band": """no S-band ship's radar with stated beam and pulses was read; the
        column is in the reference file.""",
    "Cross-section by aspect and length": """patterns of single ships exist, a table by length was not
        found; the three classes of aspect are an assumption.""",
    "The evaporation duct": """no measured or computed loss beyond the horizon was read; which heights
        trap which frequency is general knowledge, the loss an assumption.""",
    "Reflection from the sea": "lobes are averaged over; no measured pattern factor was read.",
    "What rain returns": "Rayleigh scattering with Z = 200 R^1.6; no table of reflectivity was read.",
    "Absorption by air": "not modelled by frequency; it is a named loss of each radar.",
    "IALA's classes of targets (G1111)": "the guideline was not to be had in full.",
    "Detection by satellites": """p(L) of radar satellites was fitted to what Global Fishing Watch
        states of Sentinel-1; no other set of ships with and without detection was to be had. Cameras follow
        Johnson's criterion, lights of boats an assumption: no measured rates by length, cloud or light were
        read.""",
    "Positions of emitters": "their error is an assumption; no measured one was read.",
    "Overlap of messages from space": "the report that defines it was not to be had; its abstract was.",
    "Sorties that were flown": "calendars and search patterns are assumptions; no flight logs were read.",
    "Ranges that operators publish for their radars": """they name instrumented ranges or advertisements, not
        the range for a stated target and probability.""",
}


def lines(sections: list[Section]) -> Iterator[str]:
    """The page, line by line."""
    checks = [check for section in sections for check in section.checks]
    missed = [check for check in checks if not check.agrees]
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "itur", "mpmath", "skyfield")
    )
    yield "# Models of sensing beside their references"
    yield ""
    yield from paragraph(
        f"""Written by `make validate-sensing` (`validation/sensing.py`) with Python
        {platform.python_version()}, {packages}. Published values are read from `validation/reference/`,
        where each row names its source and confidence. {len(checks) - len(missed)} of {len(checks)} checks
        agree."""
    )
    for tag, words in TAG_WORDS.items():
        yield f"- **{tag}**: {words}."
    yield ""
    rows = [
        [
            check.model,
            check.against,
            check.tag,
            check.found,
            check.asked,
            "agrees" if check.agrees else "**miss**",
        ]
        for check in checks
    ]
    yield from table(("model", "beside", "tag", "residual", "at most", "verdict"), rows, WORDS)
    for section in sections:
        yield from section.lines()
    yield "## Left out, because no source could be had"
    yield ""
    for what, why in LEFT_OUT.items():
        yield f"- {what}: {' '.join(why.split())}"


def main() -> int:
    """Check everything, print the page, and write it unless told not to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args()
    sections = []
    for make in SECTIONS:
        sections.append(make())
        print(sections[-1].title, file=sys.stderr, flush=True)
    text = "\n".join(lines(sections)).rstrip() + "\n"
    print(text)
    if not options.dry:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
