"""What became of a recording, in words and as tables.

Model: every row that was read is counted once, as used or under the rule that took it out, so the counts add
up to what was read; what was noted without taking a row out follows.

Assumptions and limits: texts are verbatim here: whoever shows them escapes them.
Where next: ``scenario`` warns with ``lines``; ``study`` writes the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mda_sim.world.recorded.recording import Recording
from mda_sim.world.recorded.rows import MEANINGS, Rule

BIAS: Final = (
    "a recording holds only ships that broadcast and were received: "
    "whatever is scored on it says nothing of the others"
)
"""What every result on recorded traffic must state."""
EXPECTED_LOSSES: Final = frozenset(
    {Rule.KEPT, Rule.NO_POSITION, Rule.NOT_A_SHIP, Rule.DUPLICATE, Rule.OUTSIDE_AREA, Rule.OUTSIDE_RUN}
)
"""What happens to the rows of any sound recording."""
RULE_COLUMNS: Final = ("rule", "rows", "first_row", "meaning")
VESSEL_COLUMNS: Final = ("mmsi", "name", "flag", "type", "length_m", "transponder", "fixes")

_NOTES: Final = {
    "out_of_order": "earlier in time than the row before them of the same vessel; put in order",
    "speed_not_available": "speed 102.3 kn (not available) or beyond; speeds follow from positions",
    "names_escaped": "different names with characters that outputs escape; kept verbatim",
    "breaks": "gaps longer than the limit, in which a vessel's position is unknown",
    "legs_over_land": "legs that lead further inland than the margin; the way is unknown",
    "vessels_without_length": "vessels without a length that can be believed; the default stands in",
    "vessels_without_class": "vessels without a transponder class; the default stands in",
}


def lines(recording: Recording) -> Iterator[str]:
    """What became of the recording, in a few lines."""
    rows = recording.rules["rows"]
    noted = recording.rules.meta
    lost = ", ".join(
        f"{int(rows[rule]):,} {rule.name.lower().replace('_', ' ')}"
        for rule in Rule
        if rule is not Rule.KEPT and rows[rule]
    )
    yield (
        f"{noted['dialect']}: {int(rows.sum()):,} rows read, {int(rows[Rule.KEPT]):,} used"
        + (f", not used: {lost}" if lost else "")
    )
    yield from noted["remarks"]
    yield (
        f"{len(recording.vessels):,} vessels in the run, {len(recording.legs):,} legs, "
        f"{noted['known_h']:,.1f} vessel-hours known; {noted['breaks']:,} gaps in which a vessel is absent"
    )
    yield BIAS


def doubtful_share(recording: Recording) -> float:
    """Share of all rows, in [0, 1], that no sound recording would lose."""
    rows = recording.rules["rows"]
    return float(sum(int(rows[rule]) for rule in Rule if rule not in EXPECTED_LOSSES) / rows.sum())


def rule_cells(recording: Recording) -> Iterator[tuple[str, int, int, str]]:
    """The rows of the table of rules, ``RULE_COLUMNS``: all rules, also those that concern no row."""
    rules = recording.rules
    yield "read", int(rules["rows"].sum()), 1, "rows of the file"
    for rule in Rule:
        yield rule.name.lower(), int(rules["rows"][rule]), int(rules["first_row"][rule]), MEANINGS[rule]
    for name, meaning in _NOTES.items():
        yield f"noted: {name}", int(rules.meta[name]), 0, meaning


def vessel_cells(recording: Recording) -> Iterator[tuple[int, str, str, str, float, str, int]]:
    """The rows of the table of vessels, ``VESSEL_COLUMNS``."""
    vessels = recording.vessels
    flags, texts = vessels.meta["flags"], [*vessels.meta["texts"], ""]
    for row in range(len(vessels)):
        yield (
            int(vessels["mmsi"][row]),
            texts[vessels["name"][row]],
            flags[vessels["flag"][row]],
            texts[vessels["type"][row]],
            float(vessels["length_m"][row]),
            ("", "A", "B")[vessels["ais"][row]],
            int(vessels["fixes"][row]),
        )
