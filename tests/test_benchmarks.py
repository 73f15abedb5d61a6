"""What the benchmarks say of numbers: bars, yardsticks, fits, loads, and what a command took."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


def _script(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(FOLDER))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


figures, page, watched, loads, scaling, scale_page, whole_runs, studies = map(
    _script, ("figures", "page", "watched", "loads", "scaling", "scale_page", "whole_runs", "studies")
)


def _page(values: list[float], unit: str, bar: float | None, yardstick: float, last: float | None) -> str:
    """The line of one figure on the page."""
    measured = figures.Measured([figures.figure("a line", values, unit, bar)])
    part = figures.Part("Title", "About.", lambda how: measured)
    baseline = {} if last is None else {"part": {"a line": last}}
    text = page.render({"part": page.stored(measured, yardstick)}, baseline, {"part": part})
    return next(line for line in text.splitlines() if line.startswith("| a line"))


def test_a_time_is_divided_by_the_yardstick_before_it_meets_its_bar() -> None:
    # The median of 8, 12 and 10 s on a machine half as fast as that of the bars is 5 s there.
    line = _page([8.0, 12.0, 10.0], "s", 6.0, 2.0, 4.0)
    assert line == "| a line | 10 s | 8 - 12 | 5 | 6 (met) | 1.25 |"
    assert "6 (missed)" in _page([8.0, 12.0, 10.0], "s", 6.0, 1.0, None)


def test_memory_is_not_divided_by_the_yardstick() -> None:
    assert _page([700.0], "MiB", 600.0, 2.0, 350.0) == "| a line | 700 MiB |  |  | 600 (missed) | 2.00 |"


def test_a_bar_met_exactly_is_met_and_one_that_is_no_number_is_missed() -> None:
    assert "(met)" in _page([6.0], "s", 6.0, 1.0, None)
    assert "(missed)" in _page([math.nan], "times", 1.2, 1.0, None)


def test_a_published_run_is_one_against_itself() -> None:
    measured = figures.Measured([figures.figure("a line", [3.0], "us")])
    results = {"part": page.stored(measured, 1.5)}
    part = figures.Part("Title", "About.", lambda how: measured)
    assert "| 1.00 |" in page.render(results, page.baseline_of(results), {"part": part})


def test_every_published_line_is_in_the_results() -> None:
    """The page, its JSON and the baseline are of one kind, so that a part can be measured alone."""
    results = json.loads((FOLDER / "results.json").read_text())
    baseline = json.loads((FOLDER / "baseline.json").read_text())
    text = (FOLDER / "results.md").read_text()
    assert set(baseline) <= set(results)
    assert all(f"| {one['what']} |" in text for part in results.values() for one in part["figures"])


def test_the_fit_finds_the_coefficients_that_made_the_times() -> None:
    rng = np.random.default_rng(1)
    truth = np.array([2.0, 3e-4, 5e-7])
    work = np.column_stack([np.ones(12), rng.uniform(1e3, 1e5, 12), rng.uniform(1e5, 1e8, 12)])
    assert scaling.fitted(work, work @ truth) == pytest.approx(truth, rel=1e-6)
    # A term that costs nothing gets no negative price.
    assert scaling.fitted(work, 2.0 - 1e-6 * work[:, 1]).min() >= 0.0


def test_exponents_are_slopes_of_what_is_beyond_the_fixed_part() -> None:
    fixed = {"seconds": 3.0}
    runs = [{"seconds": 3.0 + 0.01 * size**1.5} for size in (10.0, 20.0, 40.0)]
    assert scaling.exponents("days", (10.0, 20.0, 40.0), runs, fixed) == {
        "days_exponent_whole": pytest.approx(1.5)
    }


def test_a_prediction_is_work_times_coefficients() -> None:
    terms = [(stage, term) for stage, some in scaling.TERMS.items() for term in some]
    coefficients = {f"model_{stage}_{term}_us": 1e6 for stage, term in terms}
    work = {term: 1.0 for _, term in terms}
    assert sum(scaling.predicted(coefficients, work).values()) == len(terms)


def test_what_a_seed_does_once_is_counted_once() -> None:
    def costs(**seconds: float) -> dict[str, Any]:
        return {"costs": {stage: {"seconds": one, "peak_mib": 1.0} for stage, one in seconds.items()}}

    unit = {
        "sensing": costs(world=1.0, sense=2.0),
        "sharing": {"a": costs(frame=0.5, share=3.0), "b": costs(frame=0.5, share=4.0)},
    }
    found = whole_runs.stage_seconds({"1": unit, "2": unit})
    assert found == {"world": 2.0, "sense": 4.0, "frame": 1.0, "share": 14.0}


def test_a_load_has_as_many_arrangements_sensors_and_vessels_as_asked() -> None:
    load = loads.Load(vessels=3_000, days=7.0, radars=80, receivers=10, configurations=100)
    tree = loads.scenario(load)
    kinds = [sensor["kind"] for sensor in tree["sensors"].values()]
    assert len(tree["configurations"]) == 100
    assert (kinds.count("coastal_radar"), kinds.count("ais_receiver")) == (80, 10)
    bare = [json.dumps(one, sort_keys=True) for one in tree["configurations"].values()]
    assert len(set(bare)) == 100
    # Little's law: rate times mean time at sea of each route.
    slowness = math.log(loads.HIGH_MPS / loads.LOW_MPS) / (loads.HIGH_MPS - loads.LOW_MPS)
    ports = tree["world"]["ports"]
    at_sea = 0.0
    for route in tree["world"]["traffic"]["ship"]["routes"].values():
        stops = [route["origin"], *route["via"], route["destination"]]
        lat, lon = np.array([[ports[stop][f"{axis}_deg"] for stop in stops] for axis in ("lat", "lon")])
        metres = loads.distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()
        at_sea += route["per_day"] * metres * slowness / 86_400.0
    assert at_sea == pytest.approx(3_000, rel=1e-4)


def test_a_command_is_watched_with_what_it_starts_and_leaves() -> None:
    code = (
        "import subprocess, sys\n"
        "child = 'import time; x = bytearray(80 << 20); time.sleep(0.6)'\n"
        "subprocess.run([sys.executable, '-c', child])\n"
        "subprocess.Popen(['sleep', '4'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
    )
    found = watched.run([sys.executable, "-c", code])
    assert found.worker_mib > 80.0 > found.main_mib > 1.0
    assert len(found.strays) == 1
    with pytest.raises(subprocess.CalledProcessError) as failed:
        watched.run([sys.executable, "-c", "raise SystemExit('no')"])
    assert "no" in failed.value.stderr


def test_blocks_of_the_page_are_replaced_and_nothing_else() -> None:
    text = (FOLDER.parent / "docs" / "scale.md").read_text()
    changed = scale_page.with_block(text, "laptop", "new")
    assert "<!-- laptop: made by benchmarks/scale_page.py -->\nnew\n<!-- end of laptop -->" in changed
    begin, end = "<!-- laptop", "<!-- end of laptop"
    assert changed.split(begin)[0] == text.split(begin)[0]
    assert changed.split(end)[1] == text.split(end)[1]


def _scaling(small: float) -> dict[str, Any]:
    """A part ``scaling`` in which a unit of any work takes 2 us on a machine half as fast as that of bars."""
    numbers = {f"model_{stage}_{term}_us": [2.0] for stage, some in scaling.TERMS.items() for term in some}
    rates = {"contacts_per_vessel_day": 300.0, "reports_per_day": 7e4, "hops_per_report": 1.0}
    memory = {"memory_run_bytes": 2.0**28, "memory_contact_bytes": 100.0, "memory_vessel_day_bytes": 0.0}
    errors = {"error_median": 0.05, "error_worst": 0.2, "small": small}
    rest = {name: [value] for name, value in {**rates, **memory, **errors}.items()}
    return {"yardstick": 2.0, "machine": "a machine", "numbers": {**numbers, **rest}}


def test_the_page_on_scale_adds_up_work_at_a_yardstick_of_one() -> None:
    size = scale_page.Size("one", 1_000, 10.0, 3)
    numbers = scale_page.at_yardstick_1(_scaling(0.0))
    work = size.work(numbers)
    assert (work["contacts"], work["reports"], work["units"]) == (3e6, 7e5, 4.0)
    by_hand = sum(work[term] for some in scaling.TERMS.values() for term in some) * 1e-6
    assert scale_page.seconds(size, numbers) == pytest.approx(by_hand)
    # 2**28 bytes of a process and 3e6 contacts of 100 bytes.
    assert size.peak_gib(numbers) == pytest.approx(0.25 + 3e8 / 2**30)


def test_small_loads_do_not_get_onto_the_page_on_scale() -> None:
    text = (FOLDER.parent / "docs" / "scale.md").read_text()
    full = scale_page.filled(text, _scaling(0.0))
    assert "| the reference load | 10,000 | 7 | 6 |" in full
    for part in (None, _scaling(1.0)):
        assert scale_page.filled(full, part).count(scale_page.UNMEASURED) == len(scale_page.BLOCKS)


def test_workers_of_the_cluster_are_started_as_the_documents_tell_users_to() -> None:
    told = (FOLDER.parent / "docs" / "studies.md").read_text(encoding="utf-8")
    words = " ".join(f"{name}={value}" for name, value in studies.KEEPS_MEMORY.items())
    assert f"export {words}\ndask worker" in told
