"""What one line is, and that finding out takes no longer than the text is."""

import time

import pytest

from domain.text import is_one_line


@pytest.mark.parametrize("text", ["a", " a ", "\u3000a\u00a0", "a\u200db", "x" * 1_000])
def test_one_line_shows_something(text: str) -> None:
    assert is_one_line(text)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "a\n", "\na", "a\x00b", "a\u202eb", "\ud800"])
def test_blanks_line_breaks_and_control_characters_are_no_line(text: str) -> None:
    assert not is_one_line(text)


@pytest.mark.parametrize("text", [" " * 200_000, "a" * 200_000 + "\n", "a " * 100_000 + "\n"])
def test_a_long_text_takes_no_longer_than_it_is(text: str) -> None:
    began = time.process_time()

    assert not is_one_line(text)

    assert time.process_time() - began < 3
