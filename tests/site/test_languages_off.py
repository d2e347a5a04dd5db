"""While nobody has signed a translation, the site shows no trace of it, whatever the clinic ticked."""

import pytest
from django.test import Client
from django.utils import timezone

from postlude.registry import knowledge, reminding
from postlude.registry.actions import people
from postlude.registry.actor import Actor
from postlude.registry.models import Clinic, Intake, Person, Sending
from tests.site.answering import Answering
from tests.site.signed import LANGUAGES, heard
from tests.site.test_follow_up import noon
from tests.site.test_patient_pages import _path

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")


def test_while_unsigned_nothing_of_another_language_shows(client: Client, person: Person) -> None:
    Clinic.objects.create(pk=1, languages=list(LANGUAGES))
    assert list(knowledge.languages()) == ["en"]
    plain = client.get("/").content
    assert client.get("/?in=es").content == plain
    assert b"Espa" not in plain
    assert b'name="in"' not in plain
    begun = Answering(client, "/begin/?in=es", phone="0461")
    assert Intake.objects.latest("id").person.language == "en"
    assert b'lang="en"' in begun.body
    assert b'name="in"' not in begun.body
    # Whoever's language was one that is no longer offered is spoken to in English.
    people.amend(person=person, details={"language": "es", "email": "x@person.example"}, by=BY)
    people.consent(person=person, purpose="contact_email", given=True, wording="?", by=BY)
    link = reminding.invite(person, noon(timezone.localdate()), by=BY)
    assert link is not None
    assert "before you come to us" in Sending.objects.get().body
    assert {spoken for spoken, _ in heard(client.get(_path(link)).content)} == {"en"}
    client.post(_path(link), {"in": "tr"})
    assert Person.objects.get(pk=person.pk).language == "es"
