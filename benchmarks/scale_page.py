"""Fill the numbers of docs/scale.md from benchmarks/results.json.

    python benchmarks/bench.py --only reference scaling studies
    python benchmarks/scale_page.py

Everything between the markers of a block is made here: coefficients of the cost model as ``scaling.py``
fitted them, sizes that fit a laptop, and the two plans, all in seconds at a yardstick of 1. Nothing
else of the page is touched, so its text must hold whatever the numbers are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from figures import FOLDER
from scaling import TERMS, predicted

PAGE = FOLDER.parent / "docs" / "scale.md"
RESULTS = FOLDER / "results.json"
MEANING = {
    "seeds": "a seed",
    "vessel_days": "a vessel-day",
    "reports": "a report of a sensor, empty ones too",
    "contacts": "a contact",
    "arrangements": "an arrangement on a seed",
    "hops": "a report, or part of one, on a link",
    "contacts_arrangements": "a contact, in each arrangement",
    "vessel_days_arrangements": "a vessel-day, in each arrangement",
    "runs": "a run",
    "units": "a unit",
    "contacts_units": "a contact, in each unit",
}
BLOCKS = ("cost model", "laptop", "thousand cores", "global traffic")
UNMEASURED = (
    "Not measured with this version: `python benchmarks/bench.py --only scaling`, then "
    "`python benchmarks/scale_page.py`."
)
CORES, CORES_OF_A_MACHINE = 1_000, 64
CONTACT_BYTES = 10
"""Of a row of the table of contacts: target and time in four bytes each, vessels merged in two."""

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Size:
    """A load of the same sensors, traffic and arrangements a vessel as the reference load."""

    what: str
    vessels: int
    days: float
    arrangements: int
    areas: int = 1
    """Areas as that of the reference load, each with as many sensors."""

    def work(self, rates: Numbers) -> dict[str, float]:
        """Amounts of work of one seed."""
        vessel_days, n = self.vessels * self.days, self.arrangements
        contacts = rates["contacts_per_vessel_day"] * vessel_days
        reports = rates["reports_per_day"] * self.days * self.areas
        return {
            "runs": 1.0,
            "seeds": 1.0,
            "vessel_days": vessel_days,
            "reports": reports,
            "contacts": contacts,
            "arrangements": float(n),
            "hops": rates["hops_per_report"] * reports * n,
            "contacts_arrangements": contacts * n,
            "vessel_days_arrangements": vessel_days * n,
            "units": n + 1.0,
            "contacts_units": contacts * (n + 1),
        }

    def peak_gib(self, rates: Numbers) -> float:
        """Largest that the process is."""
        work = self.work(rates)
        by_name = {"run": 1.0, "contact": work["contacts"], "vessel_day": work["vessel_days"]}
        return sum(rates[f"memory_{name}_bytes"] * amount for name, amount in by_name.items()) / 2**30


LAPTOP = (
    Size("a first look", 1_000, 3.0, 2),
    Size("a week of a region", 2_000, 7.0, 6),
    Size("the reference load", 10_000, 7.0, 6),
    Size("the reference load, many arrangements", 10_000, 7.0, 100),
    Size("a month", 10_000, 30.0, 2),
    Size("a crowded week", 50_000, 7.0, 2),
)
WEEK_OF_100 = LAPTOP[3]
GLOBAL = Size("the world in one process", 300_000, 30.0, 6, areas=30)
TILE = Size("one of 30 areas", 10_000, 30.0, 6)


def main() -> None:
    """Fill all blocks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="another results.json")
    part = json.loads(parser.parse_args().results.read_text()).get("scaling")
    PAGE.write_text(filled(PAGE.read_text(), part))


def filled(text: str, part: Mapping[str, Any] | None) -> str:
    """The page with all blocks made anew from the part ``scaling`` of the results.

    Small loads say nothing about large ones, so without a full measurement blocks say what to run.
    """
    if part is None or part["numbers"]["small"][0]:
        return reduce(lambda page, name: with_block(page, name, UNMEASURED), BLOCKS, text)
    numbers = at_yardstick_1(part)
    text = with_block(text, "cost model", "\n".join(cost_model(numbers, part)))
    text = with_block(text, "laptop", "\n".join(laptop(numbers)))
    text = with_block(text, "thousand cores", "\n".join(thousand_cores(numbers)))
    return with_block(text, "global traffic", "\n".join(global_traffic(numbers)))


def at_yardstick_1(part: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of the cost model, those of time divided by the yardstick."""
    return {
        name: values[0] / (part["yardstick"] if name.endswith("_us") else 1.0)
        for name, values in part["numbers"].items()
    }


def with_block(text: str, name: str, block: str) -> str:
    """The text with what stands between the markers of a block replaced."""
    begin, end = f"<!-- {name}: made by benchmarks/scale_page.py -->", f"<!-- end of {name} -->"
    head, rest = text.split(begin)
    return f"{head}{begin}\n{block}\n{end}{rest.split(end)[1]}"


def cost_model(numbers: Numbers, part: Mapping[str, Any]) -> Iterator[str]:
    """Coefficients by stage."""
    yield (
        f"Measured on {part['machine']}, at a yardstick of {part['yardstick']:.2f}; the model is off by "
        f"{100 * numbers['error_median']:.0f} % in the median run and by {100 * numbers['error_worst']:.0f} "
        f'% at most (section "How it grows", lines `model`).'
    )
    yield "\n| stage | takes for | microseconds |"
    yield "| --- | --- | ---: |"
    for stage, terms in TERMS.items():
        for term in terms:
            value = numbers[f"model_{stage}_{term}_us"]
            yield f"| {stage} | {MEANING[term]} | {_amount(value)} |"
    yield (
        f"\nMemory of a process: {numbers['memory_run_bytes'] / 2**20:,.0f} MiB, "
        f"{numbers['memory_contact_bytes']:,.0f} bytes a contact and "
        f"{numbers['memory_vessel_day_bytes']:,.0f} bytes a vessel-day of the seed in hand. The reference "
        f"load has {numbers['contacts_per_vessel_day']:,.0f} contacts a vessel-day."
    )


def laptop(numbers: Numbers) -> Iterator[str]:
    """Sizes in one process."""
    yield "| one seed | vessels | days | arrangements | time | memory |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for size in LAPTOP:
        yield (
            f"| {size.what} | {size.vessels:,} | {size.days:g} | {size.arrangements} | "
            f"{_duration(seconds(size, numbers))} | {size.peak_gib(numbers):.1f} GiB |"
        )


def thousand_cores(numbers: Numbers) -> Iterator[str]:
    """A hundred arrangements of the reference load on 1,000 seeds, and on 100."""
    stages = predicted(numbers, WEEK_OF_100.work(numbers))
    once_s = sum(stages[stage] for stage in ("world", "sense", "frame"))
    whole_s, peak_gib = sum(stages.values()), WEEK_OF_100.peak_gib(numbers)
    crew = 10
    spread_s = once_s + (whole_s - once_s) / crew
    yield "| reference load, 100 arrangements | |"
    yield "| --- | ---: |"
    yield f"| one seed on one core | {_duration(whole_s)} |"
    yield f"| 1,000 seeds, all work | {1_000 * whole_s / 3600:,.0f} core hours |"
    yield f"| 1,000 seeds on {CORES:,} cores, a seed a core | {_duration(whole_s)} |"
    yield f"| 100 seeds on {CORES:,} cores, a seed a core: {CORES - 100} idle | {_duration(whole_s)} |"
    yield f"| 100 seeds on {CORES:,} cores, arrangements of a seed on {crew} cores | {_duration(spread_s)} |"
    yield f"| least that more cores can come to: world, sensing and frame of a seed | {_duration(once_s)} |"
    yield f"| memory of {CORES_OF_A_MACHINE} such workers | {CORES_OF_A_MACHINE * peak_gib:,.0f} GiB |"
    yield f"| units of 1,000 seeds | {1_000 * (WEEK_OF_100.arrangements + 1):,} |"


def global_traffic(numbers: Numbers) -> Iterator[str]:
    """300,000 vessels for a month, in one process and in areas."""
    yield "| a month, 6 arrangements | vessels | contacts | time | memory | contacts alone |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for size in (GLOBAL, TILE):
        contacts = size.work(numbers)["contacts"]
        yield (
            f"| {size.what} | {size.vessels:,} | {contacts:.2g} | {_duration(seconds(size, numbers))} | "
            f"{size.peak_gib(numbers):,.1f} GiB | {contacts * CONTACT_BYTES / 2**30:,.1f} GiB |"
        )


def seconds(size: Size, numbers: Numbers) -> float:
    """What a seed of a size takes by the model, with the run around it."""
    return sum(predicted(numbers, size.work(numbers)).values())


def _amount(value: float) -> str:
    """To three figures."""
    if value == 0.0:
        return "nothing measurable"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100.0 else f"{value:.3g}"


def _duration(seconds: float) -> str:
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000.0 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
