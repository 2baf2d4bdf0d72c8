"""Consent forms that people sign with their own certificate, and their verification (PAdES, ETSI EN 319 142-1).

The verification itself is in `records_exchange.assurance.pades`, which takes pyHanko (``redpact[e-signature]``).
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Final

from cryptography import x509

from presentation.messages import _
from records_exchange.assurance.form_document import FormDocument
from records_exchange.errors import ESignatureUnavailable, FormSignatureInvalid

MAX_PDF_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A form with a verified signature.

    Attributes:
        form: the terms, and the names and language of its text.
        document_kind: ``dni`` or ``nie``.
        document: of the signer, in normal form.
        authority_sha256: fingerprint of the given authority to which the certificate chains, in hex.
    """

    form: FormDocument
    document_kind: str
    document: str
    authority_sha256: str


def read_signed_form(pdf: bytes, authorities: Sequence[x509.Certificate], now: datetime) -> SignedForm:
    """Verify a signed form.

    Whether its certificate was revoked is not checked: that takes the network, or lists that somebody keeps current.

    Args:
        pdf: the file; untrusted.
        authorities: the only ones that count.
        now: the present time, UTC, at which the certificate must be valid.

    Raises:
        ESignatureUnavailable: pyHanko is not installed.
        FormSignatureInvalid: a check fails; its message says which.
    """
    if find_spec("pyhanko") is None:
        raise ESignatureUnavailable(
            _("falta la biblioteca pyHanko"), remedy=_("ejecute pip install 'redpact[e-signature]'")
        )
    if not authorities:
        raise FormSignatureInvalid(
            _("esta entidad no ha fijado ninguna autoridad de certificación"),
            remedy=_("la persona delegada de protección de datos la fija con: consent authorities add"),
        )
    if len(pdf) > MAX_PDF_BYTES:
        raise FormSignatureInvalid(_("el fichero es demasiado grande"))
    try:
        reader = importlib.import_module("records_exchange.assurance.pades")
        form, (kind, number), authority = reader.open_signed(pdf, authorities, now)
    except FormSignatureInvalid:
        raise
    except Exception as error:  # a hostile file makes a parser raise anything
        raise FormSignatureInvalid(_("el fichero no es un PDF firmado que se pueda leer")) from error
    return SignedForm(form, kind, number, authority)
