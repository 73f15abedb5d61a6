"""Fuzz the reader and the check of scenarios, and write what was found to ``fuzz.md`` beside this file.

Two streams of cases, each case made from its number alone, so that one can be repeated by itself:

    bytes       byte strings for the reader: random bytes, random YAML tokens, and pieces of a real scenario
                with bytes changed, cut, doubled or swapped for tokens
    scenarios   the starter scenario with one to six changes (keys renamed, values swapped for hostile ones,
                lines doubled, dropped, moved, joined), read, merged and checked as ``mda-sim check`` does

A case passes if it ends within its processor time (1 s for bytes, 5 s for a scenario, which bounds a hang)
with a tree or scenario, or with problems that are printable and lie in the text, and if a scenario that loads
can be written out and loaded again to the same digest (every tenth). Anything else is a finding: it is listed
with its number.

    python validation/fuzz_scenario.py                     # a million byte strings, 100,000 scenarios
    python validation/fuzz_scenario.py --bytes 1000 --scenarios 100 --dry

Not part of the test suite.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.scenario import load_scenario_text
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.source import read_bytes
from mda_sim.scenario.starter import starter_text

RESULTS = Path(__file__).with_name("fuzz.md")
FIRST = 20260302
READ_LIMIT_S, CHECK_LIMIT_S = 1.0, 5.0
TOKENS = [
    *"{}[],:?-&*!|>'\"%@`#~", ": ", "- ", "? ", "--- ", "...", "\n", "\n  ", "\r\n", "\r", "\t", " #",
    "<<: ", "&a ", "*a ", "!!str ", "!t ", "!<x> ", "!!python/object/apply:os.system ", "%YAML 1.1\n---\n",
    "%TAG ! x\n", "|2-\n", ">+\n", '"\\x', '"\\u', '"\\UFFFFFFFF"', '"\\0"', "'\n", "null", "true", "NO",
    ".nan", "-.inf", "1e999", "0x", "0o9", "010", "1_000", "12:30", "2026-02-30", "\ufeff", "\u2028",
    "\x85", "\x00", "\x1b[2J", "\u202e", "é", "名", "🚢", "\ud7ff", "\ufffe",
]  # fmt: skip
VALUES = [
    "null", "~", "", "true", "NO", "0", "-1", "-0.0", "1e-320", "5e-324", "1e308", "-1e308", "1e999",
    ".nan", ".inf", "9223372036854775807", "9223372036854775808", "0x7fffffff", "010", "1_000", "12:30",
    "14,5", "80km", '"80"', "[]", "{}", "[[]]", "{a: b}", "[1, 2]", "[a, a]", "''", '" "', '"\\0"',
    '"\\e[2J"', '"\\u202e"', "../x", "/dev/zero", "x"*300, "today", "phl_centre", "luzon_radar", "PHL",
    "JPN", "XXX", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "2026-03-02", "2026-03-02T00:00:00", "2199-12-31T23:59:59Z", "1e6", "1000000000", "90", "-90", "180",
    "-180", "91", "{kind: box}", "{kind: circle, lat_deg: 0, lon_deg: 0, radius_m: 1e300}",
    "{kind: polygon, points: [{lat_deg: 0, lon_deg: 0}, {lat_deg: 1, lon_deg: 1}]}", "{kind: always}",
    "{kind: constant, value_s: 1e300}", "{low: 2, high: 1}", "{low: 1e-300, high: 1e300}", "America",
    "../../etc/passwd", "Asia/Manila", "UTC", "*a", "&a 1", "!t 1", "|\n", ">-\n  x",
    "{low: 1, high: 1e308}", "9007199254740993", "0.1", "1",
]  # fmt: skip


@dataclass
class Tally:
    """What one stream of cases gave."""

    name: str
    cases: int = 0
    accepted: int = 0
    refused: int = 0
    doubtful: int = 0
    rewritten: int = 0
    slowest_s: float = 0.0
    seconds: float = 0.0
    findings: dict[str, list[int]] = field(default_factory=dict)


class TooLong(Exception):
    """A case took more processor time than it may."""


def read_case(number: int, tally: Tally) -> None:
    """One byte string through the reader."""
    data = _bytes(random.Random(f"{FIRST} bytes {number}"))
    findings = Findings()
    try:
        tree = read_bytes(data, "fuzz.yaml", findings)
    except ScenarioError as error:
        _look_at(error.problems, data)
        tally.refused += 1
        return
    _look_at(findings.errors, data)
    assert tree is not None or findings.errors, "nothing was read and nothing said"
    tally.accepted += not findings.errors
    tally.refused += bool(findings.errors)


def check_case(number: int, tally: Tally) -> None:
    """One changed scenario through everything that ``mda-sim check`` does."""
    text = _scenario(random.Random(f"{FIRST} scenarios {number}"))
    try:
        scenario = load_scenario_text(text, file="fuzz.yaml")
    except ScenarioError as error:
        _look_at(error.problems, text.encode("utf-8", "surrogatepass"))
        tally.refused += 1
        return
    tally.accepted += 1
    tally.doubtful += bool(scenario.warnings)
    _look_at(scenario.warnings, text.encode("utf-8", "surrogatepass"))
    if number % 10 == 0:
        again = load_scenario_text(scenario.to_yaml())
        assert again.digest() == scenario.digest(), "written out, it is another scenario"
        tally.rewritten += 1


def _look_at(problems: tuple[Problem, ...], data: bytes) -> None:
    """Problems lie in the text and print as plain lines; there is one at least of what was refused."""
    n_lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2\x80") + 1
    for problem in problems[:20]:
        lines = str(problem).split("\n")
        assert all(line.replace("\t", "").isprintable() for line in lines), "unprintable"
        assert len(lines) in (1, 3), "a problem of several lines"
        assert max(map(len, lines)) < 2000, "a message without end"
        assert problem.line <= n_lines, "a line beyond the end"
        assert problem.message, "no message"


def _bytes(draw: random.Random) -> bytes:
    kind = draw.random()
    if kind < 0.15:
        return draw.randbytes(draw.randrange(0, 120))
    if kind < 0.5:
        words = draw.choices([*TOKENS, "a", "b: 1", "key: ", "x"], k=draw.randrange(1, 40))
        return "".join(words).encode("utf-8", "surrogatepass")
    start = draw.randrange(len(BASE_BYTES))
    data = bytearray(BASE_BYTES[start : start + draw.randrange(1, 400)])
    for _ in range(draw.randrange(1, 6)):
        place = draw.randrange(len(data) + 1)
        what = draw.randrange(5)
        if what == 0 and place < len(data):
            data[place] = draw.randrange(256)
        elif what == 1:
            data[place:place] = draw.choice(TOKENS).encode("utf-8", "surrogatepass")
        elif what == 2:
            del data[place : place + draw.randrange(1, 20)]
        elif what == 3:
            data[place:place] = data[max(0, place - draw.randrange(1, 60)) : place]
        else:
            data[place:place] = draw.randbytes(draw.randrange(1, 4))
    return bytes(data)


def _scenario(draw: random.Random) -> str:
    lines = list(BASE_LINES)
    changes = CHANGES if draw.random() < 0.4 else OF_VALUES
    for _ in range(draw.randrange(1, 7)):
        draw.choice(changes)(draw, lines)
    return "\n".join(lines) + "\n"


def _new_value(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    places = [i for i in range(len(lines[at]) - 1) if lines[at][i : i + 2] == ": "]
    if not places:
        return
    place = draw.choice(places) + 2
    rest = lines[at][place:]
    end = min((rest.index(c) for c in ",}#" if c in rest), default=len(rest))
    lines[at] = lines[at][:place] + draw.choice(VALUES) + rest[end:]


def _new_key(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    places = [i for i, c in enumerate(lines[at]) if c.isalpha() or c == "_"]
    if places:
        place = draw.choice(places)
        new = draw.choice(["", "x", "_km", "_h", "_deg", "A", "é"])
        lines[at] = lines[at][:place] + new + lines[at][place + 1 :]


def _drop(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    del lines[at : at + draw.randrange(1, 4)]
    lines.append("# end")


def _double(draw: random.Random, lines: list[str]) -> None:
    at, size = draw.randrange(len(lines)), draw.randrange(1, 12)
    to = draw.randrange(len(lines))
    lines[to:to] = lines[at : at + size]


def _move(draw: random.Random, lines: list[str]) -> None:
    lines.insert(draw.randrange(len(lines)), lines.pop(draw.randrange(len(lines))))


def _indent(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    line = lines[at] if draw.random() < 0.5 else lines[at].lstrip()
    lines[at] = draw.choice(["  ", " ", "\t", ""]) + line


def _token(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    place = draw.randrange(len(lines[at]) + 1)
    lines[at] = lines[at][:place] + draw.choice(TOKENS) + lines[at][place:]


def _number(draw: random.Random, lines: list[str]) -> None:
    """A number of a line, made much larger or smaller."""
    at = draw.randrange(len(lines))
    words = lines[at].split(" ")
    numbers = [i for i, word in enumerate(words) if word.rstrip(",}]").replace(".", "").isdigit()]
    if numbers:
        i = draw.choice(numbers)
        bare = words[i].rstrip(",}]")
        scale = 10.0 ** draw.choice([-300, -9, -3, -1, 1, 2, 3, 6, 9, 12, 300])
        if draw.random() < 0.7:
            words[i] = repr(float(bare) * scale) + words[i][len(bare) :]
        else:
            words[i] = f"-{words[i]}"
        lines[at] = " ".join(words)


CHANGES: list[Callable[[random.Random, list[str]], None]] = [
    _new_value, _new_value, _new_key, _drop, _double, _move, _indent, _token, _number,
]  # fmt: skip
OF_VALUES = [_new_value, _number, _number]  # these leave the grammar of YAML mostly whole
BASE_LINES = [line for line in starter_text().splitlines() if line.strip() and line.strip()[0] != "#"]
BASE_BYTES = "\n".join(BASE_LINES).encode()


def fuzz(name: str, case: Callable[[int, Tally], None], first: int, n: int, limit_s: float) -> Tally:
    """Run ``n`` cases from number ``first`` on, each under its limit of processor time."""
    tally = Tally(name)
    began = time.process_time()
    for number in range(first, first + n):
        before = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
        try:
            case(number, tally)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{type(error).__name__}: {str(error)[:80]!r} at {Path(place.filename).name}:{place.lineno}"
            tally.findings.setdefault(key, []).append(number)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        tally.slowest_s = max(tally.slowest_s, time.process_time() - before)
        tally.cases += 1
        if tally.cases % 10_000 == 0:
            found = f"{name}: {tally.cases:,} cases, {len(tally.findings)} findings"
            print(found, file=sys.stderr, flush=True)
    tally.seconds = time.process_time() - began
    return tally


def _stop(signum: int, frame: FrameType | None) -> None:
    raise TooLong("more processor time than a case may take")


def _lines(tallies: list[Tally]) -> list[str]:
    out = [
        "# Fuzzing of the reader and of the check",
        "",
        "Written by `validation/fuzz_scenario.py`. A case fails if it raises anything but a refusal, hangs,",
        "says nothing, prints what is not printable, points outside the text, or does not survive being",
        "written out.",
        "",
        "| stream | cases | accepted | doubtful | refused | read again | slowest [s] | all [s] | findings |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for t in tallies:
        out.append(
            f"| {t.name} | {t.cases:,} | {t.accepted:,} | {t.doubtful:,} | {t.refused:,} | {t.rewritten:,} "
            f"| {t.slowest_s:.2f} | {t.seconds:,.0f} | {len(t.findings)} |"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out += [
        "",
        f"Doubtful ones are among the accepted. Seconds: processor time, one core. Peak: {peak:.0f} MB.",
        "",
    ]
    for t in tallies:
        for key, numbers in sorted(t.findings.items()):
            out.append(f"- {t.name} {numbers[0]} ({len(numbers)} cases): {key}")
    if not any(t.findings for t in tallies):
        out.append("Nothing was found.")
    return [*out, ""]


def main() -> int:
    """Fuzz both, print the table, and write it unless told not to; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=int, default=1_000_000, metavar="N", help="byte strings")
    parser.add_argument("--scenarios", type=int, default=100_000, metavar="N", help="changed scenarios")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="number of the first case")
    parser.add_argument("--dry", action="store_true", help="print the results only")
    options = parser.parse_args()
    signal.signal(signal.SIGVTALRM, _stop)
    tallies = [
        fuzz("bytes", read_case, options.first, options.bytes, READ_LIMIT_S),
        fuzz("scenarios", check_case, options.first, options.scenarios, CHECK_LIMIT_S),
    ]
    text = "\n".join(_lines(tallies))
    print(text)
    if not options.dry:
        RESULTS.write_text(text, encoding="utf-8")
    return int(any(t.findings for t in tallies))


if __name__ == "__main__":
    sys.exit(main())
