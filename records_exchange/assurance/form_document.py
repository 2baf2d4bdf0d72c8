"""The consent form that a person signs electronically: its terms, and the lines of text that state them.

The lines follow from the document alone. A holder writes them again from the terms and compares the pages, so that the
person cannot have read anything else than the terms that were signed.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.formats import day, listed
from presentation.messages import _, speaking
from records_exchange.assurance.terms import ConsentTerms
from trust.canonical_model import CanonicalModel
from trust.parties import EntityId

FORM_NAME: Final = "redpact-consent.json"
"""The name of the file inside the PDF that holds the document."""
MAX_FORM_BYTES: Final = 128 * 1024
"""Bound on that file."""

TITLE: Final = _("Consentimiento para compartir mis datos")


class NamedEntity(CanonicalModel):
    """An entity as the form names it to the person."""

    id: EntityId
    name: Annotated[str, Field(min_length=1, max_length=200)]


class FormDocument(CanonicalModel):
    """The content of a form.

    Attributes:
        lang: of its text.
        terms: to be signed.
        names: of the entities in the terms, sorted by id.
    """

    v: Literal[1] = 1
    lang: Literal["es", "en"]
    terms: ConsentTerms
    names: Annotated[tuple[NamedEntity, ...], Field(max_length=801)]

    @classmethod
    def of(cls, terms: ConsentTerms, names: Mapping[str, str], lang: str) -> Self:
        """Return the form of some terms; an entity without a name is named by its id."""
        entities = sorted({terms.origin, *terms.recipients, *terms.holders})
        named = tuple(NamedEntity(id=entity, name=names.get(entity, entity)) for entity in entities)
        return cls(lang="en" if lang == "en" else "es", terms=terms, names=named)

    def named_as(self, names: Mapping[str, str]) -> bool:
        """Return True when it names every entity of its terms as these names do, and no other entity."""
        expected = FormDocument.of(self.terms, names, self.lang)
        return self.names == expected.names

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield its text as pairs of heading and paragraph; one of the two may be empty."""
        say, terms, lang = speaking(self.lang), self.terms, self.lang
        names = {each.id: f"{each.name} ({each.id})" for each in self.names}
        fields = {spec.id: spec.label(lang) for spec in load_catalogue().fields}
        purposes = {purpose.id: purpose.label(lang) for purpose in load_vocabulary().purposes}
        yield "", say("Firmo con mi certificado electrónico. Con mi firma acepto lo que dice esta hoja y nada más.")
        yield say("Dónde lo acepto"), names[terms.origin]
        yield say("Quién enseña mis datos"), _all(sorted({terms.origin, *terms.holders}), names, lang)
        yield say("Quién puede pedirlos y verlos"), _all(terms.recipients, names, lang)
        yield say("Para qué"), _all(terms.purposes, purposes, lang)
        yield say("Qué datos"), _all(terms.fields, fields, lang)
        yield (
            say("Desde cuándo y hasta cuándo"),
            say("Del {start} al {end}.", start=day(terms.valid_from, lang), end=day(terms.valid_until, lang)),
        )
        yield (
            say("Mis derechos"),
            say(
                "Puedo decir que no, y me atenderán igual. Puedo retirarlo cuando quiera en cualquiera de estas "
                "entidades; desde ese momento no se enseña nada más."
            ),
        )
        yield say("Información que he leído (SHA-256)"), terms.notice_sha256
        yield say("Identificador de este consentimiento"), terms.consent_id
        yield say("Huella de las condiciones (SHA-256)"), terms.digest


def _all(ids: "tuple[str, ...] | list[str]", labels: Mapping[str, str], lang: str) -> str:
    return listed([labels.get(each, each) for each in ids], lang)
