"""Finding a person by name, telephone or birth date, of which a year, or a month of a year, is enough."""

import re
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Replace

from postlude.registry.models import Person

_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")
_PARTS = (
    re.compile(r"(?P<year>(19|20)\d\d)"),
    re.compile(r"(?P<month>0?[1-9]|1[0-2])[./-](?P<year>(19|20)\d\d)"),
    re.compile(r"(?P<year>(19|20)\d\d)[./-](?P<month>0?[1-9]|1[0-2])"),
)
"""A year (1961), or a month of a year (3.1961, 03/1961, 1961-03)."""
_DAY_AND_MONTH = re.compile(r"(?P<day>0?[1-9]|[12]\d|3[01])[./](?P<month>0?[1-9]|1[0-2])[./]?")
"""A day of any year, the day before the month as people here write it (30.4., 30/4)."""
_FEWEST_DIGITS = 4


def look_up(text: str) -> QuerySet[Person]:
    """Return the people whom a text names: a birth date or part of one, the end of a telephone number, parts of a name.

    A text that may be a year or the end of a telephone number finds both. Entries that were merged are found by the one
    that was kept. An empty text finds nobody.
    """
    text = text.strip()
    if not text:
        return Person.objects.none()
    day = _day(text)
    digits = "".join(c for c in text if c.isdigit())
    if day is not None:
        found = Person.objects.filter(birth_date=day)
    elif (born := _born(text)) is not None:
        found = Person.objects.filter(born)
        if len(digits) >= _FEWEST_DIGITS and text.isdigit():
            found = Person.objects.filter(Q(pk__in=found.values("pk")) | Q(pk__in=_by_telephone(digits).values("pk")))
    elif len(digits) >= _FEWEST_DIGITS and not any(c.isalpha() for c in text):
        found = _by_telephone(digits)
    else:
        found = Person.objects.all()
        for word in text.split():
            found = found.filter(Q(given_name__icontains=word) | Q(family_name__icontains=word))
    kept = Q(pk__in=found.filter(merged_into__isnull=True).values("pk"))
    kept |= Q(pk__in=found.filter(merged_into__isnull=False).values("merged_into"))
    return Person.objects.filter(kept).order_by("family_name", "given_name", "id")


def _by_telephone(digits: str) -> QuerySet[Person]:
    """Return whose number ends so; the first digits of a number depend on where it is called from."""
    plain = F("phone")
    for sign in " -()/.":
        plain = Replace(plain, Value(sign), Value(""))
    return Person.objects.annotate(digits=plain).filter(digits__endswith=digits.lstrip("0"))


def _born(text: str) -> Q | None:
    """Return who was born when a part of a date says; ``None`` for what is none."""
    for form in (*_PARTS, _DAY_AND_MONTH):
        if (found := form.fullmatch(text)) is not None:
            return Q(**{f"birth_date__{part}": int(number) for part, number in found.groupdict().items()})
    return None


def _day(text: str) -> date | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a birth date has no time zone
        except ValueError:
            continue
    return None
