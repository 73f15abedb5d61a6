from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.scenario.findings import Findings
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import plain
from mda_sim.scenario.writer import yaml_text

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        [
            "1e3",
            "NO",
            "true",
            "~",
            "",
            "0o17",
            "- a",
            "a: b",
            "#x",
            "\u2028",
            "\x85",
            "&a",
            "*a",
            "!t",
            "\x00",
            ".nan",
        ]
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
KEYS = st.one_of(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), TEXTS)
DATA = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


@given(DATA)
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_as_the_same_data(data: dict[str, object]) -> None:
    findings = Findings()
    tree = read_text(yaml_text(data), "f.yaml", findings)
    assert findings.errors == ()
    assert tree is not None
    assert repr(plain(tree)) == repr(data)


def test_plain_words_stay_bare_and_risky_ones_are_quoted() -> None:
    assert yaml_text({"a": "word", "b": "1e3", "c": "true", "d": "two words"}) == (
        'a: word\nb: "1e3"\nc: "true"\nd: "two words"\n'
    )
