"""The notices that a person reads before consenting, each pinned by the hash of its exact text (GDPR art. 7.1, 13)."""

import hashlib
from datetime import date
from functools import cache
from typing import Final, Literal

from pydantic import Field

from policies.documents import Entry, read_bytes, read_document
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_NOTICE: Final = _("aviso")

Language = Literal["es", "en"]


class Notice(Entry):
    """One notice in one language.

    `sha256` is of the UTF-8 bytes of the file; `text` was verified against it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")
    version: str = Field(pattern=r"^[0-9]+\.[0-9]+$")
    language: Language
    published: date
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    text: str = Field(min_length=1)


class _Listed(Entry):
    id: str
    version: str
    language: Language
    file: str = Field(pattern=r"^notices/[a-z0-9.-]+\.md$")
    published: date
    sha256: str


class _Current(Entry):
    id: str
    version: str


class _Document(Entry):
    version: str
    current: _Current
    notices: tuple[_Listed, ...]


class Notices:
    """Every notice ever published: old ones stay, since consents refer to them."""

    def __init__(self, current: tuple[str, str], notices: tuple[Notice, ...]) -> None:
        self.notices = notices
        self._current = current
        self._by_key = {_key(each.id, each.version, each.language): each for each in notices}

    def current(self, language: str = "es") -> Notice:
        """Return the notice to show today.

        Raises:
            UnknownTerm: there is none in that language.
        """
        return self.get(*self._current, language)

    def get(self, notice_id: str, version: str, language: str = "es") -> Notice:
        """Return a notice.

        Raises:
            UnknownTerm: none was published with that id, version and language.
        """
        return find_term(_NOTICE, self._by_key, _key(notice_id, version, language))


def _key(notice_id: str, version: str, language: str) -> str:
    return f"{notice_id}-{version}.{language}"


@cache
def load_notices() -> Notices:
    """Return the bundled notices, each checked against its hash.

    Raises:
        PolicyDocumentDamaged: a text is missing, or is not the one that was published.
    """
    document = read_document("data/notices.yaml", _Document)
    notices = tuple(_read(listed) for listed in document.notices)
    return Notices((document.current.id, document.current.version), notices)


def _read(listed: _Listed) -> Notice:
    data = read_bytes(f"data/{listed.file}")
    if hashlib.sha256(data).hexdigest() != listed.sha256:
        raise PolicyDocumentDamaged(
            _("{file}: el texto no es el que se publicó", file=listed.file), remedy=_("reinstale RedPACT")
        )
    return Notice(
        id=listed.id,
        version=listed.version,
        language=listed.language,
        published=listed.published,
        sha256=listed.sha256,
        text=data.decode("utf-8"),
    )
