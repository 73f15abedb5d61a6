"""Where things that can be made again are kept, and the hash that tells when they must be.

Compiled kernels and sea lanes are stored under ``cache_root()``; each folder there is named by a hash of all
it was made from, so nothing in it is ever stale, and deleting it only costs time.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent

_HOLDING_STATEMENTS: Final = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields of a statement, a handler or a case that hold further statements."""


def cache_root() -> Path:
    """Folder for what can be made again: ``$MDA_SIM_CACHE``, else ``mda_sim`` in the user's cache folder."""
    named = os.environ.get("MDA_SIM_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mda_sim"


def kernels_folder() -> Path:
    """Folder of compiled kernels; there is none before the first is compiled on this machine."""
    return cache_root() / "jit"


@cache
def sources_digest() -> str:
    """SHA-256 over the names and bytes of every Python source of the package, in hex."""
    return _digest_of(_PACKAGE.rglob("*.py"))


@cache
def reached_digest(source: Path) -> str:
    """SHA-256 over the names and bytes of a source of the package and of all that it imports from it, in hex.

    Imports of imports count, also those inside functions; those for type checkers alone do not, since what
    they name does not exist when the program runs.
    """
    reached, waiting = {source}, [source]
    while waiting:
        found = _imported(waiting.pop()) - reached
        reached |= found
        waiting += found
    return _digest_of(reached)


def _digest_of(sources: Iterator[Path] | set[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(b"\x00")
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _imported(source: Path) -> frozenset[Path]:
    """The sources of the package that one of them imports itself."""
    names: list[str] = []
    for node in _running(ast.parse(source.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    found = (_source_of(name) for name in names if name.split(".")[0] == _PACKAGE.name)
    return frozenset(path for path in found if path is not None)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement of a tree but what stands under ``if TYPE_CHECKING``; expressions hold no imports."""
    for name in _HOLDING_STATEMENTS:
        for node in getattr(tree, name, ()):
            if (
                isinstance(node, ast.If)
                and isinstance(node.test, ast.Name)
                and node.test.id == "TYPE_CHECKING"
            ):
                continue
            yield node
            yield from _running(node)


def _source_of(name: str) -> Path | None:
    """The file of a module of the package; None for a name that is something inside one."""
    place = _PACKAGE.parent.joinpath(*name.split("."))
    candidates = place.with_suffix(".py"), place / "__init__.py"
    return next((path for path in candidates if path.is_file()), None)
