"""People read words for every type of entry, also for one that is added next year."""

import pytest

from consent_ledger.log.entry import EntryType
from consent_ledger.log.entry_words import ENTRY_NAMES, entry_name
from presentation.messages import in_language


@pytest.mark.parametrize("kind", list(EntryType))
def test_every_type_has_words_in_both_languages(kind: EntryType) -> None:
    assert kind in ENTRY_NAMES
    assert in_language(entry_name(kind), "es") != in_language(entry_name(kind), "en")
