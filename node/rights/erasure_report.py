"""What people and programs read after an erasure."""

from dataclasses import asdict
from typing import Any

from node.rights.erasure import PersonErased, RetentionRun
from policies.retention import load_retention


def question(lang: str) -> str:
    """Return what is asked before erasing."""
    if lang == "en":
        return "Everything held of this person is erased for ever. Go on?"
    return "Se borrará para siempre todo lo que consta de esta persona. ¿Continuar?"


def erased_document(done: PersonErased) -> dict[str, Any]:
    """Return an erasure for ``--json``."""
    return asdict(done)


def erased_text(done: PersonErased, lang: str) -> str:
    """Return what a professional reads after an erasure."""
    basis = load_retention().basis_label(done.basis, lang)
    notify = ", ".join(done.recipients)
    if lang == "en":
        lines = [f"✓ Erased: {done.entries} ledger entries, {done.scans} scans. {basis}."]
        tell = "Tell these entities, which received data of the person (GDPR art. 19)"
        later = "A copy is left in the database's own log until the running node stops reading it; run it again later."
    else:
        lines = [f"✓ Borrado: {done.entries} anotaciones, {done.scans} justificantes. {basis}."]
        tell = "Comuníquelo a estas entidades, que recibieron datos de la persona (RGPD art. 19)"
        later = (
            "Queda copia en el diario de la base de datos hasta que el nodo deje de leerla; se vaciará al reiniciarlo."
        )
    if notify:
        lines.append(f"! {tell}: {notify}.")
    if not done.scrubbed:
        lines.append(f"! {later}")
    return "\n".join(lines)


def retention_document(run: RetentionRun) -> dict[str, Any]:
    """Return a run of the retention schedule for ``--json``."""
    return asdict(run)


def retention_text(run: RetentionRun, lang: str) -> str:
    """Return what a professional reads after a run of the retention schedule."""
    if not run.entries:
        return "✓ Nothing is over its retention period." if lang == "en" else "✓ Nada ha cumplido su plazo."
    rules = {rule.id: rule for rule in load_retention().rules}
    verbs = {(True, True): "would be erased", (True, False): "erased", (False, True): "se borrarían"}
    verb = verbs.get((lang == "en", run.dry_run), "borradas")
    return "\n".join(f"{rules[rule].label(lang)}: {count} {verb}" for rule, count in sorted(run.entries.items()))
