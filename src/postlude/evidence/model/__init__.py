"""The Bayesian engine: a hierarchical model of counts on the logit scale, fitted without random draws.

It knows rows, coefficients, groupings and sites; what they stand for is its callers' business.
"""
