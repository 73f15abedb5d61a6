"""Read one YAML file into a marked tree, with guards.

Model: the event stream of PyYAML (the C parser where libyaml is there, the Python one elsewhere; same
events) is read once, without building PyYAML's own objects. Guards act on the stream, before memory is
spent: files of at most 2 MB, nesting of at most 32, at most 20,000 values in all files of a scenario (five
times the largest shipped one written out; so many are read and checked in about a second). Tags, anchors,
aliases and a second document are refused; scalars follow YAML 1.2 (``scalars.py``). All duplicate keys are
collected.

Assumptions and limits: a file is UTF-8, with or without a byte-order mark. What breaks the YAML grammar
itself ends the reading at that place, since nothing certain can be said of the rest. Problems of a value are
placed at its key.

Source: YAML 1.2.2 (see ``scalars.py``). Where next: ``merge.py`` reads each file of an ``extends`` chain
here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from mda_sim.scenario.findings import Findings
from mda_sim.scenario.scalars import resolve
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, Node, Scalar, ScalarNode, cut, join, quoted

MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
OWN_MAX_NODES: Final = 500_000
"""The same for what a run wrote itself, in which every configuration is spelt out."""
MAX_BYTES: Final = 2 * 1024 * 1024

_MARKS_OF_OTHERS: Final[Mapping[bytes, str]] = {  # byte-order marks; the longer first
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_MAY_LEAD: Final = frozenset("+-0")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]{1,20}")
_NO_TABS: Final = "indent with spaces, not tabs"
_HELP: Final = (  # what the grammar says -> what to do about it
    ("tab", _NO_TABS),
    ("mapping values are not allowed", "put quotes around a text that holds ': '"),
    ("cannot start any token", "put quotes around a text that starts with this character"),
)


def read_file(
    path: Path, file: str, findings: Findings, at: Mark | None = None, key: str = ""
) -> MapNode | None:
    """Read the YAML file ``path``, shown as ``file`` in messages; None if nothing certain can be read.

    ``at`` and ``key`` place the problem if the file cannot be opened (the ``extends`` that names it).
    """
    here = at or Mark(file)
    try:
        if not path.is_file():
            findings.error(here, key, _no_file(path, file))
            return None
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        findings.error(here, key, f"cannot read {file!r}: {error.strerror or type(error).__name__}")
        return None
    return read_bytes(data, file, findings, at, key)


def read_bytes(
    data: bytes, file: str, findings: Findings, at: Mark | None = None, key: str = ""
) -> MapNode | None:
    """Read the bytes of a YAML file, as ``read_file`` does."""
    if len(data) > MAX_BYTES:
        findings.error(at or Mark(file), key, f"{file!r} is larger than {MAX_BYTES // 1024**2} MB")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        findings.error(Mark(file, line, column), "", f"the file is not UTF-8 text; {_looks_like(data)}")
        return None
    return read_text(text, file, findings)


def _no_file(path: Path, file: str) -> str:
    if path.is_dir():
        return f"{file!r} is a folder; expected a YAML file"
    if path.exists():
        return f"{file!r} is no ordinary file; expected a YAML file"
    return f"no such file: {file!r}"


def _looks_like(data: bytes) -> str:
    for mark, name in _MARKS_OF_OTHERS.items():
        if data.startswith(mark):
            return f"it begins as {name} does: save it as UTF-8"
    if b"\0" in data:
        return "it holds bytes of value 0, as no text does"
    return "save it as UTF-8 (it may be Latin-1 or Windows-1252)"


def read_text(text: str, file: str, findings: Findings) -> MapNode | None:
    """Read a YAML document whose root is a mapping; None if nothing certain can be read."""
    text = text.removeprefix("\ufeff")
    findings.add_file(file, text)
    root = _read(text, file, findings, path="")
    if root is None or isinstance(root, MapNode):
        return root
    findings.error(root.mark, "", f"expected a mapping of keys at the top of the file, got {root.shown()}")
    return None


def read_value(text: str, file: str, path: str, findings: Findings) -> Node | None:
    """Read the value of a ``--set``: a YAML scalar or flow collection. Its marks have no line."""
    return _read(text, file, findings, path, has_lines=False)


_NO_TEXT: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")


class _Stopped(Exception):
    """The rest of the stream cannot be read; the reason has been noted."""


def _read(text: str, file: str, findings: Findings, path: str, has_lines: bool = True) -> Node | None:
    bad = _NO_TEXT.search(text)
    if bad:
        place = _place_of(text, bad.start(), file) if has_lines else Mark(file)
        findings.error(place, path, f"a character that YAML does not allow (U+{ord(bad[0]):04X})")
        return None
    try:
        return _Reader(text, file, findings, has_lines).document(path)
    except _Stopped:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Mark(file, mark.line + 1, mark.column + 1) if mark and has_lines else Mark(file)
        findings.error(place, path, f"cannot be read as YAML: {_grammar(error, text)}")
    return None


def _grammar(error: yaml.MarkedYAMLError, text: str) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    began, ended = error.context_mark, error.problem_mark
    is_tab = ended is not None and text[ended.index : ended.index + 1] == "\t"
    help_ = _NO_TABS if is_tab else next((what for words, what in _HELP if words in said), "")
    if not help_ and began and ended and began.line < ended.line:
        help_ = f"begun in line {began.line + 1}"
    return f"{said} ({help_})" if help_ else said


def _place_of(text: str, position: int, file: str) -> Mark:
    before = text[:position]
    return Mark(file, before.count("\n") + 1, position - before.rfind("\n"))


class _Reader:
    """Builds the tree of one document from its events."""

    def __init__(self, text: str, file: str, findings: Findings, has_lines: bool) -> None:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=loader))
        self._file = file
        self._findings = findings
        self._has_lines = has_lines

    def document(self, path: str) -> Node | None:
        """The root of the only document; None (and a problem) if the stream is empty."""
        next(self._events)  # start of the stream
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            self._stop(Mark(self._file), path, "the file is empty")
        if event.tags or event.version not in (None, (1, 2)):
            self._findings.error(self._mark(event), path, "directives other than %YAML 1.2 are not read")
        first = next(self._events)
        root = self._node(first, path, self._mark(first), depth=1)
        next(self._events)  # end of the document
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            self._stop(self._mark(more), path, "a second document starts here; one file holds one scenario")
        return root

    def _node(self, event: Any, path: str, place: Mark, depth: int) -> Node:
        """The node that ``event`` starts; problems with it are placed at ``place``."""
        self._findings.n_values += 1
        most = OWN_MAX_NODES if self._findings.is_own else MAX_NODES
        if self._findings.n_values > most:
            self._stop(place, path, f"more than {most:,} values")
        if depth > MAX_DEPTH:
            self._stop(place, "", f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            self._findings.error(
                place, path, f"aliases (*{cut(str(event.anchor))}) are not read; write the value again"
            )
            return ScalarNode(None, self._mark(event), path, "")
        if event.anchor is not None:
            self._findings.error(
                place, path, f"anchors (&{cut(str(event.anchor))}) are not read; leave it out"
            )
        if event.tag is not None:
            self._findings.error(
                place, path, f"tags ({quoted(event.tag)}) are not read; quote a value to make it a text"
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, path, depth)
        return ScalarNode(self._value(event, path, place), self._mark(event), path, event.value)

    def _mapping(self, start: Any, path: str, depth: int) -> MapNode:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            mark = self._mark(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._stop(mark, path, "a key must be a word, not a list, mapping or alias")
            key = str(event.value)
            below = join(path, _one_line(key))
            if event.anchor is not None or event.tag is not None:
                self._findings.error(mark, below, "a key may have no anchor and no tag")
            node = self._node(next(self._events), below, mark, depth + 1)
            if key in entries:
                first = entries[key].mark
                where = f", first given in line {first.line}" if first.line else ""
                self._findings.error(mark, below, f"duplicate key {quoted(key)}{where}")
            else:
                entries[key] = Entry(key, mark, node)
        return MapNode(entries, self._mark(start), path)

    def _list(self, start: Any, path: str, depth: int) -> ListNode:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, f"{path}[{len(items)}]", self._mark(event), depth + 1))
        return ListNode(tuple(items), self._mark(start), path)

    def _value(self, event: Any, path: str, place: Mark) -> Scalar:
        text = str(event.value)
        if event.style or event.tag is not None:  # quoted and block scalars are text
            return text
        if text[:1] in _MAY_LEAD and _LEADING_ZERO.fullmatch(text):
            message = f"{text} is read as {int(text)}, not as an octal number; leave out leading zeros"
            self._findings.warn(place, path, message)
        try:
            return resolve(text)
        except ValueError as error:
            self._findings.error(place, path, str(error))
            return None

    def _mark(self, event: Any) -> Mark:
        if not self._has_lines:
            return Mark(self._file)
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, mark: Mark, path: str, message: str) -> NoReturn:
        self._findings.error(mark, path, message)
        raise _Stopped


def _one_line(key: str) -> str:
    """A key as part of a path: what could break a line is shown escaped, the very long is cut."""
    return cut(key if key.isprintable() else repr(key))
