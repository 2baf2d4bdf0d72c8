"""The words of the report, in Spanish and English, and the names of what the entries speak of by code."""

from collections.abc import Mapping
from typing import Final

from consent_ledger.log.entry import EntryType
from policies.catalogue import load_catalogue
from policies.reasons import reason_label
from policies.vocabulary import load_vocabulary

WORDS: Final[dict[str, dict[str, str]]] = {
    "es": {
        "title": "Informe de auditoría del registro de consentimientos",
        "lead": "Quién vio qué, cuándo, para qué y con qué consentimiento. Se ha comprobado sin conexión, "
        "a partir de la exportación firmada; las personas aparecen solo con el número aleatorio "
        "que les da la entidad.",
        "passed": "VERIFICADO: el registro cumple todas las comprobaciones.",
        "failed": "NO VERIFICADO: hay errores. Avise a la autoridad de control o a la Gerencia.",
        "own_policy": "La clave de confianza venía en la misma carpeta que el registro: compárela con la del "
        "directorio de la red antes de fiarse de este informe.",
        "origin": "Registro",
        "entries": "Anotaciones",
        "period": "Periodo",
        "witnesses": "Testigos que lo han cofirmado",
        "none": "ninguno",
        "checks": "Comprobaciones",
        "check": "Comprobación",
        "examined": "Examinadas",
        "errors": "Errores",
        "warnings": "Avisos",
        "findings": "Hallazgos",
        "nothing": "Ninguna.",
        "summary": "En cifras",
        "activity": "Actividad por meses",
        "recipients": "Cesiones por entidad que recibió los datos",
        "purposes": "Cesiones por finalidad",
        "releases": "Quién vio qué",
        "date": "Fecha (UTC)",
        "entry": "N.º",
        "who": "Quién",
        "person": "Persona",
        "why": "Para qué",
        "role": "Función",
        "access": "Acceso al caso",
        "professional": "Profesional",
        "what": "Datos",
        "under": "Consentimiento",
        "withheld": "No entregados",
        "case": "Caso",
        "withdrawals": "Retiradas y cuánto tardaron",
        "withdrawal_note": "Desde la retirada no se cede nada más: es inmediato. El plazo es el que tardó cada "
        "entidad que ya había recibido datos en acusar recibo.",
        "consent": "Consentimiento",
        "concerned": "Entidades que habían recibido datos",
        "took": "Acuses de recibo",
        "open": "pendiente",
        "no_recipients": "nadie había recibido datos",
        "refusals": "Peticiones rechazadas",
        "said_no": "Personas que dijeron que no",
        "asked": "Se pidió para",
        "reason": "Motivo",
        "received": "Datos recibidos de otras entidades",
        "outcome": "Resultado",
        "referrals": "Derivaciones",
        "referral_note": "Cada paso, de una entidad o de la otra, está firmado y consta en los dos registros.",
        "referral": "Derivación",
        "direction": "Sentido",
        "was_sent": "enviada",
        "was_received": "recibida",
        "service": "Recurso",
        "step": "Paso",
        "sender": "de quien deriva",
        "receiver": "de quien recibe",
        "state": "Queda",
        "access_reports": "Informes de acceso entregados a personas",
        "through": "A través de",
        "here": "esta entidad",
        "staff_named": "Nombra al personal",
        "yes": "sí",
        "no": "no",
        "training": "Entrenamiento privado",
        "training_note": "Del nodo no sale ningún dato: sale una suma con ruido. Épsilon (ε) mide cuánto puede "
        "averiguarse de una persona, como máximo; cuanto menor, más privado.",
        "epsilon": "Épsilon gastado",
        "approved": "Épsilon del entrenamiento",
        "campaign": "Entrenamiento",
        "decision": "Decisión",
        "round": "Ronda",
        "data_set": "Datos",
        "erasures": "Borrados",
        "erased_note": "Lo borrado no se puede mostrar; que constaba, y que no se ha tocado nada más, sigue probado.",
        "count": "Anotaciones",
        "basis": "Motivo",
        "rule": "Regla de conservación",
        "on_request": "a petición o por ley",
        "table": "Ver la tabla",
        "erased_rows": "Se muestran {shown} de {total}: el contenido de {missing} se borró o no es el que se anotó.",
        "shown": "Se muestran las {shown} más recientes de {total}.",
        "month": "Mes",
        "total": "Total",
        "days": "días",
        "hours": "horas",
        "minutes": "minutos",
    },
    "en": {
        "title": "Audit report of the consent ledger",
        "lead": "Who saw what, when, what for and under which consent. Checked offline, from the signed "
        "export; people appear only by the random number that the entity gives them.",
        "passed": "VERIFIED: the ledger passes every check.",
        "failed": "NOT VERIFIED: there are errors. Tell the supervisory authority or the coordinator.",
        "own_policy": "The trusted key came in the same folder as the ledger: compare it with the one in the "
        "network's directory before relying on this report.",
        "origin": "Ledger",
        "entries": "Entries",
        "period": "Period",
        "witnesses": "Witnesses that cosigned it",
        "none": "none",
        "checks": "Checks",
        "check": "Check",
        "examined": "Examined",
        "errors": "Errors",
        "warnings": "Warnings",
        "findings": "Findings",
        "nothing": "None.",
        "summary": "In figures",
        "activity": "Activity by month",
        "recipients": "Releases by the entity that received the data",
        "purposes": "Releases by purpose",
        "releases": "Who saw what",
        "date": "Date (UTC)",
        "entry": "No.",
        "who": "Who",
        "person": "Person",
        "why": "What for",
        "role": "Role",
        "access": "Access to the case",
        "professional": "Professional",
        "what": "Data",
        "under": "Consent",
        "withheld": "Withheld",
        "case": "Case",
        "withdrawals": "Withdrawals and how long they took",
        "withdrawal_note": "From the withdrawal on nothing more is released: that is immediate. The time is what "
        "each entity that had already received data took to acknowledge it.",
        "consent": "Consent",
        "concerned": "Entities that had received data",
        "took": "Acknowledgements",
        "open": "open",
        "no_recipients": "nobody had received data",
        "refusals": "Refused requests",
        "said_no": "People who said no",
        "asked": "Asked for",
        "reason": "Reason",
        "received": "Data received from other entities",
        "outcome": "Outcome",
        "referrals": "Referrals",
        "referral_note": "Each step, of either entity, is signed and is in both ledgers.",
        "referral": "Referral",
        "direction": "Direction",
        "was_sent": "sent",
        "was_received": "received",
        "service": "Service",
        "step": "Step",
        "sender": "by the sender",
        "receiver": "by the receiver",
        "state": "Stands at",
        "access_reports": "Access reports handed to people",
        "through": "Through",
        "here": "this entity",
        "staff_named": "Names staff",
        "yes": "yes",
        "no": "no",
        "training": "Private training",
        "training_note": "No data leave the node: a sum with noise does. Epsilon (ε) measures how much can be "
        "found out about one person, at most; the smaller, the more private.",
        "epsilon": "Epsilon spent",
        "approved": "Epsilon of the training",
        "campaign": "Training",
        "decision": "Decision",
        "round": "Round",
        "data_set": "Data",
        "erasures": "Erasures",
        "erased_note": "What was erased cannot be shown; that it was on record, and that nothing else was "
        "touched, stays proven.",
        "count": "Entries",
        "basis": "Basis",
        "rule": "Retention rule",
        "on_request": "on request or by law",
        "table": "See the table",
        "erased_rows": "{shown} of {total} are shown: the content of {missing} was erased, or is not the original.",
        "shown": "The newest {shown} of {total} are shown.",
        "month": "Month",
        "total": "Total",
        "days": "days",
        "hours": "hours",
        "minutes": "minutes",
    },
}

_KINDS: Final[dict[EntryType, tuple[str, str]]] = {
    EntryType.CONSENT_GIVEN: ("Consentimientos dados", "Consents given"),
    EntryType.CONSENT_RENEWED: ("Consentimientos renovados", "Consents renewed"),
    EntryType.CONSENT_REFUSED: ("Consentimientos denegados", "Consents refused"),
    EntryType.CONSENT_WITHDRAWN: ("Consentimientos retirados", "Consents withdrawn"),
    EntryType.CONSENT_EXPIRED: ("Consentimientos caducados", "Consents expired"),
    EntryType.RELEASE: ("Cesiones", "Releases"),
    EntryType.REFUSAL: ("Peticiones rechazadas", "Refused requests"),
    EntryType.RELEASE_RECEIVED: ("Recepciones", "Receptions"),
    EntryType.WITHDRAWAL_ACKNOWLEDGED: ("Acuses de retirada", "Withdrawals acknowledged"),
    EntryType.WITHDRAWAL_RECEIVED: ("Retiradas comunicadas por otras entidades", "Withdrawals told by other entities"),
    EntryType.REFERRAL: ("Pasos de derivaciones", "Steps of referrals"),
    EntryType.TRAINING_APPROVED: ("Entrenamientos aprobados", "Trainings approved"),
    EntryType.TRAINING_REFUSED: ("Entrenamientos rechazados", "Trainings refused"),
    EntryType.TRAINING_WITHDRAWN: ("Aprobaciones de entrenamientos retiradas", "Training approvals withdrawn"),
    EntryType.TRAINING_CONTRIBUTED: ("Contribuciones a entrenamientos", "Training contributions"),
    EntryType.KEY_CHANGED: ("Cambios de clave", "Key changes"),
    EntryType.POLICY_CHANGED: ("Cambios de política", "Policy changes"),
    EntryType.ACCESS_REPORT_ISSUED: ("Informes de acceso", "Access reports"),
    EntryType.ERASURE: ("Borrados", "Erasures"),
}
OUTCOMES: Final = {"es": {"released": "entregado", "refused": "rechazado"}, "en": {}}


def kind_label(kind: str, language: str) -> str:
    """Return the name of a type of entry."""
    es, en = _KINDS[EntryType(kind)]
    return es if language == "es" else en


def term_label(term: str, language: str, names: Mapping[str, str]) -> str:
    """Return the name of an entity, field, purpose, role or reason; an unknown one stands for itself."""
    if term in names:
        return names[term]
    if term in load_catalogue():
        return load_catalogue().field(term).label(language)
    vocabulary = load_vocabulary()
    labels = {purpose.id: purpose.label(language) for purpose in vocabulary.purposes}
    labels |= {role.id: role.label(language) for role in vocabulary.roles}
    if term in labels:
        return labels[term]
    return OUTCOMES[language].get(term) or reason_label(term, language)
