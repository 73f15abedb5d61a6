"""Units that could not be made: kept in the folder with their error, and with the command that repeats them.

Model: a failed unit leaves ``failures/<unit>.json`` and nothing else; the file goes when the unit is made.
One failure says nothing about other units, so they go on. What concerns every unit alike ends the study: no
room on the disk, or a disk that cannot be written to.

Assumptions and limits: the text of an error may differ from machine to machine, so failures are no part of a
finished study. Where next: ``jobs`` makes units and failures, ``run`` tells of them, ``status`` shows them.
"""

from __future__ import annotations

import errno
import shlex
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from mda_sim.core.errors import RunError
from mda_sim.study.folder import read_json, write_json

PLACE: Final = "failures"
SHOWN: Final = 10
"""Failures that a message tells of one by one."""
LINES_SHOWN: Final = 4
"""Lines of an error's text that are shown."""

_CONCERNS_ALL: Final = {
    errno.ENOSPC: "there is no room left",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "the disk cannot be written to",
}


@dataclass(frozen=True)
class Failure:
    """A unit that could not be made."""

    unit: str
    """Its name, such as ``3/direct`` or ``3/sensing``."""
    stage: str
    """What was being done."""
    error: str
    """Kind and text of the error."""
    trace: str = ""
    """Where in the program it came from."""
    repeat: str = ""
    """Command that makes this unit alone and shows all that goes wrong."""

    def told(self) -> Iterator[str]:
        """What is shown of it: the beginning of the error's text, and how to repeat it."""
        first, *more = self.error.splitlines()[:LINES_SHOWN]
        yield f"{self.unit}, {self.stage}: {first}"
        yield from (f"  {line}" for line in more)
        yield f"  repeat: {self.repeat}"


class UnitsFailed(RunError):
    """Some units of a study could not be made; the others are whole."""

    def __init__(self, failures: Sequence[Failure], whole: int, folder: Path) -> None:
        self.failures = tuple(failures)
        super().__init__("\n".join(_told(self.failures, whole, folder)))


def failure_of(unit: str, stage: str, error: Exception, repeat: str) -> Failure:
    """The failure of a unit by an error; RunError instead if the error concerns every unit alike."""
    refuse_what_concerns_all(error)
    trace = "".join(traceback.format_exception(error))
    return Failure(unit, stage, f"{type(error).__name__}: {error}", trace, repeat)


def refuse_what_concerns_all(error: Exception) -> None:
    """RunError for an error after which no unit could be made."""
    reason = _CONCERNS_ALL.get(error.errno or 0) if isinstance(error, OSError) else None
    if reason is not None:
        raise RunError(
            f"{reason} ({error}): what is whole is kept; when that is mended, the same command goes on"
        ) from error


def command(*words: str | Path) -> str:
    """A command line of this program, fit to be pasted."""
    return shlex.join(["mda-sim", *(str(word) for word in words)])


def record(folder: Path, failure: Failure) -> None:
    """Keep a failure in a study's folder."""
    (folder / PLACE).mkdir(exist_ok=True)
    write_json(_path(folder, failure.unit), asdict(failure))


def forget(folder: Path, unit: str) -> None:
    """A unit has been made: forget that it failed before."""
    path = _path(folder, unit)
    path.unlink(missing_ok=True)
    path.with_suffix(".yaml").unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def failures_in(folder: Path) -> tuple[Failure, ...]:
    """Every failure that a study's folder keeps, in order of unit."""
    found = [read_json(path) for path in sorted((folder / PLACE).glob("*.json"))]
    return tuple(Failure(**one) for one in found if one is not None)


def _path(folder: Path, unit: str) -> Path:
    return folder / PLACE / f"{unit.replace('/', '.')}.json"


def _told(failures: Sequence[Failure], whole: int, folder: Path) -> Iterator[str]:
    n = len(failures)
    yield f"{n} unit{'s' if n > 1 else ''} could not be made; {whole} are whole, and kept"
    for failure in failures[:SHOWN]:
        yield from (f"  {line}" for line in failure.told())
    if n > SHOWN:
        yield f"  and {n - SHOWN} more"
    yield f"All of them: {command('status', folder)}; the same command tries them again."
