import secrets

import pytest

from node.seals import pages


def test_a_tag_is_found_under_its_name_and_under_no_other() -> None:
    tags = {pages.name_of("person", str(number)): secrets.token_bytes(pages.TAG_BYTES) for number in range(300)}
    page = pages.changed(b"", dict(tags))
    assert {name: pages.tag_in(page, name) for name in tags} == tags
    assert list(pages.names_in(page)) == sorted(tags)
    assert pages.tag_in(page, pages.name_of("cards", "1")) is None


def test_bytes_that_cross_two_entries_are_no_name() -> None:
    first, second = b"\1" * pages.NAME_BYTES, b"\2" * pages.NAME_BYTES
    page = pages.changed(b"", {first: b"\3" * pages.TAG_BYTES, second: b"\4" * pages.TAG_BYTES})
    crossing = page[pages.NAME_BYTES + 10 : 2 * pages.NAME_BYTES + 10]
    assert pages.tag_in(page, crossing) is None


@pytest.mark.parametrize("number", [0, 7, pages.PAGES - 1])
def test_a_root_changes_with_one_page_alone(number: int) -> None:
    root = pages.with_page(pages.EMPTY_ROOT, number, b"entries")
    assert len(root) == len(pages.EMPTY_ROOT)
    assert pages.in_root(root, number) == pages.digest_of(b"entries")
    others = (each for each in range(pages.PAGES) if each != number)
    assert all(pages.in_root(root, each) == pages.in_root(pages.EMPTY_ROOT, each) for each in others)


def test_a_changed_and_a_removed_entry_leave_the_others() -> None:
    names = [pages.name_of("person", str(number)) for number in range(3)]
    page = pages.changed(b"", dict.fromkeys(names, b"\x01" * pages.TAG_BYTES))
    page = pages.changed(page, {names[0]: b"\2" * pages.TAG_BYTES, names[1]: None})
    assert [pages.tag_in(page, name) for name in names] == [b"\2" * pages.TAG_BYTES, None, b"\1" * pages.TAG_BYTES]
