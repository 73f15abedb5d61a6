from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.scalars import resolve
from mda_sim.scenario.source import MAX_BYTES, MAX_NODES, read_file, read_text
from mda_sim.scenario.tree import MapNode, Scalar, ScalarNode, find, plain


def read(text: str) -> tuple[MapNode | None, list[tuple[int, int, str, str]]]:
    findings = Findings()
    tree = read_text(text, "f.yaml", findings)
    return tree, [(p.line, p.column, p.key, p.message) for p in findings.errors]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("NO", "NO"), ("yes", "yes"), ("off", "off"), ("y", "y"),
        ("12", 12), ("-3", -3), ("+7", 7), ("010", 10), ("0o17", 15), ("0xFF", 255),
        ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-2.5E-3", -0.0025), ("6.0221e+23", 6.0221e23),
        ("1_000", "1_000"), ("12:30", "12:30"), ("2026-03-02", "2026-03-02"),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"), ("0b1", "0b1"), ("-", "-"), (".", "."), ("1e",
        "1e"),
        ("1.2.3", "1.2.3"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_yaml_1_2(text: str, value: Scalar) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.INF", "1e400", "9" * 30, "9" * 500])
def test_numbers_that_no_quantity_can_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"finite|too large|too long"):
        resolve(text)


def test_quoted_and_block_scalars_are_text() -> None:
    tree, problems = read("a: \"5\"\nb: 'true'\nc: |\n  5\nd: >-\n  .nan\n")
    assert problems == []
    assert tree is not None
    assert plain(tree) == {"a": "5", "b": "true", "c": "5\n", "d": ".nan"}


def test_keys_are_always_text() -> None:
    tree, _ = read("NO: 1\n5: 2\ntrue: 3\n")
    assert tree is not None
    assert plain(tree) == {"NO": 1, "5": 2, "true": 3}


def test_every_node_has_its_place_and_path() -> None:
    tree, _ = read("a:\n  - x\n  - b: {c: 7}\n")
    assert tree is not None
    spot = find(tree, ("a", 1, "b", "c"))
    assert (spot.mark.line, spot.mark.column, spot.path) == (3, 9, "a[1].b.c")
    assert isinstance(spot.node, ScalarNode)
    assert (spot.node.value, spot.node.mark.column) == (7, 12)


def test_all_duplicates_are_collected_and_the_first_is_kept() -> None:
    tree, problems = read("a: 1\nb: {x: 1, x: 2, x: 3}\na: 4\n")
    assert [(line, column, key) for line, column, key, _ in problems] == [
        (2, 11, "b.x"),
        (2, 17, "b.x"),
        (3, 1, "a"),
    ]
    assert tree is not None
    assert plain(tree) == {"a": 1, "b": {"x": 1}}


def test_the_python_parser_gives_the_same_tree_and_marks(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, _ = read(small)
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow, _ = read(small)
    assert fast == slow


def test_depth_is_counted_to_the_limit() -> None:
    assert read("a: " + "[" * 31 + "]" * 31)[1] == []
    ((_, column, _, message),) = read("a: " + "[" * 32 + "]" * 32)[1]
    assert (column, message) == (35, "nested more than 32 deep")


def test_a_hundred_thousand_brackets_are_refused_without_harm() -> None:
    assert read("a: " + "[" * 100_000)[1][0][3] == "nested more than 32 deep"


def test_what_a_run_wrote_may_hold_more() -> None:
    findings = Findings(is_own=True)
    assert read_text("a: [" + "1," * (MAX_NODES + 1000) + "]", "own.yaml", findings) is not None
    assert not findings.errors


def test_too_many_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NODES == 20_000
    monkeypatch.setattr("mda_sim.scenario.source.MAX_NODES", 1000)
    assert read("a: [" + "1," * 998 + "]")[1] == []
    ((_, _, _, message),) = read("a: [" + "1," * 999 + "]")[1]
    assert message == "more than 1,000 values"


def test_an_alias_bomb_is_refused_at_each_alias() -> None:
    _, problems = read("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n")
    assert len([message for *_, message in problems if message.startswith("aliases")]) == 4
    assert len([message for *_, message in problems if message.startswith("anchors")]) == 2


def test_a_file_that_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    large, latin = tmp_path / "large.yaml", tmp_path / "latin.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    latin.write_bytes(b"a: 1\nb: caf\xe9\n")
    findings = Findings()
    assert read_file(large, "large.yaml", findings) is None
    assert read_file(latin, "latin.yaml", findings) is None
    assert read_file(tmp_path, "folder", findings) is None
    folder, big, text = findings.errors
    assert folder.message == "'folder' is a folder; expected a YAML file"
    assert big.message == "'large.yaml' is larger than 2 MB"
    assert (text.line, text.column) == (2, 7)
    assert text.message.startswith("the file is not UTF-8 text; save it as UTF-8")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\n")
    tree = read_file(path, "bom.yaml", Findings())
    assert tree is not None
    assert plain(tree) == {"name": "x"}


def test_a_key_that_could_break_a_line_is_shown_escaped() -> None:
    _, ((_, _, key, _),) = read('"a\\nb": 1\n"a\\nb": 2\n')
    assert key == r"'a\nb'"


def test_nearest_words_are_offered_and_long_lists_cut() -> None:
    assert did_you_mean("raneg_km", ["range_km", "kind"]) == "; did you mean 'range_km'?"
    assert did_you_mean("zzz", ["range_km"]) == ""
    assert listed([f"w{number:02}" for number in range(20)], most=2) == "'w00', 'w01' and 18 more"
