"""The predicate language: what may be said, and what it means when not everything is known.

``language`` reads text into the frozen nodes of ``nodes``; ``evaluate``, ``reasons``,
``questions``, ``sql`` and ``proof`` are five interpreters of the same nodes.
"""
