"""Labels: markings, combination, and the time that agreements and consents hold."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.sharing.agreements import AgreementSpec, is_in_force, turning_points
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent, holds, lapse_after
from mda_sim.sharing.labels import (
    CombinationError,
    LabelSpec,
    Level,
    Marking,
    combine,
    combined_id,
    covers,
    is_as_free,
    is_for_anyone,
    label_of,
    parse_marking,
    print_marking,
)

PARTIES = st.lists(st.sampled_from(["JPN", "KOR", "PHL", "USA"]), unique=True).map(tuple)
LEVELS = st.sampled_from([level.name for level in Level])


@st.composite
def labels(draw: st.DrawFn, purposes: tuple[str | None, ...] = (None,)) -> LabelSpec:
    caveats = draw(st.lists(st.sampled_from(["NOFORN", "ORCON"]), unique=True))
    return LabelSpec(
        classification=draw(LEVELS),
        rel_to=() if "NOFORN" in caveats else draw(PARTIES),
        caveats=tuple(caveats),
        originators=draw(PARTIES),
        purpose=draw(st.sampled_from(purposes)),
    )


def combined(*parts: LabelSpec) -> LabelSpec | None:
    try:
        return combine(parts)
    except CombinationError:
        return None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("UNCLASSIFIED", Marking("UNCLASSIFIED")),
        ("TOP SECRET", Marking("TOP_SECRET")),
        ("SECRET//NOFORN", Marking("SECRET", ("NOFORN",))),
        ("SECRET//REL TO USA, JPN, PHL", Marking("SECRET", (), ("USA", "JPN", "PHL"))),
        ("SECRET//ORCON/REL TO USA, JPN", Marking("SECRET", ("ORCON",), ("USA", "JPN"))),
        ("CONFIDENTIAL//REL TO PHL//ORCON", Marking("CONFIDENTIAL", ("ORCON",), ("PHL",))),
    ],
)
def test_a_marking_says(text: str, said: Marking) -> None:
    assert parse_marking(text) == said


@settings(max_examples=60)
@given(labels())
def test_what_is_printed_reads_back_as_it_was(label: LabelSpec) -> None:
    said = parse_marking(print_marking(label))
    assert said == (label.classification, label.caveats, label.rel_to)
    assert print_marking(said) == print_marking(label)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown classification ''"),
        ("SECRETE", "unknown classification 'SECRETE'"),
        ("TOP_SECRET", "unknown classification 'TOP_SECRET'"),
        ("secret", "unknown classification 'secret'"),
        ("COSMIC TOP SECRET", "unknown classification"),
        ("SECRET//", "unexpected ''"),
        ("SECRET//NOFORM", "unexpected 'NOFORM'"),
        ("SECRET//ORCON/ORCON", "unexpected 'ORCON'"),
        ("SECRET//REL TO JPN/REL TO USA", "unexpected 'REL TO USA'"),
        ("SECRET//REL TO ", "unexpected 'REL TO'"),
        ("SECRET//REL TO JAPAN", "'JAPAN'"),
        ("SECRET//REL TO JPN, JPN", "'JPN'"),
        ("SECRET//REL TO JPN USA", "'JPN USA'"),
        ("SECRET//NOFORN/REL TO JPN", "NOFORN is not releasable"),
    ],
)
def test_a_marking_that_is_not_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_marking(text)


def test_a_marking_sets_the_fields_of_a_label() -> None:
    label = LabelSpec.model_validate({"marking": "SECRET//ORCON/REL TO USA, JPN", "purpose": "patrol"})
    assert (label.classification, label.caveats, label.rel_to) == ("SECRET", ("ORCON",), ("USA", "JPN"))
    assert label.purpose == "patrol"


@settings(max_examples=60)
@given(labels())
def test_a_label_with_a_marking_is_written_and_read_again_unchanged(label: LabelSpec) -> None:
    marked = LabelSpec(marking=print_marking(label))
    for mode in ("json", "python"):
        assert LabelSpec.model_validate(marked.model_dump(mode=mode)) == marked
    assert LabelSpec.model_validate_json(marked.model_dump_json()) == marked


@pytest.mark.parametrize(
    ("stated", "quoted"),
    [
        ({"classification": "RESTRICTED"}, ("classification SECRET", "classification states RESTRICTED")),
        ({"rel_to": ["PHL"]}, ("rel_to USA, JPN", "rel_to states PHL")),
        ({"rel_to": []}, ("rel_to USA, JPN", "rel_to states nobody")),
        ({"caveats": ["NOFORN"]}, ("caveats nobody", "caveats states NOFORN")),
    ],
)
def test_a_field_that_contradicts_the_marking_is_refused_with_both(
    stated: dict[str, Any], quoted: tuple[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        LabelSpec.model_validate({"marking": "SECRET//REL TO USA, JPN", **stated})
    assert all(text in str(caught.value) for text in ("SECRET//REL TO USA, JPN", *quoted))


def test_a_field_that_repeats_the_marking_in_another_order_is_not() -> None:
    label = LabelSpec.model_validate({"marking": "SECRET//REL TO USA, JPN", "rel_to": ["JPN", "USA"]})
    assert label.rel_to == ("USA", "JPN")


def test_noforn_and_rel_to_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="rel_to names JPN"):
        LabelSpec(classification="SECRET", rel_to=("JPN",), caveats=("NOFORN",))


@settings(max_examples=60)
@given(st.lists(labels((None, "patrol")), min_size=1, max_size=4), st.randoms())
def test_a_combination_does_not_depend_on_order_or_repetition(parts: list[LabelSpec], random: Any) -> None:
    again = [*parts, parts[0]]
    random.shuffle(again)
    assert combined(*again) == combined(*parts)


@settings(max_examples=60)
@given(labels((None, "patrol")), labels((None, "patrol")), labels((None, "rescue")))
def test_a_combination_does_not_depend_on_what_is_combined_first(
    a: LabelSpec, b: LabelSpec, c: LabelSpec
) -> None:
    left, right = combined(a, b), combined(b, c)
    if left is not None and right is not None:
        assert combined(left, c) == combined(a, right) == combined(a, b, c)


@settings(max_examples=60)
@given(st.lists(labels(), min_size=2, max_size=4))
def test_a_combination_is_never_freer_than_any_of_its_parts(parts: list[LabelSpec]) -> None:
    whole = combined(*parts)
    if whole is None:
        return
    for part in parts:
        assert covers(whole.classification, part.classification)
        assert set(part.caveats) <= set(whole.caveats)
        assert set(part.originators) <= set(whole.originators)
        assert is_for_anyone(part) or set(whole.rel_to) <= set(part.rel_to)
        assert is_for_anyone(part) or not is_for_anyone(whole)


@settings(max_examples=60)
@given(st.lists(labels(), min_size=2, max_size=3))
def test_only_what_would_be_for_anyone_though_no_part_is_does_not_combine(parts: list[LabelSpec]) -> None:
    bound = [set(part.rel_to) for part in parts if not is_for_anyone(part)]
    is_open = all(part.classification == "UNCLASSIFIED" and "NOFORN" not in part.caveats for part in parts)
    is_one = all(part == parts[0] for part in parts)
    refused = is_open and bool(bound) and not set.intersection(*bound) and not is_one
    assert (combined(*parts) is None) == refused


def test_two_purposes_do_not_combine_and_one_is_taken_over() -> None:
    patrol, rescue, none = (LabelSpec(purpose=purpose) for purpose in ("patrol", "rescue", None))
    with pytest.raises(CombinationError, match="patrol and rescue"):
        combine([patrol, none, rescue])
    assert combine([none, patrol]).purpose == "patrol"


def test_a_combination_speaks_the_words_of_the_ladder() -> None:
    gokuhi = LabelSpec(classification="SECRET", national_word="GOKUHI")
    assert combine([gokuhi, gokuhi]) == gokuhi
    assert combine([gokuhi, LabelSpec(classification="RESTRICTED")]).national_word == ""


def test_the_id_of_a_combination_names_all_labels_in_it_once() -> None:
    assert combined_id(["own", "sea+own"]) == "own+sea"
    known = {"own": LabelSpec(classification="SECRET"), "sea": LabelSpec(classification="RESTRICTED")}
    assert label_of(known, "own") is known["own"]
    assert label_of(known, "own+sea").classification == "SECRET"


@settings(max_examples=60)
@given(labels(), labels(), labels())
def test_to_be_as_free_is_an_order(a: LabelSpec, b: LabelSpec, c: LabelSpec) -> None:
    assert is_as_free(a, a)
    assert not (is_as_free(a, b) and is_as_free(b, c)) or is_as_free(a, c)


DAY0 = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 12).map(lambda n: DAY0 + timedelta(days=n))
PAUSES = st.lists(
    st.fixed_dictionaries(
        {"from_utc": DAYS, "to_utc": st.none() | DAYS, "parties": st.sampled_from([[], ["JPN"], ["KOR"]])}
    ),
    max_size=3,
)


@settings(max_examples=60)
@given(PAUSES, st.none() | DAYS, st.none() | DAYS, st.sampled_from([0.5, 86400.0]))
def test_an_agreement_changes_at_its_turning_points_and_nowhere_else(
    pauses: list[dict[str, Any]], end: datetime | None, notice: datetime | None, notice_s: float
) -> None:
    agreement = AgreementSpec.model_validate(
        {
            "parties": ["JPN", "KOR", "USA"], "categories": ["radar"], "in_force_from": DAY0,
            "suspensions": pauses, "in_force_to": end, "notice_given": notice, "notice_s": notice_s,
        }
    )  # fmt: skip
    points = turning_points(agreement)
    for giver, taker in (("JPN", "USA"), ("USA", "KOR")):
        for start, stop in itertools.pairwise((*points, points[-1] + timedelta(days=1))):
            middle = start + (stop - start) / 2
            last = stop - timedelta(microseconds=1)
            asked = [is_in_force(agreement, giver, taker, t) for t in (start, middle, max(start, last))]
            assert len(set(asked)) == 1
    assert not is_in_force(agreement, "JPN", "USA", DAY0 - timedelta(microseconds=1))


@settings(max_examples=60)
@given(st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=3), st.none() | DAYS, st.none() | DAYS, DAYS)
def test_a_consent_lapses_at_the_first_moment_at_which_it_does_not_hold(
    pauses: list[tuple[datetime, datetime | None]],
    start: datetime | None,
    end: datetime | None,
    moment: datetime,
) -> None:
    withdrawn = [{"from_utc": a, "to_utc": b} for a, b in pauses]
    base = {"originator": "PHL", "recipient": "JPN", "withdrawn": withdrawn}
    dates = {"from_utc": start, "to_utc": end}
    step = timedelta(hours=12)
    for consent in (
        StandingConsent.model_validate({**base, **dates, "kind": "standing"}),
        ConsentOnRequest.model_validate({**base, "kind": "on_request"}),
    ):
        later = [moment + k * step for k in range(40)]
        lapsed = next((t for t in later if not holds(consent, t)), None)
        assert lapse_after(consent, moment) == lapsed
