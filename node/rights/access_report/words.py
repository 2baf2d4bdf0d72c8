"""The words of the access report, in Spanish and English, in the second person: it is read by the person."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "title": "Quién ha consultado sus datos",
        "lead": "Este informe cumple su derecho a saber (RGPD art. 15). Dice qué entidades han visto datos suyos, "
        "cuáles, cuándo y para qué, según el registro de esta entidad, que no se puede cambiar sin que se note.",
        "entity": "Entidad que lo entrega",
        "period": "Periodo",
        "person": "Su número en esta entidad",
        "person_note": "Es un número al azar. El informe no lleva su nombre ni su documento, por si se pierde.",
        "seen": "Quién ha visto datos suyos aquí",
        "refused": "Peticiones que se rechazaron",
        "refused_note": "No salió ningún dato.",
        "asked": "Lo que esta entidad pidió a otras sobre usted",
        "referrals": "Derivaciones",
        "consents": "Lo que usted decidió",
        "reports": "Informes como este",
        "others": "Lo que dicen otras entidades",
        "others_note": "Se ha preguntado a las entidades que nombran sus consentimientos. Cada una cuenta solo lo que "
        "afecta a consentimientos en los que esta entidad es parte: así nadie averigua por este camino quién más le "
        "conoce. Para saberlo todo, pida este mismo informe en cada entidad; es gratis y no hace falta dar motivos.",
        "not_asked": "No se ha preguntado a otras entidades. Puede pedirles este mismo informe directamente.",
        "nobody_else": "Ningún consentimiento nombra a otra entidad.",
        "partial": "Respuesta parcial: alguna entidad no ha contestado, o no lo ha contado todo. Lo que falta puede "
        "pedirlo directamente a esa entidad.",
        "silent": "no ha contestado",
        "nothing_told": "no tiene nada que contar a esta entidad",
        "more": "hay accesos más antiguos que no caben en su respuesta",
        "another": "otra entidad que nombra su consentimiento",
        "staff_hidden": "No se nombra a las personas que trabajan en la entidad: el derecho de acceso no lo incluye, "
        "salvo que sea imprescindible para que usted ejerza sus derechos (STJUE C-579/21). Si lo necesita, dígaselo a "
        "la persona delegada de protección de datos.",
        "staff_shown": "Se nombra a quienes consultaron por decisión de la persona delegada de protección de datos",
        "date": "Fecha (UTC)",
        "who": "Quién",
        "holder": "A quién",
        "with": "Con qué entidad",
        "role": "En calidad de",
        "why": "Para qué",
        "what": "Qué datos",
        "withheld": "No entregados",
        "reason": "Motivo",
        "outcome": "Resultado",
        "staff": "Persona",
        "entry": "Anotación",
        "service": "Recurso",
        "step": "Paso",
        "by": "De quién",
        "us": "esta entidad",
        "decision": "Decisión",
        "until": "Válido hasta",
        "for": "Para quién",
        "nothing": "Nada.",
        "released": "entregado",
        "refused_outcome": "rechazado",
        "check": "Cómo comprobarlo",
        "how": "La carpeta «proofs» trae una prueba por cada anotación. Cualquiera puede comprobar sin conexión que "
        "está en el registro y no se ha cambiado: redpact-audit receipt proofs/NÚMERO.tlog-proof. Pida la política de "
        "confianza (trust.policy) a otra entidad de la red para no fiarse solo de esta.",
        "rights": "Si algo no le cuadra, pregunte a la persona delegada de protección de datos. Puede retirar sus "
        "consentimientos en cualquier entidad, y reclamar ante la Agencia Española de Protección de Datos "
        "(www.aepd.es).",
        "asked_by": "a través de",
        "here": "aquí",
    },
    "en": {
        "title": "Who has looked at your data",
        "lead": "This report fulfils your right to know (GDPR art. 15). It says which entities saw data about you, "
        "which data, when and what for, by this entity's ledger, which cannot be changed without being noticed.",
        "entity": "Entity that hands it out",
        "period": "Period",
        "person": "Your number at this entity",
        "person_note": "It is a random number. Your name and document are not in the report, in case it gets lost.",
        "seen": "Who has seen data about you here",
        "refused": "Requests that were refused",
        "refused_note": "No data left.",
        "asked": "What this entity asked others about you",
        "referrals": "Referrals",
        "consents": "What you decided",
        "reports": "Reports like this one",
        "others": "What other entities say",
        "others_note": "The entities that your consents name were asked. Each tells only what concerns consents to "
        "which this entity is a party, so that nobody finds out this way who else knows you. To know everything, ask "
        "each entity for this same report; it is free and you need not say why.",
        "not_asked": "No other entities were asked. You can ask them for this same report directly.",
        "nobody_else": "No consent names another entity.",
        "partial": "Partial answer: an entity did not answer, or did not tell everything. You can ask that entity "
        "directly for what is missing.",
        "silent": "did not answer",
        "nothing_told": "has nothing to tell this entity",
        "more": "there are older accesses that do not fit in its answer",
        "another": "another entity that your consent names",
        "staff_hidden": "The people who work at the entity are not named: the right of access does not include that, "
        "unless it is essential for you to exercise your rights (Court of Justice, C-579/21). If you need it, tell the "
        "data-protection officer.",
        "staff_shown": "Those who looked are named by decision of the data-protection officer",
        "date": "Date (UTC)",
        "who": "Who",
        "holder": "Whom",
        "with": "With which entity",
        "role": "In the role of",
        "why": "What for",
        "what": "Which data",
        "withheld": "Withheld",
        "reason": "Reason",
        "outcome": "Outcome",
        "staff": "Person",
        "entry": "Entry",
        "service": "Service",
        "step": "Step",
        "by": "By whom",
        "us": "this entity",
        "decision": "Decision",
        "until": "Valid until",
        "for": "For whom",
        "nothing": "Nothing.",
        "released": "released",
        "refused_outcome": "refused",
        "check": "How to check it",
        "how": "The folder “proofs” has a proof of every entry. Anybody can check offline that it is in the ledger "
        "and was not changed: redpact-audit receipt proofs/NUMBER.tlog-proof. Ask another entity of the network for "
        "the trust policy (trust.policy), so as not to rely on this one alone.",
        "rights": "If something seems wrong, ask the data-protection officer. You can withdraw your consents at any "
        "entity, and complain to the Spanish data-protection authority (www.aepd.es).",
        "asked_by": "through",
        "here": "here",
    },
}
