from node.ledger.witnessing.background import BUSY_CHECKS, Pace


def rounds(*sizes: int | None) -> list[int]:
    """Return at which of these looks a round was run."""
    pace = Pace()
    return [look for look, size in enumerate(sizes) if pace.is_time(size)]


def test_an_entry_after_a_rest_is_witnessed_at_the_next_look() -> None:
    assert rounds(None, None, 5) == [2]
    assert rounds(*[None] * 9, 6) == [9]


def test_a_ledger_that_keeps_growing_has_a_round_every_few_looks() -> None:
    assert rounds(*range(1, 4 * BUSY_CHECKS)) == [0, BUSY_CHECKS, 2 * BUSY_CHECKS, 3 * BUSY_CHECKS]


def test_what_was_put_off_is_witnessed_as_soon_as_the_ledger_rests() -> None:
    assert rounds(1, 2, 3, 3, None) == [0, 3]


def test_a_round_that_failed_is_repeated_at_the_next_look() -> None:
    assert rounds(4, 4, 4) == [0, 1, 2]


def test_nothing_waiting_needs_no_round() -> None:
    assert rounds(None, None, None) == []
