"""Support measures and their rules for people and for programs."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from node.support.model import Support
from policies.birth_words import birth_words
from policies.codes import load_codes
from policies.support import Mode, SupportRule
from presentation import terminal
from presentation.formats import day
from presentation.messages import Translator, listing, speaking


def support_document(support: Support, today: date) -> dict[str, Any]:
    """Return a measure for ``--json``."""
    supporter, terms = support.supporter, support.terms
    return {
        "id": support.support_id,
        "relation": terms.relation,
        "measure": terms.measure,
        "supporter": {
            "document": supporter.document.number,
            "name": supporter.name,
            "birth_date": supporter.birth.day.text if supporter.birth else None,
            "age_basis": supporter.birth.basis.value if supporter.birth else None,
            "emancipated": supporter.emancipated,
        },
        "scope": list(terms.scope),
        "from": terms.valid_from.isoformat(),
        "until": terms.valid_until.isoformat() if terms.valid_until else None,
        "reference": terms.reference,
        "in_force": terms.in_force(today),
    }


def supports_text(supports: Iterable[Support], today: date, lang: str) -> str:
    """Return measures for people."""
    say, found = speaking(lang), tuple(supports)
    if not found:
        return say("No consta ninguna medida de apoyo.")
    return "\n".join(terminal.paragraph(_line(each, today, say), hanging=2) for each in found)


def _line(support: Support, today: date, say: Translator) -> str:
    supporter, terms, codes = support.supporter, support.terms, load_codes()
    head = say(
        "{id} · {relation}, {measure} · {name}, {document}",
        id=support.support_id,
        relation=codes.code("guardian_relation", terms.relation).title,
        measure=codes.code("support_measure", terms.measure).title,
        name=supporter.name,
        document=supporter.document.masked,
    )
    parts = [head]
    if supporter.birth is not None:
        parts.append(say("nacimiento: {born}", born=birth_words(supporter.birth.day, say.lang)))
    if supporter.emancipated:
        parts.append(say("emancipado/a"))
    parts.append(
        say("alcance: {scope}", scope=listing([codes.code("support_scope", each).title for each in terms.scope]))
    )
    since = day(terms.valid_from, say.lang)
    if terms.valid_until is None:
        parts.append(say("desde el {since}", since=since))
    else:
        parts.append(say("del {since} al {until}", since=since, until=day(terms.valid_until, say.lang)))
    if terms.reference:
        parts.append(terms.reference)
    if not terms.in_force(today):
        parts.append(say("hoy no está en vigor"))
    return " · ".join(parts)


def rules_document(rules: Iterable[SupportRule], version: str) -> dict[str, Any]:
    """Return the rules for ``--json``."""
    return {"version": version, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: SupportRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "relation": rule.relation,
        "stages": sorted(rule.stages),
        "measures": sorted(rule.measures),
        "mode": rule.mode.value,
        "heard_from": rule.heard_from,
        "reference": rule.reference,
        "health_only": rule.health_only,
        "article": rule.article,
        "proposal": rule.proposal,
    }


def rules_text(document: Mapping[str, Any], rules: Iterable[SupportRule], lang: str) -> str:
    """Return the rules for people: the part of the supporter, the hearing, the articles."""
    say = speaking(lang)
    lines = [document["version"]]
    for rule in rules:
        parts = [rule.label(lang), rule.relation, *sorted(rule.measures), *sorted(rule.stages)]
        parts.append(say("firma por la persona") if rule.mode is Mode.REPRESENTS else say("firma con la persona"))
        if rule.heard_from is not None:
            parts.append(
                say("se la oye desde los {years} años", years=rule.heard_from) if rule.heard_from else say("se la oye")
            )
        parts.append(rule.article)
        if rule.proposal:
            parts.append(say("propuesta"))
        lines.append(terminal.paragraph(" · ".join(parts), hanging=2))
    return "\n".join(lines)
