"""What became of the recordings of a run, as tables for a spreadsheet, and what results on them must say.

Model: two CSV files per class of recorded traffic: ``recorded_<class>.csv`` counts the rows that were read by
the rule that each met (its lines but the first and the notes add up to the first), and
``recorded_<class>_vessels.csv`` lists the vessels.

Assumptions and limits: names are those that were broadcast, escaped as every external text.
Where next: ``study.run`` writes them to ``tables/``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from mda_sim.report.text import for_csv
from mda_sim.world.recorded.recording import Recording
from mda_sim.world.recorded.report import BIAS, RULE_COLUMNS, VESSEL_COLUMNS, rule_cells, vessel_cells


def caveats(recorded: Mapping[str, Recording]) -> list[str]:
    """What every result must say with it, where there is recorded traffic."""
    return [f"recorded traffic ({', '.join(recorded)}): {BIAS}"] if recorded else []


def recording_sheets(recorded: Mapping[str, Recording]) -> dict[str, str]:
    """The text of each file by its name; ``recorded`` is by class of traffic."""
    texts = {}
    for name, recording in recorded.items():
        texts[f"recorded_{name}.csv"] = _csv(RULE_COLUMNS, rule_cells(recording))
        texts[f"recorded_{name}_vessels.csv"] = _csv(VESSEL_COLUMNS, vessel_cells(recording))
    return texts


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return stream.getvalue()


def _cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return for_csv(cell)
    return "" if cell != cell else repr(cell)
