"""Runs ``mda-sim check`` once for each line of standard input, each in a process of its own.

The program is imported and reads its data once, with the starter; each check is forked from there, so that a
case costs milliseconds and yet has a process with its own folder, memory and processor time. A request is a
line of JSON (``folder``, ``args``), an answer another: exit code, both outputs, processor seconds and peak
memory of the case, and every attempt to write, run, connect or remove anything, as Python's audit hooks
report them; the greeting has the attempts of the reading. What was imported and read counts as memory of each
case, and what the reading took as processor time of each; that of the import is ``start_s`` of the greeting.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from typing import Any, NoReturn

HANG_S = 20
WATCHED = (
    *(
        f"os.{deed}"
        for deed in ("chmod", "chown", "exec", "fork", "kill", "link", "mkdir", "posix_spawn", "putenv")
    ),
    *(
        f"os.{deed}"
        for deed in ("remove", "rename", "rmdir", "spawn", "symlink", "system", "truncate", "utime")
    ),
    *("ctypes.dlopen", "shutil", "socket", "subprocess", "tempfile", "webbrowser"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Import, greet, then answer until the input ends."""
    sys.dont_write_bytecode = True
    import mda_sim.cli
    import mda_sim.report.text
    import mda_sim.scenario  # noqa: F401

    start_s = time.process_time()
    noted: list[int] = []
    sys.addaudithook(lambda event, given: note(event, given, noted[-1]) if noted else None)
    noted.append(os.memfd_create("deeds"))
    read_starter()
    read_s = time.process_time() - start_s
    answer({"start_s": start_s, "deeds": content(noted.pop()).splitlines()})
    for line in sys.stdin:
        answer(run(json.loads(line), read_s))


def read_starter() -> None:
    """Read all that any check reads besides the file that it checks."""
    from mda_sim.scenario import load_scenario_text
    from mda_sim.scenario.starter import starter_text

    load_scenario_text(starter_text())


def run(request: dict[str, Any], read_s: float) -> dict[str, Any]:
    """One check in a forked process; its answer, in which reading what is read here counts as done there."""
    out, err, deeds = (os.memfd_create(name) for name in ("out", "err", "deeds"))
    child = os.fork()
    if child == 0:
        be_checked(request, out, err, deeds)
    _, status, used = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "out": content(out),
        "err": content(err),
        "deeds": content(deeds).splitlines(),
        "cpu_s": read_s + used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def be_checked(request: dict[str, Any], out: int, err: int, deeds: int) -> NoReturn:
    """Become ``mda-sim check``."""
    from mda_sim.cli import main as mda_sim

    resource.setrlimit(resource.RLIMIT_CPU, (HANG_S, HANG_S))
    signal.alarm(3 * HANG_S)
    os.chdir(request["folder"])
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.addaudithook(lambda event, given: note(event, given, deeds))
    code = 99
    try:
        mda_sim(["check", *request["args"]], prog_name="mda-sim")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def note(event: str, given: tuple[Any, ...], deeds: int) -> None:
    """Note what changes anything outside the process."""
    opens_to_write = event == "open" and isinstance(given[2], int) and given[2] & WRITING
    if opens_to_write or event.startswith(WATCHED):
        os.write(deeds, f"{event} {given!r:.200}\n".encode("utf-8", "replace"))


def content(handle: int) -> str:
    """All that was written to a handle, which is closed."""
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(handle, "rb") as stream:
        return stream.read().decode("utf-8", "replace")


def answer(data: dict[str, Any]) -> None:
    """Send one line."""
    sys.__stdout__.write(json.dumps(data) + "\n")
    sys.__stdout__.flush()


if __name__ == "__main__":
    main()
