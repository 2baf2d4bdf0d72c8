import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation.terminal import cells, fitted, pairs, paragraph, plain, table, wrapped

TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
PROSE = st.lists(st.text("abcdefgñéß漢", min_size=1, max_size=14), max_size=20).map(" ".join)
WIDTHS = st.integers(min_value=4, max_value=120)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    count = draw(st.integers(min_value=1, max_value=5))
    row = st.lists(PROSE | TEXT, min_size=count, max_size=count)
    return draw(row), draw(st.lists(row, max_size=5))


def words(text: object) -> list[str]:
    return [word for word in plain(text).split(" ") if word]


@given(PROSE, WIDTHS)
def test_no_line_is_wider_than_the_width_unless_it_is_one_word(text: str, width: int) -> None:
    assert all(cells(line) <= width or " " not in line for line in wrapped(text, width))


@given(TEXT | PROSE, WIDTHS)
def test_wrapping_breaks_and_loses_no_word(text: str, width: int) -> None:
    assert [word for line in wrapped(text, width) for word in line.split(" ")] == words(text)


@given(PROSE, WIDTHS, st.integers(min_value=0, max_value=3), st.integers(min_value=0, max_value=3))
def test_a_paragraph_keeps_every_word_within_the_width(text: str, width: int, indent: int, hanging: int) -> None:
    shown = paragraph(text, width, indent, hanging=hanging)
    assert shown.split() == text.split()
    assert all(cells(line) <= width or len(line.split()) == 1 for line in shown.splitlines())


@given(tables(), WIDTHS)
def test_a_table_shows_every_value_whole(content: tuple[list[str], list[list[str]]], width: int) -> None:
    columns, rows = content
    shown = table(columns, rows, width)
    present = shown.split()
    for text in [value for row in rows for value in row]:
        assert all(word in present or f"{word}:" in present for word in plain(text).split())


@given(tables(), WIDTHS)
def test_no_line_of_a_table_is_too_wide_or_ends_in_a_blank(
    content: tuple[list[str], list[list[str]]], width: int
) -> None:
    for line in table(*content, width).split("\n"):
        assert not line.endswith(" ")
        assert cells(line) <= width or len(words(line)) == 1 or not content[1]


@given(TEXT)
def test_no_value_steers_the_terminal(text: str) -> None:
    shown = table(["a"], [[text]], 80)
    assert all(
        character == "\n" or character.isprintable() or character in "\u00a0\u202f"
        for character in shown
        if ord(character) < 0x80
    )
    assert "\x1b" not in shown


def test_markup_is_text() -> None:
    assert "[red]no[/red]" in table(["a"], [["[red]no[/red]"]], 80)


def test_a_table_that_fits_stands_under_its_headings() -> None:
    shown = table(["Nombre", "Total"], [["uno", 5], ["tres", 1234]], 40)
    assert shown.split("\n") == ["Nombre  Total", "------  -----", "uno         5", "tres     1234"]


def test_a_table_that_is_too_wide_becomes_blocks() -> None:
    shown = table(["Nombre", "Nota", "N.º"], [["uno", "dos palabras y otras más", 1], ["tres", "", 2]], 20)
    assert shown.split("\n") == [
        "Nombre: uno",
        "Nota: dos palabras y",
        "  otras más",
        "N.º: 1",
        "",
        "Nombre: tres",
        "Nota: -",
        "N.º: 2",
    ]


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    assert paragraph("uno dos tres cuatro") == "uno dos\ntres\ncuatro"
    assert pairs([("a", "una cosa larga")]) == "a: una\n  cosa\n  larga"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="other columns"):
        table(["a"], [["1", "2"]], 80)


@given(st.lists(PROSE, max_size=4).map("\n".join), WIDTHS)
def test_a_fitted_text_keeps_every_word_within_the_width(text: str, width: int) -> None:
    shown = fitted(text, width)
    assert shown.split() == text.split()
    assert all(cells(line) <= width or len(line.split()) == 1 for line in shown.split("\n"))


def test_a_line_that_fits_stays_as_it_is_and_a_longer_one_goes_on_further_in() -> None:
    assert fitted("a  b\n\n  c", 10) == "a  b\n\n  c"
    assert fitted("  uno dos tres cuatro", 12) == "  uno dos\n    tres\n    cuatro"


ENTITY = "Ayuntamiento Ficticio"


def test_a_wide_table_says_once_what_all_rows_share() -> None:
    rows = [("Estudios", "Primaria", ENTITY), ("Vivienda", "Alquiler", ENTITY)]
    shown = table(("Dato", "Valor", "Entidad"), rows, 36)
    assert shown.startswith(f"Entidad: {ENTITY}\n\nDato      Valor\n")
    assert shown.count(ENTITY) == 1


def test_two_columns_that_do_not_fit_are_lines_of_their_own() -> None:
    rows = [("Situación laboral", "En desempleo"), ("Vivienda", "Alquiler")]
    assert table(("Dato", "Valor"), rows, 24) == "Situación laboral: En\n  desempleo\nVivienda: Alquiler"


def test_a_single_row_is_a_block_with_all_its_headings() -> None:
    assert table(("Dato", "Valor"), [("Situación laboral", "En desempleo")], 24) == (
        "Dato: Situación laboral\nValor: En desempleo"
    )
