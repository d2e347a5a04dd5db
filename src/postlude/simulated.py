"""The command ``postlude simulate``: a synthetic clinic in the tables of the record."""

import argparse
from collections.abc import Callable
from pathlib import Path

from postlude.errors import UsageError

Write = Callable[[str], None]
_MOST_PEOPLE = 10_000_000
"""Beyond this something was mistyped; also the greatest seed."""


def simulate(options: argparse.Namespace, write: Write) -> int:
    """Write a synthetic clinic, and say where it is."""
    from postlude.catalog.load import load
    from postlude.evidence.store import load as pool_of
    from postlude.instruments.load import load as load_instruments
    from postlude.outcomes.tables import load as load_tables
    from postlude.simulate.clinic import setting as clinic
    from postlude.simulate.clinic.write import write as write_clinic

    for name, value, least in (("people", options.people, 1), ("seed", options.seed, 0)):
        if not least <= value <= _MOST_PEOPLE:
            raise UsageError(f"--{name}: found {value}; a whole number from {least} to {_MOST_PEOPLE:,} is needed")
    catalogue = load(options.knowledge)
    tables = load_tables(catalogue, load_instruments(options.knowledge))
    setting = clinic.load(
        catalogue,
        pool_of(catalogue.library),
        tables,
        without=tuple(dict.fromkeys(options.without)),
        overlay=options.knowledge,
    )
    out = Path(options.out)
    write_clinic(setting, options.people, out, seed=options.seed, form=options.format)
    write(f"{options.people:,} synthetic people in {out}; what was put in stands in {out / 'truth.json'}\n")
    return 0
