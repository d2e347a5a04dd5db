"""Outcome studies: what came of treatments, with honest denominators."""
