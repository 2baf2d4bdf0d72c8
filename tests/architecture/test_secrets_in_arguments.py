"""No secret is an argument: those of a running program are readable by every user, and stay in the shell's history."""

import re

import click
import pytest

from tests.support.command_walk import leaves

SECRET = re.compile(r"token|secret|passw|passphrase|private|credential|pin$|codes?$", re.IGNORECASE)
FROM_A_FILE = {"--token-file", "--codes-file", "--passphrase-file"}
CHECKED = {"--token"}
"""Only «-» is taken: tests/integration/service/test_private_files.py::test_an_invitation_is_never_an_argument."""
NO_SECRETS = {"--codes", "--code"}
"""How many codes a card has; a code of a table of values."""


@pytest.mark.parametrize("command", sorted(leaves()))
def test_no_option_takes_a_secret(command: str) -> None:
    named = {
        flag
        for each in leaves()[command].params
        for flag in (each.opts if isinstance(each, click.Option) else [each.name or ""])
        if SECRET.search(flag)
    }
    assert named - FROM_A_FILE - CHECKED - NO_SECRETS == set()
