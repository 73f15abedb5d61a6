"""Checks of labels and agreements, and of the parties that they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mda_sim.sharing.checks.facts import Facts, Finding, is_backward, unknown
from mda_sim.sharing.labels import combine

ARTICLE_KEYS: Final = ("in_force", "scope", "ceiling", "release", "equivalence", "retention", "suspension")
"""Rules for which an agreement may name an article."""


def unknown_nation(facts: Facts) -> Iterator[Finding]:
    """A node, label, agreement or consent names a party that the scenario does not list."""
    named: list[tuple[str, tuple[str, ...]]] = []
    named += [(f"nodes.{id_}.nation", (node.nation,)) for id_, node in facts.sharing.nodes.items()]
    for id_, label in facts.sharing.labels.items():
        named += [(f"labels.{id_}.rel_to", label.rel_to), (f"labels.{id_}.originators", label.originators)]
    for id_, consent in facts.sharing.consents.items():
        named += [(f"consents.{id_}.originator", (consent.originator,))]
        named += [(f"consents.{id_}.recipient", (consent.recipient,))]
        named += [(f"consents.{id_}.sender", (consent.sender,) if consent.sender else ())]
    named += [(f"agreements.{id_}.parties", deal.parties) for id_, deal in facts.sharing.agreements.items()]
    for id_, link in facts.sharing.links.items():
        if link.sanitise is not None:
            named += [(f"links.{id_}.sanitise.delegated_by", link.sanitise.delegated_by)]
    for key, parties in named:
        for party in parties:
            if party not in facts.nations:
                yield unknown(key, "nation", party, facts.nations)


def agreement_dates(facts: Facts) -> Iterator[Finding]:
    """An agreement is in force before it was signed, or a stretch of time ends before it begins."""
    for id_, deal in facts.sharing.agreements.items():
        key = f"sharing.agreements.{id_}"
        start, end = deal.in_force_from, deal.in_force_to
        if deal.signed is not None and start is not None and start < deal.signed:
            yield Finding(f"{key}.in_force_from", f"in force before it was signed ({deal.signed})", "error")
        if end is not None and (start is None or end <= start):
            yield Finding(f"{key}.in_force_to", "ends before it comes into force", "error")
        if deal.notice_given is not None and deal.notice_s is None:
            message = "notice was given, but no notice_s says when the agreement then ends"
            yield Finding(f"{key}.notice_given", message, "error")
        for i, pause in enumerate(deal.suspensions):
            if is_backward(pause.from_utc, pause.to_utc):
                yield Finding(f"{key}.suspensions.{i}", "the suspension ends before it begins", "error")


def agreement_parties(facts: Facts) -> Iterator[Finding]:
    """An agreement has fewer than two parties."""
    for id_, deal in facts.sharing.agreements.items():
        if len(set(deal.parties)) < 2:
            message = f"needs at least two different parties, got {list(deal.parties)}"
            yield Finding(f"sharing.agreements.{id_}.parties", message, "error")


def agreement_of_others(facts: Facts) -> Iterator[Finding]:
    """An agreement states something about who is no party of it."""
    for id_, deal in facts.sharing.agreements.items():
        named = [("ceilings", party) for party in deal.ceilings]
        named += [("equivalence", party) for party in deal.equivalence]
        named += [
            (f"suspensions.{i}", party) for i, pause in enumerate(deal.suspensions) for party in pause.parties
        ]
        for key, party in named:
            if party not in deal.parties:
                message = f"{party} is no party of it; the parties are {', '.join(deal.parties)}"
                yield Finding(f"sharing.agreements.{id_}.{key}", message, "error")


def agreement_without_reach(facts: Facts) -> Iterator[Finding]:
    """An agreement names purposes, but no label says that it serves one of them."""
    stated = {label.purpose for label in facts.sharing.labels.values()}
    for id_, deal in facts.sharing.agreements.items():
        if deal.purposes and stated.isdisjoint(deal.purposes):
            message = (
                f"no label has one of its purposes ({', '.join(deal.purposes)}): nothing can pass under it"
            )
            yield Finding(f"sharing.agreements.{id_}.purposes", message, "warning")


def fused_labels(facts: Facts) -> Iterator[Finding]:
    """A link fuses a label that does not exist or does not say whose it is, or labels that do not combine."""
    labels = facts.sharing.labels
    for id_, link in facts.sharing.links.items():
        key, known = f"links.{id_}.fused_with", []
        for name in link.fused_with:
            if name not in labels:
                yield unknown(key, "label", name, labels)
                continue
            known.append(labels[name])
            if not labels[name].originators:
                message = f"label '{name}' names no originators, so nobody would be asked about it"
                yield Finding(f"sharing.{key}", message, "error")
        if len(known) > 1:
            try:
                combine(known)
            except ValueError as refused:
                yield Finding(f"sharing.{key}", f"these labels do not combine: {refused}", "error")


def agreement_articles(facts: Facts) -> Iterator[Finding]:
    """An agreement names an article for a rule that does not exist."""
    for id_, deal in facts.sharing.agreements.items():
        for gate in deal.articles:
            if gate not in ARTICLE_KEYS:
                message = f"unknown rule '{gate}'; expected one of {', '.join(ARTICLE_KEYS)}"
                yield Finding(f"sharing.agreements.{id_}.articles.{gate}", message, "error")
