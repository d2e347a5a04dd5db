"""Statistics of outcome studies: pure functions over counts and arrays.

Nothing here reads a file or a clock, and chance comes only from a generator that the caller hands in. Wrong input
raises ``ValueError`` with a sentence that says what is wrong; a quantity that is not defined is NaN, never a guess.
What each method is held against, and where it differs from R on purpose, stands in ``validation/README.md``.
"""
