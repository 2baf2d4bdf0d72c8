"""The entry point, which sets the language before the commands and their help texts are imported."""

from presentation.command_words import speak_as_asked


def main() -> None:
    """Run the program."""
    speak_as_asked()
    from node.cli.app import main as run

    run()
