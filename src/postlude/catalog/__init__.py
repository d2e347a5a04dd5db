"""Reads the knowledge: TOML files in, one frozen typed :class:`~postlude.catalog.catalogue.Catalogue` out, or every
mistake at once.
"""
