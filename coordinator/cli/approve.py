"""``redpact-coordinator approve``."""

from typing import Annotated, Any

import typer

from coordinator.acts import ActRegister
from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from coordinator.cli.passphrases import PassphraseFileOption, given_passphrase
from coordinator.errors import ActUnknown, PersonKeyUnusable
from presentation import terminal
from presentation.formats import moment
from presentation.messages import Message, _, joined, speaking
from trust.two_persons import Act, ActKind, ApprovedAct, approve

ActArgument = Annotated[
    str, typer.Argument(metavar=_("ACTO"), help=_("Código del acto, o su comienzo; sin él se muestran los pendientes."))
]
OwnKeyOption = Annotated[
    str, typer.Option("--key-file", help=_("Fichero de la clave de quien aprueba."), show_default=False)
]
ListOption = Annotated[bool, typer.Option("--list", help=_("Muestra los actos pendientes."))]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "approve",
        help=_(
            "Aprueba un acto pendiente con la clave propia; cuando lo han aprobado las personas necesarias, se hace. "
            "Sin código, muestra los pendientes."
        ),
    )(approve_act)


def approve_act(
    home: HomeOption,
    act: ActArgument = "",
    key_file: OwnKeyOption = "",
    passphrase_file: PassphraseFileOption = None,
    show: ListOption = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Approve a pending act with one's own key."""
    from pathlib import Path

    from coordinator.person_keys import open_person_key

    coordinator = open_coordinator(home)
    context = coordinator.context
    now = context.clock.now()
    with context.snapshot() as session:
        waiting = ActRegister(session, coordinator.registry(session)).waiting(now)
    if show or not act:
        emit({"acts": [_document(each) for each in waiting]}, _text(waiting, lang), as_json=as_json)
        return
    found = [each for each in waiting if each.id.startswith(act)]
    if len(found) != 1:
        raise ActUnknown(
            _("ningún acto pendiente, o varios, empiezan por {act!r}", act=act[:16]), remedy=_("use --list")
        )
    if not key_file:
        raise PersonKeyUnusable(_("falta --key-file"), remedy=_("indique el fichero de su clave"))
    person, key = open_person_key(Path(key_file), given_passphrase(passphrase_file))
    approval = approve(found[0].payload, person, key, now)
    with context.transaction() as session:
        approved, done = ActRegister(session, coordinator.registry(session)).approve(found[0].id, approval, now)
    say = speaking(lang)
    text = say("✓ Aprobado y hecho.") if done else say("✓ Aprobado. Falta otra persona.")
    emit({**_document(approved), "done": done}, text, as_json=as_json)


def _document(approved: ApprovedAct) -> dict[str, Any]:
    act = approved.act
    return {
        "act": approved.id,
        "kind": act.kind.value,
        "entity": act.entity or None,
        "proposed": act.time.isoformat(),
        "persons": [each.id for each in act.persons],
        "needed": act.needed or None,
        "approved_by": [each.person for each in approved.approvals],
    }


def _text(waiting: tuple[ApprovedAct, ...], lang: str) -> str:
    say = speaking(lang)
    if not waiting:
        return say("✓ Nada pendiente de aprobar.")
    columns = [say("Acto"), say("Qué"), say("Propuesto"), say("Lo han aprobado")]
    rows = [
        (
            each.id[:16],
            say(_what(each.act)),
            moment(each.act.time, lang),
            ", ".join(approval.person for approval in each.approvals) or "-",
        )
        for each in waiting
    ]
    return terminal.table(columns, rows)


def _what(act: Act) -> Message:
    if act.kind is ActKind.ADMIT:
        return _("admitir a {entity}: {name} ({kind})", entity=act.entity, name=act.name, kind=act.entity_kind)
    if act.kind is ActKind.RECOVER:
        return _("que {entity} recupere sus claves", entity=act.entity)
    if act.kind is ActKind.REINSTATE:
        return _("readmitir a {entity}", entity=act.entity)
    names = joined([each.id for each in act.persons], ", ")
    return _("que aprueben: {persons}; hacen falta {n}", persons=names, n=act.needed)
