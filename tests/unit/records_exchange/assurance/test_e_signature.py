"""A form that the person signed with their own certificate: what it proves, and everything that is no such form."""

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest

from consent_ledger.log.actors import Actor
from presentation.messages import in_language
from records_exchange.assurance.e_signature import SignedForm, read_signed_form
from records_exchange.assurance.form_document import FormDocument
from records_exchange.assurance.form_pdf import SIGNATURE_TOP, form_pdf
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import ESignatureUnavailable, FormSignatureInvalid
from tests.support.clock import START
from tests.support.signatures import Signer, TestAuthority

NAMES = {"ngo": "Asociación (de pruebas) \\ Ñandú ☃", "burgos": "Diputación"}
TERMS = ConsentTerms(
    consent_id="ab" * 16,
    origin="ngo",
    fields=("household.size", "person.birth_year"),
    purposes=("casework", "coordination"),
    recipients=("ngo",),
    holders=("burgos",),
    valid_from=START,
    valid_until=START + timedelta(days=365),
    agreed_at=START,
    acted_by=Actor.PERSON,
    guardian_relation=None,
    notice_sha256="cd" * 32,
)
FORM = FormDocument.of(TERMS, NAMES, "es")


@cache
def authority() -> TestAuthority:
    return TestAuthority()


@cache
def ana() -> Signer:
    return authority().person("IDCES-12345678Z")


@cache
def signed() -> bytes:
    return ana().sign(form_pdf(FORM))


def read(pdf: bytes, *, by: TestAuthority | None = None, days: int = 0) -> SignedForm:
    return read_signed_form(pdf, [(by or authority()).certificate], START + timedelta(days=days))


def refused(pdf: bytes) -> str:
    with pytest.raises(FormSignatureInvalid) as caught:
        read(pdf)
    return in_language(caught.value.message, "es")


def test_a_signed_form_proves_its_terms_and_who_signed_them() -> None:
    found = read(signed())
    assert found.form == FORM
    assert found.form.terms.digest == TERMS.digest
    assert (found.document_kind, found.document) == ("dni", "12345678Z")
    assert len(found.authority_sha256) == 64


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("12345678Z", ("dni", "12345678Z")),
        ("IDCES-00000000T", ("dni", "00000000T")),
        ("IDCES-X0000000T", ("nie", "X0000000T")),
        ("x0000000t", ("nie", "X0000000T")),
    ],
)
def test_the_subject_is_read_as_fnmt_and_the_dnie_write_it(named: str, found: tuple[str, str]) -> None:
    form = read(authority().person(named).sign(form_pdf(FORM)))
    assert (form.document_kind, form.document) == found


@pytest.mark.parametrize("named", ["", "IDCES-12345678A", "PASES-12345678Z", "VATES-B12345674", "IDCFR-12345678Z"])
def test_a_certificate_that_names_no_spanish_document_of_a_person_is_refused(named: str) -> None:
    assert "DNI" in refused(authority().person(named).sign(form_pdf(FORM)))


@pytest.mark.parametrize("lang", ["es", "en"])
def test_equal_forms_are_equal_bytes_and_long_ones_take_more_pages(lang: str) -> None:
    form = FormDocument.of(TERMS, NAMES, lang)
    assert form_pdf(form) == form_pdf(FormDocument.model_validate_json(form.canonical()))
    long = TERMS.model_copy(update={"recipients": tuple(f"entity-{number:03d}" for number in range(300))})
    pdf = ana().sign(form_pdf(FormDocument.of(long, NAMES, lang)))
    assert len(re.findall(rb"/Type/Page/", pdf)) > 1
    assert read(pdf).form.terms == long


def test_a_signature_with_an_rsa_key_as_on_the_dnie_counts() -> None:
    assert read(authority().person("12345678Z", rsa_bits=2048).sign(form_pdf(FORM))).document == "12345678Z"


def test_a_signature_at_the_foot_of_the_page_is_let_be() -> None:
    assert read(ana().sign(form_pdf(FORM), box=(60, 10, 300, SIGNATURE_TOP - 10))).form == FORM


def test_a_signature_over_the_text_is_refused() -> None:
    assert "tapa" in refused(ana().sign(form_pdf(FORM), box=(60, 10, 300, 700)))


def test_without_the_library_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    with pytest.raises(ESignatureUnavailable) as caught:
        read(signed())
    assert "redpact[e-signature]" in caught.value.remedy


def test_no_authority_but_those_pinned_counts() -> None:
    with pytest.raises(FormSignatureInvalid):
        read(signed(), by=TestAuthority("AC de pruebas"))
    with pytest.raises(FormSignatureInvalid):
        read_signed_form(signed(), [], START)


def test_a_certificate_counts_while_it_is_valid() -> None:
    read(signed(), days=364)
    for day in (-31, 366):
        with pytest.raises(FormSignatureInvalid):
            read(signed(), days=day)


def test_a_certificate_for_authentication_signs_nothing() -> None:
    assert "no sirve para firmar" in refused(authority().person("12345678Z", signs=False).sign(form_pdf(FORM)))


def test_nothing_may_be_added_after_the_signature() -> None:
    later = b"\n% added\nstartxref\n0\n%%EOF\n"
    refused(signed() + later)
    assert "firmas" in refused(ana().sign(signed(), field="Otra"))


def test_an_unsigned_form_is_no_proof() -> None:
    assert "0 firmas" in refused(form_pdf(FORM))


def _other_text(pdf: bytes) -> bytes:
    wider = FormDocument.of(TERMS.model_copy(update={"fields": ("person.birth_year",)}), NAMES, "es")
    shown, wanted = form_pdf(wider), form_pdf(FORM)
    (inside,) = re.findall(rb"stream\n(\{.*?\})\nendstream", wanted)
    (other,) = re.findall(rb"stream\n(\{.*?\})\nendstream", shown)
    assert pdf == wanted
    return _rebuilt(shown.replace(b"/Length %d" % len(other), b"/Length %d" % len(inside)).replace(other, inside))


def _rebuilt(pdf: bytes) -> bytes:
    """Return the file with its cross-reference table made anew."""
    body = pdf[: pdf.rindex(b"\nxref\n") + 1]
    offsets = [found.start(1) for found in re.finditer(rb"(?:^|\n)(\d+ 0 obj\n)", body)]
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = pdf[pdf.index(b"trailer\n") : pdf.rindex(b"startxref\n")]
    return b"%sxref\n0 %d\n0000000000 65535 f \n%s%sstartxref\n%d\n%%%%EOF\n" % (
        body,
        len(offsets) + 1,
        table,
        trailer,
        len(body),
    )


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "the text shown is another than the terms inside": _other_text,
    "an action runs when it opens": lambda pdf: _rebuilt(
        pdf.replace(b"/Lang(es)", b"/Lang(es)/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
    ),
    "a page is turned": lambda pdf: _rebuilt(pdf.replace(b"/Type/Page/", b"/Type/Page/Rotate 180/")),
    "a page is cropped": lambda pdf: _rebuilt(pdf.replace(b"/Type/Page/", b"/Type/Page/CropBox[0 0 9 9]/")),
    "the page is smaller": lambda pdf: _rebuilt(pdf.replace(b"0 0 595 842", b"0 0 595 400")),
    "a note lies over the text": lambda pdf: _rebuilt(
        pdf.replace(b"/Type/Page/", b"/Type/Page/Annots[<</Type/Annot/Subtype/FreeText/Rect[0 0 595 842]>>]/")
    ),
    "a font draws other letters": lambda pdf: _rebuilt(pdf.replace(b"/Helvetica-Bold", b"/Symbol")),
    "an encoding draws other letters": lambda pdf: _rebuilt(
        pdf.replace(b"/Helvetica/Encoding/WinAnsiEncoding", b"/Helvetica/Encoding<</Differences[65/B]>>")
    ),
    "layers hide a part": lambda pdf: _rebuilt(pdf.replace(b"/Lang(es)", b"/Lang(es)/OCProperties<<>>")),
    "there is no document inside": lambda pdf: _rebuilt(pdf.replace(b"/EmbeddedFiles", b"/EmbeddedFilez")),
}


@pytest.mark.invariant(8)
@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "-"))
def test_what_the_person_saw_is_what_the_terms_say(change: str) -> None:
    """The person's own signature is good in each of these: an origin that lies hands the person another paper."""
    changed = CHANGES[change](form_pdf(FORM))
    assert changed != form_pdf(FORM)
    assert "no es el formulario" in refused(ana().sign(changed))


def test_a_form_built_anew_is_still_the_form() -> None:
    assert _rebuilt(form_pdf(FORM)) == form_pdf(FORM)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"\x00" * 2000, b"%PDF-1.7\n" + b"[" * 100_000, b"x" * (1 << 21)])
def test_bytes_that_are_no_form_are_a_typed_error(pdf: bytes) -> None:
    refused(pdf)


@pytest.mark.invariant(8)
def test_no_changed_byte_of_a_signed_form_is_accepted() -> None:
    whole = signed()
    for place in range(0, len(whole), 397):
        changed = bytearray(whole)
        changed[place] ^= 0x20
        try:
            found = read(bytes(changed))
        except FormSignatureInvalid:
            continue
        assert found.form == FORM, "a change in the padding of the signature only"
