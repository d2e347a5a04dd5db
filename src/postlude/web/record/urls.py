"""Addresses of the record, of follow-up and of the post. They hold random keys, never a name or a number."""

from django.urls import path

from postlude.web.record import appointments, entries, follow, incidents, overview, posting, scoring
from postlude.web.record.kinds import KINDS

_RECORD = "people/<uuid:key>/record/"
_CONTACT = "people/<uuid:key>/follow-up/<uuid:contact>/"
_WAYS = {
    "new": "new/",
    "history": "<uuid:entry>/",
    "correct": "<uuid:entry>/correct/",
    "withdraw": "<uuid:entry>/withdraw/",
}
urlpatterns = [
    path(_RECORD, overview.record, name="record"),
    path(f"{_RECORD}appointments/new/", appointments.book, name="book"),
    path(f"{_RECORD}appointments/<uuid:entry>/", appointments.came, name="came"),
    path(f"{_RECORD}appointments/<uuid:entry>/move/", appointments.move, name="move"),
    path(f"{_RECORD}attachments/new/", overview.attach, name="attach"),
    path(f"{_RECORD}attachments/<uuid:entry>/", overview.download, name="download"),
    path(f"{_RECORD}attachments/<uuid:entry>/withdraw/", overview.detach, name="detach"),
    path(f"{_RECORD}paper/", overview.paper, name="paper"),
    path(f"{_RECORD}scores/new/", scoring.choose, name="choose_instrument"),
    path(f"{_RECORD}scores/new/<slug:instrument>/", scoring.fill, name="fill_in"),
    path(f"{_RECORD}scores/new/<slug:instrument>/total/", scoring.total, name="total"),
    path(f"{_RECORD}scores/<uuid:entry>/", scoring.correct, name="correct_form"),
    path(f"{_RECORD}scores/<uuid:entry>/withdraw/", scoring.withdraw, name="withdraw_score"),
    *(
        path(f"{_RECORD}{slug}/{where}", entries.PAGES[f"{slug}_{way}"], name=f"{slug}_{way}")
        for slug in KINDS
        for way, where in _WAYS.items()
    ),
    path("people/<uuid:key>/follow-up/", follow.following, name="following"),
    path(_CONTACT, follow.contact, name="contact"),
    path(f"{_CONTACT}does/", follow.contact_does, name="contact_does"),
    path(f"{_CONTACT}answer/<slug:page>/", follow.answer, name="contact_answer"),
    path("paper/", overview.blank, name="blank_paper"),
    path("appointments/", appointments.of_day, name="appointments"),
    path("follow-up/", follow.desk, name="follow_up_desk"),
    path("post/", posting.posted, name="post"),
    path("post/<uuid:sending>/", posting.post_does, name="post_does"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/<uuid:entry>/", incidents.incident, name="incident"),
]
