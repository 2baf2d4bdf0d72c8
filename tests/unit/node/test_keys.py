from pathlib import Path

import pytest

from node.keys import DATA, EXCHANGE, FILES, FOLDER, LEDGER, SIGNING, NodeKeys
from trust.errors import KeyUnreadable


def test_keys_are_made_once_and_read_back(tmp_path: Path) -> None:
    made, again = NodeKeys.create(tmp_path), NodeKeys.create(tmp_path)
    assert made.signing.public_key == again.signing.public_key == NodeKeys.load(tmp_path).signing.public_key
    assert made.exchange_public == again.exchange_public
    assert made.data_key == again.data_key
    assert len({made.signing.public_key, made.ledger.public_key, made.exchange_public}) == 3


@pytest.mark.parametrize("name", [SIGNING, LEDGER, EXCHANGE, DATA])
@pytest.mark.parametrize("damage", ["missing", "garbage", "readable by others", "wrong kind"])
def test_a_key_that_cannot_be_trusted_is_named_and_never_replaced(tmp_path: Path, name: str, damage: str) -> None:
    NodeKeys.create(tmp_path)
    path = tmp_path / FOLDER / name
    match damage:
        case "missing":
            path.unlink()
        case "garbage":
            path.write_bytes(b"garbage")
        case "readable by others":
            path.chmod(0o640)
        case _:
            path.write_bytes((tmp_path / FOLDER / "tls.pem").read_bytes())
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(KeyUnreadable) as caught:
        NodeKeys.load(tmp_path)
    assert caught.value.remedy
    assert (path.read_bytes() if path.exists() else None) == before


def test_every_key_file_is_private(tmp_path: Path) -> None:
    NodeKeys.create(tmp_path)
    assert {(tmp_path / FOLDER / name).stat().st_mode & 0o777 for name in FILES} == {0o600}
