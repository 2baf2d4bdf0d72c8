"""The printing of an invitation, for the commands that make one."""

import typer

from coordinator.cli.options import emit
from presentation import terminal
from presentation.messages import speaking
from trust.enrolment import Invitation
from trust.two_persons import ApprovedAct


def emit_invitation(invitation: Invitation, lang: str, *, as_json: bool, waits: ApprovedAct | None = None) -> None:
    """Print an invitation: the token on standard output, what to know of it on standard error."""
    token, fingerprint = invitation.to_token(), invitation.ca_fingerprint
    document = {
        "entity": invitation.entity,
        "token": token,
        "expires": invitation.expires.isoformat(),
        "ca_sha256": fingerprint,
        "act": waits.id if waits else None,
    }
    emit(document, token, as_json=as_json)
    if not as_json:
        note = speaking(lang)(
            "Válida una sola vez, hasta el {expires}. Huella de la autoridad de certificación: {fingerprint}",
            expires=invitation.expires,
            fingerprint=fingerprint,
        )
        typer.echo(terminal.paragraph(note), err=True)
    if waits is not None and not as_json:
        note = speaking(lang)(
            "No vale hasta que la aprueben dos personas: redpact-coordinator approve {act}", act=waits.id[:16]
        )
        typer.echo(terminal.paragraph(note), err=True)
