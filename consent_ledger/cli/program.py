"""The installed program's start: its language is settled before the commands, which state their help, are imported."""

import os

from presentation.command_words import speak_as_asked


def main() -> None:
    """Run the program."""
    os.umask(0o077)  # what it writes holds people's data or keys: for its owner alone
    speak_as_asked()
    from consent_ledger.cli.app import main as run

    run()
