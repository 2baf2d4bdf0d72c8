"""Teams, openings and actions of this entity's cases: JSON documents and text in Spanish or English."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from node.care.access import CaseFile
from node.care.model import PUBLISHED_STATES, CaseAction, Membership, Opening
from node.care.views import console_text, plain_table
from policies.case_access import load_case_access
from policies.catalogue import load_catalogue

_WORDS: Final = {
    "es": {
        "team": ("Profesional", "Función", "Desde (UTC)", "Hasta (UTC)", "Quién lo anotó"),
        "openings": ("Abrió el caso", "Motivo", "Cuándo (UTC)", "Hasta (UTC)"),
        "actions": ("Acción", "Qué", "Quién", "Papel", "Desde", "Hasta", "Estado", "Se publica"),
        "no_team": "Nadie está en el equipo de este caso.",
        "no_actions": "Esta entidad no tiene acciones en este caso.",
        "added": "{professional} está en el equipo del caso: {role}.",
        "removed": "{professional} ya no está en el equipo del caso.",
        "opened": "Caso abierto por {professional} hasta {until} UTC: {reason}. Lo que consulte quedará anotado así.",
        "yes": "sí",
        "no": "no",
    },
    "en": {
        "team": ("Professional", "Function", "Since (UTC)", "Until (UTC)", "Recorded by"),
        "openings": ("Opened the case", "Reason", "When (UTC)", "Until (UTC)"),
        "actions": ("Action", "What", "Who", "Part", "From", "Until", "State", "Published"),
        "no_team": "Nobody is on the team of this case.",
        "no_actions": "This entity has no actions in this case.",
        "added": "{professional} is on the case team: {role}.",
        "removed": "{professional} is no longer on the case team.",
        "opened": "Case opened by {professional} until {until} UTC: {reason}. What they ask will be on record so.",
        "yes": "yes",
        "no": "no",
    },
}


def member_document(member: Membership, now: datetime) -> dict[str, Any]:
    """Return a place on a team."""
    return {
        "professional": member.professional,
        "role": member.role,
        "since": member.since.isoformat(),
        "until": member.until.isoformat() if member.until else None,
        "live": member.live(now),
        "added_by": member.added_by,
        "ended_by": member.ended_by,
    }


def opening_document(opening: Opening) -> dict[str, Any]:
    """Return an opening of a case."""
    return {
        "professional": opening.professional,
        "reason": opening.reason,
        "opened_at": opening.opened_at.isoformat(),
        "until": opening.until.isoformat(),
    }


def case_file_document(file: CaseFile) -> dict[str, Any]:
    """Return who works, worked, and came to a case."""
    return {
        "team": [member_document(member, file.as_of) for member in file.team],
        "openings": [opening_document(opening) for opening in file.openings],
    }


def case_file_text(file: CaseFile, lang: str) -> str:
    """Return the team and the openings for people."""
    words = _words(lang)
    team, openings = plain_table(*words["team"]), plain_table(*words["openings"])
    for member in file.team:
        by = f"{member.added_by} / {member.ended_by}" if member.ended_by else member.added_by
        until = _minute(member.until) if member.until else "-"
        team.add_row(member.professional, _function(member.role, lang), _minute(member.since), until, by)
    for opening in file.openings:
        reason = load_case_access().reason(opening.reason).label(lang)
        openings.add_row(opening.professional, reason, _minute(opening.opened_at), _minute(opening.until))
    return console_text([team if file.team else words["no_team"], *([openings] if file.openings else [])])


def added_text(member: Membership, lang: str) -> str:
    """Return that somebody is on a team now."""
    said: str = _words(lang)["added"]
    return said.format(professional=member.professional, role=_function(member.role, lang))


def removed_text(professional: str, lang: str) -> str:
    """Return that somebody is on a team no longer."""
    said: str = _words(lang)["removed"]
    return said.format(professional=professional)


def opened_text(opening: Opening, lang: str) -> str:
    """Return that a case was opened."""
    said: str = _words(lang)["opened"]
    reason = load_case_access().reason(opening.reason).label(lang)
    return said.format(professional=opening.professional, until=_minute(opening.until), reason=reason)


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
    """Return actions for people."""
    words, codes = _words(lang), load_catalogue().codes
    if not actions:
        return str(words["no_actions"])
    table = plain_table(*words["actions"])
    for action in actions:
        table.add_row(
            action.action_id[:8],
            codes.code("intervention", action.action).label(lang),
            f"{_function(action.function, lang)} ({action.professional})",
            codes.code("case_role", action.case_role).label(lang),
            action.since.isoformat(),
            action.until.isoformat() if action.until else "-",
            codes.code("action_state", action.state).label(lang),
            words["yes" if action.state in PUBLISHED_STATES else "no"],
        )
    return console_text([table])


def _function(role: str, lang: str) -> str:
    return load_catalogue().codes.code("function", role).label(lang)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _words(lang: str) -> dict[str, Any]:
    return _WORDS["en" if lang == "en" else "es"]
