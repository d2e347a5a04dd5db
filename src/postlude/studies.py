"""The commands on outcome studies: ``postlude study check``, ``study run`` and ``study explain``."""

import argparse
from collections.abc import Callable

from postlude.errors import UsageError

Write = Callable[[str], None]


def study(options: argparse.Namespace, write: Write) -> int:
    """Do what was asked with a study, or list those that are shipped."""
    from postlude.catalog.load import load
    from postlude.outcomes import load as studies

    if options.what == "list":
        write("".join(f"{key}\n" for key in studies.shipped()))
        return 0
    if options.study is None:
        raise UsageError(
            f"a study is needed: postlude study {options.what} STUDY; postlude study list names those shipped"
        )
    catalogue = load(options.knowledge)
    found = studies.load(studies.find(options.study), catalogue, options.knowledge)
    if options.what == "explain":
        from postlude.report.study_explained import explained

        write(explained(found, catalogue))
        return 0
    if options.what == "check" and options.data is None:
        write(f"{found.id}: the study file is right; --data DIR also checks the data\n")
        return 0
    if options.data is None or (options.what == "run" and options.out is None):
        raise UsageError("study run needs --data DIR, where the tables are, and --out DIR, for what comes out")
    from postlude.outcomes import run

    told = run.run(found, catalogue, options.data)
    if options.what == "check":
        flow = told["flow"]
        counted = f"{flow['units']:,} units, {flow['eligible']:,} eligible"
        write(f"{found.id}: the study file and the data are right; {counted}\n")
        return 0
    from postlude.report.study import said
    from postlude.report.study_written import write as write_all

    write_all(told, found, options.out, catalogue)
    write(said(told, found, catalogue))
    return 0
