"""Read a sweep file, or what the command line says instead of one; all problems at once.

Model: a sweep file is YAML by the rules of scenario files (``source``), checked against ``SweepSpec`` by the
same code, so problems read alike and stand at file, line and key. ``--factor`` and its companions are made
into the same marked tree, with the option as the place of every problem.

    --factor review=KEY:1,2,4            values, words too
    --factor review=KEY:0.5..8           a range
    --factor review=KEY:0.5..8@log       a range that is even in its logarithm
    --factor review=KEY+KEY:x0.5..x2     multiples of what the file states; several keys move together

Assumptions and limits: a value of ``--factor`` with a comma in it needs a file.
Where next: ``study.sweep_plan`` makes points of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mda_sim.core.errors import HashCollision, Problem, ScenarioError
from mda_sim.core.rng import check_addresses
from mda_sim.core.spec import ID_PATTERN
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.places import place_of
from mda_sim.scenario.source import read_file, read_value
from mda_sim.scenario.sweep_spec import FORMAT, FactorSpec, ListDesign, SweepSpec
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, Node, ScalarNode, find, join, plain, quoted
from mda_sim.scenario.wording import report

_RANGE: Final = re.compile(r"(x?)([^,]+?)\.\.(x?)([^,]+?)(@log)?")
_PLACE: Final = place_of(SweepSpec)


@dataclass(frozen=True)
class SweepFile:
    """A sweep that was read, with the places of its keys."""

    spec: SweepSpec
    tree: MapNode
    file: Path | None
    """Where it was read from; None for a sweep of the command line or of Python."""

    @property
    def name(self) -> str:
        """Its name: as stated, or that of its file."""
        stem = re.sub(r"[^a-z0-9_]+", "_", self.file.stem.lower()) if self.file else "sweep"
        return self.spec.name or stem

    def scenario(self) -> Path:
        """Path of the scenario that it names."""
        assert self.spec.scenario, "the scenario of a sweep was checked"
        return Path(os.path.normpath((self.file.parent if self.file else Path()) / self.spec.scenario))

    def problem(self, message: str, *steps: str | int) -> Problem:
        """A problem at a key of the sweep."""
        spot = find(self.tree, steps)
        return Problem(*spot.mark, spot.path, message)


def read_sweep(path: str | Path) -> SweepFile:
    """Read a sweep file; ScenarioError with all problems."""
    findings = Findings()
    tree = read_file(Path(path), str(path), findings)
    return _checked(tree, findings, Path(path))


def sweep_of(parts: Mapping[str, Any]) -> SweepFile:
    """A sweep given as plain data, as a file would hold it; ScenarioError with all problems."""
    tree = _node({"format": FORMAT, **parts}, Mark("sweep"), "")
    assert isinstance(tree, MapNode)
    return _checked(tree, Findings(), None)


def sweep_of_options(
    scenario: Path, factors: Sequence[str], design: str, points: int | None, draw_seed: int | None
) -> SweepFile:
    """A sweep that the command line spells out; ScenarioError with all problems.

    ``design`` is ``grid``, ``random`` or ``lhs``; ``points`` the levels of a range in a grid, else the number
    of points.
    """
    findings = Findings()
    kind = "latin_hypercube" if design == "lhs" else design
    chosen: dict[str, Any] = {"kind": kind}
    if points is not None:
        chosen["levels" if kind == "grid" else "points"] = points
    elif kind != "grid":
        findings.error(Mark("--points"), "", f"--design {design} needs a number of points")
    if draw_seed is not None:
        if kind == "grid":
            findings.error(Mark("--draw-seed"), "", "a grid draws nothing; leave --draw-seed out")
        else:
            chosen["seed"] = draw_seed
    named: dict[str, Entry] = {}
    for text in factors:
        found = _factor(text, findings)
        if found is None:
            continue
        if found[0] in named:
            findings.error(found[1].mark, "", f"two factors are called {quoted(found[0])}")
        named[found[0]] = found[1]
    mark = Mark("--factor")
    entries = {
        "format": Entry("format", mark, ScalarNode(FORMAT, mark, "format", str(FORMAT))),
        "scenario": Entry("scenario", mark, ScalarNode(str(scenario), mark, "scenario", str(scenario))),
        "factors": Entry("factors", mark, MapNode(named, mark, "factors")),
        "design": Entry("design", Mark("--design"), _node(chosen, Mark("--design"), "design")),
    }
    if findings.errors:
        raise ScenarioError(findings.errors)
    return _checked(MapNode(entries, mark, ""), findings, None)


def _checked(tree: MapNode | None, findings: Findings, file: Path | None) -> SweepFile:
    if tree is None:
        raise ScenarioError(findings.errors)
    spec = None
    try:
        spec = SweepSpec.model_validate(plain(tree))
    except ValidationError as error:
        report(error, tree, _PLACE, findings)
    if spec is None or findings.errors:
        raise ScenarioError(findings.errors)
    found = SweepFile(spec, tree, file)
    problems = list(_problems(found))
    if problems:
        raise ScenarioError(problems)
    return found


def _problems(sweep: SweepFile) -> Iterable[Problem]:
    """What the parts of a sweep have against each other."""
    spec = sweep.spec
    try:
        check_addresses(spec.factors, "factor")
    except HashCollision as error:
        yield sweep.problem(str(error), "factors")
    for name, factor in spec.factors.items():
        if isinstance(spec.design, ListDesign):
            if factor.is_range or factor.values:
                message = "the points are written out: leave 'low', 'high' and 'values' away"
                yield sweep.problem(message, "factors", name)
        elif not factor.is_range and not factor.values:
            message = "missing 'low' and 'high' (or 'values'): over what is it moved?"
            yield sweep.problem(message, "factors", name)
    if isinstance(spec.design, ListDesign):
        yield from _list_problems(sweep, spec.design)


def _list_problems(sweep: SweepFile, design: ListDesign) -> Iterable[Problem]:
    known = sweep.spec.factors
    seen: dict[str, int] = {}
    for number, point in enumerate(design.points):
        for name, value in point.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"; expected one of {listed(known)}"
                yield sweep.problem(f"unknown factor {quoted(name)}{hint}", "design", "points", number, name)
            elif why := _no_multiple(known[name], value):
                yield sweep.problem(why, "design", "points", number, name)
        first = seen.setdefault(repr(dict(point)), number)
        if first != number:
            message = f"the same point as number {first + 1}"
            yield sweep.problem(message, "design", "points", number)


def _no_multiple(factor: FactorSpec, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (factor.factors or factor.scale == "log") and not is_number:
        return f"expected a number, got {quoted(str(value))}"
    if factor.factors and value < 0:
        return f"a factor must not be negative, got {value:g}"
    if factor.scale == "log" and value <= 0:
        return f"with 'scale: log' all must be positive, got {value:g}"
    return ""


def _factor(text: str, findings: Findings) -> tuple[str, Entry] | None:
    """One ``--factor``: its name and its tree; None, with a problem, if it is none."""
    mark = Mark(f"--factor {text}" if len(text) <= 120 else f"--factor {text[:117]}...")
    name, equals, rest = text.partition("=")
    keys, colon, written = rest.partition(":")
    if not equals or not colon or not keys or not written.strip():
        findings.error(mark, "", "expected NAME=KEY:1,2,4 or NAME=KEY:low..high")
        return None
    if not re.fullmatch(ID_PATTERN, name.strip()):
        findings.error(mark, "", f"expected an id before '=', got {quoted(name.strip())}")
        return None
    path = join("factors", name.strip())
    parts: dict[str, Any] = {"key": [key.strip() for key in keys.split("+")]}
    span = _RANGE.fullmatch(written.strip())
    if span is not None:
        times, low, also, high, log = span.groups()
        if times != also:
            findings.error(mark, "", "write 'x' before both ends of a range of multiples, or before none")
            return None
        parts |= {"low": _value(low, mark, findings), "high": _value(high, mark, findings)}
        parts |= {"scale": "log"} if log else {}
        is_multiple = bool(times)
    else:
        words = [word.strip() for word in written.split(",")]
        is_multiple = all(re.fullmatch(r"x[-+.0-9].*", word) for word in words)
        parts["values"] = [_value(word[1:] if is_multiple else word, mark, findings) for word in words]
    parts |= {"factors": True} if is_multiple else {}
    return name.strip(), Entry(name.strip(), mark, _node(parts, mark, path))


def _value(text: str, mark: Mark, findings: Findings) -> Any:
    node = read_value(text.strip(), mark.file, "", findings)
    return None if node is None else plain(node)


def _node(data: Any, mark: Mark, path: str) -> Node:
    """Plain data as a tree whose places are all one."""
    if isinstance(data, Mapping):
        entries = {str(k): Entry(str(k), mark, _node(v, mark, join(path, str(k)))) for k, v in data.items()}
        return MapNode(entries, mark, path)
    if isinstance(data, list | tuple):
        return ListNode(tuple(_node(item, mark, path) for item in data), mark, path)
    return ScalarNode(data, mark, path, "null" if data is None else str(data))
