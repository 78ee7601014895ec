import re
import tracemalloc
from collections import Counter
from contextlib import suppress
from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import checking
from domain.checking import Checker, CheckerKind, check_checker, compare
from domain.errors import InvalidChallenge

EXACT = Checker(kind=CheckerKind.EXACT)
TOKENS = Checker(kind=CheckerKind.TOKENS)
TOKENS_BY_CASE = Checker(kind=CheckerKind.TOKENS, case_sensitive=True)
LINES = Checker(kind=CheckerKind.LINES)
UNORDERED = Checker(kind=CheckerKind.UNORDERED_LINES)
NEAR = Checker(kind=CheckerKind.FLOAT, absolute="1e-6", relative="1e-6")
EVERY = [EXACT, TOKENS, TOKENS_BY_CASE, LINES, UNORDERED, NEAR]
FREE_AT_LINE_ENDS = [TOKENS, TOKENS_BY_CASE, LINES, UNORDERED, NEAR]


def absolute(tolerance: str) -> Checker:
    return check_checker(Checker(kind=CheckerKind.FLOAT, absolute=tolerance))


def relative(tolerance: str) -> Checker:
    return check_checker(Checker(kind=CheckerKind.FLOAT, relative=tolerance))


def accepts(checker: Checker, expected: bytes, actual: bytes) -> bool:
    return compare(checker, expected, actual).accepted


def texts(*pieces: bytes) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(pieces), max_size=8).map(b"".join)


small_texts = texts(
    b"a", b"A", b"b", b"\xc3\xa4", b" ", b"\t", b"\n", b"\r\n", b"\v", b"\f", b"  \n"
)


pieces = st.sampled_from([b"a", b"b", b" ", b"\n"]).map(lambda piece: (piece, piece))
changes = st.sampled_from(
    [
        (b"a", b"A"),
        (b"a", b"b"),
        (b" ", b"\n"),
        (b"\n", b" \r\n"),
        (b"", b"\v\t"),
        (b"\n", b"\n\n"),
        (b"a\nb\n", b"b\na\n"),
    ]
)
similar = st.lists(pieces | pieces | changes, max_size=7).map(
    lambda pairs: (b"".join(one for one, _ in pairs), b"".join(other for _, other in pairs))
)
"""Two texts that differ little: often the same to one checker and not to another."""
small_pairs = similar | st.tuples(small_texts, small_texts)


# --- obvious implementations -------------------------------------------------------------------


def tokens_of(text: bytes) -> list[bytes]:
    return [token for token in re.split(rb"[ \t\n\v\f\r]", text) if token]


def lines_of(text: bytes) -> list[bytes]:
    lines = [re.sub(rb"[ \t\n\v\f\r]+\Z", b"", line) for line in text.split(b"\n")]
    filled = [position for position, line in enumerate(lines, 1) if line]
    return lines[: max(filled, default=0)]


@given(small_pairs)
def test_tokens_are_the_runs_of_non_blanks_in_any_case(pair: tuple[bytes, bytes]) -> None:
    expected, actual = pair

    same = tokens_of(expected.lower()) == tokens_of(actual.lower())

    assert accepts(TOKENS, expected, actual) == same


@given(small_pairs)
def test_tokens_may_be_told_apart_by_case(pair: tuple[bytes, bytes]) -> None:
    expected, actual = pair

    same = tokens_of(expected) == tokens_of(actual)

    assert accepts(TOKENS_BY_CASE, expected, actual) == same


@given(small_pairs)
def test_lines_are_compared_without_blanks_at_their_ends(pair: tuple[bytes, bytes]) -> None:
    expected, actual = pair

    assert accepts(LINES, expected, actual) == (lines_of(expected) == lines_of(actual))


@given(small_pairs)
def test_unordered_lines_are_compared_as_a_bag(pair: tuple[bytes, bytes]) -> None:
    expected, actual = pair

    same = Counter(lines_of(expected)) == Counter(lines_of(actual))

    assert accepts(UNORDERED, expected, actual) == same


@given(small_pairs)
def test_exact_is_byte_for_byte(pair: tuple[bytes, bytes]) -> None:
    expected, actual = pair

    assert accepts(EXACT, expected, actual) == (expected == actual)


@given(small_pairs, st.integers(1, 6))
def test_where_a_text_is_cut_into_blocks_changes_nothing(
    pair: tuple[bytes, bytes], size: int
) -> None:
    expected, actual = pair

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "_BLOCK", size)
        in_blocks = [compare(checker, expected, actual) for checker in FREE_AT_LINE_ENDS]

    assert in_blocks == [compare(checker, expected, actual) for checker in FREE_AT_LINE_ENDS]


# --- what every checker does -------------------------------------------------------------------


@pytest.mark.parametrize("checker", EVERY, ids=lambda checker: checker.kind)
@given(text=st.binary(max_size=40))
def test_a_checker_accepts_what_it_was_given(checker: Checker, text: bytes) -> None:
    assert accepts(checker, text, text)


@pytest.mark.parametrize("checker", FREE_AT_LINE_ENDS, ids=lambda checker: checker.kind)
@given(text=small_texts, ends=st.sampled_from([b"\n", b"\r\n", b" \n", b"\n\n\n", b" \t"]))
def test_blanks_and_empty_lines_at_the_end_do_not_count(
    checker: Checker, text: bytes, ends: bytes
) -> None:
    assert accepts(checker, text, text + ends)
    assert accepts(checker, text + ends, text)


@pytest.mark.parametrize("checker", EVERY, ids=lambda checker: checker.kind)
@given(expected=st.binary(max_size=12), actual=st.binary(max_size=12))
@example(expected=b"", actual=b"\xff" * 100_000)
@example(expected=b"\n" * 100, actual="a\u2028b\u202ec\u0085d".encode())
@example(expected=b"\0\x1b[31m\x07", actual="😀".encode() * 1_000)
@example(expected=b"x" * 1_000_000, actual=b"x" * 999_999)
def test_a_refusal_says_where_in_one_short_printable_line(
    checker: Checker, expected: bytes, actual: bytes
) -> None:
    comparison = compare(checker, expected, actual)

    assert bool(comparison.message) != comparison.accepted
    assert comparison.message.isprintable()
    assert len(comparison.message) < 300


@pytest.mark.parametrize(
    ("checker", "expected", "actual", "message"),
    [
        (EXACT, b"ab\ncd", b"ab\ncx", "the output differs at byte 5 (line 2)"),
        (EXACT, b"abc", b"ab", "the output differs at byte 3 (line 1)"),
        (EXACT, b"", b"\n", "the output differs at byte 1 (line 1)"),
        (TOKENS, b"1 2 3", b"1 2 4", 'token 3 (line 1) is "4", expected "3"'),
        (TOKENS, b"1 2", b"1", 'the output ends before token 2 (line 1), expected "2"'),
        (TOKENS, b"1", b"1\n2", 'token 2 (line 2) is "2", but nothing more is expected'),
        (TOKENS, b"1", b"", 'the output ends before token 1 (line 1), expected "1"'),
        (
            TOKENS,
            b"a",
            b"\x00\xff\xc2\xa0",
            'token 1 (line 1) is "\ufffd\ufffd\ufffd", expected "a"',
        ),
        (TOKENS, b"a", b"b" * 81, f'token 1 (line 1) is "{"b" * 80}…", expected "a"'),
        (TOKENS, b"a", b"b" * 80, f'token 1 (line 1) is "{"b" * 80}", expected "a"'),
        (LINES, b" \n", b"a", 'line 1 is "a", but nothing more is expected'),
        (LINES, b"a\n\nb", b"a\nb", 'line 2 is "b", expected ""'),
        (LINES, b"a\n b", b"a\nb", 'line 2 is "b", expected " b"'),
        (UNORDERED, b"a\nb", b"b\nb", 'line 2 "b" is not expected (so often)'),
        (UNORDERED, b"a\nb\nb", b"b\na", 'a line is missing: "b"'),
        (NEAR, b"1 2", b"1 2.1", 'token 2 (line 1) is "2.1", expected "2"'),
    ],
)
def test_a_message_names_the_first_difference(
    checker: Checker, expected: bytes, actual: bytes, message: str
) -> None:
    assert compare(checker, expected, actual).message == message


@given(st.binary(max_size=9), st.binary(max_size=3), st.binary(max_size=3))
def test_the_first_byte_that_differs_is_named(same: bytes, expected: bytes, actual: bytes) -> None:
    comparison = compare(EXACT, same + b"x" + expected, same + b"y" + actual)

    assert f" byte {len(same) + 1} " in comparison.message


@given(st.lists(st.sampled_from([b"a", b" b", b"c c"])), st.randoms())
def test_unordered_lines_may_come_in_any_order(lines: list[bytes], random: Random) -> None:
    shuffled = lines.copy()
    random.shuffle(shuffled)

    assert accepts(UNORDERED, b"\n".join(lines), b"\r\n".join(shuffled))


@pytest.mark.parametrize("checker", FREE_AT_LINE_ENDS, ids=lambda checker: checker.kind)
def test_white_space_alone_is_an_empty_output(checker: Checker) -> None:
    assert accepts(checker, b"", b" \r\n\t\n\v\f")


@pytest.mark.parametrize(("checker", "accepted"), [(TOKENS, True), (TOKENS_BY_CASE, False)])
def test_case_counts_only_where_the_author_says_so(checker: Checker, *, accepted: bool) -> None:
    assert accepts(checker, b"Yes 1", b"YES 1") == accepted


def test_only_ascii_letters_lose_their_case() -> None:
    assert not accepts(TOKENS, "Ä".encode(), "ä".encode())


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003", "\ufeff", "\0", "\x1c"])
def test_only_ascii_white_space_parts_tokens(blank: str) -> None:
    assert not accepts(TOKENS, b"a b", f"a{blank}b".encode())


# --- numbers -----------------------------------------------------------------------------------

numbers = st.from_regex(
    r"[+-]?([0-9]{1,3}(\.[0-9]{0,3})?|\.[0-9]{1,3})([eE][+-]?[0-9])?", fullmatch=True
)
tolerances = st.from_regex(r"[0-9](\.[0-9])?(e[+-]?[0-4])?", fullmatch=True)


@given(numbers, numbers, tolerances)
def test_an_absolute_tolerance_bounds_the_difference(
    expected: str, actual: str, tolerance: str
) -> None:
    near = abs(Fraction(expected) - Fraction(actual)) <= Fraction(tolerance)

    same = expected.lower() == actual.lower()

    assert accepts(absolute(tolerance), expected.encode(), actual.encode()) == (near or same)


@given(numbers, numbers, tolerances)
def test_a_relative_tolerance_is_of_the_expected_number(
    expected: str, actual: str, tolerance: str
) -> None:
    difference = abs(Fraction(expected) - Fraction(actual))

    near = difference <= Fraction(tolerance) * abs(Fraction(expected))

    assert accepts(relative(tolerance), expected.encode(), actual.encode()) == near


@given(numbers, numbers, tolerances, tolerances)
def test_with_both_tolerances_either_is_enough(
    expected: str, actual: str, one: str, other: str
) -> None:
    both = Checker(kind=CheckerKind.FLOAT, absolute=one, relative=other)
    wanted, got = expected.encode(), actual.encode()

    either = accepts(absolute(one), wanted, got) or accepts(relative(other), wanted, got)

    assert accepts(both, wanted, got) == either


@given(st.decimals(-1000, 1000, places=6), st.sampled_from(["0", "1e-6", "0.1", "2"]))
def test_a_tolerance_is_met_by_its_exact_value_and_by_nothing_more(
    wanted: Decimal, tolerance: str
) -> None:
    edge = wanted + Decimal(tolerance)
    beyond = edge + Decimal("1e-20")

    assert accepts(absolute(tolerance), str(wanted).encode(), f"{edge:f}0".encode())
    assert not accepts(absolute(tolerance), str(wanted).encode(), f"{beyond:f}".encode())


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("5", "+5"),
        ("0", "-0"),
        ("-0.0", "0e5"),
        ("0", "0e999999"),
        ("0", "-0e-999999"),
        ("1", "1."),
        ("0.5", ".5"),
        ("1e5", "100000"),
        ("1E+5", "1e05"),
        ("1", "0.9999999999"),
        ("1", "0001.0"),
        ("1e400", "1.0000000001e400"),
        ("1e-400", "0"),
        ("1e100000", "10e99999"),
        ("nan", "NaN"),
        ("nan", "-nan"),
        ("inf", "+Infinity"),
        ("-INF", "-infinity"),
        ("YES", "yes"),
        ("0x10", "0X10"),
    ],
)
def test_a_number_may_be_written_otherwise(expected: str, actual: str) -> None:
    assert accepts(NEAR, expected.encode(), actual.encode())
    assert accepts(NEAR, actual.encode(), expected.encode())


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("16", "0x10"),
        ("1000", "1_000"),
        ("1000", "1,000"),
        ("5", "--5"),
        ("5", "5e"),
        ("5", "5f"),
        ("0", "."),
        ("0", "-"),
        ("0", "e0"),
        ("5", "\u0665"),
        ("1", "1j"),
        ("nan", "0"),
        ("nan", "inf"),
        ("nan", "nan1"),
        ("inf", "-inf"),
        ("inf", "1e400"),
        ("inf", "1e99999"),
        ("1e400", "1e401"),
        ("1e400", "-1e400"),
        ("1e400", "text"),
        ("0", "1e100001"),
        ("0", "1e-100001"),
        ("0", "1e99999999999999999999999"),
        ("0", "0" * 1_001),
        ("1", "1 1"),
    ],
)
def test_what_is_not_that_number_is_refused(expected: str, actual: str) -> None:
    assert not accepts(NEAR, expected.encode(), actual.encode())
    assert not accepts(NEAR, actual.encode(), expected.encode())


@pytest.mark.parametrize(
    ("tolerance", "accepted"), [("9" * 40, True), ("9" * 39 + "8", False), ("1e40", True)]
)
def test_numbers_of_many_digits_are_compared_exactly(tolerance: str, *, accepted: bool) -> None:
    assert accepts(absolute(tolerance), b"1" + b"0" * 40, b"1") == accepted


@pytest.mark.parametrize(
    ("tolerance", "expected", "actual", "accepted"),
    [
        ("1e-500", "1" + "0" * 500, "1" + "0" * 499 + "1", True),
        ("1e-500", "1" + "0" * 500, "1" + "0" * 499 + "2", False),
        ("1", "1" + "0" * 39 + "1", "0", True),
        ("1", "1" + "0" * 39 + "1", "-1", False),
    ],
)
def test_a_relative_tolerance_is_exact_on_many_digits(
    tolerance: str, expected: str, actual: str, *, accepted: bool
) -> None:
    assert accepts(relative(tolerance), expected.encode(), actual.encode()) == accepted


def test_a_difference_too_wide_to_be_written_is_still_over_the_tolerance() -> None:
    assert not accepts(absolute("1e1000"), b"1e1000", b"-1e-90000")


def test_comparing_numbers_does_not_depend_on_how_others_set_decimal_arithmetic() -> None:
    with localcontext(prec=1):
        assert not accepts(absolute("0.1"), b"1.26", b"1.11")


def test_text_among_numbers_is_compared_by_case_where_that_counts() -> None:
    strict = Checker(kind=CheckerKind.FLOAT, absolute="1", case_sensitive=True)

    assert accepts(strict, b"Case 1: 1E1 NaN", b"Case 1: 1e1 nan")
    assert not accepts(strict, b"Case 1: 1", b"case 1: 1")


def test_a_long_row_of_digits_is_refused_without_trying_all_ways_to_read_it() -> None:
    assert not accepts(NEAR, b"1 " * 200, b"1 " * 199 + b"1" * 999 + b"x")


# --- size --------------------------------------------------------------------------------------

MIB = 1024 * 1024
long_lines = b"".join(b"%059d\n" % number for number in range(10 * MIB // 60))


@pytest.mark.parametrize(
    ("checker", "expected"),
    [
        pytest.param(EXACT, long_lines, id="exact, 10 MiB"),
        pytest.param(LINES, long_lines, id="lines, 10 MiB"),
        pytest.param(UNORDERED, long_lines, id="unordered, 10 MiB"),
        pytest.param(TOKENS, long_lines, id="tokens, 10 MiB"),
        pytest.param(NEAR, long_lines, id="float, 10 MiB"),
        pytest.param(TOKENS, b"12 " * 2_000_000, id="two million tokens"),
        pytest.param(LINES, b"12\n" * 600_000, id="many lines"),
        pytest.param(TOKENS, b" " * 10 * MIB, id="10 MiB of blanks"),
        pytest.param(LINES, b"x" * 10 * MIB, id="one line of 10 MiB"),
    ],
)
def test_a_large_output_takes_little_memory_beside_itself(
    checker: Checker, expected: bytes
) -> None:
    actual = expected + b"more"  # seen at the very end only

    tracemalloc.start()
    accepted = accepts(checker, expected, actual)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert not accepted
    assert peak < 8 * len(expected)


# --- what is a checker -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "checker",
    [
        *EVERY,
        Checker(),
        Checker(kind=CheckerKind.FLOAT, absolute="0", case_sensitive=True),
        Checker(kind=CheckerKind.FLOAT, relative="+1.5e-9"),
        Checker(kind=CheckerKind.FLOAT, absolute=".5", relative="5."),
        Checker(kind=CheckerKind.FLOAT, absolute="1e-100000"),
    ],
)
def test_a_sound_checker_is_taken_as_it_is(checker: Checker) -> None:
    assert check_checker(checker) is checker


@pytest.mark.parametrize(
    ("checker", "pointer"),
    [
        (Checker(kind=CheckerKind.FLOAT), "/checker"),
        (Checker(kind=CheckerKind.TOKENS, absolute="1"), "/checker/absolute"),
        (Checker(kind=CheckerKind.LINES, relative="1"), "/checker/relative"),
        (Checker(kind=CheckerKind.EXACT, case_sensitive=True), "/checker/case_sensitive"),
        (Checker(kind=CheckerKind.LINES, case_sensitive=True), "/checker/case_sensitive"),
        (Checker(kind=CheckerKind.UNORDERED_LINES, case_sensitive=True), "/checker/case_sensitive"),
        (Checker(kind=CheckerKind.FLOAT, absolute="1", relative="x"), "/checker/relative"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_with_their_place(
    checker: Checker, pointer: str
) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_checker(checker)

    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    "tolerance",
    [
        "",
        " 1",
        "1 ",
        "-1e-9",
        "nan",
        "inf",
        "1_0",
        "0x1",
        "1e",
        "1e1000000",
        "1\n",
        "\u0661",
        "\ud800",
    ],
)
def test_a_tolerance_that_is_no_plain_number_is_refused(tolerance: str) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        absolute(tolerance)

    assert refusal.value.pointer == "/checker/absolute"


@given(st.text(max_size=12) | numbers, st.binary(max_size=12) | numbers.map(str.encode))
def test_whatever_tolerance_is_taken_can_be_compared_with(tolerance: str, actual: bytes) -> None:
    with suppress(InvalidChallenge):
        checker = absolute(tolerance)

        assert accepts(checker, actual + b" 1", actual + b" 1.0")
