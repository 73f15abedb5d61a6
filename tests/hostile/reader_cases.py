# ruff: noqa: E501  (tables, one case a line)
"""What YAML and the file system can throw: grammar, encodings, guards, the surprises of YAML 1.1."""

from __future__ import annotations

import os
from pathlib import Path

from hostile_case import BASE, Case, also, change, whole

SEED = "seed: {first: 1, count: 1}"
OUTPUT = "output: {maps: true, logs: true}"
DIRECT = "  direct:\n"
HEAD = "format: 1\n"


def fifo(where: Path) -> None:
    os.mkfifo(where / "scenario.yaml")


def loop(where: Path) -> None:
    (where / "scenario.yaml").symlink_to("scenario.yaml")


def dangling(where: Path) -> None:
    (where / "scenario.yaml").symlink_to("nowhere.yaml")


def device(where: Path) -> None:
    (where / "scenario.yaml").symlink_to("/dev/zero")


def base_above(where: Path) -> None:
    (where / "scenario.yaml").write_text("extends: /etc/hostname\n")


def base_folder(where: Path) -> None:
    (where / "base.yaml").mkdir()


def base_good(where: Path) -> None:
    (where / "base.yaml").write_text(BASE)


def base_bad(where: Path) -> None:
    (where / "base.yaml").write_text("a: [\n")


def many_values(where: Path) -> None:
    (where / "base.yaml").write_text(
        "extends: more.yaml\nworld: {" + ", ".join(f"k{i}: 1" for i in range(9_000)) + "}\n"
    )
    (where / "more.yaml").write_text("sharing: {" + ", ".join(f"k{i}: 1" for i in range(15_000)) + "}\n")


def ring(where: Path) -> None:
    (where / "one.yaml").write_text("extends: two.yaml\n")
    (where / "two.yaml").write_text("extends: one.yaml\n")


def chain(where: Path) -> None:
    for number in range(12):
        (where / f"b{number}.yaml").write_text(f"extends: b{number + 1}.yaml\n")


def bomb(width: int, height: int) -> str:
    lines = ["a0: &a0 [x, x]"] + [
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, height)
    ]
    return "\n".join(lines) + "\n"


def reader(name: str, content: bytes | str, line: int, says: str, n: int | None = 1) -> Case:
    return whole(name, content, "bad", line, says, n)


ENCODED = BASE.encode()
CASES: list[Case] = [
    # Files that hold no scenario
    reader("an empty file", b"", 0, "the file is empty"),
    reader("only white space", b" \n\n  \n", 0, "the file is empty"),
    reader("only comments", b"# nothing\n# here\n", 0, "the file is empty"),
    reader("only a byte-order mark", b"\xef\xbb\xbf", 0, "the file is empty"),
    reader("a list at the top", b"- format: 1\n- name: x\n", 1, "expected a mapping of keys at the top of the file, got a list"),
    reader("a text at the top", b"hello\n", 1, "expected a mapping of keys at the top of the file, got 'hello'"),
    reader("a number at the top", b"42\n", 1, "at the top of the file, got 42"),
    reader("null at the top", b"null\n", 1, "at the top of the file, got nothing (null)"),
    reader("an empty mapping", b"{}\n", 1, "missing key", None),
    reader("an empty document", b"---\n...\n", 2, "at the top of the file, got nothing (null)"),
    also(reader("a pipe that nobody fills", b"", 0, "'scenario.yaml' is no ordinary file"), prepare=fifo),
    also(reader("a link to itself", b"", 0, "no such file"), prepare=loop),
    also(reader("a link to nowhere", b"", 0, "no such file"), prepare=dangling),
    also(reader("a link to a device without end", b"", 0, "is no ordinary file"), prepare=device),
    # Bytes that are no text
    reader("binary", bytes(range(256)) * 8, 2, "not UTF-8 text; it holds bytes of value 0"),
    reader("a picture", b"\x89PNG\r\n\x1a\n\x00\x00", 1, "not UTF-8 text; it holds bytes of value 0"),
    reader("Latin-1", BASE.replace("western Luzon, with", "western Luzón, with").encode("latin-1"), 14, "the file is not UTF-8 text; save it as UTF-8 (it may be Latin-1"),
    reader("UTF-16, little end first", BASE.encode("utf-16"), 1, "it begins as UTF-16 does: save it as UTF-8"),
    reader("UTF-16, big end first", b"\xfe\xff" + BASE.encode("utf-16-be"), 1, "it begins as UTF-16 does"),
    reader("UTF-16 without a mark", "format: 1\n".encode("utf-16-le"), 1, "a character that YAML does not allow (U+0000)"),
    reader("UTF-32", BASE.encode("utf-32"), 1, "it begins as UTF-32 does"),
    reader("half a character at the end", ENCODED + b"# \xe5\x90", BASE.count("\n") + 1, "the file is not UTF-8 text"),
    reader("an overlong encoding", b"a: \xc0\xaf\n", 1, "the file is not UTF-8 text"),
    reader("a surrogate in UTF-8", b"a: \xed\xa0\x80\n", 1, "the file is not UTF-8 text"),
    reader("NUL in a text", b"format: 1\nname: a\x00b\n", 2, "a character that YAML does not allow (U+0000)"),
    reader("a bell", b"format: 1\nname: a\x07\n", 2, "a character that YAML does not allow (U+0007)"),
    reader("a terminal escape", b"format: 1\n# \xc3\xa9\xc3\xa9\nname: \x1b[2J\x1b]0;pwned\x07\n", 3, "a character that YAML does not allow (U+001B)"),
    reader("a byte-order mark in the middle", "format: 1\nname: \ufeffa\n", 2, "a character that YAML does not allow (U+FEFF)"),
    reader("a character that is none", "format: 1\nname: \uffff\n", 2, "a character that YAML does not allow (U+FFFF)"),
    whole("a byte-order mark at the start", b"\xef\xbb\xbf" + ENCODED, "good", 0, ""),
    whole("line ends of Windows", BASE.replace("\n", "\r\n").encode(), "good", 0, ""),
    whole("line ends of old Macs", BASE.replace("\n", "\r").encode(), "good", 0, ""),
    whole("no line end at the end", ENCODED.rstrip(), "good", 0, ""),
    whole("blank lines and spaces at the end", ENCODED + b"\n\n   \n\n", "good", 0, ""),
    whole("a start and an end mark", b"---\n" + ENCODED + b"...\n", "good", 0, ""),
    whole("a directive of YAML 1.2", b"%YAML 1.2\n---\n" + ENCODED, "good", 0, ""),
    # Grammar
    reader("tabs as indent", HEAD + "area:\n\tkind: box\n", 3, "indent with spaces, not tabs"),
    reader("a bracket left open", HEAD + "seed: {first: 1\nname: x\n", 3, "cannot be read as YAML: while parsing a flow mapping"),
    reader("a quote left open", HEAD + 'name: "x\ndescription: y\n', 4, "while scanning a quoted scalar, found unexpected end of stream (begun in line 2)"),
    reader("a key without a colon", HEAD + "name x\nseed: 1\n", 3, "cannot be read as YAML"),
    reader("a colon in a text", HEAD + "description: two: three\n", 2, "put quotes around a text that holds ': '"),
    reader("a text that begins with a star of warning", HEAD + "description: @home\n", 2, "put quotes around a text that starts with this character"),
    reader("an indent that fits nothing", HEAD + "seed:\n    first: 1\n  count: 1\n", 4, "cannot be read as YAML"),
    reader("a list item among keys", HEAD + "name: x\n- y\n", 3, "cannot be read as YAML"),
    reader("an escape that does not exist", HEAD + 'description: "\\q"\n', 2, "cannot be read as YAML: while parsing a quoted scalar, found unknown escape character"),
    reader("an escape of half a pair", HEAD + 'description: "\\ud800"\n', 2, "cannot be read as YAML"),
    reader("an escape beyond all characters", HEAD + 'description: "\\UFFFFFFFF"\n', 2, "cannot be read as YAML"),
    reader("a line of a merge conflict", HEAD + "<<<<<<< HEAD\nname: x\n", 3, "cannot be read as YAML"),
    reader("JSON with a comma too many", '{"format": 1,, "name": "x"}\n', 1, "cannot be read as YAML"),
    reader("two documents", ENCODED + b"---\nformat: 1\n", BASE.count("\n") + 1, "a second document starts here; one file holds one scenario"),
    reader("a directive of YAML 1.1", b"%YAML 1.1\n---\n" + ENCODED, 1, "directives other than %YAML 1.2 are not read"),
    reader("a directive of tags", b"%TAG ! tag:example.com,2000:\n---\n" + ENCODED, 1, "directives other than %YAML 1.2"),
    reader("a page of HTML", "<!DOCTYPE html>\n<html>\n<body>404: not found</body></html>\n", 3, "cannot be read as YAML"),
    # Tags, anchors, aliases, merges
    change("a tag that would run code", "name: Philippines", "name: !!python/object/apply:os.system [touch pwned]", "bad", "nations.PHL.name: tags ('tag:yaml.org,2002:python/object/apply:os.system') are not read"),
    change("a tag that would import", "name: Philippines", "name: !!python/module:antigravity x", "bad", "nations.PHL.name: tags ('tag:yaml.org,2002:python/module:antigravity')"),
    change("a harmless tag", "name: Philippines", "name: !!str Philippines", "bad", "nations.PHL.name: tags ('tag:yaml.org,2002:str') are not read; quote a value"),
    change("a tag of one's own", "name: Philippines", "name: !mine Philippines", "bad", "nations.PHL.name: tags ('!mine') are not read"),
    change("a tag for a date", "start: 2026", "start: !!timestamp 2026", "bad", "start: tags ('tag:yaml.org,2002:timestamp')"),
    change("a tag for bytes", "name: Philippines", "name: !!binary aGk=", "bad", "nations.PHL.name: tags"),
    change("an anchor", SEED, "seed: &s {first: 1, count: 1}", "bad", "seed: anchors (&s) are not read; leave it out"),
    change("an alias", SEED, "seed: *s", "bad", "seed: aliases (*s) are not read; write the value again"),
    change("a merge key", SEED, "seed: {<<: *s, first: 1}", "bad", "seed.<<: aliases (*s) are not read"),
    change("a cycle of aliases", SEED, "seed: &s [*s]", "bad", "seed: anchors (&s) are not read", n=2),
    change("an anchor on a key", SEED, "&k seed: {first: 1}", "bad", "seed: a key may have no anchor and no tag"),
    reader("a bomb of aliases", HEAD + bomb(9, 10), 2, "a0: anchors (&a0) are not read", None),
    # Guards
    reader("brackets without end", HEAD + "a: " + "[" * 200_000, 2, "nested more than 32 deep"),
    reader("mappings without end", HEAD + "a: " + "{a: " * 50_000, 2, "nested more than 32 deep"),
    reader("dashes without end", HEAD + "a:\n  " + "- " * 100_000 + "\n", 3, "nested more than 32 deep"),
    reader("indents without end", "".join(" " * i + f"k{i}:\n" for i in range(500)), 32, "nested more than 32 deep"),
    reader("too many values", HEAD + "a: [" + "1, " * 100_000 + "1]\n", 2, "a[19997]: more than 20,000 values"),
    reader("too many keys", HEAD + "".join(f"k{i}: 1\n" for i in range(30_000)), 20_000, "k19998: more than 20,000 values"),
    reader("as many wrong keys as are read", HEAD + "".join(f"k{i}: 1\n" for i in range(12_000)), 0, "more than 300 problems; these were found first", None),
    reader("a key a thousand times", HEAD + "a: 1\n" * 10_000, 0, "more than 300 problems", None),
    reader("a file that is too large", HEAD + "# " + "x" * 2_200_000, 0, "'scenario.yaml' is larger than 2 MB"),
    whole("a line of a million characters", BASE.replace("Two nations off", "Two " + "very " * 200_000 + "nations off"), "good", 0, ""),
    whole("fifty thousand lines of comments", "# a line\n" * 50_000 + BASE, "good", 0, ""),
    reader("a key of a million characters", HEAD + "? " + "k" * 1_000_000 + "\n: 1\n", 2, "unknown key 'kkkk", None),
    reader("a long word as a key", HEAD + "k" * 1_100 + ": 1\n", 2, "cannot be read as YAML"),
    change("a value of a million characters", "name: Philippines", "picture_node: " + "x" * 1_000_000, "bad", "", n=None),
    change("a number of a million digits", "buffer_km: 100 ", "buffer_km: " + "9" * 1_000_000, "bad", "world.buffer_km: a number of 1000000 characters is too long"),
    change("a number of four hundred digits", "buffer_km: 100 ", "buffer_km: " + "9" * 400, "bad", "world.buffer_km: the whole number 999"),
    # Keys
    change("a duplicate key", SEED, "seed: {first: 1, count: 1, first: 2}", "bad", "seed.first: duplicate key 'first', first given in line 20"),
    change("a duplicate key at the top", SEED, SEED + "\nwarmup_h: 7", "bad", "warmup_h: duplicate key 'warmup_h', first given in line", at="warmup_h: 7"),
    change("a duplicate id", "  luzon_ais:\n    kind", "  luzon_radar: {}\n  luzon_ais:\n    kind", "bad", "sensors.luzon_radar: duplicate key 'luzon_radar'"),
    change("a duplicate under another quote", SEED, "seed: {first: 1, 'first': 2}", "bad", "seed.first: duplicate key"),
    change("a list as a key", OUTPUT, "output: {[maps]: true}", "bad", "output: a key must be a word, not a list, mapping or alias"),
    change("a mapping as a key", OUTPUT, "output: {{a: b}: true}", "bad", "output: a key must be a word"),
    change("an empty key", OUTPUT, "output: {'': true}", "bad", "unknown key ''"),
    change("null as a key", OUTPUT, "output: {null: true}", "bad", "output.null: unknown key 'null'"),
    change("a number as a key", OUTPUT, "output: {1: true}", "bad", "output.1: unknown key '1'"),
    change("a key with an escape in it", OUTPUT, 'output: {"\\e[31mmaps": true}', "bad", "unknown key '\\x1b[31mmaps'"),
    change("a key of several lines", OUTPUT, 'output: {"a\\nb": true}', "bad", "output.'a\\nb': unknown key 'a\\nb'"),
    change("a key that looks the same", "name: starter", "n\u0430me: starter", "bad", "unknown key 'n\u0430me'; did you mean 'name'?", n=2),
    change("another format", "format: 1", "format: 2", "bad", "format: format 2 is newer than what this version of mda_sim reads (1)"),
    change("an older format", "format: 1", "format: 0", "bad", "format: expected 1, got 0"),
    change("a format in words", "format: 1", "format: one", "bad", "format: expected 1, got 'one'"),
    change("a format of a fraction", "format: 1", "format: 1.5", "bad", "format: expected 1, got 1.5"),
    # Surprises of YAML 1.1
    change("NO is a word", OUTPUT, "output: {maps: NO}", "bad", "output.maps: expected true or false, got 'NO'; write false"),
    change("yes is a word", OUTPUT, "output: {maps: yes}", "bad", "output.maps: expected true or false, got 'yes'; write true"),
    change("on is a word", OUTPUT, "output: {maps: on}", "bad", "output.maps: expected true or false, got 'on'; write true"),
    change("one is no truth", OUTPUT, "output: {maps: 1}", "bad", "output.maps: expected true or false, got 1"),
    change("a quoted truth", OUTPUT, 'output: {maps: "true"}', "bad", "output.maps: expected true or false, got 'true'"),
    change("half past twelve is a word", "warmup_h: 6 ", "warmup_h: 12:30 ", "bad", "warmup_h: expected a number, got '12:30'; write 12.5 as one number"),
    change("an underscore in a number", "buffer_km: 100 ", "buffer_km: 8_0 ", "bad", "world.buffer_km: expected a number, got '8_0'; write 80 without underscores"),
    change("an exponent for a whole number", SEED, "seed: {first: 1, count: 1e1}", "bad", "seed.count: expected a whole number, got 1e1; write 10"),
    change("binary digits", SEED, "seed: {first: 0b11, count: 1}", "bad", "seed.first: expected a whole number, got '0b11'"),
    change("a leading zero", "buffer_km: 100 ", "buffer_km: 0100 ", "doubtful", "world.buffer_km: 0100 is read as 100, not as an octal number"),
    change("a date without quotes as a text", "name: Philippines", "name: 2026-03-02", "good"),
    change("NO as a name", "name: Philippines", "name: NO", "good"),
    change("an exponent for a quantity", "buffer_km: 100 ", "buffer_km: 1e2 ", "good"),
    change("a hexadecimal number", SEED, "seed: {first: 0x10, count: 1}", "good"),
    change("an octal number of YAML 1.2", SEED, "seed: {first: 0o17, count: 1}", "good"),
    change("a plus sign", "buffer_km: 100 ", "buffer_km: +100 ", "good"),
    change("a number that ends in a point", "buffer_km: 100 ", "buffer_km: 100. ", "good"),
    change("a folded text", "description: Two nations off western Luzon, with and without a direct link.", "description: >-\n  Two nations,\n  folded.", "good"),
    change("JSON inside YAML", SEED, '"seed": {"first": 1, "count": 1}', "good"),
    change("an unchanged starter", "format: 1", "format: 1 ", "good"),
    # Other files
    also(reader("a base that is not there", "extends: base.yaml\n", 1, "extends: no such file: 'base.yaml'")),
    also(reader("a base that is a folder", "extends: base.yaml\n", 1, "extends: 'base.yaml' is a folder"), prepare=base_folder),
    also(reader("a base outside the folder", "", 1, "extends: '/etc/hostname' lies outside the scenario's folder"), prepare=base_above),
    also(reader("a base above the folder", "extends: ../../x.yaml\n", 1, "extends: '../../x.yaml' lies outside the scenario's folder")),
    also(reader("a base with an escape in its name", 'extends: "\\e[2J.yaml"\n', 1, "extends: a path holds printable characters only")),
    also(reader("a base with NUL in its name", 'extends: "a\\0.yaml"\n', 1, "extends: a path holds printable characters only")),
    also(reader("a base of a very long name", f"extends: {'x' * 5000}\n", 1, "extends: cannot read")),
    also(reader("a list of bases", "extends: [a.yaml, b.yaml]\n", 1, "extends: expected the path of one file, got a list")),
    also(reader("a base that is the file itself", "extends: scenario.yaml\n", 1, "extends: files extend each other in a cycle: scenario.yaml -> scenario.yaml")),
    also(reader("a ring of bases", "extends: one.yaml\n", 1, "extends: files extend each other in a cycle: one.yaml -> two.yaml -> one.yaml"), prepare=ring),
    also(reader("a chain of many bases", "extends: b0.yaml\n", 1, "extends: a chain of more than 8 files"), prepare=chain),
    also(reader("a base that is broken", "extends: base.yaml\n", 2, "cannot be read as YAML"), prepare=base_bad),
    also(reader("bases of too many values together", "extends: base.yaml\n", 1, "more than 20,000 values"), prepare=many_values),
    also(whole("a base that is good", "extends: base.yaml\nname: mine\n", "good", 0, ""), prepare=base_good),
    also(whole("a base where null deletes", "extends: base.yaml\nconfigurations: {pooled: null}\n", "good", 0, ""), prepare=base_good),
    also(reader("a base where the wrong key is deleted", "extends: base.yaml\nbaseline: null\n", 12, "missing key 'baseline'"), prepare=base_good),
    # Overrides of the command line
    also(whole("an override with half a pair", BASE, "bad", 0, "name: a character that YAML does not allow (U+DCFF)"), "--set", "name=\udcff"),
    also(whole("an override of nothing", BASE, "bad", 0, "no 'x' in sensors"), "--set", "sensors.x.lat_deg=1"),
    also(whole("an override that is broken", BASE, "bad", 0, "duration_d: cannot be read as YAML"), "--set", "duration_d=["),
    also(whole("an override with a terminal escape", BASE, "bad", 0, "duration_d: a character that YAML does not allow (U+001B)"), "--set", "duration_d=\x1b[2J"),
]  # fmt: skip
