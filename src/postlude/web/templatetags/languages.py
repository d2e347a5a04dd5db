"""What stayed English on a page in another language, said as English to whoever hears it."""

import re
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

from postlude.assessment.retelling import CLOSE, OPEN, english
from postlude.registry import languages
from postlude.registry.knowledge import ENGLISH

register = template.Library()
_MARK = re.compile(r"\[(?:unverified|design)\]")
"""What marks are called in every language; the page says what they mean."""


@register.filter
def spoken(text: str) -> str:
    """Return a text with each part of it that stayed English marked as that; as HTML where there is one."""
    if OPEN not in text and not _MARK.search(text):
        return text
    signed = _MARK.sub(lambda mark: english(mark[0]), conditional_escape(text))
    whole = signed.replace(OPEN, f'<span lang="{ENGLISH}">').replace(CLOSE, "</span>")
    return mark_safe(whole)  # noqa: S308 - escaped above


@register.filter
def day(at: datetime, language: str) -> str:
    """Return the day of a time, as a language writes it."""
    return languages.day(timezone.localdate(at), language)


def foreign(text: str, language: str) -> str:
    """Return an English text as it is put into a sentence of a language."""
    return text if language == ENGLISH else english(text)


def in_english(text: str, language: str) -> str:
    """Return an English text as a page in a language shows it by itself."""
    return spoken(foreign(text, language))
