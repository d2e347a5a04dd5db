"""The command line: a thin shell that reads files and the clock, calls the core, and prints.

Everything is imported where it is used: ``postlude --version`` must answer at once, and an assessment must not wait for
the database or the solver.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from postlude import __version__, serving, studies
from postlude.errors import FileError, PostludeError, UsageError

_EPILOG = """exit codes: 0 done; 2 wrong use; 10 a knowledge file is wrong; 11 an intake is wrong;
12 a proof failed; 13 a file cannot be read or written; 14 an optional part is missing;
15 a problem to pool is wrong; 16 a slip in a condition would go unnoticed;
17 a change of knowledge makes advice less urgent; 18 answers to a questionnaire are wrong;
19 a study or its data are wrong; 20 the record of a clinic does not take something"""
_MOST_PEOPLE = 10_000_000
"""Synthetic people drawn at once, and the greatest seed: beyond this something was mistyped."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    # Matrices here are small: more threads of BLAS only get in each other's way. (Read when numpy is imported.)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        options, more = _parser().parse_known_args(arguments)
        if more and "more" not in options:
            raise UsageError(f"unrecognized arguments: {' '.join(more)}")
        if more:
            options.more = more
        return int(options.run(options))
    except PostludeError as error:
        _complain(f"postlude: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader (a pager, head) has seen enough.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        _complain("\n")
        return 130


def _complain(text: str) -> None:
    if sys.stderr is not None:
        # What an intake holds cannot steer the terminal.
        sys.stderr.write("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="postlude",
        description="Honest assessment for people whose pain persists after spine surgery. For clinicians.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"postlude {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    assess = commands.add_parser("assess", help="assess one intake")
    assess.add_argument("intake", metavar="INTAKE.json", nargs="?", help="the intake; - reads standard input")
    assess.add_argument("--case", metavar="ID", help="assess a published case of the knowledge instead")
    assess.add_argument("--json", action="store_true", help="print the assessment as JSON")
    assess.add_argument("--plain", action="store_true", help="print the person's version in plain words")
    assess.add_argument("--options", metavar="FILE.svg", type=Path, help="draw the options: benefit against harm")
    assess.add_argument("--evidence", metavar="DIR", type=Path, help="count what the clinic's own studies found too")
    assess.add_argument("--synthetic", action="store_true", help="allow evidence of people who do not exist")
    assess.set_defaults(run=_assess)

    ask = commands.add_parser("ask", help="interview somebody, the next question that matters first")
    ask.add_argument("intake", metavar="INTAKE.json", nargs="?", help="resume this intake, or begin it there")
    ask.set_defaults(run=_ask)

    for spoken in (assess, ask):
        spoken.add_argument("--language", metavar="LANG", default="en", help="of what the person reads, such as es")

    translate = commands.add_parser("translate", help="print what is still to be translated, ready to be filled in")
    translate.add_argument("language", metavar="LANG", help="a folder of words/, such as es")
    translate.set_defaults(run=_translate)

    explain = commands.add_parser("explain", help="say what an entry of the knowledge is: a fact, rule, …")
    explain.add_argument("id", metavar="ID")
    explain.set_defaults(run=_explain)

    check = commands.add_parser("check", help="check the knowledge files and run their worked patients")
    check.add_argument("--prove", action="store_true", help="also prove what must hold for every person")
    check.add_argument("--mutants", action="store_true", help="also say which slips in conditions go unnoticed")
    check.add_argument("--only", metavar="ID", nargs="+", default=[], help="with --mutants: only these entries")
    check.add_argument("--accepted", metavar="FILE.toml", type=Path, help="with --mutants: survivors that are accepted")
    check.set_defaults(run=_check)

    evidence = commands.add_parser(
        "evidence",
        help="browse the evidence, draw it, and say what made a number",
        usage="postlude evidence [ID | why ID --for INTAKE.json | priors [ID]]\n"
        "                         [--plot FILE.svg] [--funnel FILE.svg] [--icons FILE.svg]\n"
        "                         [--json] [--knowledge DIR] [-h]",
    )
    evidence.add_argument(
        "what", metavar="WHAT", nargs="*", help="a treatment or a publication; why and a treatment; priors; the index"
    )
    evidence.add_argument("--for", dest="intake", metavar="INTAKE.json", help="with why: the person")
    evidence.add_argument("--plot", metavar="FILE.svg", type=Path, help="draw the studies of a treatment (forest plot)")
    evidence.add_argument("--funnel", metavar="FILE.svg", type=Path, help="draw its comparisons (contour funnel)")
    evidence.add_argument("--icons", metavar="FILE.svg", type=Path, help="draw what to expect as 100 people")
    evidence.add_argument("--json", action="store_true", help="print the same as JSON")
    evidence.set_defaults(run=_evidence)

    serving.add(commands)
    population = _about_many(commands)
    about = (*_about_scores(commands), *_about_outcomes(commands))
    for command in (assess, ask, translate, explain, check, evidence, population, *about):
        command.add_argument("--knowledge", metavar="DIR", type=Path, help="a clinic's folder, over the shipped one")
    return parser


def _about_many(commands: "argparse._SubParsersAction[_Parser]") -> argparse.ArgumentParser:
    """Add what is about many people or studies at once; return the command that a clinic's folder goes with."""
    pool = commands.add_parser("pool", help="pool results of studies that a file holds")
    pool.add_argument("file", metavar="FILE.json", nargs="?", help="one problem; - reads standard input")
    pool.add_argument("--batch", metavar="FILE.jsonl", help="many problems, one a line; one answer a line")
    pool.add_argument("--json", action="store_true", help="print the answer as JSON; a batch always is")
    pool.set_defaults(run=_pool)

    knowledge = commands.add_parser("knowledge", help="say what a change of the knowledge changes")
    about = knowledge.add_subparsers(required=True, metavar="COMMAND")
    diff = about.add_parser("diff", help="replay people through two bases: which advice changes, for whom, and why")
    base = "a base of its own, a clinic's folder (laid over the shipped base), or the word shipped"
    diff.add_argument("old", metavar="OLD", help=base)
    diff.add_argument("new", metavar="NEW", help="the same")
    diff.add_argument("--people", metavar="N", type=int, default=2000, help="synthetic people (2000)")
    worked = "worked patients of the entries that a change touches (touched), or of all entries"
    diff.add_argument("--worked", choices=["touched", "all"], default="touched", help=worked)
    diff.add_argument("--seed", metavar="N", type=int, default=1, help="another number, other people")
    diff.add_argument("--intake", metavar="FILE.json", action="append", default=[], help="replay this intake too")
    diff.add_argument("--json", action="store_true", help="print everything as JSON")
    diff.add_argument("--fail-on", choices=["less-urgent"], help="end with 17 when advice to anybody is less urgent")
    diff.set_defaults(run=_knowledge_diff)

    population = commands.add_parser("population", help="count what synthetic people are told, and by which rules")
    population.add_argument("id", metavar="ID", nargs="?", default="", help="which population; needed if there are two")
    population.add_argument("--people", metavar="N", type=int, default=2000, help="how many (default 2000)")
    population.add_argument("--seed", metavar="S", type=int, default=1, help="the chance they are drawn by (default 1)")
    population.add_argument("--json", action="store_true", help="print the counts as JSON")
    population.set_defaults(run=_population)
    return population


def _about_outcomes(commands: "argparse._SubParsersAction[_Parser]") -> tuple[argparse.ArgumentParser, ...]:
    """Add what is about outcome studies; return the commands that a clinic's folder goes with."""
    simulate = commands.add_parser("simulate", help="write a synthetic clinic: tables with known truth")
    simulate.add_argument("--people", metavar="N", type=int, required=True, help="how many people to draw")
    simulate.add_argument("--out", metavar="DIR", required=True, help="a new or empty folder")
    simulate.add_argument("--seed", metavar="S", type=int, default=1, help="the chance they are drawn by (default 1)")
    simulate.add_argument("--format", choices=["parquet", "csv"], default="parquet", help="of the tables (parquet)")
    left_out = "leave this out: the choice of treatment by need, silence of those not helped, what no column shows"
    simulate.add_argument(
        "--without", choices=["confounding", "loss", "hidden"], action="append", default=[], help=left_out
    )
    simulate.set_defaults(run=_simulate)
    return (simulate,)


def _about_scores(commands: "argparse._SubParsersAction[_Parser]") -> tuple[argparse.ArgumentParser, ...]:
    """Add what is about questionnaires; return the commands that a clinic's folder goes with."""
    score = commands.add_parser(
        "score",
        help="score a filled-in questionnaire, or many",
        epilog="OPTION is one of the instrument (postlude instruments ID lists them), such as --value-set England.",
        usage="postlude score INSTRUMENT ANSWERS.json [--json] [--baseline EARLIER.json]\n"
        "                      [--OPTION VALUE …] [--knowledge DIR]\n"
        "       postlude score --batch FILE.jsonl [--knowledge DIR]",
    )
    score.add_argument("instrument", metavar="INSTRUMENT", nargs="?", help="its id; postlude instruments lists them")
    score.add_argument("answers", metavar="ANSWERS.json", nargs="?", help="a list in form order or an object; - reads")
    score.add_argument("--batch", metavar="FILE.jsonl", help="many forms, one a line; one answer a line")
    score.add_argument("--baseline", metavar="EARLIER.json", help="an earlier form: say what the change means")
    score.add_argument("--json", action="store_true", help="print the score as JSON; a batch always is")
    score.set_defaults(run=_score, more=[])

    instruments = commands.add_parser("instruments", help="list the questionnaires, or say how one is scored")
    instruments.add_argument("id", metavar="ID", nargs="?", default="", help="an instrument or a set")
    instruments.add_argument("--json", action="store_true", help="print the same as JSON")
    instruments.set_defaults(run=_instruments)

    study = studies.add(commands)
    study.set_defaults(run=_study)
    return score, instruments, study


def _score(options: argparse.Namespace) -> int:
    from postlude.scores import score

    return score(options, read=_bytes, write=_print)


def _study(options: argparse.Namespace) -> int:
    if options.record is not None:
        return serving.on_record(options, lambda: studies.study(options, write=_print))
    return studies.study(options, write=_print)


def _simulate(options: argparse.Namespace) -> int:
    from postlude.simulated import simulate

    return simulate(options, write=_print)


def _instruments(options: argparse.Namespace) -> int:
    from postlude.scores import instruments

    return instruments(options, write=_print)


def _assess(options: argparse.Namespace) -> int:
    from postlude.assessment import cases
    from postlude.assessment.assess import Assessor
    from postlude.assessment.reading import made_up, read_intake
    from postlude.catalog.load import load
    from postlude.catalog.translation import in_language
    from postlude.evidence.own import require_real
    from postlude.evidence.store import load as pool_of

    if options.json and options.plain:
        raise UsageError("--json and --plain exclude each other")
    if (options.intake is None) is (options.case is None):
        what = "one of INTAKE.json and --case ID: an intake, or a published case"
        raise UsageError(f"{what}\nusage: postlude assess [-h] (INTAKE.json | --case ID) [--json] [--plain] …")
    if options.synthetic and options.evidence is None:
        raise UsageError("--synthetic goes with --evidence DIR")
    if options.language != "en" and not options.plain:
        raise UsageError("--language goes with --plain: the clinician's version is in English")
    catalogue = in_language(load(options.knowledge, evidence=options.evidence), options.language, staff=True)
    if options.case is not None:
        intake = cases.intake_of(catalogue, cases.find(catalogue, options.case))
        whose = f"the published case {options.case}"
    else:
        intake = read_intake(_bytes(options.intake), catalogue, name=options.intake, today=date.today())  # noqa: DTZ011
        whose = options.intake
    require_real(catalogue.library, synthetic=options.synthetic or made_up(intake))
    assessment = Assessor(catalogue, pool_of(catalogue.library)).assess(intake)
    if options.json:
        import msgspec

        _print(msgspec.json.format(msgspec.json.encode(assessment), indent=2).decode() + "\n")
    elif options.plain:
        from postlude.report.plain import plain

        _print(plain(assessment, catalogue))
    else:
        from postlude.report.clinician import clinician

        _print(
            clinician(
                assessment,
                catalogue.say,
                title=f"Postlude assessment of {whose}, as of {intake.as_of}",
            )
        )
    if options.options is not None:
        # After the assessment: whatever becomes of the picture, it has been said.
        from postlude.commands import draw_options

        draw_options(assessment, catalogue, options.options)
    return 0


def _ask(options: argparse.Namespace) -> int:
    from postlude.catalog.load import load
    from postlude.catalog.translation import in_language
    from postlude.interview import interview

    today = date.today()  # noqa: DTZ011
    path = Path(options.intake or f"intake-{today}.json")
    catalogue = in_language(load(options.knowledge), options.language, staff=True)
    return interview(catalogue, path, today=today, read=sys.stdin, write=sys.stdout)


def _translate(options: argparse.Namespace) -> int:
    from postlude.commands import translate

    return translate(options, write=_print)


def _explain(options: argparse.Namespace) -> int:
    from postlude.catalog.load import load
    from postlude.report.explain import explain

    _print(explain(load(options.knowledge), options.id))
    return 0


def _check(options: argparse.Namespace) -> int:
    from postlude.assessment.checking import check
    from postlude.instruments.load import load as load_instruments
    from postlude.interview import pages
    from postlude.registry import followup
    from postlude.scores import check as check_instruments

    if not options.mutants and (options.only or options.accepted):
        raise UsageError("--only and --accepted go with --mutants")
    catalogue = check(options.knowledge, write=_print)
    check_instruments(catalogue.sources, catalogue.facts, options.knowledge, _print)
    studies.check(catalogue, options.knowledge, _print)
    asked = pages.load(catalogue, options.knowledge)
    plan = followup.read(catalogue, load_instruments(options.knowledge), options.knowledge)
    visits, grouped = len(plan.visit), len(asked.together)
    _print(f"{grouped} pages of several questions, the drawing and {visits} visits of follow-up are right\n")
    if options.prove:
        from postlude.assessment.proving import prove

        prove(catalogue, write=_print)
    if options.mutants:
        from postlude.report.mutants import check_mutants

        check_mutants(catalogue, options.only, options.accepted, write=_print)
    return 0


def _evidence(options: argparse.Namespace) -> int:
    from postlude.commands import evidence

    return evidence(options, read=_bytes, write=_print)


def _population(options: argparse.Namespace) -> int:
    from postlude.catalog.load import load
    from postlude.report.population import population_of, told

    for name, value, least in (("people", options.people, 1), ("seed", options.seed, 0)):
        if not least <= value <= _MOST_PEOPLE:
            raise UsageError(f"--{name}: found {value}; a whole number from {least} to {_MOST_PEOPLE:,} is needed")
    catalogue = load(options.knowledge)
    population = population_of(catalogue, options.id)
    from postlude.simulate.triage import measure

    found = measure(catalogue, population, options.people, options.seed)
    if options.json:
        import msgspec

        _print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        _print(told(population, found))
    return 0


def _pool(options: argparse.Namespace) -> int:
    from postlude.commands import pool

    return pool(options, write=_print)


def _knowledge_diff(options: argparse.Namespace) -> int:
    from postlude.commands import knowledge_diff

    return knowledge_diff(options, read=_bytes, write=_print)


def _bytes(path: str) -> bytes:
    from postlude.assessment.reading import MAX_BYTES

    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b""
        with Path(path).open("rb") as file:
            # One byte more than is allowed is enough to refuse the file without reading all of it.
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def _print(text: str) -> None:
    if sys.stdout is None:
        raise FileError("there is no standard output to write to")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The same bytes on every machine, whatever its locale.
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise FileError(f"the output cannot be written: {error.strerror}") from None
