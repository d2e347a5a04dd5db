"""Writes times to events as SQL: how long a unit of the record stayed free of what comes next, or kept its effect.

Each analysis of times gives the frame the columns ``ID days`` (NULL where a unit is not in it) and ``ID event`` (1 the
event, 2 and up what competes, in its order, 0 neither). A loss of effect counts from the first response and adds ``ID
response``, the days from the index event to it, and ``ID still``, the days from it to the last visit before the loss.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from postlude.logic.dialect import Dialect
from postlude.outcomes.entries import Analysis

OPERATION, DEATH, ENDED, LOSS = "operation", "death", "ended", "loss-of-effect"
"""What can come next besides a treatment; ``ended`` is the end of the treatment that the unit is."""
SOON = 365
"""Days after a last visit within which something else still counts: later, the effect may have been lost unseen."""
NAMED = (OPERATION, DEATH, ENDED, LOSS)


class Timed(NamedTuple):
    """How one analysis stands in the frame: parts of its WITH by name, each with a ``unit``, and its columns."""

    parts: dict[str, str]
    shown: list[str]
    joined: tuple[str, ...]
    """Parts with one row a unit."""


def heard(analyses: list[Analysis], tables: Mapping[str, str], sql: Dialect) -> dict[str, str]:
    """The last day on which something is known of a person; nobody is followed beyond the day they left.

    A SELECT by its name, one for analyses that look at deaths or at ends of treatments: those days count too there.
    """
    return {_heard(one): _last_heard(one, tables, sql) for one in analyses}


def _ends(analysis: Analysis) -> tuple[str, ...]:
    return tuple(kind for kind in (ENDED, DEATH) if kind in (*analysis.event, *analysis.competing))


def _heard(analysis: Analysis) -> str:
    return "_".join(["_heard", *_ends(analysis)])


def _last_heard(analysis: Analysis, tables: Mapping[str, str], sql: Dialect) -> str:
    days = [("scores", "on"), ("contacts", "answered_on"), ("treatments", "on"), ("operations", "on")]
    found = [f"SELECT person, CAST({sql.name(on)} AS DATE) AS d FROM {tables[key]}" for key, on in days]
    if ENDED in _ends(analysis):
        found.append(f"SELECT person, d FROM ({_ended(tables, sql, 'TRUE')})")
    if DEATH in _ends(analysis):
        found.append(_deaths(tables))
    return (
        "SELECT k.person, least(max(k.d), min(p.left_on)) AS _last "
        f"FROM ({' UNION ALL '.join(found)}) k LEFT JOIN {tables['people']} p ON p.person = k.person GROUP BY k.person"
    )


def timed(analysis: Analysis, place: int, tables: Mapping[str, str], sql: Dialect, visits: str = "") -> Timed:
    """Return how an analysis stands in the frame; ``place`` tells its parts from those of others.

    ``visits``, for a loss of effect: a SELECT of ``unit``, ``_on`` and ``_met``, whether the outcome was reached then.
    """
    among = ", ".join(map(sql.text, analysis.because))
    why, other = (f"ended_because {way} ({among})" if among else "TRUE" for way in ("IN", "NOT IN"))
    sources = [list(_sources(analysis.event, tables, sql, why))]
    sources += [list(_sources((kind,), tables, sql, other)) for kind in analysis.competing]
    if analysis.because:
        # An end for another reason that nothing counts, or for none that is known: nothing more can be seen.
        sources.append([_ended(tables, sql, "TRUE")])
    parts = {f"_next{place}_{n}": _next(found, sql) for n, found in enumerate(sources, start=1) if found}
    days = [f"_next{place}_{n}._on" if found else "" for n, found in enumerate(sources, start=1)]
    stop = [days.pop()] if analysis.because else []
    if LOSS not in analysis.event:
        return Timed(parts, _until(analysis, days, stop, sql), tuple(parts))
    kept = f"_kept{place}"
    joined = (*parts, kept)
    parts |= {f"_visits{place}": visits, kept: _kept(f"_visits{place}")}
    return Timed(parts, _lost(analysis, kept, days, stop, sql), joined)


def _sources(kinds: tuple[str, ...], tables: Mapping[str, str], sql: Dialect, why: str) -> Iterator[str]:
    """Yield SELECTs of a person, a treatment given (NULL for any) and the day on which one of these happened.

    ``why`` is a condition on why a treatment ended.
    """
    on, anything = sql.name("on"), f"{sql.cast('NULL', 'VARCHAR')} AS given"
    if treatments := [kind for kind in kinds if kind not in NAMED]:
        where = f"treatment IN ({', '.join(map(sql.text, treatments))})"
        yield f"SELECT person, {anything}, CAST({on} AS DATE) AS d FROM {tables['treatments']} WHERE {where}"
    if OPERATION in kinds:
        yield f"SELECT person, {anything}, CAST({on} AS DATE) AS d FROM {tables['operations']}"
    if DEATH in kinds:
        yield f"SELECT person, {anything}, d FROM ({_deaths(tables)})"
    if ENDED in kinds:
        yield _ended(tables, sql, why)


def _ended(tables: Mapping[str, str], sql: Dialect, where: str) -> str:
    day = f"CAST({sql.name('ended_on')} AS DATE) AS d"
    return f"SELECT person, given, {day} FROM {tables['treatments']} WHERE ended_on IS NOT NULL AND {where}"


def _deaths(tables: Mapping[str, str]) -> str:
    return f"SELECT person, left_on AS d FROM {tables['people']} WHERE left_because = 'died'"


def _next(found: list[str], sql: Dialect) -> str:
    """The first day after the index event on which one of these happened to the person, or to the unit itself."""
    own = "(e.given IS NULL OR e.given = _index._key)"
    return (
        f"SELECT _index.unit, min(e.d) AS _on FROM _index JOIN ({' UNION ALL '.join(found)}) e "
        f"ON e.person = _index.person AND {own} AND e.d > _index.{sql.name('on')} GROUP BY _index.unit"
    )


def _kept(visits: str) -> str:
    """The first response of a unit, its last visit, the first visit after the response without one, and that before."""
    before = "lag(_on) OVER (PARTITION BY unit ORDER BY _on) AS _before"
    first = f"SELECT unit, min(_on) FILTER (WHERE _met) AS _first, max(_on) AS _last FROM {visits} GROUP BY unit"
    gone = "FILTER (WHERE NOT v._met AND v._on > f._first)"
    return (
        f"SELECT f.unit, f._first, f._last, min(v._on) {gone} AS _lost, min(v._before) {gone} AS _still "
        f"FROM ({first}) f JOIN (SELECT *, {before} FROM {visits}) v ON v.unit = f.unit "
        "WHERE f._first IS NOT NULL GROUP BY f.unit, f._first, f._last"
    )


def _until(analysis: Analysis, days: list[str], stop: list[str], sql: Dialect) -> list[str]:
    """Days until the first of these or until last heard of, and which it was: 0 for none of them."""
    start, first = f"_index.{sql.name('on')}", _least([*days, *stop, f"{_heard(analysis)}._last"])
    return _columns(analysis, start, first, days, f"{first} >= {start}", sql)


def _lost(analysis: Analysis, kept: str, days: list[str], stop: list[str], sql: Dialect) -> list[str]:
    """Days from the first response; who has a response after one of the others is not in it: it may be theirs.

    Nothing is seen between visits, so whoever still responds is followed up to the last of them, or to one of the
    others soon after it.
    """
    others = [day for day in (*days, *stop) if day]
    own = _least([day for day in (f"{kept}._lost", days[0]) if day])
    ends = [own, *days[1:]]
    over, heard_of = _least([*ends, *stop]), f"{_heard(analysis)}._last"
    soon = f"{over} <= {heard_of} AND {sql.days(f'{kept}._last', over)} <= {SOON}"
    first = f"CASE WHEN {soon} THEN {over} ELSE least({kept}._last, {heard_of}) END"
    into = f"{kept}._first <= {heard_of}"
    if others:
        into += f" AND coalesce({_least(others)} > {kept}._first, TRUE)"
    still = f"CASE WHEN {into} AND {kept}._lost <= {first} THEN {sql.days(f'{kept}._first', f'{kept}._still')} END"
    response = sql.days(f"_index.{sql.name('on')}", f"{kept}._first")
    return [
        *_columns(analysis, f"{kept}._first", first, ends, into, sql),
        f"{response} AS {sql.name(f'{analysis.id} response')}",
        f"{still} AS {sql.name(f'{analysis.id} still')}",
    ]


def _columns(analysis: Analysis, start: str, first: str, days: list[str], into: str, sql: Dialect) -> list[str]:
    which = " ".join(f"WHEN {day} <= {first} THEN {number}" for number, day in enumerate(days, start=1))
    return [
        f"CASE WHEN {into} THEN {sql.days(start, first)} END AS {sql.name(f'{analysis.id} days')}",
        f"CASE WHEN {into} THEN CASE {which} ELSE 0 END END AS {sql.name(f'{analysis.id} event')}",
    ]


def _least(days: list[str]) -> str:
    """The first of these; NULL counts for nothing, and of one there is nothing to choose."""
    return f"least({', '.join(days)})" if len(days) > 1 else days[0]
