"""Assessments as text: for the clinician, for the person, and explanations of single entries of the knowledge."""
