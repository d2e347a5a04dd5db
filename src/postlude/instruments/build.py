"""Understands an instrument's file: types its conditions, reads its tables, and checks that it hangs together."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of
from postlude.instruments.entries import Answers, InstrumentEntry, Item, ScoreEntry
from postlude.instruments.instrument import Instrument, ReadItem, ReadScore, Table, code_points
from postlude.logic.language import PredicateError, predicate
from postlude.logic.nodes import Predicate
from postlude.logic.vocabulary import FactType, Vocabulary

_WIDE = 1e6
_MINUTES = 24 * 60 - 1
Tables = Callable[[str, Place, Problems], Table | None]


def understand(entry: InstrumentEntry, place: Place, tables: Tables, problems: Problems) -> Instrument | None:
    """Return the instrument, or ``None`` with every mistake noted. ``tables`` reads a table by name."""
    before = len(problems)
    for name, listed in entry.answers.items():
        _check_answers(listed, entry, place.at(f"answers {name}"), problems)
    if len(problems) > before:
        return None
    items = {}
    vocabulary: dict[str, FactType] = {o.id: FactType("choice", values=o.values) for o in entry.option}
    for item in entry.item:
        here = place.at(f"item {item.id}")
        if item.id in vocabulary:
            problems.note(here, "stands twice, or is the name of an option too")
        answers = entry.answers.get(item.answers)
        if answers is None:
            problems.note(
                here.at("answers"), f"there is no list {item.answers!r}; {one_of(list(entry.answers), item.answers)}"
            )
            continue
        when = _condition(item.when, vocabulary, here.at("when"), problems)
        items[item.id] = ReadItem(item, answers, when)
        vocabulary[item.id] = _fact(answers)
        if item.several and not all(isinstance(c, int) for c in answers.codes):
            problems.note(here.at("several"), "needs answers that are numbers")
    scores = _scores(entry, items, vocabulary, place, tables, problems)
    classes = tuple(
        (kind, when)
        for kind in entry.class_
        if (when := _condition(kind.when, vocabulary, place.at(f"class {kind.id}").at("when"), problems)) is not None
    )
    alerts = {}
    for alert in entry.alert:
        here = place.at(f"alert {alert.id}")
        if alert.item not in items:
            problems.note(here.at("item"), f"there is no item {alert.item!r}; {one_of(list(items), alert.item)}")
        if (when := _condition(alert.when, vocabulary, here.at("when"), problems)) is not None:
            alerts[alert.id] = when
    for threshold in entry.threshold:
        _check_threshold(threshold, entry, scores, place.at(f"threshold {threshold.id}"), problems)
    names = _names(entry.item, place, problems)
    return Instrument(entry, items, scores, classes, alerts, names) if len(problems) == before else None


def _condition(text: str, vocabulary: Mapping[str, FactType], place: Place, problems: Problems) -> Predicate | None:
    if not text:
        return None
    try:
        return predicate(text, Vocabulary(facts=dict(vocabulary)))
    except PredicateError as error:
        for why in error.problems:
            problems.note(place, why)
    return None


def _fact(answers: Answers) -> FactType:
    if answers.type == "yes-no":
        return FactType("boolean")
    if answers.type == "clock":
        return FactType("number", 0, _MINUTES, whole=True)
    if answers.type == "number":
        return FactType("number", answers.low or 0, answers.high or 0, whole=answers.whole)
    numbers = [code for code in answers.codes if isinstance(code, int)]
    if len(numbers) == len(answers.codes):
        return FactType("number", min(numbers, default=0), max(numbers, default=0), whole=True)
    return FactType("choice", values=tuple(str(code) for code in answers.codes))


def _check_answers(answers: Answers, entry: InstrumentEntry, place: Place, problems: Problems) -> None:
    codes: tuple[Any, ...] = (False, True) if answers.type == "yes-no" else answers.codes
    if answers.type == "choice" and (len(codes) < 2 or len(set(codes)) < len(codes)):
        problems.note(place.at("codes"), f"found {list(codes)}; two or more different codes are needed")
    if answers.type != "choice" and answers.codes:
        problems.note(place.at("codes"), f"belong to a choice; this is {answers.type}")
    if answers.type == "number" and (answers.low is None or answers.high is None or answers.low >= answers.high):
        problems.note(place, "a number needs `low` and `high`, the smaller first")
    if answers.points_by:
        option = next((o for o in entry.option if o.id == answers.points_by), None)
        if option is None:
            names = [o.id for o in entry.option]
            problems.note(
                place.at("points_by"), f"there is no option {answers.points_by!r}; {one_of(names, answers.points_by)}"
            )
        if option is not None and (absent := [value for value in option.values if value not in answers.points_of]):
            problems.note(place.at("points_of"), f"has no points for {', '.join(absent)} of {option.id}")
        for value in answers.points_of:
            if option is not None and value not in option.values:
                problems.note(
                    place.at("points_of"), f"{option.id} has no value {value!r}; {one_of(option.values, value)}"
                )
    for name, points in (("points", answers.points), *answers.points_of.items()):
        if points and len(points) != len(codes):
            problems.note(place.at(name), f"found {len(points)} points for {len(codes)} codes")
    if answers.means and len(answers.means) != len(codes):
        problems.note(place.at("means"), f"found {len(answers.means)} meanings for {len(codes)} codes")


def _scores(
    entry: InstrumentEntry,
    items: Mapping[str, ReadItem],
    vocabulary: dict[str, FactType],
    place: Place,
    tables: Tables,
    problems: Problems,
) -> dict[str, ReadScore]:
    scores: dict[str, ReadScore] = {}
    for score in entry.score:
        here = place.at(f"score {score.id}")
        if score.id in vocabulary:
            problems.note(here, "has the name of an item, an option or another score")
        for wrong in _shape(score, entry, items, scores):
            problems.note(here, wrong)
        when = _condition(score.when, vocabulary, here.at("when"), problems)
        only = _condition(score.only_when, vocabulary, here.at("only_when"), problems)
        read = {key: tables(name, here.at("table"), problems) for key, name in _table_names(score, entry).items()}
        kept = {key: table for key, table in read.items() if table is not None}
        scores[score.id] = ReadScore(score, when, only, kept)
        known = all(key in items or key in scores for key in score.of)
        low, high = (-_WIDE, _WIDE)
        if known and len(kept) == len(read) and score.is_ not in ("criterion", "ratio", "hours"):
            low, high = reach(scores[score.id], items, scores)
            for key, found, said in (("low", low, score.low), ("high", high, score.high)):
                if said is not None and abs(said - found) > 1e-6:
                    problems.note(here.at(key), f"found {said:g}; by the items and points it is {found:g}")
        first = score.bands[0].from_ if score.bands else None
        if first is not None and (
            first > low or [b.from_ for b in score.bands] != sorted({b.from_ for b in score.bands})
        ):
            problems.note(
                here.at("bands"),
                f"they begin at the least score ({low:g}) or below, and each begins above the one before",
            )
        vocabulary[score.id] = FactType("boolean") if score.is_ == "criterion" else FactType("number", low, high)
    return scores


def _shape(
    score: ScoreEntry, entry: InstrumentEntry, items: Mapping[str, ReadItem], before: Mapping[str, ReadScore]
) -> Iterator[str]:
    for key in score.of:
        if key not in items and key not in before:
            yield f"key `of`: there is no item or earlier score {key!r}; {one_of([*items, *before], key, limit=40)}"
        elif key in items and items[key].when is not None and score.is_ != "criterion":
            yield f"key `of`: {key!r} is not asked of everybody, so it cannot count in a score"
        elif key in items and items[key].answers.type == "choice":
            answers = items[key].answers
            if not answers.points and not answers.points_of and not all(isinstance(c, int) for c in answers.codes):
                yield f"key `of`: {key!r} has answers that are words and no points"
    if (score.is_ == "criterion") is not bool(score.when):
        yield "a criterion, and nothing else, has `when`"
    if score.is_ in ("ratio", "hours") and len(score.of) != 2:
        yield f"{score.is_} is of two"
    if score.is_ not in ("criterion",) and not score.of:
        yield "key `of` is missing"
    if score.weights and len(score.weights) != len(score.of):
        yield f"key `weights`: found {len(score.weights)} for {len(score.of)}"
    if score.steps and (score.steps[-1].from_ is not None or score.steps[-1].above is not None):
        yield "key `steps`: the last has no end, so that one of them always holds"
    if score.missing is not None and score.none_published:
        yield "has a rule for missing answers and says that none is published"
    if score.table_by and score.table_by not in {o.id for o in entry.option}:
        yield f"key `table_by`: there is no option {score.table_by!r}"
    if score.missing is not None and score.missing.at_most > len(score.of):
        yield f"key `missing`: {score.missing.at_most} may be missing of {len(score.of)}"


def _table_names(score: ScoreEntry, entry: InstrumentEntry) -> dict[str, str]:
    """Return the table of each value of the option; ``{}`` in the name of the table stands for the value."""
    if not score.table:
        return {}
    option = next((o for o in entry.option if o.id == score.table_by), None)
    if option is None:
        return {"": score.table}
    # `only_when` leaves the other values to another score of the same name.
    return {
        v: score.table.replace("{}", v.lower())
        for v in option.values
        if "{}" in score.table and f"'{v}'" in score.only_when
    }


def reach(score: ReadScore, items: Mapping[str, ReadItem], scores: Mapping[str, ReadScore]) -> tuple[float, float]:
    """Return the least and greatest value that a score can take, by whatever option, one for all items."""
    lists = [item.answers for item in items.values() if item.answers.points_by]
    options = {answers.points_by: tuple(answers.points_of) for answers in lists}
    ends = [
        _reach(score, items, scores, dict(zip(options, chosen, strict=True))) for chosen in product(*options.values())
    ]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _reach(
    score: ReadScore, items: Mapping[str, ReadItem], scores: Mapping[str, ReadScore], options: Mapping[str, str]
) -> tuple[float, float]:
    entry = score.entry
    ends = []
    for key in entry.of:
        if key in items:
            answers = items[key].answers
            if answers.type in ("number", "clock"):
                ends.append((answers.low or 0.0, answers.high if answers.high is not None else float(_MINUTES)))
                continue
            counted = code_points(answers, options.get(answers.points_by, "")).values()
            ends.append((min(counted, default=0.0), max(counted, default=0.0)))
        else:
            inner = scores[key]
            measured = inner.entry.is_ in ("ratio", "hours")
            ends.append((0.0, _WIDE) if measured else _reach(inner, items, scores, options))
    if entry.is_ == "count":
        low, high = 0.0, float(len(ends))
    else:
        weights = entry.weights or (1.0,) * len(ends)
        low = sum(min(w * a, w * b) for w, (a, b) in zip(weights, ends, strict=False))
        high = sum(max(w * a, w * b) for w, (a, b) in zip(weights, ends, strict=False))
        if entry.is_ == "mean" and ends:
            low, high = low / len(ends), high / len(ends)
    if entry.steps:
        values = [step.is_ for step in entry.steps]
        low, high = min(values), max(values)
    if score.tables:
        values = [row.value for table in score.tables.values() for row in table.rows.values()]
        low, high = min(values), max(values)
    a, b = (low * entry.times + entry.plus, high * entry.times + entry.plus)
    return (min(a, b), max(a, b))


def _check_threshold(
    threshold: Any, entry: InstrumentEntry, scores: Mapping[str, ReadScore], place: Place, problems: Problems
) -> None:
    names = {s.name for s in scores.values()}
    if threshold.score not in names:
        problems.note(
            place.at("score"), f"there is no score {threshold.score!r}; {one_of(sorted(names), threshold.score)}"
        )
    if threshold.kind != "pass" and threshold.absolute is None and threshold.percent is None:
        problems.note(place, "needs `absolute` or `percent`")
    if threshold.kind == "pass" and threshold.absolute is None:
        problems.note(place, "a state needs `absolute`: the score from which, or up to which, it is acceptable")
    if not threshold.sources and not threshold.marks:
        problems.note(place, "needs a source, or the mark that it has none")


def _names(items: tuple[Item, ...], place: Place, problems: Problems) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, item in enumerate(items, start=1):
        for name in dict.fromkeys([item.id, *(alias.lower() for alias in item.alias), str(number)]):
            if names.setdefault(name, item.id) != item.id:
                problems.note(place.at(f"item {item.id}"), f"{name!r} also means {names[name]!r}")
    return names
