"""Postlude: what comes after the spine surgery that did not end the pain.

Importing the package imports nothing else: the command line must answer ``--version`` at once.
"""

__version__ = "0.1.0"
