"""Prints the surplus of questions at the end of every run that measured it."""

import pytest

from tests.generative import surplus


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if surplus.counted:
        terminalreporter.section("surplus of questions, measured against the exact solver")
        for kind, tally in surplus.counted.items():
            terminalreporter.write_line(f"{kind}: {tally}")
