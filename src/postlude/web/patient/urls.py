"""Addresses."""

from django.urls import path

from postlude.web.patient import asking, beginning, closing, result, urgency

urlpatterns = [
    path("", beginning.start, name="start"),
    path("begin/", beginning.begin, name="begin"),
    path("begin/other/", beginning.begin, {"who": "relative"}, name="begin-other"),
    path("i/<str:token>/", asking.resume, name="intake-next"),
    path("i/<str:token>/q/<str:path>/", asking.question, name="intake-question"),
    path("i/<str:token>/g/<slug:group>/", asking.together, name="intake-together"),
    path("i/<str:token>/more/", asking.more, name="intake-more"),
    path("i/<str:token>/now/", urgency.now, name="intake-now"),
    path("i/<str:token>/so-far/", urgency.so_far, name="intake-so-far"),
    path("i/<str:token>/wishes/", closing.wishes, name="intake-wishes"),
    path("i/<str:token>/you/", closing.you, name="intake-you"),
    path("i/<str:token>/consents/", closing.consents, name="intake-consents"),
    path("i/<str:token>/answers/", closing.answers, name="intake-answers"),
    path("i/<str:token>/later/", closing.later, name="intake-later"),
    path("i/<str:token>/done/", closing.done, name="intake-done"),
    path("r/<str:token>/", result.result, name="result"),
    path("r/<str:token>/ask/", result.ask, name="result-ask"),
    path("r/<str:token>/pdf/", result.pdf, name="result-pdf"),
    path("r/<str:token>/letter/", result.letter, name="result-letter"),
]
