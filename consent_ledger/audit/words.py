"""The names of the terms that entries hold by code, in the language of the report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from policies.case_access import access_label
from policies.catalogue import load_catalogue
from policies.reasons import reason_label
from policies.referrals import WordList, load_referral_words
from policies.vocabulary import load_vocabulary
from presentation.messages import Listing, Message, Translator, _, in_language, speaking

OUTCOMES: Final[Mapping[str, Message]] = {"released": _("entregado"), "refused": _("rechazado")}
"""The outcome of a request at the entity that asked."""


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
    if term in OUTCOMES:
        return in_language(OUTCOMES[term], language)
    return reason_label(term, language)


@dataclass(frozen=True, slots=True)
class Glossary:
    """The names of terms in one language.

    Attributes:
        lang: the language.
        names: entity -> its name.
        consent_entries: consent -> the entry in which it was given.
    """

    lang: str
    names: Mapping[str, str]
    consent_entries: Mapping[str, int]

    @property
    def say(self) -> Translator:
        """The translator into the language."""
        return speaking(self.lang)

    def term(self, term: str) -> str:
        """Return the name of a term."""
        return term_label(term, self.lang, self.names)

    def terms(self, terms: Iterable[str]) -> str:
        """Return the names of terms, joined by commas."""
        return ", ".join(self.term(term) for term in terms)

    def named(self, message: object) -> object:
        """Return a message in which entities have their names where the consents give one."""
        if isinstance(message, Listing):
            return Listing(self.named(each) for each in message.values.values())
        if type(message) is Message:
            values = {field: self.named(value) for field, value in message.values.items()}
            return Message(message.template, values, message.many)
        return self.names.get(message, message) if isinstance(message, str) else message

    def access(self, how: str | None, reason: str | None) -> str:
        """Return the way in which a professional came to a case."""
        return access_label(how, reason, self.lang)

    def coded(self, words: WordList, code: str | None) -> str:
        """Return the name of a code of referrals, ``-`` for none."""
        return load_referral_words().label(words, code, self.lang) if code else "-"
