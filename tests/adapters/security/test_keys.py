"""Keys stay what they are, differ, and are never shown."""

from dataclasses import astuple

from adapters.security.keys import derive_keys

SECRET = b"0123456789abcdef0123456789abcdef"


def test_keys_are_the_same_for_ever() -> None:
    assert [key.hex() for key in astuple(derive_keys(SECRET))] == [
        "1bc31ad0561b557cead2cb2f4a98c6242213a13f6f11c0a6192d7c2b6562c700",
        "72998d8098f70a39cbc586714d2c74c9c905668fb89adc2fd755fe2bd4e22fd7",
        "93397da92f26cb3256d4e9a0b4486d456e5ae2a8126df3002fc3ca3d1e1ebca8",
    ]


def test_keys_differ_by_use_and_by_secret() -> None:
    keys = {*astuple(derive_keys(SECRET)), *astuple(derive_keys(SECRET + b"0"))}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}


def test_keys_are_not_shown() -> None:
    assert repr(derive_keys(SECRET)) == "Keys()"
