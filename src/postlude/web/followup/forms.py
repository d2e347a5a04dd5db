"""The forms of these pages, made from facts and questionnaires; nothing must be answered but warning signs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from django import forms

from postlude.catalog.catalogue import Fact
from postlude.instruments.entries import Wording
from postlude.instruments.instrument import ReadItem
from postlude.instruments.reading import code
from postlude.registry.aside import DECLINED, UNSURE, Asked
from postlude.registry.filling import SITES, TIMES, choices
from postlude.registry.knowledge import ENGLISH
from postlude.web.templatetags.languages import in_english

Look = Literal["pair", "list", "scale", "number", "clock"]
_MOST_TAPPED = 10
OPEN = "open"
"""The answer of whoever leaves a question open."""


class Tapped(forms.ChoiceField):
    """A question that is answered with a tap. ``look`` says how its answers are laid out; ``ends`` names both ends."""

    widget = forms.RadioSelect

    def __init__(self, look: Look, ends: tuple[str, str] = ("", ""), **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.look, self.ends = look, ends


class Numbered(forms.FloatField):
    """A number that is typed."""

    look: Look = "number"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)


class Clock(forms.CharField):
    """A time of the day."""

    look: Look = "clock"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=5, **kwargs)


class FactsForm(forms.Form):
    """Questions with yes, no, not sure, and rather not say. All are answered; the rest of a list by ``none``.

    ``facts`` holds their wording, in the language of the reader.
    """

    def __init__(
        self,
        asked: Sequence[Asked],
        facts: Mapping[str, Fact],
        say: Mapping[str, str],
        *args: Any,
        aloud: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._asked, self._say = asked, say
        answers = [("yes", say["yes"]), ("no", say["no"]), (UNSURE, say["unsure"]), (DECLINED, say["declined"])]
        for one in asked:
            told = ("yes" if one.answer else "no") if isinstance(one.answer, bool) else one.answer
            self.fields[one.fact.id] = Tapped(
                "pair",
                label=(facts[one.fact.id].phone if aloud else "") or facts[one.fact.id].ask,
                choices=answers,
                initial=told,
                help_text=facts[one.fact.id].why,
            )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if "none" in self.data:
            # Only what was left without a tap: a yes that stands there is not taken away.
            found |= {name: found.get(name) or "no" for name in self.fields}
        elif any(not found.get(name) for name in self.fields):
            raise forms.ValidationError(self._say["answer_each"])
        return found

    def answers(self) -> list[tuple[Any, bool | str]]:
        """Return each fact with its answer."""
        values = {"yes": True, "no": False}
        return [(one.fact, values.get(told := self.cleaned_data[one.fact.id], told)) for one in self._asked]


class ItemsForm(forms.Form):
    """The items of a questionnaire, on a page in a ``language``."""

    def __init__(
        self,
        items: Iterable[ReadItem],
        words: Wording,
        before: Mapping[str, Any],
        say: Mapping[str, str],
        *args: Any,
        language: str = ENGLISH,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._language = language
        self._items = {item.id: item for item in items}
        for item in self._items.values():
            self.fields[item.id] = _field(item, words, before.get(item.id), say, language)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        for name, item in self._items.items():
            value = found.get(name)
            if value in (OPEN, "", None):
                found[name] = None
                continue
            try:
                found[name] = code(item, _typed(item, value))
            except ValueError as error:
                self.add_error(name, in_english(str(error), self._language))
        return found

    def answers(self) -> dict[str, Any]:
        """Return what was answered, by item; what was left open is not there."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class PainForm(forms.Form):
    """How strong the pain is at one place that is chosen here, at each of some times."""

    def __init__(
        self, times: Iterable[str], before: Mapping[str, Any], say: Mapping[str, str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.times, self._say = tuple(times), say
        self.fields["site"] = Tapped(
            "list",
            label=say["site_ask"],
            choices=[(site, say[f"site_{site}"]) for site in SITES],
            initial=before.get("site"),
        )
        for time in self.times:
            self.fields[time] = _scale(say[f"pain_{time}"], before.get(time), say)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if any(_number(found.get(time)) is not None for time in self.times) and not found.get("site"):
            self.add_error("site", self._say["site_needed"])
        return found

    def answers(self) -> list[tuple[str, str, int | None]]:
        """Return place, time and number; nothing where no place was chosen."""
        site = self.cleaned_data["site"]
        return [(site, TIMES[time], _number(self.cleaned_data[time])) for time in self.times] if site else []


class OthersForm(forms.Form):
    """How strong the pain is at other places."""

    def __init__(
        self, sites: Iterable[str], before: Mapping[str, Any], say: Mapping[str, str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for site in sites:
            self.fields[site] = _scale(say[f"place_{site}"], before.get(site), say)

    def answers(self) -> list[tuple[str, str, int | None]]:
        """Return place, time and number, of places that were answered."""
        told = ((site, _number(value)) for site, value in self.cleaned_data.items())
        return [(site, TIMES["average"], number) for site, number in told if number is not None]


class SinceForm(forms.Form):
    """What came up since the treatment, in the person's own words."""

    harm = forms.CharField(required=False, max_length=4000, widget=forms.Textarea)
    medicines = forms.CharField(required=False, max_length=4000, widget=forms.Textarea)

    def __init__(self, say: Mapping[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label, field.help_text = say[f"{name}_ask"], say[f"{name}_hint"]


class StopForm(forms.Form):
    """Why somebody does not want to be asked any more."""

    why = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, say: Mapping[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].label = say["stop_why"]


def marked(words: Wording, language: str) -> Wording:
    """Return the words of a questionnaire, marked as English where a page speaks another language.

    A questionnaire counts as itself only in words that were tested: nobody here translates one.
    """
    if words.language == language:
        return words
    return msgspec.structs.replace(
        words,
        lead=in_english(words.lead, language),
        notice=in_english(words.notice, language),
        items={key: in_english(text, language) for key, text in words.items.items()},
        answers={key: tuple(in_english(one, language) for one in said) for key, said in words.answers.items()},
    )


def _field(item: ReadItem, words: Wording, before: Any, say: Mapping[str, str], language: str) -> forms.Field:
    label, answers = words.items[item.id], item.answers
    if answers.type == "clock":
        told = None if before is None else f"{int(before) // 60:02d}:{int(before) % 60:02d}"
        return Clock(label=label, initial=told)
    worded = words.answers.get(item.id) or words.answers.get(item.item.answers)
    if answers.type == "yes-no" and not worded:
        options = [("yes", say["yes"]), ("no", say["no"])]
    else:
        options = choices(item, words)
    if options:
        shown = {True: "yes", False: "no"}.get(before, str(before)) if before is not None else None
        look: Look = "pair" if answers.type == "yes-no" else "list"
        return Tapped(look, label=label, choices=[*options, (OPEN, say["leave_open"])], initial=shown)
    if answers.whole and answers.low is not None and answers.high is not None and answers.high <= _MOST_TAPPED:
        ends = worded or ("", "")
        return _scale(label, before, say, (ends[0], ends[-1]), int(answers.low), int(answers.high))
    unit = in_english(answers.unit, language)
    return Numbered(label=label, initial=before, min_value=answers.low, max_value=answers.high, help_text=unit)


def _scale(
    label: str,
    before: Any,
    say: Mapping[str, str],
    ends: tuple[str, str] = ("", ""),
    low: int = 0,
    high: int = _MOST_TAPPED,
) -> Tapped:
    shown = None if before is None else f"{before:g}"
    options = [(str(number), str(number)) for number in range(low, high + 1)]
    named = ends if any(ends) else (say["pain_none"], say["pain_most"])
    return Tapped("scale", named, label=label, choices=[*options, (OPEN, say["leave_open"])], initial=shown)


def _typed(item: ReadItem, value: Any) -> Any:
    """Return what was tapped or typed as the reader of answers takes it."""
    if item.answers.type == "choice":
        return int(value) if value.lstrip("-").isdigit() else value
    if item.answers.type == "number":
        return float(value) if float(value) != int(float(value)) else int(float(value))
    return value


def _number(value: str | None) -> int | None:
    return int(value) if value and value != OPEN else None
