"""A made-up base of 150 facts and 150 rules of realistic size, and the same rules as an analyst writes them in SQL.

Each rule comes from a template that says it twice: in the predicate language, and by hand in DuckDB's SQL, three
values and all. Nothing here uses ``logic/sql.py``.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from postlude.catalog import files
from postlude.catalog.build import build
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.problems import Problems

FACTS = {"boolean": 95, "number": 25, "choice": 20, "date": 10}
RULES = 150
_CLASSES = ("opioid", "sedative", "gabapentinoid", "serotonergic", "anticoagulant")
_CODES = ("none", "some", "much", "most")


class Written(NamedTuple):
    """A rule in the predicate language, and by hand in SQL."""

    when: str
    sql: str


class Base(NamedTuple):
    catalogue: Catalogue
    by_hand: str
    """A query over ``{source}`` with one column for each rule, in the order of the rules."""


def base(folder: Path, *, seed: int = 7) -> Base:
    draw = random.Random(seed)
    written = {f"rule-{i}": _rule(draw) for i in range(RULES)}
    _write(folder, written, draw)
    problems = Problems()
    catalogue = build(files.read([folder], problems), problems)
    if catalogue is None:
        raise SystemExit("\n".join(problems))
    columns = ",\n  ".join(f'{rule.sql} AS "{key}"' for key, rule in written.items())
    return Base(catalogue, _WITH + f"SELECT id,\n  {columns}\nFROM m")


# What an analyst works out once, before the rules: who takes what, and the opioid dose as the least and most it can be.
_WITH = f"""WITH m AS (SELECT *,
  {
    ", ".join(
        f'''CASE WHEN list_contains(list_transform(medications, lambda x: x.current AND x.{c}), TRUE) THEN TRUE
      WHEN medications_complete AND NOT list_contains(
        list_transform(medications, lambda x: (x.current AND x.{c}) IS NULL), TRUE) THEN FALSE END AS on_{c}'''
        for c in _CLASSES
    )
},
  coalesce(list_sum(list_transform(medications, lambda x: CASE WHEN x.current AND x.opioid
    THEN round(coalesce(x.daily_dose, 0) * coalesce(x.mme_factor, 0), 6) END)), 0) AS mme_least,
  CASE WHEN medications_complete THEN
    coalesce(list_sum(list_transform(medications, lambda x: CASE WHEN coalesce(x.current AND x.opioid, TRUE)
      THEN round(coalesce(x.daily_dose, 500) * coalesce(x.mme_factor, 100), 6) END)), 0)
    ELSE 'infinity'::DOUBLE END AS mme_most
FROM {{source}})
"""


def _rule(draw: random.Random) -> Written:
    makers: list[tuple[Callable[[random.Random], Written], int]] = [
        (_flag, 50),
        (_combined, 35),
        (_counted, 15),
        (_dated, 15),
        (_medicines, 25),
        (_dose, 10),
    ]
    return draw.choices([m for m, _ in makers], [w for _, w in makers])[0](draw)


def _b(draw: random.Random) -> str:
    return f"b{draw.randrange(FACTS['boolean'])}"


def _bs(draw: random.Random, count: int) -> list[str]:
    return [f"b{i}" for i in draw.sample(range(FACTS["boolean"]), count)]


def _same(text: str) -> Written:
    return Written(text, f"({text})")


def _flag(draw: random.Random) -> Written:
    a, b, c, d, e, f, g, h = _bs(draw, 8)
    return _same(f"({a} AND ({b} OR {c})) OR ({d} AND {e} AND NOT {f}) OR ({g} AND ({h} OR NOT {f}))")


def _combined(draw: random.Random) -> Written:
    a, b, c = _bs(draw, 3)
    number, limit = f"n{draw.randrange(FACTS['number'])}", draw.randint(2, 90)
    codes = ", ".join(f"'{code}'" for code in draw.sample(_CODES, 2))
    choice = f"c{draw.randrange(FACTS['choice'])} IN ({codes})"
    return _same(f"({number} >= {limit} AND {a}) OR ({choice} AND ({b} OR NOT {c}))")


def _counted(draw: random.Random) -> Written:
    args, k = _bs(draw, 4), draw.randint(2, 3)
    sure = " + ".join(f"coalesce({a}, FALSE)::INT" for a in args)
    maybe = " + ".join(f"coalesce({a}, TRUE)::INT" for a in args)
    sql = f"CASE WHEN {sure} >= {k} THEN TRUE WHEN {maybe} < {k} THEN FALSE END"
    other = _b(draw)
    return Written(f"at_least({k}, {', '.join(args)}) AND NOT {other}", f"(({sql}) AND NOT {other})")


def _dated(draw: random.Random) -> Written:
    day, (a, b) = f"d{draw.randrange(FACTS['date'])}", _bs(draw, 2)
    limit = draw.choice((42, 84, 365))
    return Written(
        f"days_since({day}) <= {limit} AND ({a} OR {b})",
        f"(date_diff('day', {day}, as_of) <= {limit} AND ({a} OR {b}))",
    )


def _medicines(draw: random.Random) -> Written:
    one, two = draw.sample(_CLASSES, 2)
    a, number, limit = _b(draw), f"n{draw.randrange(FACTS['number'])}", draw.randint(20, 80)
    form = "{one} AND ({two} OR {a} OR {number} > {limit})".format
    rest = {"a": a, "number": number, "limit": limit}
    taken = [f"any(medications, current AND {c})" for c in (one, two)]
    return Written(form(one=taken[0], two=taken[1], **rest), f"({form(one=f'on_{one}', two=f'on_{two}', **rest)})")


def _dose(draw: random.Random) -> Written:
    limit, a = draw.choice((20, 50, 90, 200)), _b(draw)
    sql = f"CASE WHEN mme_least >= {limit} THEN TRUE WHEN mme_most < {limit} THEN FALSE END"
    return Written(f"mme >= {limit} AND {a}", f"({sql} AND {a})")


# --- the files ----------------------------------------------------------------------------------


def _write(folder: Path, rules: dict[str, Written], draw: random.Random) -> None:
    for part in ("facts", "medicines", "rules"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    shutil.copy(files.SHIPPED / "clinic.toml", folder)
    shutil.copytree(files.SHIPPED / "words", folder / "words", dirs_exist_ok=True)
    (folder / "facts" / "facts.toml").write_text("".join(_facts()) + _LISTS)
    (folder / "medicines" / "medicines.toml").write_text("".join(_medicine_tables(draw)))
    (folder / "rules" / "rules.toml").write_text("".join(_rule_table(k, r, draw) for k, r in rules.items()))


def _facts() -> list[str]:
    codes = ", ".join(f'{c} = "{c}"' for c in _CODES)
    extra = {"number": "low = 0\nhigh = 100\n", "choice": f"values = {{ {codes} }}\n"}
    return [
        f'[[fact]]\nid = "{kind[0]}{i}"\ntype = "{kind}"\nsays = "{kind} {i}"\nask = "What about {kind} {i}?"\n'
        + extra.get(kind, "")
        + ('applies = "b1"\n' if kind == "boolean" and i > 10 and i % 4 == 0 else "")
        + ("warning_sign = true\n" if kind == "boolean" and i % 3 == 0 else "")
        for kind, count in FACTS.items()
        for i in range(count)
    ]


_LISTS = """
[[record]]
id = "medications"
says = "medicines"
ask = "Which?"
complete_ask = "All?"
[[record.field]]
id = "medicine"
type = "choice"
says = "medicine"
ask = "What is it called?"
values_from = "medicines"
[[record.field]]
id = "daily_dose"
type = "number"
says = "dose"
ask = "How much?"
low = 0
high = 500
[[record.field]]
id = "current"
type = "boolean"
says = "taken now"
ask = "Now?"
default = true

[[derived]]
id = "mme"
type = "number"
says = "dose"
is = "sum(medications, daily_dose * mme_factor, current AND opioid)"
marks = ["design"]
"""


def _medicine_tables(draw: random.Random) -> list[str]:
    made = [f'[[class]]\nid = "{c}"\nsays = "{c}"\nmarks = ["design"]\n' for c in _CLASSES]
    for i in range(60):
        classes = draw.sample(_CLASSES, draw.randint(0, 2)) if i % 6 else ["opioid"]
        factor = f"mme_factor = {draw.choice((0.15, 1.0, 1.5, 4.0))}\n" if "opioid" in classes and i % 5 else ""
        listed = ", ".join(f'"{c}"' for c in classes)
        made.append(f'[[medicine]]\nid = "m{i}"\nsays = "M{i}"\nclasses = [{listed}]\n{factor}marks = ["design"]\n')
    return made


def _rule_table(key: str, rule: Written, draw: random.Random) -> str:
    kind = draw.choices(("red-flag", "safety", "finding", "route"), (35, 60, 40, 15))[0]
    extra = {
        "red-flag": f'urgency = "{draw.choice(("emergency", "urgent"))}"\nwithin = "PT4H"\n',
        "route": f'route = "{draw.choice(("refer", "consult"))}"\n',
    }.get(kind, "")
    cases = "".join(f'[[rule.case]]\nsays = "x"\nintake = {{}}\nexpect = "{e}"\n' for e in ("true", "false", "unknown"))
    return (
        f'[[rule]]\nid = "{key}"\nkind = "{kind}"\nwhen = "{rule.when}"\nsays = "{key}"\nplain = "{key}"\n'
        f'marks = ["design"]\n{extra}[[rule.action]]\ndo = "x"\nplain = "x"\nwho = "x"\n{cases}'
    )
