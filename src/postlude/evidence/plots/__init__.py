"""Pictures of evidence as SVG: forest, contour funnel, icon array of 100, options side by side.

They know nothing of studies or treatments: each takes a small record of what to draw and returns the same bytes for
the same record. Mistakes in a record are the caller's and raise ``ValueError`` when it is made.
"""
