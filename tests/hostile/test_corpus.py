"""Broken, doubtful and odd but good files: each is checked in a process of its own and learns its verdict.

A case may take as much processor time and memory as keeps a whole ``mda-sim check`` within 1 s and 200 MB
where starting the program takes 0.6 s: so at most two thirds of the time that the start took here and now, a
ratio that holds on slower machines too.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

TIME_RATIO = 1  # to check a file costs no more than to start the program
TRIES = 3  # more, for a case that took too long the first time: the machine may have been busy
PEAK_MB = 200
HEAD = re.compile(
    r"(?:warning: )?(?P<file>--[a-z]+ .*?|[^\s:]+)(?::(?P<line>\d+):(?P<column>\d+))?  (?P<text>.*)"
)


def problems(err: str) -> list[re.Match[str]]:
    """The first line of each problem."""
    return [found for line in err.split("\n") if (found := HEAD.fullmatch(line)) and not line.startswith(" ")]


def lay(case: Any, folder: Path) -> None:
    if case.prepare:
        case.prepare(folder)
    path = folder / "scenario.yaml"
    if not path.exists() and not path.is_symlink():
        path.write_bytes(case.content)


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.iterdir()}


def test_a_file_gets_its_verdict(case: Any, check: Any, tmp_path: Path) -> None:
    lay(case, tmp_path)
    before = listing(tmp_path)
    answer = check(tmp_path, "scenario.yaml", *case.arguments)
    assert "Traceback" not in answer.err
    assert answer.code == (2 if case.verdict == "bad" else 0), answer.err
    found = problems(answer.err)
    if case.n is not None:
        assert len(found) == (0 if case.verdict == "good" else case.n), answer.err
    if case.verdict != "good":
        assert any(int(one["line"] or 0) == case.line and case.says in one["text"] for one in found), (
            answer.err
        )
        assert answer.err.startswith("warning: ") == (case.verdict == "doubtful")
    if case.verdict == "bad":
        assert answer.out == ""
        assert answer.err.rstrip().endswith("nothing was done.")
    shown = (answer.out + answer.err).replace("\n", "").replace("\t", "")
    assert shown.isprintable()
    assert answer.deeds == []
    assert listing(tmp_path) == before
    again = (check(tmp_path, "scenario.yaml", *case.arguments).cpu_s for _ in range(TRIES))
    assert any(cpu_s <= TIME_RATIO * check.start_s for cpu_s in itertools.chain([answer.cpu_s], again))
    assert answer.peak_mb <= PEAK_MB


def test_strict_refuses_what_is_doubtful(corpus: list[Any], check: Any, tmp_path: Path) -> None:
    for case in (case for case in corpus if case.verdict == "doubtful"):
        (tmp_path / "scenario.yaml").write_bytes(case.content)
        answer = check(tmp_path, "scenario.yaml", "--strict", *case.arguments)
        assert answer.code == 2, case.name
        assert answer.out == ""
        assert f"{case.n or ''} problem" in answer.err


def test_the_corpus_is_as_large_as_it_should_be(corpus: list[Any]) -> None:
    counts = Counter(case.verdict for case in corpus)
    assert len(corpus) >= 150
    assert len({case.name for case in corpus}) == len(corpus)
    assert min(counts["bad"], counts["doubtful"], counts["good"]) >= 15


@pytest.mark.parametrize("name", ["a duplicate key", "an unchanged starter", "a list with a name twice"])
def test_the_installed_command_says_the_same(
    name: str, corpus: list[Any], check: Any, tmp_path: Path
) -> None:
    (case,) = [case for case in corpus if case.name == name]
    lay(case, tmp_path)
    forked = check(tmp_path, "scenario.yaml")
    command = [sys.executable, "-c", "from mda_sim.cli import main; main()", "check", "scenario.yaml"]
    real = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (real.returncode, real.stdout, real.stderr) == (forked.code, forked.out, forked.err)


def test_what_every_check_reads_is_read_without_changing_anything(check: Any) -> None:
    assert check.deeds == []


def test_a_folder_is_refused(check: Any, tmp_path: Path) -> None:
    answer = check(tmp_path, ".")
    assert (answer.code, answer.out, answer.deeds) == (2, "", [])
    assert "is a folder; expected a YAML file" in answer.err


def test_the_checker_notices_what_is_done(server: Any) -> None:
    """So that an empty list of deeds means something."""
    deeds = os.memfd_create("deeds")
    for event, given in (
        ("open", ("x", "w", os.O_WRONLY | os.O_CREAT)),
        ("open", ("x", "r", os.O_RDONLY | os.O_CLOEXEC)),
        ("os.system", ("touch pwned",)),
        ("subprocess.Popen", ("sh", ["sh"], None, None)),
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("import", ("os", None, None, None, None)),
    ):
        server.note(event, given, deeds)
    noted = [line.split()[0] for line in server.content(deeds).splitlines()]
    assert noted == ["open", "os.system", "subprocess.Popen", "socket.connect"]
