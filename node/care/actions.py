"""This entity's actions in people's cases. Each entity keeps its own; nothing of other entities is stored."""

import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from node.care.errors import CaseDateInvalid
from node.care.model import CaseAction
from node.care.professionals import check_professional
from node.care.store import case_store
from node.context import NodeContext
from node.people.documents import Document
from node.people.store import people_store
from policies.local_days import local_day
from policies.vocabulary import load_vocabulary
from presentation.messages import _

_LISTS: Final = {
    "function": "function",
    "case_role": "case_role",
    "action": "intervention",
    "state": "action_state",
}
"""The code list of each coded part of an action."""


@dataclass(frozen=True, slots=True)
class ActionInput:
    """An action as a professional gives it; an empty part keeps its value, or takes the default."""

    action: str = ""
    function: str = ""
    case_role: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None


class CaseActions:
    """Adds, changes and lists the actions of one node's cases."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def add(self, document: Document, professional: str, given: ActionInput) -> CaseAction:
        """Record an action of a professional; by default planned, from today, with the professional responsible.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
            ProfessionalInvalid: the reference has no valid form, or is an identity document.
            UnknownTerm: a code is not on its list, or no role fits this kind of entity.
            CaseDateInvalid: it ends before it begins.
        """
        reference, now = check_professional(professional), self._context.clock.now()
        with self._context.transaction() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            store = case_store(self._context, session)
            places = store.memberships(person, reference, now)
            fresh = CaseAction(
                action_id=uuid.uuid4().hex,
                professional=reference,
                function=given.function or (places[0].role if places else self._usual_function()),
                case_role="responsible",
                action=given.action,
                since=local_day(now),
                until=None,
                state="planned",
                updated_at=now,
            )
            action = _checked(_changed(fresh, given))
            store.add_action(person, action)
        return action

    def update(self, document: Document, action_id: str, given: ActionInput) -> CaseAction:
        """Change the given parts of an action of a person's case.

        Raises:
            PersonUnknown, UnknownTerm, CaseDateInvalid: as in `add`.
            ActionUnknown: the case has no such action.
        """
        with self._context.transaction() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            store = case_store(self._context, session)
            held = store.action(person, action_id)
            action = _checked(replace(_changed(held, given), updated_at=self._context.clock.now()))
            store.change_action(person, action)
        return action

    def list(self, document: Document) -> tuple[CaseAction, ...]:
        """Return the actions of a person's case, the earliest first.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
        """
        with self._context.snapshot() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            return case_store(self._context, session).actions(person)

    def _usual_function(self) -> str:
        own = self._context.directory.current(self._context.clock.now()).party(self._context.settings.entity)
        return load_vocabulary().default_role(own.kind).id


def _changed(action: CaseAction, given: ActionInput) -> CaseAction:
    values = {name: getattr(given, name) for name in ("action", "function", "case_role", "state", "since", "until")}
    return replace(action, **{name: value for name, value in values.items() if value})


def _checked(action: CaseAction) -> CaseAction:
    for part, list_id in _LISTS.items():
        load_vocabulary().code(list_id, getattr(action, part))
    if action.until is not None and action.until < action.since:
        raise CaseDateInvalid(_("la acción termina antes de empezar"), remedy=_("compruebe --from-date y --until"))
    return action
