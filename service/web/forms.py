"""The fields of a form that was sent, bounded and checked; nothing of it is taken for anything but text."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from presentation.messages import _
from service.web.errors import FormInvalid

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 500
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field


class Form:
    """The fields of a form; one that was not sent is empty."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, list[str]] | None = None) -> None:
        self._values = dict(values or {})

    def text(self, name: str, *, longest: int = 1000) -> str:
        """Return a field's text without the blanks around it.

        Raises:
            FormInvalid: it is longer than any that the page sends.
        """
        return self.raw(name, longest=longest).strip()

    def raw(self, name: str, *, longest: int = 1000) -> str:
        """Return a field's text as it was typed: of a password, blanks count.

        Raises:
            FormInvalid: it is longer than any that the page sends.
        """
        value = self._values.get(name, [""])[0]
        if len(value) > longest:
            raise FormInvalid(_("un campo es demasiado largo"), remedy=_("acórtelo"))
        return value

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may be chosen several times."""
        return tuple(self._values.get(name, ()))


def parse_form(media_type: str, body: bytes) -> Form:
    """Return the fields of a form.

    Raises:
        FormInvalid: another media type, not UTF-8, or too many fields.
    """
    if not body:
        return Form()
    if media_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise FormInvalid(_("el formulario no llega como estas páginas lo envían"), remedy=_("vuelva a la página"))
    try:
        values = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise FormInvalid(_("el formulario no se puede leer"), remedy=_("vuelva a la página")) from error
    return Form(values)
