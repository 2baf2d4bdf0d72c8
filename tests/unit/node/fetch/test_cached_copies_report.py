"""The table of cached copies, as text and as a document, from copies alone."""

from datetime import UTC, datetime, timedelta

from node.fetch.cached_copies import SharedCopy
from node.fetch.cached_copies_report import shared_document, shared_text
from records_exchange.answer import ReleasedField

RECEIVED = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
FIELD = ReleasedField(id="person.sex", value="f", recorded_at=RECEIVED - timedelta(days=10))
COPY = SharedCopy("burgos", "casework", RECEIVED, RECEIVED + timedelta(days=7), (FIELD,))


def test_each_value_stands_with_its_source_its_dates_and_its_purpose() -> None:
    text = shared_text([COPY], {"burgos": "Diputación de Burgos"})
    for expected in ("Sexo", "Mujer", "Diputación de Burgos", "1 dic 2026"):
        assert expected in text
    assert "1 Dec 2026" in shared_text([COPY], {}, lang="en")


def test_an_entity_without_a_name_is_shown_by_its_id() -> None:
    assert "burgos" in shared_text([COPY], {})


def test_nothing_kept_is_said_in_both_languages() -> None:
    assert "No se guarda nada" in shared_text([], {})
    assert "Nothing of other entities" in shared_text([], {}, lang="en")


def test_the_document_has_utc_times_and_coded_values() -> None:
    (copy,) = shared_document([COPY])["copies"]
    assert copy["received_at"] == "2026-11-30T23:30:00+00:00"
    assert copy["fields"][0]["value"] == "f"
