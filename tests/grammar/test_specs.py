"""Texts that are valid by construction: they are read, and formatting keeps them."""

from __future__ import annotations

import dataclasses
import random
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings

from varying.grammar import Sink, Source, format_spec, parse, tree
from varying.grammar.tree import Node, Spec

from .specs import LADDER, UNARY, Written, random_spec, specs

WELL = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SEEDS = range(600)


def read(text: str) -> Spec:
    """Parse a text that has no fault."""
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert [f"{d.rule}: {d.message}" for d in sink.diagnostics] == []
    return spec


def holds(written: Written) -> Spec:
    """Demand of one text all that holds for every text; return its tree."""
    plain, wild = read(written.plain), read(written.wild)
    assert wild.statements == plain.statements
    comments = [comment.text for comment in wild.comments]
    assert comments == list(written.comments)
    formatted = format_spec(wild)
    again = read(formatted)
    assert again.statements == wild.statements
    assert [comment.text for comment in again.comments] == comments
    assert format_spec(again) == formatted
    # comments aside, the layout leaves no trace
    bare = format_spec(dataclasses.replace(wild, comments=()))
    assert read(bare).statements == wild.statements
    return wild


@given(specs())
@WELL
def test_layout_and_formatting_keep_the_meaning(written: Written) -> None:
    """Of texts searched for; those of the seeds below are more, and quicker."""
    holds(written)


@pytest.mark.slow
@given(specs())
@settings(parent=WELL, max_examples=500)
def test_layout_and_formatting_keep_the_meaning_of_many(written: Written) -> None:
    holds(written)


@pytest.mark.parametrize("seed", range(0, len(SEEDS), 100))
def test_the_same_for_seeds(seed: int) -> None:
    for number in range(seed, seed + 100):
        holds(random_spec(random.Random(number)))


def test_names_are_compared_in_one_form() -> None:
    for number in range(100):
        plain = random_spec(random.Random(number)).plain
        spec = read(plain)
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, plain)
            # levels and strings are texts of the data, so what is compared are names
            assert names(read(text)) == names(spec), plain


def nodes(spec: Spec) -> list[Node]:
    """Return all nodes of a tree."""
    found: list[Node] = []
    waiting: list[object] = list(spec.statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += node
        elif isinstance(node, Node):
            found.append(node)
            fields = dataclasses.fields(node)
            waiting += [getattr(node, field.name) for field in fields]
    return found


def names(spec: Spec) -> list[str]:
    """Return the names; a keyword in quotes is a level."""
    return [
        node.text
        for node in nodes(spec)
        if isinstance(node, tree.Name)
        and not spec.source.slice(node.span).startswith(('"', "'"))
    ]


def test_the_seeds_meet_the_whole_language() -> None:
    kinds: set[type] = set()
    signs: set[str] = set()
    for number in SEEDS:
        for node in nodes(read(random_spec(random.Random(number)).plain)):
            kinds.add(type(node))
            if isinstance(node, tree.Chain):
                signs |= set(node.operators)
            elif isinstance(node, tree.Unary):
                signs.add(node.operator)
    every = {
        kind
        for kind in vars(tree).values()
        if isinstance(kind, type) and issubclass(kind, Node)
    }
    assert every - kinds == {Node, tree.Comment}
    assert signs == {*UNARY, *(sign for signs in LADDER[:-1] for sign in signs)}
