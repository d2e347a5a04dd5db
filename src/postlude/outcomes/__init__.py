"""Outcome studies: what became of people, with honest denominators."""
