"""What a scan could not see is said at the end of the run: silence would look like a clean bill."""

import pytest

UNSEEN = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for sentence in config.stash.get(UNSEEN, []):
        terminalreporter.section("not checked")
        terminalreporter.line(sentence)
