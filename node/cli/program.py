"""The entry point, which sets the language before the commands and their help texts are imported."""

import os

from presentation.command_words import speak_as_asked


def main() -> None:
    """Run the program."""
    os.umask(0o077)  # what it writes holds people's data or keys: for its owner alone
    speak_as_asked()
    from node.cli.app import main as run

    run()
