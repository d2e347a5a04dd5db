"""What a clinic's own folder may not do: weaken a red flag or a contraindication.

Checked by form, not by a solver: a protected condition may only gain alternatives joined with OR, so an editor can
see why a change was refused.
"""

import re
from collections.abc import Iterable, Iterator

from postlude.catalog.catalogue import Catalogue, Rule, Treatment
from postlude.catalog.duration import hours
from postlude.logic.nodes import Or, Predicate, names
from postlude.logic.text import text

_RESTS = "a red flag or contraindication rests on it; it cannot change"


def weakened(base: Catalogue, laid_over: Catalogue) -> list[str]:
    """Return a sentence for everything that the combined knowledge protects less than the base."""
    parts = (_rules, _treatments, _ground, _medicines, _sentences)
    return [problem for part in parts for problem in part(base, laid_over)]


def _where(catalogue: Catalogue, kind: str, key: str) -> str:
    return f"{catalogue.files[f'{kind} {key}']}, {kind} {key}"


def _rules(base: Catalogue, new: Catalogue) -> Iterator[str]:
    for key, old in base.rules.items():
        rule = new.rules[key]
        if old.kind != "red-flag" or rule == old:
            continue
        where = _where(new, "rule", key)
        if rule.kind != "red-flag":
            yield f"{where}, key `kind`: found {rule.kind!r}; a red flag stays one"
            continue
        yield from _narrower(old.when, rule.when, f"{where}, key `when`")
        yield from _later(old, rule, where)


def _later(old: Rule, rule: Rule, where: str) -> Iterator[str]:
    if old.urgency == "emergency" and rule.urgency != "emergency":
        yield f"{where}, key `urgency`: found {rule.urgency!r}; an emergency stays one"
    if hours(rule.within) > hours(old.within):
        yield f"{where}, key `within`: found {rule.within}; at most {old.within} is allowed"
    actions = {(a.do, a.who, a.within) for a in rule.action}
    for action in old.action:
        if (action.do, action.who, action.within) not in actions:
            yield f"{where}, key `action`: the shipped action is missing or changed: {action.do!r}; add to it instead"


def _treatments(base: Catalogue, new: Catalogue) -> Iterator[str]:
    for key, old in base.treatments.items():
        treatment = new.treatments[key]
        if treatment == old:
            continue
        where = _where(new, "treatment", key)
        avoids = {caution.id: caution for caution in treatment.avoid}
        for caution in old.avoid:
            if caution.id not in avoids:
                yield f"{where}, key `avoid`: {caution.id} is missing; a contraindication stays"
            else:
                yield from _narrower(caution.when, avoids[caution.id].when, f"{where}, key `avoid.{caution.id}.when`")


def _narrower(old: Predicate, new: Predicate, where: str) -> Iterator[str]:
    kept = set(_alternatives(new))
    for alternative in _alternatives(old):
        if alternative not in kept:
            yield f"{where}: must keep the shipped condition {text(alternative)}; add further ones with OR"


def _alternatives(node: Predicate) -> tuple[Predicate, ...]:
    return node.args if isinstance(node, Or) else (node,)


def _ground(base: Catalogue, new: Catalogue) -> Iterator[str]:
    """Check what protected conditions rest on: facts, fields, derived facts, medicines and classes."""
    protected = {name for node in _protected(base) for name in names(node)}
    for name in sorted(protected & set(base.facts)):
        old, fact = base.facts[name], new.facts[name]
        where = _where(new, "fact", name)
        for key in ("type", "low", "high", "applies"):
            if getattr(fact, key) != getattr(old, key):
                yield f"{where}, key `{key}`: {_RESTS}"
        if missing := set(old.values) - set(fact.values):
            yield f"{where}, key `values`: must keep {', '.join(sorted(missing))}"
        if old.warning_sign and not fact.warning_sign:
            yield f"{where}, key `warning_sign`: a warning sign stays one"
        if old.holds_for and (not fact.holds_for or hours(fact.holds_for) > hours(old.holds_for)):
            yield f"{where}, key `holds_for`: found {fact.holds_for!r}; at most {old.holds_for} is allowed"
    for name in sorted(protected & set(base.derived)):
        if new.derived[name].body != base.derived[name].body:
            yield f"{_where(new, 'derived', name)}, key `is`: {_RESTS}"
    for name in sorted(protected & set(base.records)):
        old_fields, fields = base.vocabulary.records[name], new.vocabulary.records[name]
        for field, kind in old_fields.items():
            now = fields.get(field)
            if now is None or now.kind != kind.kind or not set(kind.values) <= set(now.values):
                yield f"{_where(new, 'record', name)}, key `field {field}`: {_RESTS}"


def _medicines(base: Catalogue, new: Catalogue) -> Iterator[str]:
    for key, old in base.medicines.items():
        medicine = new.medicines[key]
        where = _where(new, "medicine", key)
        if missing := set(old.classes) - set(medicine.classes):
            yield f"{where}, key `classes`: must keep {', '.join(sorted(missing))}"
        if missing := set(old.also) - set(medicine.also):
            yield f"{where}, key `also`: must keep {', '.join(sorted(missing))}"
        if (medicine.mme_factor, medicine.dose_unit) != (old.mme_factor, old.dose_unit):
            yield f"{where}, key `mme_factor`: the factor and its unit cannot change"


def _sentences(base: Catalogue, new: Catalogue) -> Iterator[str]:
    """A sentence may be reworded but keeps its blanks: an emergency headline without the number to call is weaker."""
    for language, sentences in base.words.items():
        for key, old in sentences.items():
            if missing := _blanks(old) - _blanks(new.words[language][key]):
                yield f"words/{language}, key `{key}`: must keep {', '.join(sorted(missing))}"


def _blanks(sentence: str) -> set[str]:
    return set(re.findall(r"{[a-z_]+}", sentence))


def _protected(catalogue: Catalogue) -> Iterable[Predicate]:
    yield from (rule.when for rule in catalogue.rules.values() if rule.kind == "red-flag")
    treatments: Iterable[Treatment] = catalogue.treatments.values()
    yield from (caution.when for treatment in treatments for caution in treatment.avoid)
