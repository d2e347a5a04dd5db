"""Telephone numbers that can be tapped."""

import re

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_YEAR = r"(?:19|20)[0-9]{2}(?![ \-]?[0-9])"
_NUMBER = re.compile(rf"(?<![0-9])(?!{_YEAR})\+?[0-9](?:[ \-]?[0-9]){{2,}}")
"""Three digits or more, and no year: days and doses in a sentence are not to be dialled."""


@register.filter
def dialled(text: str) -> SafeString:
    """Return a text with every telephone number in it as a link that dials it."""
    # What is said out of hours is looked up only when a page says it.
    whole = conditional_escape(str(text))
    return mark_safe(_NUMBER.sub(_link, whole))  # noqa: S308 - escaped above


def _link(found: re.Match[str]) -> str:
    return format_html('<a href="tel:{}">{}</a>', _digits(found[0]), found[0])


@register.filter
def dials(text: str) -> str:
    """Return the address that dials the first number in a text, empty when there is none."""
    match = _NUMBER.search(text)
    return f"tel:{_digits(match[0])}" if match else ""


def _digits(number: str) -> str:
    return re.sub(r"[ \-]", "", number)
