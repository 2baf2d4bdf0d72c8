"""Verification of a signed consent form with pyHanko. The only module that imports it; its interface still moves.

Nothing is fetched, and no authority counts but those given: never the system's.

(1) the file is a PDF within its bounds, and not encrypted;
(2) one signature covers it from its first byte to its last: nothing was added later;
(3) it is valid, and its certificate, made for signatures of content, chains to a given authority and is valid now;
(4) the attached document holds the terms, and the pages are those that follow from the terms, with nothing over them;
(5) the subject of the certificate is a natural person with a DNI or NIE.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from stdnum.es import dni, nie

from presentation.messages import _
from records_exchange.assurance.form_document import MAX_FORM_BYTES, FormDocument
from records_exchange.assurance.form_pdf import PAGE_HEIGHT, PAGE_WIDTH, SIGNATURE_TOP, page_contents
from records_exchange.errors import FormSignatureInvalid
from trust.errors import MalformedDocument

_DECODED_BYTES: Final = 4 << 20
_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=_DECODED_BYTES),
    document_budget=DocumentDecodeBudget(base_allowance=_DECODED_BYTES, max_ratio=0),
)
"""Bounds against a small file that grows without end."""
_CATALOGUE: Final = frozenset(
    {"/Type", "/Pages", "/Lang", "/Names", "/AcroForm", "/Version", "/Metadata", "/Extensions", "/Perms"}
)
_PAGE: Final = frozenset({"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents", "/Annots"})
_FORM: Final = frozenset({"/Fields", "/SigFlags", "/DR", "/DA"})
_ETSI_PERSON: Final = re.compile(r"IDCES-([0-9A-Z]{9})")
"""The semantics identifier of a natural person's national identity card in Spain (ETSI EN 319 412-1, 5.1.3)."""


def open_signed(
    pdf: bytes, authorities: Sequence[x509.Certificate], now: datetime
) -> tuple[FormDocument, tuple[str, str], str]:
    """Verify a signed form; see `records_exchange.assurance.e_signature.read_signed_form`.

    Returns:
        The form, the kind and number of the signer's document, and the fingerprint of the authority.

    Raises:
        FormSignatureInvalid: a check fails.
        Exception: of any kind, when the file is no PDF.
    """
    reader = PdfFileReader(BytesIO(pdf), strict=True, decode_limits=_LIMITS)
    if reader.encrypted:
        raise FormSignatureInvalid(_("el fichero está cifrado"))
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        raise FormSignatureInvalid(
            _("el fichero tiene {count} firmas, y se espera una", count=len(signatures)),
            remedy=_("firme el formulario tal como se escribió, una sola vez"),
        )
    signature = signatures[0]
    _require_whole_file(pdf, signature)
    authority = _trusted_authority(signature, authorities, now)
    form = _form_shown(reader.root, signature)
    return form, _subject(signature.signer_cert.subject.native), authority


def _require_whole_file(pdf: bytes, signature: EmbeddedPdfSignature) -> None:
    """Check that the signed ranges are all of the file but the signature itself."""
    start, first, second, rest = (int(each) for each in signature.byte_range)
    gap = pdf[first:second]
    is_signature = gap[:1] == b"<" and gap[-1:] == b">" and bytes.fromhex(gap[1:-1].decode()) == signature.pkcs7_content
    if start != 0 or second + rest != len(pdf) or not is_signature:
        raise FormSignatureInvalid(
            _("la firma no cubre el fichero entero, o se añadió algo después de firmar"),
            remedy=_("pida a la persona que firme de nuevo el formulario tal como se escribió"),
        )


def _trusted_authority(signature: EmbeddedPdfSignature, authorities: Sequence[x509.Certificate], now: datetime) -> str:
    """Return the fingerprint of the authority to which a valid signature's certificate chains."""
    roots = [Certificate.load(each.public_bytes(Encoding.DER)) for each in authorities]
    trusted = ValidationContext(trust_roots=roots, allow_fetching=False, moment=now, revocation_mode="soft-fail")
    status = validate_pdf_signature(signature, trusted)
    if not (status.intact and status.valid):
        raise FormSignatureInvalid(_("la firma no corresponde al contenido del fichero"))
    if not status.trusted or status.validation_path is None:
        raise FormSignatureInvalid(
            _("el certificado no es de una autoridad fijada aquí, no sirve para firmar, o no es válido hoy"),
            remedy=_("consulte: consent authorities list"),
        )
    found = status.validation_path.first.dump()
    return x509.load_der_x509_certificate(found).fingerprint(SHA256()).hex()


def _form_shown(root: Any, signature: EmbeddedPdfSignature) -> FormDocument:
    """Return the document inside, once the pages show it and nothing else."""
    try:
        form = _form_inside(root)
        _require_pages(root, form, signature)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:  # built otherwise than a form
        raise _not_ours() from error
    return form


def _form_inside(root: Any) -> FormDocument:
    """Return the document in the file's one attachment."""
    names = root["/Names"]
    files = names["/EmbeddedFiles"]["/Names"]
    if set(names) != {"/EmbeddedFiles"} or len(files) != 2:  # noqa: PLR2004 - a name and its file
        raise _not_ours()
    data = files[1].get_object()["/EF"]["/F"].data
    try:
        return FormDocument.read(data, max_bytes=MAX_FORM_BYTES)
    except (MalformedDocument, ValidationError) as error:
        raise _not_ours() from error


def _require_pages(root: Any, form: FormDocument, signature: EmbeddedPdfSignature) -> None:
    """Check that what a reader shows is the text that follows from the terms, and nothing else."""
    if not set(root) <= _CATALOGUE or not set(root["/AcroForm"]) <= _FORM or len(root["/AcroForm"]["/Fields"]) != 1:
        raise _not_ours()
    pages, expected = [each.get_object() for each in root["/Pages"]["/Kids"]], page_contents(form)
    if len(pages) != len(expected) or not set(root["/Pages"]) <= {"/Type", "/Count", "/Kids"}:
        raise _not_ours()
    for page, content in zip(pages, expected, strict=True):
        box = [float(side) for side in page["/MediaBox"]]
        plain = set(page) <= _PAGE and box == [0, 0, PAGE_WIDTH, PAGE_HEIGHT] and _has_our_fonts(page["/Resources"])
        if not plain or page["/Contents"].data.strip() != content:
            raise _not_ours()
        for annotation in page.get("/Annots", ()):
            _require_own_place(annotation.get_object(), signature)


def _has_our_fonts(resources: Any) -> bool:
    found = {
        name: {key: str(value) for key, value in font.get_object().items() if key != "/Name"}
        for name, font in resources["/Font"].items()
    }
    same = {"/Type": "/Font", "/Subtype": "/Type1", "/Encoding": "/WinAnsiEncoding"}
    bases = {"/F1": "/Helvetica", "/F2": "/Helvetica-Bold"}
    ours = {name: same | {"/BaseFont": base} for name, base in bases.items()}
    return found == ours and set(resources) <= {"/Font", "/ProcSet"}


def _require_own_place(annotation: Any, signature: EmbeddedPdfSignature) -> None:
    """Refuse an annotation that is not the signature's, or that lies over the text."""
    left, bottom, right, top = (float(side) for side in annotation["/Rect"])
    if annotation.get("/FT") != "/Sig" or annotation["/V"] is not signature.sig_object or "/AA" in annotation:
        raise _not_ours()
    invisible = left == right and bottom == top
    at_the_foot = 0 <= left <= right <= PAGE_WIDTH and 0 <= bottom <= top <= SIGNATURE_TOP
    if not (invisible or at_the_foot):
        raise FormSignatureInvalid(
            _("la firma visible tapa el texto"),
            remedy=_("firme sin firma visible, o póngala en la franja vacía al pie de la página"),
        )


def _subject(subject: dict[str, Any]) -> tuple[str, str]:
    """Return the kind and number of the document that the certificate's subject names."""
    named = str(subject.get("serial_number", "")).upper().replace(" ", "")
    etsi = _ETSI_PERSON.fullmatch(named)
    number = etsi[1] if etsi else named
    if dni.is_valid(number):
        return "dni", str(dni.validate(number))
    if nie.is_valid(number):
        return "nie", str(nie.validate(number))
    raise FormSignatureInvalid(_("el certificado no dice el DNI o NIE de una persona"))


def _not_ours() -> FormSignatureInvalid:
    return FormSignatureInvalid(
        _("lo que se firmó no es el formulario que corresponde a estas condiciones"),
        remedy=_("escriba el formulario con «redpact-node consent form», y use la misma versión en las dos entidades"),
    )
