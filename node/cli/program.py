"""The installed program's start: its language is settled before the commands, which state their help, are imported."""

from presentation.command_words import speak_as_asked


def main() -> None:
    """Run the program."""
    speak_as_asked()
    from node.cli.app import main as run

    run()
