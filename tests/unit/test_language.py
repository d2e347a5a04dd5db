"""What the language refuses, and how it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postlude.logic.language import PredicateError, predicate, quantity
from postlude.logic.vocabulary import FactType, Vocabulary

YES_NO = FactType("boolean")
VOCABULARY = Vocabulary(
    facts={
        "a": YES_NO,
        "b": YES_NO,
        "weak": YES_NO,
        "saddle_numbness": YES_NO,
        "pain": FactType("number", low=0.0, high=10.0),
        "change": FactType("number", low=-5.0, high=5.0),
        "onset": FactType("date"),
        "relief": FactType("choice", values=("none", "partly", "full")),
        "side": FactType("choice", values=("left", "right")),
        "story": FactType("text"),
    },
    records={
        "medications": {
            "opioid": YES_NO,
            "daily_dose": FactType("number", low=0.0, high=500.0),
            "started": FactType("date"),
            "medicine": FactType("choice", values=("oxycodone", "tramadol")),
        },
        "operations": {"fusion": YES_NO},
    },
)
for name, text in (("unwell", "a AND pain > 5"), ("bad_days", "pain + 1")):
    read = predicate if name == "unwell" else quantity
    VOCABULARY = Vocabulary(VOCABULARY.facts, VOCABULARY.records, {**VOCABULARY.derived, name: read(text, VOCABULARY)})

MISSING = "can turn a missing answer into an answer"
NESTED = "nested"

REFUSED = (
    # Nothing, and more than one thing.
    ("", "is empty"),
    (" \n\t ", "is empty"),
    ("a;", "';' is not part of the language: it must be one condition"),
    ("a; b", "it must be one condition"),
    ("a; DROP TABLE intakes", "it must be one condition"),
    ("a, b", "cannot be read"),
    ("(a, b)", "(a, b) is not part of the language"),
    # A word too many is an alias to the parser.
    ("a OR b weak", "a word follows a condition without AND or OR between them"),
    ("a b", "a word follows a condition without AND or OR between them"),
    ("a AS b", "a word follows a condition without AND or OR between them"),
    ("a AND", "cannot be read: something is missing or out of place"),
    ("AND a", "cannot be read: something is missing or out of place"),
    ("(a", "cannot be read: something is missing or out of place"),
    ("a)", "cannot be read: something is missing or out of place"),
    # What inspects a missing answer.
    ("a IS NULL", MISSING),
    ("a IS NOT NULL", MISSING),
    ("a ISNULL", MISSING),
    ("a NOTNULL", MISSING),
    ("a IS TRUE", MISSING),
    ("a IS UNKNOWN", MISSING),
    ("pain = NULL", MISSING),
    ("relief IN ('none', NULL)", "not with NULL"),
    ("CASE WHEN a THEN b ELSE weak END", MISSING),
    ("CASE WHEN a IS NULL THEN b END", MISSING),
    ("COALESCE(a, b)", f"coalesce(…) is not allowed: it {MISSING}"),
    ("IFNULL(pain, 5) > 3", MISSING),
    ("NULLIF(pain, 5) > 3", MISSING),
    ("GREATEST(pain, 5) > 3", MISSING),
    ("IF(a, b, weak)", "there is no function 'if'"),
    ("pain <=> 5", MISSING),
    ("a IS DISTINCT FROM b", MISSING),
    ("a IS NOT DISTINCT FROM b", MISSING),
    # Nothing is converted.
    ("CAST(pain AS INT) > 3", "there is no function 'cast'"),
    ("pain::int > 3", "'::' is not part of the language: nothing is converted"),
    ("onset < '2026-01-15'::date", "nothing is converted"),
    ("onset < CAST('2026-01-15' AS DATE)", "there is no function 'cast'"),
    ("onset < TIMESTAMP '2026-01-15'", "nothing is converted; a date is written DATE '2026-01-15'"),
    ("onset < '2026-01-15'", "'2026-01-15' is a text, where a number or date is needed"),
    ("onset < DATE '2026-02-30'", "'2026-02-30' is not a date"),
    ("onset < DATE '20260115'", "a date is written DATE '2026-01-15'"),
    ("onset < DATE '1799-01-01'", "lies between 1900 and 2200"),
    ("onset < CURRENT_DATE", "there is no fact 'CURRENT_DATE'"),
    ("pain > INTERVAL '1' DAY", "is not part of the language"),
    # Comments and foreign marks.
    ("a -- hidden", "'--' is not part of the language: a comment stands in the file"),
    ("pain > 5 -- hidden", "a comment stands in the file"),
    ("a /* hidden */ AND b", "a comment stands in the file"),
    ("!a", "'!' is not part of the language: a denial is written NOT"),
    ("relief == 'none'", "equality is written ="),
    ("relief = 'none", "a text that begins with a single quote must end with one"),
    ("a\x00", "'U+0000' is not part of the language"),
    ("a\u00a0AND b", "'U+00A0' is not part of the language: outside single quotes only plain letters"),
    ("relief \u0131N ('none')", "is not part of the language"),  # a dotless i becomes I in capitals
    ("\uff41", "is not part of the language"),
    ("s\u0430ddle_numbness", "is not part of the language"),  # a Cyrillic a
    ("pain \u2265 5", "is not part of the language"),
    ("relief = \u2019none\u2019", "is not part of the language"),
    ("a \u2028 AND b", "is not part of the language"),
    # SQL that is not this language.
    ("SELECT a", "is not part of the language"),
    ("(SELECT a FROM b)", "is not part of the language"),
    ("EXISTS (SELECT 1)", "there is no function 'exists'"),
    ("pain IN (SELECT 1)", "is not part of the language"),
    ("pain > ALL (medications)", "there is no function 'all'"),
    ("a UNION b", "cannot be read"),
    ("WITH x AS (SELECT 1) SELECT 1", "is not part of the language"),
    ("relief LIKE 'n%'", "is not part of the language"),
    ("relief ILIKE 'n%'", "is not part of the language"),
    ("relief SIMILAR TO 'n'", "is not part of the language"),
    ("[a]", "is not part of the language"),
    ("a[0]", "is not part of the language"),
    ("{a}", "is not part of the language"),
    ("?", "is not part of the language"),
    (":p", "is not part of the language"),
    ("@p", "is not part of the language"),
    ("$1", "there is no fact '$1'"),
    ("a || b", "is not part of the language"),
    ("a XOR b", "cannot be read"),
    ("pain % 2 > 1", "is not part of the language"),
    ("pain BETWEEN SYMMETRIC 7 AND 3", "is not part of the language"),
    ("any(medications, opioid) OVER ()", "is not part of the language"),
    ("any(medications, opioid) FILTER (WHERE a)", "is not part of the language"),
    ("max(medications, daily_dose LIMIT 1) > 3", "is not part of the language"),
    ("any(medications, x -> x)", "is not part of the language"),
    # Names.
    ('"a"', "names are written bare"),
    ("medications.opioid", "a field stands bare, inside any(medications, …)"),
    ("sadle_numbness", "there is no fact 'sadle_numbness': did you mean 'saddle_numbness'?"),
    ("Saddle_Numbness", "did you mean 'saddle_numbness'?"),
    ("opioid", "'opioid' is a field of medications; it can only stand inside any(medications, …)"),
    ("medications", "'medications' is a list of records; use any(medications, …)"),
    ("story = 'x'", "'story' is free text"),
    ("days_sinc(onset) > 5", "there is no function 'days_sinc': did you mean 'days_since'?"),
    # Kinds that do not fit.
    ("TRUE", "a yes/no fact stands alone"),
    ("a = TRUE", "'a' is a yes/no fact, where a number or date is needed: write a or NOT a"),
    ("a = b", "'b' is a yes/no fact"),
    ("pain", "'pain' is a number: compare it with something"),
    ("relief", "'relief' is a choice: compare it with something"),
    ("bad_days", "'bad_days' is a number: compare it with something"),
    ("unwell > 3", "'unwell' is a condition, where a number or date is needed"),
    ("pain > 'x'", "'x' is a text, where a number or date is needed"),
    ("pain = onset", "they cannot be compared"),
    ("onset + 5 > onset", "dates are not added or multiplied"),
    ("days_since(pain) > 5", "pain is a number, where a date is needed"),
    ("relief > 'none'", "'relief' is a choice: only =, <> and IN compare it, not >"),
    ("relief = 5", "is compared with a text in single quotes, not with 5"),
    ("relief = side", "is compared with a text in single quotes, not with side"),
    ("relief = 'nonee'", "'relief' has no value 'nonee': did you mean 'none'? Allowed: none, partly, full"),
    ("relief IN ()", "IN needs at least one value"),
    ("pain IN ()", "IN needs at least one value"),
    ("relief IN 'none'", "is not part of the language"),
    ("pain > 5 > 3", "is a condition, where a number or date is needed"),
    # Always or never.
    ("1 = 1", "1 = 1 is always true"),
    ("pain > 11", "pain > 11 is always false: pain lies between 0 and 10"),
    ("pain >= 0", "pain >= 0 is always true: pain lies between 0 and 10"),
    ("onset >= DATE '1900-01-01'", "onset lies between 1900-01-01 and 2200-12-31"),
    ("days_since(DATE '2026-01-15') > 5", "is always false"),
    ("pain BETWEEN 7 AND 3", "is never true: the first number must be the smaller one"),
    # Numbers.
    ("pain > 1e400", "1e400 is not a plain number"),
    ("pain > 1e1", "1e1 is not a plain number"),
    ("pain > 9999999999999999", "is not a plain number"),
    ("pain > " + "9" * 400, "is not a plain number"),
    ("pain > 5.1234567", "is not a plain number with at most six decimals"),
    ("pain > 0x5", "a word follows a condition"),
    ("pain / 0 > 1", "division is only by a number that is not zero"),
    ("pain / change > 1", "division is only by a number that is not zero"),
    ("pain * 999999999999999 > 1", "can become larger than 4,000,000,000"),
    ("sum(medications, daily_dose) * 999999999 > 1", "can become larger than 4,000,000,000"),
    ("sum(medications, daily_dose) / 0.000001 > 1", "can become larger than 4,000,000,000"),
    ("sum(medications, daily_dose) * pain > 1", "only multiplied by a number that is not zero"),
    ("sum(medications, daily_dose) * 0 > 1", "only multiplied by a number that is not zero"),
    # Functions.
    ("at_least(0, a, b)", "the number must lie between 1 and 2"),
    ("at_least(3, a, b)", "the number must lie between 1 and 2"),
    ("at_least(a, b, weak)", "at_least begins with a whole number, not with a"),
    ("at_least(1.5, a, b)", "at_least begins with a whole number"),
    ("at_least(1, a)", "at_least(…) takes a number, then two or more conditions; 2 given"),
    ("count_true(a, b)", "is a number, where a condition is needed"),
    ("any(medications)", "any(…) takes a list and a condition; 1 given"),
    ("any(pain, opioid)", "any(…) begins with a list of records, not 'pain'"),
    ("any(medication, opioid)", "did you mean 'medications'?"),
    ("any(medications, any(operations, fusion))", "a list cannot be read inside a list"),
    ("count(*) > 1", "count(…) begins with a list of records, not '*'"),
    ("count(DISTINCT medications) > 1", "count(…) begins with a list of records"),
    ("count_distinct(medications, daily_dose) > 1", "counts the codes of a choice field of medications"),
    ("count_distinct(medications, relief) > 1", "counts the codes of a choice field of medications"),
    ("sum(medications, started) > 1", "sum adds numbers; started is a date"),
    ("days_since(onset, onset) > 1", "days_since(…) takes one date; 2 given"),
    # Bombs.
    ("(" * 100_000, "100,000 characters long; at most 20,000 are read"),
    ("(" * 10_000 + "a" + ")" * 9_000, NESTED),
    ("(" * 17 + "a" + ")" * 17, "is nested more than 16 deep"),
    ("NOT " * 4_900 + "a", NESTED),
    ("NOT (" * 2_000 + "a" + ")" * 2_000, NESTED),
    ("a AND " * 3_000, "cannot be read"),
    ("a AND " * 3_000 + "c", "there is no fact 'c'"),
    ("pain" + " + pain" * 2_000 + " > 5", NESTED),
    ("pain" + " = pain" * 2_000, NESTED),
    ("pain > 5" + " > 5" * 3_000, NESTED),
    ("- " * 5_000 + "pain > 1", NESTED),
    ("a" + ".a" * 5_000, NESTED),
    ("a" + "[a" * 3_000, NESTED),
    ("CASE WHEN " * 1_900, NESTED),
    ("pain" + " || pain" * 2_000, NESTED),
    ("~" * 5_000 + "pain > 1", NESTED),
)


@pytest.mark.parametrize(("text", "because"), REFUSED, ids=[repr(t[:40]) for t, _ in REFUSED])
def test_refused_with_a_reason(text: str, because: str) -> None:
    with pytest.raises(PredicateError) as refused:
        predicate(text, VOCABULARY)
    assert because in str(refused.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(PredicateError) as refused:
        predicate("fevr AND relief = 'fulll' AND pain > 11 AND a", VOCABULARY)
    assert len(refused.value.problems) == 3


def test_messages_are_short_whatever_was_written() -> None:
    with pytest.raises(PredicateError) as refused:
        predicate(
            "a AND relief IN (" + ", ".join(["'none'"] * 1000) + ", 5) AND (SELECT " + "a, " * 1000 + "a)", VOCABULARY
        )
    assert all(len(problem) < 400 for problem in refused.value.problems)


def test_long_chains_are_read() -> None:
    """A chain of AND or OR is one node, however long."""
    node = predicate("a OR " * 3_000 + "b", VOCABULARY)
    assert len(node.args) == 3_001  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a and not b", "a AND NOT b"),
        ("ANY(medications, OPIOID)", None),
        ("'none' = relief", "relief = 'none'"),
        ("relief != 'none'", "NOT relief = 'none'"),
        ("pain not between 3 and 7", "NOT (pain >= 3 AND pain <= 7)"),
        ("(pain) > ((5))", "pain > 5"),
        ("pain > 5.0", "pain > 5"),
        ("Any(medications, opioid)", "any(medications, opioid)"),
    ],
)
def test_other_ways_of_writing(text: str, same: str | None) -> None:
    if same is None:
        with pytest.raises(PredicateError, match="did you mean 'opioid'"):
            predicate(text, VOCABULARY)
    else:
        assert predicate(text, VOCABULARY) == predicate(same, VOCABULARY)


_KNOWN = "a b weak pain change onset relief side medications opioid daily_dose started medicine unwell bad_days x"
_KEYWORDS = "AND OR NOT IN BETWEEN IS NULL CASE WHEN THEN END LIKE SELECT FROM EXISTS ALL INTERVAL DATE CAST AS"
_FUNCTIONS = "any count sum min max at_least count_true days_since days_between count_distinct coalesce"
_MARKS = "( ) ( ) ( ) , , = <> < <= > >= + - * / % | & ^ ~ ! ? : ; . [ ] { } @ # $ \\ ` -- /* */ :: -> => || =="
_VALUES = "0 1 5 2.5 1e9 .5 5. 0x1 1_0 '' 'none' 'it''s' '2026-01-15' \" \"a\" ' N'x' $$ \0 \u0131 \u00a0 \U0001f600"
_WORDS = " ".join((_KNOWN, _KEYWORDS, _FUNCTIONS, _MARKS, _VALUES)).split(" ")


@given(st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (predicate, quantity):
        problems: tuple[str, ...] = ("none",)
        try:
            read(text, VOCABULARY)
        except PredicateError as refused:
            problems = refused.problems
        assert problems
        assert all(problems)
