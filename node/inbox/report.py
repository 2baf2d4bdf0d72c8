"""The inbox as JSON and as text for professionals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from node.inbox.items import Item, ItemKind
from policies.referrals import ReferralState, WordList, load_referral_words
from presentation import terminal
from presentation.formats import moment
from presentation.messages import Message, _, in_language, speaking

DetailLabel: TypeAlias = Callable[[str, str], str]
"""Returns the words of a detail's code in a language."""

_KINDS: Final[Mapping[str, Message]] = {
    ItemKind.REFERRAL_RECEIVED: _("Derivación recibida: hay que contestar"),
    ItemKind.REFERRAL_ANSWERED: _("Novedades de una derivación"),
    ItemKind.REFERRAL_REVOKED: _("Derivación anulada por la entidad que la envió"),
    ItemKind.REFERRAL_LAPSED: _("Derivación sin respuesta en plazo"),
    ItemKind.NOTIFICATION_REFUSED: _("La otra entidad no admite un aviso"),
    ItemKind.NOTIFICATION_UNANSWERED: _("Aviso sin acuse de recibo"),
    ItemKind.CONSENT_DUE: _("Consentimiento que revisar con la persona"),
    ItemKind.WITHDRAWALS_UNKNOWN: _("Una entidad avisa de muchas retiradas de consentimientos que aquí no constan"),
    ItemKind.DIRECTORY_FALSE: _("Directorio falso: avise a la DPD y a otras entidades"),
    ItemKind.KEY_HOLDERS_CHANGED: _("Cambia quién guarda las claves de los seudónimos: la DPD debe comprobarlo"),
    ItemKind.KEY_HOLDER_SEEN: _("Una entidad guarda una clave de los seudónimos: la DPD puede exigirla"),
    ItemKind.CARD_BLOCKED: _("Tarjeta de una persona bloqueada: hay que darle otra"),
    ItemKind.CODE_GUESSES: _("Una entidad prueba códigos de tarjetas: avise a la persona delegada"),
    ItemKind.CONSENT_REQUEST: _("Consentimiento dado en otra entidad: hay que confirmarlo"),
    ItemKind.CONSENT_DECIDED: _("La otra entidad ha contestado a un consentimiento"),
    ItemKind.ORIGIN_ALARM: _("Alarma: una entidad envía demasiado"),
    ItemKind.IDENTITY_DOUBT: _("Una entidad habla quizá de otra persona con el mismo documento: hay que decidirlo"),
    ItemKind.DEATH_TOLD: _("Una entidad dice que la persona ha fallecido: compruébelo y anótelo (person deceased)"),
    ItemKind.DOCUMENT_CHANGE_TOLD: _(
        "Una entidad dice que la persona tiene otro documento: compruébelo con ella (person document)"
    ),
    ItemKind.KEY_RECOVERY: _("Una entidad recupera sus claves: compruébelo con ella por teléfono"),
}
_DETAILS: Final[Mapping[str, Message]] = {
    "guessed": _("alguien probó códigos que no son"),
    "person_known": _("la persona tiene ficha aquí"),
    "person_unknown": _("la persona no tiene ficha aquí"),
    "referral.offer": _("derivación"),
    "referral.step": _("paso de una derivación"),
    "consent.copy": _("consentimiento"),
    "consent.withdrawal": _("retirada de un consentimiento"),
    "consent.part_lost": _("fin de la participación en un consentimiento"),
    "not_a_party": _("allí no es parte de ese consentimiento"),
    "unknown_term": _("términos que su versión no conoce"),
    "referral_conflict": _("código ya usado allí"),
    "referral_unknown": _("allí no consta"),
    "step_not_allowed": _("paso no permitido"),
    "step_conflict": _("contradice un paso anterior"),
    "too_late": _("fuera de plazo"),
    "fork": _("dos directorios firmados que se contradicen"),
    "unproven": _("no continúa el directorio anterior"),
    "false_keys": _("da a esta entidad claves que no son suyas"),
    "key_holders_changed": _("ya no la guarda una entidad con la que se contaba, o vuelve una clave que dejó"),
    "held_key_unproven": _("la entidad a la que se atribuye no lo ha probado"),
    "own_keys": _("¡las de esta entidad! Si no lo ha pedido, vétela: redpact-node recovery veto"),
    "recovery_pending": _("aún no cuenta"),
    "recovery_held": _("publicada; este nodo aún espera"),
    "recovery_counted": _("ya cuenta"),
    "recovery_vetoed": _("vetada por quien tiene las claves anteriores"),
    "recovery_against_veto": _("publicada pese a un veto: no se usa"),
    "confirmed": _("confirmado"),
    "declined": _("no confirmado"),
    "many_unproved": _("demasiados consentimientos sin prueba de la persona"),
    "too_many_consents": _("más consentimientos de los admitidos en un día"),
    "too_many_referrals": _("más derivaciones de las admitidas en un día"),
}


def items_document(items: Sequence[Item]) -> dict[str, Any]:
    """Return items for ``--json``."""
    return {"items": [item_document(item) for item in items]}


def item_document(item: Item) -> dict[str, Any]:
    """Return an item for ``--json``."""
    return {
        "number": item.number,
        "kind": item.kind,
        "reference": item.reference,
        "peer": item.peer or None,
        "detail": item.detail or None,
        "created_at": item.created_at.isoformat(),
        "done_at": item.done_at.isoformat() if item.done_at else None,
    }


def items_text(
    items: Sequence[Item], labels: Mapping[str, DetailLabel], names: Mapping[str, str], *, lang: str = "es"
) -> str:
    """Return the table that a professional reads.

    Args:
        items: in the order in which they are shown.
        labels: by kind of item, the words of its details, where another room has them.
        names: names of entities by their ids.
        lang: of the reader.
    """
    say = speaking(lang)
    if not items:
        return say("✓ Nada pendiente.")
    heads = (say("N.º"), say("Fecha"), say("Asunto"), say("Detalle"), say("Entidad"), say("Código"))
    rows = [
        (
            item.number,
            moment(item.created_at, lang),
            *item_label(item, lang, labels),
            names.get(item.peer, item.peer),
            item.reference[:8],
        )
        for item in items
    ]
    return terminal.table(heads, rows)


def item_label(item: Item, lang: str, labels: Mapping[str, DetailLabel]) -> tuple[str, str]:
    """Return the subject of an item and its detail, in words.

    Args:
        item: to be shown.
        lang: of the reader.
        labels: as in `items_text`.
    """
    return in_language(_KINDS.get(item.kind, item.kind), lang), _detail(item, labels, lang)


def done_text(item: Item, *, lang: str = "es") -> str:
    """Return the confirmation that an item was dealt with."""
    say = speaking(lang)
    return say("✓ Atendido: {number:d}.", number=item.number)


def _detail(item: Item, labels: Mapping[str, DetailLabel], lang: str) -> str:
    if item.kind in labels:
        return labels[item.kind](item.detail, lang)
    if item.detail in set(ReferralState):
        return load_referral_words().label(WordList.STATES, item.detail, lang)
    return in_language(_DETAILS.get(item.detail, item.detail), lang)
