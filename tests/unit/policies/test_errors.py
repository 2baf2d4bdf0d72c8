from policies.errors import EXIT_CODES, ErrorKind, UnknownTerm, code_sentence, error_document, error_text
from presentation.messages import in_language


def test_every_kind_of_error_has_an_exit_code_and_they_are_the_documented_ones() -> None:
    assert {kind: EXIT_CODES[kind] for kind in ErrorKind} == {
        ErrorKind.REFUSED: 1,
        ErrorKind.USAGE: 2,
        ErrorKind.UNREACHABLE: 3,
        ErrorKind.DAMAGED: 4,
    }


def test_a_person_reads_spanish_first_then_the_particulars_and_the_next_step() -> None:
    text = error_text(UnknownTerm("no purpose 'x'", remedy="try: casework"))
    first, second, third = text.splitlines()
    assert first == f"✗ {UnknownTerm.sentence}"
    assert second == "  no purpose 'x' [unknown_term]"
    assert third == "  → try: casework"


def test_a_script_reads_code_message_remedy_and_exit_code() -> None:
    document = error_document(UnknownTerm("no purpose 'x'"))
    assert document == {
        "error": {
            "code": "unknown_term",
            "message": "no purpose 'x'",
            "remedy": "",
            "es": in_language(UnknownTerm.sentence, "es"),
            "en": in_language(UnknownTerm.sentence, "en"),
        },
        "exit_code": 2,
    }


def test_the_sentence_of_a_code_is_found_and_an_unknown_code_stands_for_itself() -> None:
    assert code_sentence("unknown_term") == UnknownTerm.sentence
    assert code_sentence("of_another_version") == "of_another_version"
