"""Teams, openings and actions of this entity's cases as JSON and as text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from node.care.access import CaseFile
from node.care.model import PUBLISHED_STATES, CaseAction, Membership, Opening
from node.care.views import day, text_of
from policies.case_access import load_case_access
from policies.catalogue import load_catalogue
from policies.local_days import last_day, said_until
from presentation import formats, terminal
from presentation.formats import moment
from presentation.messages import speaking


def member_document(member: Membership, now: datetime) -> dict[str, Any]:
    """Return a membership."""
    return {
        "professional": member.professional,
        "role": member.role,
        "since": member.since.isoformat(),
        "until": member.until.isoformat() if member.until else None,
        "last_day": last_day(member.until).isoformat() if member.until else None,
        "live": member.live(now),
        "added_by": member.added_by,
        "ended_by": member.ended_by,
    }


def opening_document(opening: Opening) -> dict[str, Any]:
    """Return an opening."""
    return {
        "professional": opening.professional,
        "reason": opening.reason,
        "opened_at": opening.opened_at.isoformat(),
        "until": opening.until.isoformat(),
    }


def case_file_document(file: CaseFile) -> dict[str, Any]:
    """Return the team and the openings of a case."""
    return {
        "team": [member_document(member, file.as_of) for member in file.team],
        "openings": [opening_document(opening) for opening in file.openings],
    }


def case_file_text(file: CaseFile, lang: str) -> str:
    """Return the team and the openings in words."""
    say = speaking(lang)
    team = [
        (
            member.professional,
            _function(member.role, lang),
            moment(member.since, lang),
            formats.shown(said_until(member.until), lang) if member.until else "-",
            " / ".join(filter(None, (member.added_by, member.ended_by))),
        )
        for member in file.team
    ]
    openings = [
        (
            opening.professional,
            load_case_access().reason(opening.reason).label(lang),
            moment(opening.opened_at, lang),
            moment(opening.until, lang),
        )
        for opening in file.openings
    ]
    heads = (say("Profesional"), say("Función"), say("Desde"), say("Hasta"), say("Anotado por"))
    parts = [terminal.table(heads, team) if team else say("Nadie está en el equipo de este caso.")]
    if openings:
        heads_of_openings = (say("Abrió el caso"), say("Motivo"), say("Desde"), say("Hasta"))
        parts.append(terminal.table(heads_of_openings, openings))
    return text_of(*parts)


def added_text(member: Membership, lang: str) -> str:
    """Return the confirmation of a new membership."""
    say = speaking(lang)
    return say(
        "{professional} está en el equipo del caso: {role}.",
        professional=member.professional,
        role=_function(member.role, lang),
    )


def removed_text(professional: str, lang: str) -> str:
    """Return the confirmation that a membership ended."""
    say = speaking(lang)
    return say("{professional} ya no está en el equipo del caso.", professional=professional)


def opened_text(opening: Opening, lang: str) -> str:
    """Return the confirmation of an opening."""
    say = speaking(lang)
    return say(
        "Caso abierto por {professional} hasta el {until}: {reason}. Sus consultas quedarán anotadas con este motivo.",
        professional=opening.professional,
        until=opening.until,
        reason=load_case_access().reason(opening.reason).label(lang),
    )


def action_document(action: CaseAction) -> dict[str, Any]:
    """Return an action."""
    return {
        "action_id": action.action_id,
        "professional": action.professional,
        "function": action.function,
        "case_role": action.case_role,
        "action": action.action,
        "since": action.since.isoformat(),
        "until": action.until.isoformat() if action.until else None,
        "state": action.state,
        "published": action.state in PUBLISHED_STATES,
        "updated_at": action.updated_at.isoformat(),
    }


def actions_text(actions: Sequence[CaseAction], lang: str) -> str:
    """Return actions in words."""
    say, codes = speaking(lang), load_catalogue().codes
    if not actions:
        return say("Esta entidad no tiene acciones en este caso.")
    heads = (
        say("Identificador"),
        say("Acción"),
        say("Quién"),
        say("Papel"),
        say("Desde"),
        say("Hasta"),
        say("Estado"),
        say("Se publica"),
    )
    rows = [
        (
            action.action_id[:8],
            codes.code("intervention", action.action).label(lang),
            f"{_function(action.function, lang)} ({action.professional})",
            codes.code("case_role", action.case_role).label(lang),
            day(action.since, lang),
            day(action.until, lang),
            codes.code("action_state", action.state).label(lang),
            say("sí") if action.state in PUBLISHED_STATES else say("no"),
        )
        for action in actions
    ]
    return terminal.table(heads, rows)


def _function(role: str, lang: str) -> str:
    return load_catalogue().codes.code("function", role).label(lang)
