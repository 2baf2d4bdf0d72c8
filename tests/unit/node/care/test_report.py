"""Teams, openings and actions in words: they fit the terminal, in local time, in both languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from node.care.access import CaseFile
from node.care.model import CaseAction, Membership, Opening
from node.care.report import actions_text, added_text, case_file_text, opened_text, removed_text
from presentation.terminal import cells

NOW = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
MEMBER = Membership("trabajadora-social-7", "ceas_social_worker", NOW, None, "jefatura-1")
OPENING = Opening("staff-8", "covering_colleague", NOW, NOW + timedelta(hours=12))
ACTION = CaseAction(
    action_id="0123456789abcdef",
    professional="trabajadora-social-7",
    function="ceas_social_worker",
    case_role="responsible",
    action="food_delivery",
    since=date(2026, 11, 30),
    until=None,
    state="planned",
    updated_at=NOW,
)


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("width", [80, 200])
def test_every_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, lang: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    texts = (case_file_text(CaseFile((MEMBER,), (OPENING,), NOW), lang), actions_text([ACTION], lang))
    assert max(cells(line) for text in texts for line in text.splitlines()) <= width
    assert all("trabajadora-social-7" in text for text in texts)


def test_times_are_local_with_their_offset() -> None:
    text = case_file_text(CaseFile((MEMBER,), (OPENING,), NOW), "es")
    assert "30 nov 2026, 10:05 (+01:00)" in text
    assert "30 nov 2026, 22:05 (+01:00)" in opened_text(OPENING, "es")
    assert "until 30 Nov 2026, 22:05 (+01:00)" in opened_text(OPENING, "en")


def test_an_action_says_whether_others_may_see_it() -> None:
    assert "Se publica: sí" in actions_text([ACTION], "es")
    assert "Published: yes" in actions_text([ACTION], "en")


def test_confirmations_and_empty_cases_are_read_in_both_languages() -> None:
    empty = CaseFile((), (), NOW)
    assert case_file_text(empty, "es") == "Nadie está en el equipo de este caso."
    assert case_file_text(empty, "en") == "Nobody is on the team of this case."
    assert actions_text([], "en") == "This entity has no actions in this case."
    assert added_text(MEMBER, "es").startswith("trabajadora-social-7 está en el equipo del caso: ")
    assert removed_text("staff-7", "en") == "staff-7 is no longer on the case team."
