"""Keep the catalogue of translations: ``python -m tools.words [--prune] [--from FILE.po ...]``, or ``--check``.

Without ``--check``: extract every message, bring ``presentation/locale/en`` up to date, compile it. A message that is
gone stays in the file as obsolete, so that its translation can be taken over, until ``--prune``. ``--from`` takes
missing translations from other catalogues, such as those of branches that were merged.
"""

import argparse
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message

from tools.words_checks import problems
from tools.words_extraction import ROOT, extracted
from tools.words_files import MO, PO, as_mo, as_po, empty, read


def updated(current: Catalog, *, prune: bool) -> tuple[Catalog, list[str]]:
    """Return the catalogue that extraction gives, with the translations of the current one, and extraction's faults."""
    template, faults = extracted()
    catalog = empty()
    for message in template:
        if message.id:
            known = current.get(message.id)
            flags = known.flags & {"fuzzy"} if known else set()
            catalog.add(message.id, translation(known, message), message.locations, flags)
    if not prune:
        gone = [*(message for message in current if message.id), *current.obsolete.values()]
        for message in gone:
            key = message.id if isinstance(message.id, str) else message.id[0]
            if catalog.get(message.id) is None and filled(message):
                catalog.obsolete[key] = Message(message.id, message.string)
    return catalog, faults


def translation(known: Message | None, message: Message) -> str | tuple[str, ...]:
    """Return the known translation of a message when it has the same number of forms, else nothing."""
    if known is None or not known.string or known.pluralizable != message.pluralizable:
        return ("", "") if message.pluralizable else ""
    return known.string if isinstance(known.string, str) else tuple(known.string)


def filled(message: Message) -> bool:
    """Return whether a message has a translation in every form."""
    return bool(message.string) if isinstance(message.string, str) else all(message.string or [""])


def take(current: Catalog, files: list[Path]) -> None:
    """Take what the catalogue lacks from other catalogues, the first that has it; obsolete entries count too."""
    for file in files:
        other = read(file)
        for message in [*(each for each in other if each.id), *other.obsolete.values()]:
            known = current.get(message.id)
            if not filled(message) or (known is not None and filled(known)):
                continue
            if known is None:
                current.add(message.id, message.string, flags=message.flags & {"fuzzy"})
            elif known.pluralizable == message.pluralizable:
                known.string = message.string  # adding would keep the empty one
                known.flags |= message.flags & {"fuzzy"}


def revive(current: Catalog) -> None:
    """Make the obsolete entries ordinary ones, so that a message that returns finds its translation."""
    for message in list(current.obsolete.values()):
        if current.get(message.id) is None:
            current.add(message.id, message.string)


def check() -> int:
    """Print every problem of the committed catalogue and return their number."""
    current = read(PO)
    catalog, faults = updated(current, prune=True)
    found = faults + problems(current, catalog)
    if not found and PO.read_bytes() != as_po(catalog):
        found.append(f"{PO.relative_to(ROOT)} is not what extraction gives: make words")
    if not MO.is_file() or MO.read_bytes() != as_mo(current):
        found.append(f"{MO.relative_to(ROOT)} is not what the .po file gives: make words")
    print("\n".join(found) or f"{len(catalog)} messages")
    return len(found)


def update(*, prune: bool, others: list[Path]) -> None:
    """Write both files and print the messages without a translation."""
    current = read(PO) if PO.is_file() else empty()
    revive(current)
    take(current, others)
    catalog, faults = updated(current, prune=prune)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(as_po(catalog))
    MO.write_bytes(as_mo(catalog))
    missing = sum(not filled(message) for message in catalog if message.id)
    print("\n".join([*faults, f"{len(catalog)} messages, {missing} without English, {len(catalog.obsolete)} obsolete"]))


def main(arguments: list[str] | None = None) -> int:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="Keep the catalogue of translations")
    parser.add_argument("--check", action="store_true", help="fail when the catalogue is not complete and current")
    parser.add_argument("--prune", action="store_true", help="drop translations of messages that are gone")
    parser.add_argument("--from", dest="others", type=Path, nargs="+", default=[], help="take missing translations")
    options = parser.parse_args(arguments)
    if options.check:
        return min(check(), 1)
    update(prune=options.prune, others=options.others)
    return 0


if __name__ == "__main__":
    sys.exit(main())
