"""Erasures of a person and runs of the retention schedule, for people and for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from node.rights.erasure import PersonErased, RetentionRun
from policies.retention import load_retention
from presentation.formats import listed
from presentation.messages import speaking
from presentation.terminal import paragraph

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


def question(lang: str) -> str:
    """Return the question before an erasure."""
    return speaking(lang)("Se borrará para siempre todo lo que consta de esta persona. ¿Continuar?")


def erased_document(done: PersonErased) -> dict[str, Any]:
    """Return an erasure for ``--json``."""
    return asdict(done)


def erased_text(done: PersonErased, lang: str, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Return the text for a professional who has erased a person.

    Args:
        done: what was erased.
        lang: of the reader.
        names: entity id -> name; an entity that is not in it is shown by its id.
    """
    say = speaking(lang)
    entries = say.plural("{n} anotación", "{n} anotaciones", done.entries)
    scans = say.plural("{n} justificante", "{n} justificantes", done.scans)
    basis = load_retention().basis_label(done.basis, say.lang)
    lines = [say("✓ Borrado: {entries}, {scans}. {basis}.", entries=entries, scans=scans, basis=basis)]
    if done.recipients:
        entities = listed([names.get(entity, entity) for entity in done.recipients], say.lang)
        lines.append(
            say(
                "! Comuníquelo a estas entidades, que recibieron datos de la persona (RGPD art. 19): {entities}.",
                entities=entities,
            )
        )
    if not done.scrubbed:
        lines.append(
            say(
                "! Queda copia en el diario de la base de datos hasta que el nodo deje de leerla; "
                "se vaciará al reiniciarlo."
            )
        )
    return "\n".join(paragraph(line, hanging=2) for line in lines)


def retention_document(run: RetentionRun) -> dict[str, Any]:
    """Return a run of the retention schedule for ``--json``."""
    return asdict(run)


def retention_text(run: RetentionRun, lang: str) -> str:
    """Return the text for a professional after a run of the retention schedule."""
    say = speaking(lang)
    if not (run.entries or run.imports):
        return say("✓ Nada ha cumplido su plazo.")
    rules = {rule.id: rule for rule in load_retention().rules}
    lines = []
    for rule, count in sorted(run.entries.items()):
        label = rules[rule].label(say.lang)
        if run.dry_run:
            lines.append(say.plural("{rule}: {n} se borraría", "{rule}: {n} se borrarían", count, rule=label))
        else:
            lines.append(say.plural("{rule}: {n} borrada", "{rule}: {n} borradas", count, rule=label))
    if run.imports and run.dry_run:
        lines.append(
            say.plural(
                "{n} importación no se podría deshacer ya", "{n} importaciones no se podrían deshacer ya", run.imports
            )
        )
    elif run.imports:
        lines.append(
            say.plural(
                "{n} importación ya no se puede deshacer", "{n} importaciones ya no se pueden deshacer", run.imports
            )
        )
    return "\n".join(lines)
