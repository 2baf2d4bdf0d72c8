"""What the member of staff who issues an access report reads on the terminal: enough to see that it worked."""

from pathlib import Path

from consent_ledger.log.entry import EntryType
from node.rights.access_report.issuing import IssuedReport

_COUNTED = {
    EntryType.RELEASE: ("Cesiones", "Releases"),
    EntryType.REFUSAL: ("Peticiones rechazadas", "Refused requests"),
    EntryType.RELEASE_RECEIVED: ("Consultas de esta entidad a otras", "Requests of this entity to others"),
    EntryType.REFERRAL: ("Pasos de derivaciones", "Steps of referrals"),
}


def issued_text(issued: IssuedReport, folder: Path | None, *, lang: str) -> str:
    """Return the summary of a report that was issued."""
    english, report = lang == "en", issued.report
    lines = [f"✓ {folder}" if folder else ("✓ Access report" if english else "✓ Informe de acceso")]
    for kind, (es, en) in _COUNTED.items():
        lines.append(f"  {en if english else es}: {len(report.of(kind))}")
    for part in report.others:
        if part.told is None:
            said = "no answer" if english else "sin respuesta"
            lines.append(f"  ! {report.name(part.entity)}: {said} [{part.error.code if part.error else ''}]")
        else:
            lines.append(f"  {report.name(part.entity)}: {len(part.told.accesses)}")
    if not report.complete:
        partial = "Respuesta parcial: lo que falta puede pedirlo la persona directamente a esas entidades."
        lines.append(
            "! The answer is partial: the person can ask those entities directly." if english else f"! {partial}"
        )
    note = "Ledger entry" if english else "Anotado en el registro"
    return "\n".join([*lines, f"  {note}: {issued.index} · SHA-256 {issued.sha256}"])
