from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"hostile_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_module("case")
CASES = [
    case
    for name in ("reader_cases", "meaning_cases", "size_cases", "eyes_cases")
    for case in _module(name).CASES
]


class Answer(NamedTuple):
    """What one check gave."""

    code: int
    out: str
    err: str
    deeds: list[str]
    cpu_s: float
    peak_mb: float


class Checker:
    """``mda-sim check`` in a process of its own for each call."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", str(HERE / "server.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        greeting = self._read()
        self.start_s: float = greeting["start_s"]
        self.deeds: list[str] = greeting["deeds"]

    def __call__(self, folder: Path, *arguments: str) -> Answer:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"folder": str(folder), "args": arguments}) + "\n")
        self.process.stdin.flush()
        return Answer(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(scope="session")
def check() -> Iterator[Checker]:
    """Checks a file in a process of its own."""
    checker = Checker()
    yield checker
    checker.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES, ids=[case.name for case in CASES])


@pytest.fixture(scope="session")
def server() -> ModuleType:
    """The module of the server itself."""
    return _module("server")


@pytest.fixture(scope="session")
def corpus() -> list[Any]:
    """All cases."""
    return CASES
