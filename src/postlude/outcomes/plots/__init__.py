"""Pictures of outcome studies as SVG: flow, responders, cumulative curves, courses, balance, survival, sequences.

Each takes a small record of what to draw and returns the same bytes for the same record, wide (720 px) or narrow
(360 px, for a phone). They know nothing of studies. Groups differ by dash and shape, never by hue.
"""
