"""An intake and the knowledge in, an honest assessment out: pure functions from values to values."""
