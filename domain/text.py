"""What a name is: one line that shows something."""

import re

_CONTROL = "\\x00-\\x1f\\x7f-\\x9f\u2028-\u202e\u2066-\u2069\\ud800-\\udfff"
_BLANK = "\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ONE_LINE = re.compile(f"[{_BLANK}]*[^{_CONTROL}{_BLANK}][^{_CONTROL}]*")
"""Blanks first, so that no character fits two parts and long texts take no longer than they are."""


def is_one_line(text: str) -> bool:
    """Whether the text has no control character, turn of direction or line break, nor only blanks.

    Joiners inside a word or an emoji are text, though Python calls them not printable.
    """
    return _ONE_LINE.fullmatch(text) is not None
