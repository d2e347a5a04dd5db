"""Many questions about the same persons, put to one solver: what was encoded stays, what one question adds goes again.

The answers are those of :mod:`postlude.logic.proof`, some ten times as fast; which person shows one rests on what was
asked before.
"""

import z3

from postlude.errors import ProofError
from postlude.logic.nodes import Not, Predicate, Quantity
from postlude.logic.person import Person, nobody
from postlude.logic.proof import Encoder
from postlude.logic.refs import Ref

_STEPS = 200_000_000
"""Some minutes; the hardest question so far took six million."""


class Solver:
    """One encoder and one solver.

    Every question raises :class:`ProofError` when the solver does not decide within ``steps`` of its own counting.
    """

    def __init__(self, encoder: Encoder, *, steps: int = _STEPS) -> None:
        self.encoder = encoder
        self._steps = steps
        self._nobody = nobody(encoder.as_of)
        # Without tactics: they work anew for each question, and what they win is less than that.
        self._solver = z3.SimpleSolver(ctx=encoder.context)
        # Steps, not seconds: a machine that is busy must not change what can be proved.
        self._solver.set("rlimit", steps)
        self._solver.set("random_seed", 0)
        self._limited = 0
        self._formulas: dict[int, tuple[Predicate, z3.BoolRef]] = {}

    def some(self, predicate: Predicate) -> bool:
        """Return whether the predicate is true of some complete person."""
        return self._ask(self._formula(predicate)) is not None

    def person(self, predicate: Predicate) -> Person | None:
        """Return a complete person of whom the predicate is true, or ``None`` when there is none."""
        model = self._ask(self._formula(predicate))
        return None if model is None else self.encoder.person(model)

    def matters(self, node: Predicate, ref: Ref, given: Predicate) -> bool:
        """Return whether there is somebody of whom ``given`` is true and for whom another answer changes ``node``."""
        formula, condition = self._formula(node), self._formula(given)
        twin = self.encoder.twin(ref, self._nobody)
        if not twin:
            return False
        both = z3.substitute(z3.And([*self.encoder.limits(ref), condition]), *twin)
        return self._ask(condition, both, z3.substitute(formula, *twin) != formula) is not None

    def apart(self, one: Predicate, other: Predicate) -> Person | None:
        """Return a complete person of whom ``one`` is true and ``other`` is not, or ``None`` when there is none."""
        model = self._ask(self._formula(one), z3.Not(self._formula(other)))
        return None if model is None else self.encoder.person(model)

    def differ(self, one: Predicate | Quantity, other: Predicate | Quantity, given: Predicate) -> bool:
        """Return whether there is somebody of whom ``given`` is true and for whom the two are not the same."""
        if isinstance(one, Predicate) and isinstance(other, Predicate):
            unlike = self._formula(one) != self._formula(other)
        elif isinstance(one, Quantity) and isinstance(other, Quantity):
            unlike = self.encoder.quantity(one) != self.encoder.quantity(other)
        else:
            raise TypeError("a predicate and a quantity cannot be compared")
        return self._ask(self._formula(given), unlike) is not None

    def _formula(self, node: Predicate) -> z3.BoolRef:
        """Return the formula of a node, encoded once for as long as this solver lives."""
        # By identity, which is quick; the node is kept, so that no other takes its place in memory.
        key = id(node)
        if key not in self._formulas:
            body = node.arg if isinstance(node, Not) else None
            formula = self.encoder.truth(node) if body is None else z3.Not(self._formula(body))
            self._formulas[key] = (node, formula)
        return self._formulas[key][1]

    def _ask(self, *formulas: z3.BoolRef) -> z3.ModelRef | None:
        limits = self.encoder.constraints()
        self._solver.add(*limits[self._limited :])
        self._limited = len(limits)
        self._solver.push()
        try:
            self._solver.add(*formulas)
            answer = self._solver.check().r
            if answer == z3.Z3_L_UNDEF:
                why = self._solver.reason_unknown()
                raise ProofError(f"the solver did not decide within {self._steps:,} steps: {why}")
            return self._solver.model() if answer == z3.Z3_L_TRUE else None
        finally:
            self._solver.pop()
