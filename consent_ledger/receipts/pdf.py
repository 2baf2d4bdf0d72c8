"""Receipts as PDF, with WeasyPrint, where the extra ``pdf`` is installed. Nothing is ever loaded from anywhere."""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from consent_ledger.errors import PdfUnavailable
from presentation.messages import _

PdfPrinter = Callable[[str], bytes]
"""Returns the PDF of a page of HTML."""


def pdf_printer(wanted: bool | None) -> PdfPrinter | None:
    """Return the printer of pages; None when PDF is not wanted, or is optional and not possible.

    Raises:
        PdfUnavailable: it is wanted, and WeasyPrint, or the Pango library it draws with, is not installed.
    """
    if wanted is False or (wanted is None and find_spec("weasyprint") is None):
        return None
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:  # OSError: WeasyPrint is there, Pango is not
        if wanted is None:
            return None
        raise PdfUnavailable(
            _("no se puede escribir el PDF: falta WeasyPrint, o la biblioteca Pango con la que dibuja"),
            remedy=_("ejecute pip install 'redpact[pdf]' e instale Pango, o use --no-pdf"),
        ) from error
    return lambda page: _print(weasyprint, page)


def _print(weasyprint: Any, page: str) -> bytes:
    # Tagged and archivable (PDF/UA): read aloud by a screen reader, and readable in twenty years.
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    document: bytes = weasyprint.HTML(string=page, url_fetcher=nothing).write_pdf(pdf_variant="pdf/ua-1")
    return document
