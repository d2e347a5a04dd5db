"""Pools the results of several studies by the classical methods.

``measures`` turns what a study printed into an estimate with its variance, ``inverse_variance`` and its neighbours
pool, ``problem`` reads what is asked and ``answer`` says what came out. Every function takes many problems at once:
leading axes are problems, the last one is studies.
"""
