"""What a scan could not see is said at the end of the run: silence would look like a clean bill."""

import pytest

# The name of the property that a test leaves with its report, through which the run learns it.
UNSEEN = "not checked"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, sentence in report.user_properties:
            if name == UNSEEN:
                terminalreporter.section(name)
                terminalreporter.line(str(sentence))
