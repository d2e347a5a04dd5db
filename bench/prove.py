"""Measures how long the proofs take as the knowledge grows: the shipped base, and bases that hold it several times.

    .venv/bin/python bench/prove.py [--most 4]

A copy has its own facts, derived facts, rules, causes and treatments, so that claims grow with it; the first derived
truths of each copy also join those of the copy before, so that what a definition rests on grows too.
"""

import argparse
from time import perf_counter

import msgspec

from postlude.assessment.proving import Prover
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.logic.nodes import (
    Boolean,
    Choice,
    Day,
    DerivedNumber,
    DerivedTruth,
    Number,
    Or,
    Predicate,
    Quantity,
    children,
    rebuilt,
)

_JOINED = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=4, help="times the shipped base")
    shipped = load()
    print(f"{'times':>5}  {'conditions':>10}  {'claims':>7}  {'refuted':>7}  {'seconds':>8}  {'claims/s':>8}")
    for times in range(1, parser.parse_args().most + 1):
        prover = Prover(grown(shipped, times))
        start = perf_counter()
        claims = [claim for _, some in prover.all_claims() for claim in some]
        refuted = sum(claim.refute() is not None for claim in claims)
        took = perf_counter() - start
        print(
            f"{times:>5}  {len(prover.predicates):>10}  {len(claims):>7}  {refuted:>7}  {took:>8.1f}  "
            f"{len(claims) / took:>8.0f}"
        )


def grown(catalogue: Catalogue, times: int) -> Catalogue:
    """Return a base with everything ``times`` over, each copy after the first under names of its own."""
    for copy in range(1, times):
        catalogue = _with_copy(load(), catalogue, f"_{copy}")
    return catalogue


def _with_copy(shipped: Catalogue, base: Catalogue, mark: str) -> Catalogue:
    replace = msgspec.structs.replace
    before = [d.body for d in base.derived.values() if isinstance(d.body, Predicate)][-_JOINED:]
    joined = {}
    for key, derived in shipped.derived.items():
        body = _renamed(derived.body, mark)
        if isinstance(body, Predicate) and before:
            body = Or((body, before.pop()))
        joined[key + mark] = replace(derived, id=key + mark, body=body)

    def new(node: Predicate) -> Predicate:
        return _renamed(node, mark, joined)  # type: ignore[return-value]

    def points(some: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(replace(point, when=new(point.when)) for point in some)

    facts = {
        key + mark: replace(fact, id=key + mark, applies=new(fact.applies) if fact.applies else None)
        for key, fact in shipped.facts.items()
    }
    rules = {key + mark: replace(rule, id=key + mark, when=new(rule.when)) for key, rule in shipped.rules.items()}
    causes = {
        key + mark: replace(
            cause,
            id=key + mark,
            list_when=new(cause.list_when),
            speaks_for=points(cause.speaks_for),
            against=points(cause.against),
        )
        for key, cause in shipped.causes.items()
    }
    treatments = {
        key + mark: replace(
            treatment,
            id=key + mark,
            consider_when=new(treatment.consider_when),
            offer_when=new(treatment.offer_when) if treatment.offer_when else None,
            avoid=points(treatment.avoid),
            caution=points(treatment.caution),
        )
        for key, treatment in shipped.treatments.items()
    }
    types = {**base.vocabulary.facts, **{key + mark: found for key, found in shipped.vocabulary.facts.items()}}
    return replace(
        base,
        facts={**base.facts, **facts},
        derived={**base.derived, **joined},
        rules={**base.rules, **rules},
        causes={**base.causes, **causes},
        treatments={**base.treatments, **treatments},
        vocabulary=replace(base.vocabulary, facts=types),
    )


def _renamed(node: Predicate | Quantity, mark: str, derived: dict | None = None) -> Predicate | Quantity:  # type: ignore[type-arg]
    if isinstance(node, Boolean | Choice | Number | Day):
        return node if node.of else msgspec.structs.replace(node, name=node.name + mark)
    if isinstance(node, DerivedTruth | DerivedNumber):
        body = derived[node.name + mark].body if derived else _renamed(node.body, mark)
        return msgspec.structs.replace(node, name=node.name + mark, body=body)
    return rebuilt(node, [_renamed(child, mark, derived) for child in children(node)])


if __name__ == "__main__":
    main()
