"""What several shapes share."""

from typing import Annotated

import msgspec

NO_NUL = r"^[^\u0000]*$"
LANGUAGE = "^[a-z][a-z0-9]{0,31}$"
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
ONE_LINE = f"^[{_BLANK}]*[^{_CONTROL}{_BLANK}][^{_CONTROL}]*$(?!\\n)"
"""No line breaks or other control characters, and not only blanks; Python's `$` takes one more."""

LanguageName = Annotated[
    str, msgspec.Meta(pattern=LANGUAGE, max_length=32, description="As `/candidate/languages`.")
]
Text = Annotated[str, msgspec.Meta(pattern=NO_NUL)]
Line = Annotated[str, msgspec.Meta(pattern=ONE_LINE, min_length=1, max_length=200)]


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body: unknown fields are refused."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an answer."""
