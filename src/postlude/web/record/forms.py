"""The forms for what happened to somebody. Codes come from the knowledge; a correction needs a reason."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms import BoundField

from postlude.registry import knowledge
from postlude.registry.checking import codes, harms
from postlude.registry.models import (
    AdverseEvent,
    Appointment,
    Decision,
    Incident,
    MedicineTaken,
    Operation,
    Person,
    Treatment,
)
from postlude.registry.models.documents import PAPERS
from postlude.registry.models.treatments import DEVICE_STEPS
from postlude.registry.same import whole

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_FEW = forms.Textarea(attrs={"rows": 3})
_TOLD_BY = (("clinician", "a clinician"), ("patient", "the person"), ("relative", "a relative or carer"))


class EntryForm(forms.ModelForm[Any]):
    """A form of one kind of entry. ``groups`` names its fields under headings, in order."""

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.instance.person = person
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            elif isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3
            if (chosen := self.codes().get(name)) is not None:
                self.fields[name] = _chosen(field, chosen)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.others(name)
                field.label_from_instance = named

    def codes(self) -> Mapping[str, Mapping[str, str]]:
        """Return the codes of the fields that the knowledge gives codes to."""
        return {}

    def others(self, name: str) -> Any:
        """Return the entries that a field may refer to: this person's, as they stand, without this one."""
        model = {"decision": Decision}.get(name, Treatment)
        rows = model.objects.current().filter(person__in=whole(self.person)).order_by("-on", "-id")
        root = self.initial.get("root")
        return rows.exclude(root=root) if root else rows

    def grouped(self) -> Iterable[tuple[str, list[BoundField]]]:
        """Yield each heading with its fields."""
        for heading, names in self.groups or (("", tuple(self.fields)),):
            yield heading, [self[name] for name in names]


def _chosen(field: forms.Field, chosen: Mapping[str, str]) -> forms.ChoiceField:
    options = [("", "—"), *sorted(chosen.items(), key=lambda item: item[1].casefold())]
    return forms.ChoiceField(label=field.label, help_text=field.help_text, required=field.required, choices=options)


def named(row: Any) -> str:
    """Return a treatment or a decision in a few words."""
    treatments = knowledge.catalogue().treatments
    code = row.treatment if isinstance(row, Treatment) else row.option
    words = row.says if isinstance(row, Treatment) else row.option_says
    name = treatments[code].name if code in treatments else words or code
    step = f", {row.step}" if isinstance(row, Treatment) and row.step else ""
    return f"{name}{step}, {row.on.day} {row.on:%B %Y}"


class OperationForm(EntryForm):
    class Meta:
        model = Operation
        fields = ("on", "procedure", "region", "level", "segments", "what_for", "result", "planned", "says")
        labels = {"on": "When", "what_for": "What for", "segments": "How many levels", "says": "In words"}
        widgets = {"planned": forms.NullBooleanSelect}

    def codes(self) -> Mapping[str, Mapping[str, str]]:
        return {name: codes(name) for name in ("procedure", "region", "what_for", "result")}


_GROUPS = (
    ("What", ("treatment", "says", "on", "course", "decision")),
    ("Where", ("region", "level", "side", "target")),
    ("With what", ("agent", "dose", "dose_unit", "guidance", "operator")),
    ("A diagnostic block", ("pain_before", "pain_after", "relief_hours")),
    ("A device", ("step", "device", "device_serial", "follows")),
    ("Beside it, and its end", ("together_with", "beside", "ended_on", "ended_because")),
)


class TreatmentForm(EntryForm):
    """A treatment given. What does not apply is left empty."""

    groups = _GROUPS

    class Meta:
        model = Treatment
        fields = tuple(name for _, names in _GROUPS for name in names)
        labels = {
            "says": "In words, where the list has no entry",
            "on": "Day",
            "course": "Which time this person has it (1, 2, …)",
            "decision": "The decision that it follows",
            "agent": "Medicine, mixture or device",
            "dose_unit": "Unit of the dose",
            "pain_before": "Pain before (0 to 10)",
            "pain_after": "Pain after (0 to 10)",
            "relief_hours": "Hours for which it held",
            "device_serial": "Serial number",
            "follows": "The step before",
            "together_with": "Added in the same session to",
            "beside": "Co-interventions: what else was done or taken",
            "ended_on": "Ended on",
            "ended_because": "Why it ended",
        }
        help_texts = {"treatment": "", "says": "", "follows": "", "relief_hours": "", "beside": ""}

    def codes(self) -> Mapping[str, Mapping[str, str]]:
        treatments = {key: one.name for key, one in knowledge.catalogue().treatments.items()}
        return {"treatment": treatments, "step": dict(DEVICE_STEPS)}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        before = found.get("follows")
        if found.get("step") and before is not None and not before.step:
            self.add_error("follows", "a step of a device follows another step of it; that entry is none")
        return found


class MedicineForm(EntryForm):
    class Meta:
        model = MedicineTaken
        fields = ("says", "medicine", "sig", "since", "until")
        labels = {"says": "As it was told", "medicine": "Which one it is", "sig": "How it is taken"}
        help_texts = {"sig": ""}

    def codes(self) -> Mapping[str, Mapping[str, str]]:
        return {"medicine": {key: one.says for key, one in knowledge.catalogue().medicines.items()}}


class HarmForm(EntryForm):
    class Meta:
        model = AdverseEvent
        fields = ("event", "what", "on", "about", "grade", "serious", "related", "told_by", "resolved_on")
        labels = {
            "event": "Which harm",
            "what": "In words",
            "on": "Day it began or was found",
            "about": "The treatment after which it came",
            "serious": "Death, danger to life, hospital, or lasting disability",
            "related": "Did the treatment do it?",
            "told_by": "Who told it",
            "resolved_on": "Over since",
        }
        help_texts = {"event": "", "told_by": ""}
        widgets = {"serious": forms.NullBooleanSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["told_by"] = forms.ChoiceField(label="Who told it", choices=_TOLD_BY, initial="clinician")
        grades = [(str(n), f"{n}, {word}") for n, word in enumerate(GRADES, start=1)]
        self.fields["grade"] = forms.TypedChoiceField(
            label="How severe", choices=[("", "—"), *grades], coerce=int, empty_value=None, required=False
        )

    def codes(self) -> Mapping[str, Mapping[str, str]]:
        return {"event": harms()}


GRADES = ("mild", "moderate", "severe", "life-threatening", "death")


class AppointmentForm(forms.ModelForm[Any]):
    """A time that is booked; the questionnaires before it can be sent along."""

    starts_at = forms.DateTimeField(
        label="When", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    send_forms = forms.BooleanField(
        label="Send the questionnaires", required=False, help_text="by the way the person agreed to"
    )

    class Meta:
        model = Appointment
        fields = ("starts_at", "what_for", "with_whom")
        labels = {"what_for": "What for", "with_whom": "With whom"}


class MoveForm(forms.Form):
    """Another time for an appointment."""

    starts_at = forms.DateTimeField(
        label="New time", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    why = forms.CharField(label="Why", max_length=500)


class IncidentForm(forms.ModelForm[Any]):
    """Something that went wrong, or nearly."""

    happened_at = forms.DateTimeField(
        label="When", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )

    class Meta:
        model = Incident
        fields = ("happened_at", "what", "did", "reached_person")
        labels = {"what": "What happened", "did": "What was done about it", "reached_person": "Did it reach somebody?"}
        help_texts = {"did": ""}
        widgets = {"what": _FEW, "did": _FEW, "reached_person": forms.NullBooleanSelect}


class AttachmentForm(forms.Form):
    """A paper that came with somebody."""

    kind = forms.ChoiceField(label="What it is", choices=PAPERS)
    file = forms.FileField(label="File", help_text="PDF, PNG, JPEG, or Word (.docx) without macros")


class PaperForm(forms.Form):
    """An intake that was filled in on paper."""

    as_of = forms.DateField(label="Day on the paper", widget=_DAY)
    told_by = forms.ChoiceField(
        label="Who filled it in", choices=(("patient", "the person"), ("relative", "a relative or carer"))
    )


class WhyForm(forms.Form):
    """The reason of a correction."""

    why = forms.CharField(label="Why it is corrected", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
