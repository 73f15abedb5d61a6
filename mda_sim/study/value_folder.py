"""The folder of a study of value, and how its jobs are run.

    scenario.yaml   as resolved        manifest.json  what was asked, versions, costs, files
    value.json      every figure       value.csv, coalitions.csv, nations.csv (or next_best.csv)   charts/
    seeds/<seed>/sensing/              the detection log of each seed, where the scenario keeps logs
    seeds/<seed>/found/                figures of the sections that were run so far, until it is finished

Model: a study is known by its request (the scenario's digest, configuration, players, endpoints ...). A
folder that is whole and holds the same is shown again; one that was interrupted keeps what was sensed and
found, and goes on from there.
``value.json`` is a function of the request alone; what depends on the machine stands in the manifest.

Assumptions and limits: as ``folder``. Where next: ``value`` and ``next_best``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mda_sim.core.cache import sources_digest
from mda_sim.core.errors import RunError
from mda_sim.study.folder import (
    FORMAT,
    MANIFEST,
    RunFolder,
    listing,
    make_folder,
    read_json,
    remove_left_over,
    write_json,
    write_text,
)
from mda_sim.study.identity import run_key, versions
from mda_sim.study.jobs import stored_scenario
from mda_sim.study.presence import at_work, in_turn, is_sign_of_work, those_at_work

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

CONTENT: Final = "value.json"
"""What holds every figure of the study."""
CHARTS: Final = "charts"


def with_logs(scenario: Scenario) -> Scenario:
    """The scenario, keeping its logs and drawing nothing by itself."""
    output = scenario.spec.output.model_copy(update={"maps": False, "logs": True, "products": False})
    return replace(scenario, spec=scenario.spec.model_copy(update={"output": output}))


def request_digest(request: Mapping[str, Any]) -> str:
    """SHA-256 of what is asked, in hex."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Finished(ABC):
    """A finished study."""

    folder: Path
    content: Mapping[str, Any]
    """What ``value.json`` holds."""
    zones: Mapping[str, str]
    """Names of zones by id."""
    shown_again: bool
    """Whether the folder was whole before, so that nothing was computed."""
    seconds: float
    """How long this call took [s]."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.content['scenario']}; in {self.folder}>"

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""

    def plain_data(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return {"folder": str(self.folder), "shown_again": self.shown_again, **self.content}


class ValueFolder:
    """One study's folder; one process at a time fills it."""

    def __init__(self, path: Path, scenario: Scenario, request: Mapping[str, Any]) -> None:
        """Look, and change nothing yet; ``scenario`` is one ``with_logs``."""
        self._scenario, self.request = scenario, dict(request)
        self.path, self.digest = path, scenario.digest()
        self.key = hashlib.sha256(f"{run_key(scenario)} {request_digest(request)}".encode()).hexdigest()
        self.run = RunFolder(path.absolute(), self.key)

    def shown_again(self) -> Mapping[str, Any] | None:
        """The content of a folder that is whole and holds this very study; None if it does not."""
        manifest = self.run.manifest() or {}
        if not self.run.is_complete(self.digest) or manifest.get("report_sources") != sources_digest():
            return None
        return read_json(self.path / CONTENT)

    @contextmanager
    def held(self, tell: Callable[[str], None]) -> Iterator[Mapping[str, Any] | None]:
        """Claim the folder and hold it while the block runs; gives what ``shown_again`` says by then.

        Whoever asks the same meanwhile waits, and is told so; RunError if the folder holds something else.
        """
        self._refuse_another()
        make_folder(self.path)
        others = those_at_work(self.path)
        if others:
            tell(f"waiting for {', '.join(others)}, which is at work on this study")
        with at_work(self.path) as name, in_turn(self.path):
            again = self.shown_again()
            if again is None:
                remove_left_over(self.path)
                self.run = replace(self.run, owner=name)
                self._begin()
            yield again

    def _refuse_another(self) -> None:
        """RunError unless the folder is absent or empty, or holds this study, whole or not."""
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; choose another folder with --out")
        if self.path.is_dir() and any(not is_sign_of_work(path) for path in self.path.iterdir()):
            manifest = self.run.manifest() or {}
            if manifest.get("request") != self.request:
                raise RunError(
                    f"{self.path} is not empty and holds no study of just this value; choose another folder "
                    "with --out, or remove it"
                )

    def _begin(self) -> None:
        """Write whose the folder is."""
        write_text(self.path / "scenario.yaml", self._scenario.to_yaml())
        stored_scenario(self.path / "scenario.yaml", self.digest)
        write_json(self.path / MANIFEST, {**self._head(), "complete": False})
        shutil.rmtree(self.path / CHARTS, ignore_errors=True)

    def finish(
        self,
        content: Mapping[str, Any],
        texts: Mapping[str, str],
        costs: Mapping[str, Any],
        *,
        keep_logs: bool,
    ) -> None:
        """Write content and tables, then the manifest; charts are there already."""
        write_json(self.path / CONTENT, content)
        for name, text in texts.items():
            write_text(self.path / name, text)
        for left in self.path.glob("seeds/*/found") if keep_logs else [self.path / "seeds"]:
            shutil.rmtree(left, ignore_errors=True)
        files = [self.path / name for name in ("scenario.yaml", CONTENT, *texts)]
        files += sorted((self.path / CHARTS).glob("*.png"))
        manifest = {**self._head(), "costs": costs, "files": listing(self.path, files), "complete": True}
        write_json(self.path / MANIFEST, manifest)

    def _head(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "study": "value",
            "request": self.request,
            "scenario_digest": self.digest,
            "key": self.key,
            "report_sources": sources_digest(),
            "versions": versions(),
        }
