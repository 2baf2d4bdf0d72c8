"""``redpact-node vocabulary``: the terms of commands, files and messages."""

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from node.cli.options import JsonOption, LangOption, emit
from presentation.messages import Translator, _, speaking
from presentation.terminal import table

Row = dict[str, Any]
_ONE_LINE: Final = sys.maxsize


class Section(StrEnum):
    """The lists of the vocabulary."""

    PURPOSES = "purposes"
    FIELDS = "fields"
    ROLES = "roles"
    CODES = "codes"
    REASONS = "reasons"
    OPENINGS = "openings"
    POLICY = "policy"
    REFERRALS = "referrals"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Muestra las finalidades, los campos, las funciones, los códigos, los motivos, las aperturas de un "
            "caso, los términos de las derivaciones o la política de acceso.\n\nNo necesita la carpeta del nodo."
        )
    )
    def vocabulary(
        section: Annotated[
            Section,
            typer.Argument(metavar=_("SECCIÓN"), help=_("Lista que se muestra: {names}.", names=", ".join(Section))),
        ] = Section.PURPOSES,
        name: Annotated[
            str,
            typer.Argument(
                metavar=_("NOMBRE"),
                help=_("Muestra solo este elemento, o los campos que contiene; para codes, el nombre de la lista."),
                show_default=False,
            ),
        ] = "",
        as_json: JsonOption = False,
        lang: LangOption = "es",
    ) -> None:
        """List purposes, fields, roles, codes, reasons, openings of a case, words of referrals, or the access policy.

        Works without a home folder.
        """
        if section is Section.POLICY:
            from node.cli.policy_words import policy_document, policy_text

            emit(policy_document(name, lang), policy_text(name, lang), as_json=as_json)
            return
        rows = _ROWS[section](name, lang)
        emit({str(section): rows}, _table(rows, lang), as_json=as_json, verbatim=True)


def _purposes(name: str, lang: str) -> list[Row]:
    from policies.vocabulary import load_vocabulary

    words = load_vocabulary()
    chosen = [words.purpose(name)] if name else words.purposes
    return [
        {
            "id": purpose.id,
            "label": purpose.label(lang),
            "exchange": purpose.exchange,
            "recipients": sorted(purpose.lawful_bases),
            "dpv": purpose.dpv,
        }
        for purpose in chosen
    ]


def _roles(name: str, lang: str) -> list[Row]:
    from policies.vocabulary import load_vocabulary

    words = load_vocabulary()
    chosen = [words.role(name)] if name else words.roles
    return [
        {
            "id": role.id,
            "label": role.label(lang),
            "receives_up_to": f"P{role.clearance}" if role.sees_records else None,
            "entities": sorted(role.kinds),
            "purposes": sorted(role.purposes),
        }
        for role in chosen
    ]


def _fields(name: str, lang: str) -> list[Row]:
    from policies.catalogue import load_catalogue

    catalogue = load_catalogue()
    chosen = [catalogue.field(field) for field in catalogue.select([name])] if name else catalogue.fields
    return [
        {
            "id": spec.id,
            "label": spec.label(lang),
            "sensitivity": spec.sensitivity,
            "scope": spec.scope,
            "type": spec.type,
            "codes": spec.codes,
            "category": spec.category,
        }
        for spec in chosen
    ]


def _codes(name: str, lang: str) -> list[Row]:
    from policies.codes import load_codes

    lists = load_codes()
    if not name:
        return [{"id": list_id, "label": lists.list(list_id).label(lang)} for list_id in lists.ids]
    return [{"id": code.code, "label": code.label(lang), "group": code.group} for code in lists.list(name).codes]


def _reasons(name: str, lang: str) -> list[Row]:
    from policies.reasons import load_reasons
    from policies.terms import find_term

    reasons = {str(code): label for code, label in load_reasons().items()}
    chosen = {name: find_term(_("motivo"), reasons, name)} if name else reasons
    return [{"id": code, "label": label.label(lang)} for code, label in chosen.items()]


def _openings(name: str, lang: str) -> list[Row]:
    from policies.case_access import load_case_access

    rules = load_case_access()
    chosen = [rules.reason(name)] if name else rules.reasons
    return [
        {
            "id": reason.id,
            "label": reason.label(lang),
            "receives_up_to": f"P{reason.clearance}",
            "default": reason.id == rules.default_reason,
        }
        for reason in chosen
    ]


def _referrals(name: str, lang: str) -> list[Row]:
    from policies.referrals import WordList, load_referral_words
    from policies.terms import find_term

    lists = load_referral_words().lists
    chosen = (
        [find_term(_("lista de términos de las derivaciones"), {each.value: each for each in WordList}, name)]
        if name
        else list(lists)
    )
    return [
        {"list": each.value, "id": word.code, "label": word.label(lang)}
        for each in chosen
        for word in lists[each].values()
    ]


_ROWS: Final[Mapping[Section, Callable[[str, str], list[Row]]]] = {
    Section.PURPOSES: _purposes,
    Section.FIELDS: _fields,
    Section.ROLES: _roles,
    Section.CODES: _codes,
    Section.REASONS: _reasons,
    Section.OPENINGS: _openings,
    Section.REFERRALS: _referrals,
}


_HEADINGS: Final[Mapping[str, str]] = {
    "list": _("lista"),
    "id": _("código"),
    "label": _("nombre"),
    "exchange": _("sale del nodo"),
    "recipients": _("destinatarios"),
    "dpv": _("término DPV"),
    "receives_up_to": _("recibe hasta"),
    "entities": _("entidades"),
    "purposes": _("fines"),
    "sensitivity": _("sensibilidad"),
    "scope": _("alcance"),
    "type": _("tipo"),
    "codes": _("lista de códigos"),
    "category": _("categoría"),
    "group": _("grupo"),
    "default": _("por defecto"),
}


def _table(rows: Sequence[Row], lang: str) -> str:
    if not rows:
        return ""
    say, keys = speaking(lang), list(rows[0])
    width = None if sys.stdout.isatty() else _ONE_LINE  # a pipe gets a line for each term, for grep
    cells = [[_cell(row[key], say) for key in keys] for row in rows]
    return table([say(_HEADINGS[key]) for key in keys], cells, width)


def _cell(value: object, say: Translator) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return say("sí") if value else say("no")
        case list():
            return ", ".join(str(item) for item in value) or "-"
        case _:
            return str(value)
