"""``redpact-coordinator officer add | list | disable | require``."""

from typing import Annotated, Any

import typer

from coordinator.acts import ActRegister
from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from coordinator.cli.passphrases import KeyFileOption, PassphraseFileOption, given_passphrase
from coordinator.errors import PersonsInvalid
from presentation import terminal
from presentation.messages import _, speaking
from trust.two_persons import NEEDED, ActKind, ApprovedAct, Person

PersonArgument = Annotated[
    str, typer.Argument(metavar=_("PERSONA"), help=_("Identificador de la persona: a-z, 0-9 y '-'."))
]
NeededArgument = Annotated[
    int,
    typer.Argument(min=1, max=NEEDED, metavar=_("CUÁNTAS"), help=_("2 para exigir dos personas; 1 para no exigirlas.")),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help=_("Personas de la Gerencia que aprueban, cada una con su clave, y si hacen falta dos."),
        no_args_is_help=True,
    )
    group.command(
        help=_(
            "Añade una persona: crea su clave en un fichero suyo, sellada con una frase de paso. La primera se añade "
            "al instante; las demás, cuando lo aprueben las que ya hay."
        )
    )(add)
    group.command("list", help=_("Muestra quién aprueba, y cuántas personas hacen falta."))(list_)
    group.command(help=_("Quita a una persona, cuando lo aprueben. Lo que había aprobado y no se hizo deja de valer."))(
        disable
    )
    group.command(help=_("Exige dos personas para admitir, recuperar y readmitir, o deja de exigirlas."))(require)
    app.add_typer(group, name="officer")


def add(
    home: HomeOption,
    person: PersonArgument,
    key_file: KeyFileOption,
    passphrase_file: PassphraseFileOption = None,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Add a person: make their key in a file of theirs, sealed with a passphrase."""
    from coordinator.person_keys import create_person_key

    coordinator = open_coordinator(home)
    with coordinator.context.snapshot() as session:
        known = {each.id for each in ActRegister(session, coordinator.registry(session)).persons()}
    if person in known:
        raise PersonsInvalid(_("{person} ya aprueba", person=person), remedy=_("elija otro identificador"))
    key = create_person_key(key_file, person, given_passphrase(passphrase_file, again=True))
    with coordinator.context.transaction() as session:
        acts = ActRegister(session, coordinator.registry(session))
        persons = (*acts.persons(), Person(id=person, key=key.public_key.hex()))
        approved = acts.propose(
            ActKind.PERSONS, coordinator.context.clock.now(), persons=persons, needed=max(acts.needed(), 1)
        )
    _emit(approved, lang, as_json=as_json)


def list_(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """List who approves, and how many are needed."""
    coordinator = open_coordinator(home)
    with coordinator.context.snapshot() as session:
        acts = ActRegister(session, coordinator.registry(session))
        needed, persons = acts.needed(), acts.persons()
    say = speaking(lang)
    rows = [(each.id, each.key) for each in persons]
    table = terminal.table([say("Persona"), say("Clave")], rows) if rows else say("Nadie aprueba.")
    note = say("Hacen falta dos personas.") if needed >= NEEDED else say("No se exigen dos personas.")
    document = {"needed": needed, "persons": [each.model_dump() for each in persons]}
    emit(document, f"{note}\n{table}", as_json=as_json)


def disable(home: HomeOption, person: PersonArgument, lang: LangOption = "es", as_json: JsonOption = False) -> None:
    """Strike a person off, once it is approved."""
    coordinator = open_coordinator(home)
    with coordinator.context.transaction() as session:
        acts = ActRegister(session, coordinator.registry(session))
        left = tuple(each for each in acts.persons() if each.id != person)
        if len(left) == len(acts.persons()) or len(left) < acts.needed():
            raise PersonsInvalid(
                _("sin {person} quedarían menos personas de las que hacen falta, o no aprueba", person=person),
                remedy=_("añada antes a otra"),
            )
        now = coordinator.context.clock.now()
        approved = acts.propose(ActKind.PERSONS, now, persons=left, needed=acts.needed())
    _emit(approved, lang, as_json=as_json)


def require(home: HomeOption, needed: NeededArgument, lang: LangOption = "es", as_json: JsonOption = False) -> None:
    """Ask for two persons, or for nobody."""
    coordinator = open_coordinator(home)
    with coordinator.context.transaction() as session:
        acts = ActRegister(session, coordinator.registry(session))
        if len(acts.persons()) < needed:
            raise PersonsInvalid(
                _("aprueban menos de {n} personas", n=needed), remedy=_("añádalas: redpact-coordinator officer add")
            )
        now = coordinator.context.clock.now()
        approved = acts.propose(ActKind.PERSONS, now, persons=acts.persons(), needed=needed)
    _emit(approved, lang, as_json=as_json)


def _emit(approved: ApprovedAct, lang: str, *, as_json: bool) -> None:
    say, at_once = speaking(lang), not approved.act.record
    document: dict[str, Any] = {"act": approved.id, "done": at_once}
    text = (
        say("✓ Hecho.") if at_once else say("Falta aprobarlo: redpact-coordinator approve {act}", act=approved.id[:16])
    )
    emit(document, text, as_json=as_json)
