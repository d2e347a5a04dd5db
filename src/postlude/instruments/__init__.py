"""Answers to a questionnaire in, its scores out, by the rules that its file holds. Pure: no clock, no network."""
