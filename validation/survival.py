"""Kill ten studies at random moments, go on, and compare bytes; writes validation/survival.md.

    make validate-studies

Each of ten studies (three seeds of ``scenarios/quick.yaml`` in brief, two workers) is killed once, with
SIGKILL, at a moment drawn over the time that the undisturbed study took, and then begun again. Compared are
all files but the manifest and the records of units, which hold times. Also told: processes that outlive a
killed study by more than ten seconds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "validation" / "survival.md"
SEED = 20_261_126
KILLS = 10
BRIEFLY = (
    "--seeds", "3", "--set", "output.maps=false", "--set", "output.logs=true",
    "--set", "warmup_h=6", "--set", "duration_h=24", "--set", "drain_h=12",
)  # fmt: skip
VARYING = {"manifest.json", "unit.json", ".turn"}


class Kill(NamedTuple):
    """One study that was killed."""

    after_s: float
    whole_units: int
    same: bool
    left_over: int
    strays: int


def main() -> None:
    """Kill, go on, compare, write."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run(command(folder / "warm"), check=True, stdout=subprocess.DEVNULL)
        begun_s = time.perf_counter()
        subprocess.run(command(folder / "undisturbed"), check=True, stdout=subprocess.DEVNULL)
        took_s = time.perf_counter() - begun_s
        truth = contents(folder / "undisturbed")
        draws = random.Random(SEED)
        kills = [killed(folder / str(n), draws.uniform(0.0, took_s), truth) for n in range(KILLS)]
    page = rendered(kills, took_s, len(truth))
    RESULTS.write_text(page)
    print(page)
    if not all(kill.same and not kill.left_over and not kill.strays for kill in kills):
        sys.exit(1)


def command(out: Path) -> list[str]:
    """The study, into a folder."""
    scenario = str(ROOT / "scenarios" / "quick.yaml")
    return [sys.executable, "-m", "mda_sim", "run", scenario, *BRIEFLY, "--workers", "2", "--quiet",
            "--out", str(out)]  # fmt: skip


def killed(out: Path, after_s: float, truth: dict[str, bytes]) -> Kill:
    """Begin a study, kill it, go on, and compare."""
    study = subprocess.Popen(command(out), stdout=subprocess.DEVNULL)
    time.sleep(after_s)
    workers = children(study.pid)
    study.send_signal(signal.SIGKILL)
    study.wait()
    whole = len(list(out.glob("seeds/*/*/unit.json")) + list(out.glob("seeds/*/*/*/unit.json")))
    strays = [worker for worker in workers if outlives(worker, 10.0)]
    subprocess.run(command(out), check=True, stdout=subprocess.DEVNULL)
    left_over = len([*out.rglob("*.part"), *out.glob(".at_work-*")])
    return Kill(after_s, whole, contents(out) == truth, left_over, len(strays))


def contents(folder: Path) -> dict[str, bytes]:
    """Files of a study that must not depend on how it was made."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in VARYING)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def children(parent: int) -> list[int]:
    """Processes that a process has begun."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(place.name))
        except OSError:
            continue
    return found


def outlives(process: int, most_s: float) -> bool:
    """Whether a process is still there after so long."""
    end_s = time.monotonic() + most_s
    while time.monotonic() < end_s:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def rendered(kills: list[Kill], took_s: float, n_files: int) -> str:
    """The page."""
    rows = "\n".join(
        f"| {kill.after_s:.1f} | {kill.whole_units} of 21 | {'yes' if kill.same else 'NO'} "
        f"| {kill.left_over} | {kill.strays} |"
        for kill in kills
    )
    same = sum(kill.same for kill in kills)
    return f"""# Studies that are killed

Made by `make validate-studies` (`validation/survival.py`, seed {SEED}). Three seeds of
`scenarios/quick.yaml` in brief, two workers, 21 units, {n_files} files compared byte for byte with those of
an undisturbed study, which took {took_s:.1f} s. Each study was killed once with SIGKILL and begun again:
{same} of {len(kills)} ended with the same bytes.

| killed after [s] | units whole by then | same bytes in the end | left over | processes that outlived it |
| ---: | ---: | --- | ---: | ---: |
{rows}
"""


if __name__ == "__main__":
    main()
