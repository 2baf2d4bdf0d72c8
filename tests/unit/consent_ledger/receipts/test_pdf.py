import sys
from pathlib import Path

import pytest

from consent_ledger.errors import PdfUnavailable
from consent_ledger.receipts.pdf import pdf_printer
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register
from tests.support.receipts import new_receipt


def test_the_receipt_is_printed_in_both_languages(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="the extra pdf is not installed")
    ledger = new_ledger()
    view = new_register(ledger).grant(grant_of(), START)
    folder = new_receipt(ledger, view, tmp_path / "receipt", pdf=True)
    for language in ("es", "en"):
        assert (folder / f"consent.{language}.pdf").read_bytes().startswith(b"%PDF-")


def test_a_page_that_asks_for_a_file_gets_none(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="the extra pdf is not installed")
    secret = tmp_path / "secret.png"
    printer = pdf_printer(wanted=True)
    assert printer is not None
    page = f'<html lang="es"><head><title>x</title></head><body><img alt="x" src="{secret.as_uri()}">hola</body></html>'
    assert printer(page).startswith(b"%PDF-")


def test_without_the_library_pdf_is_left_out_or_refused_when_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfUnavailable, match="PDF"):
        pdf_printer(wanted=True)
    assert pdf_printer(wanted=False) is None
