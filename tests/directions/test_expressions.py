from __future__ import annotations

import json
from pathlib import Path

import pytest

import tokensphere as ts
from tokensphere.directions.expressions import (
    parse_token_expressions,
    read_token_expressions,
)
from tokensphere.directions.tokens import TokenSum
from tokensphere.errors import InputError, SourceError

Tokens = tuple[str, ...]


def parse(line: str) -> TokenSum:
    (expression,) = parse_token_expressions(line, name="pairs.txt")
    return expression


@pytest.mark.parametrize(
    ("line", "positive", "negative"),
    [
        ('" king" - " queen"', (" king",), (" queen",)),
        ('" Monday" + " Tuesday" + " Friday"', (" Monday", " Tuesday", " Friday"), ()),
        ('- " a" + " b" − " c"', (" b",), (" a", " c")),
        ("king", ("king",), ()),
        ("␣king−␣queen", ("␣king",), ("␣queen",)),
        ("king-queen+man", ("king", "man"), ("queen",)),
        ("  +  ' a'-' b'  ", (" a",), (" b",)),
        ("id:5 - id:1234", ("id:5",), ("id:1234",)),
        (r"\n + \xe2\x80", (r"\n", r"\xe2\x80"), ()),
        (r'"\n" - "\\n"', ("\n",), ("\\n",)),
        (r'"\"" + "\\" + "\u2581a" + "\/"', ('"', "\\", "▁a", "/"), ()),
        (r"""'it\'s' + '"' + '\"' + "it's" + "\'" """, ("it's", '"', '"', "it's", "'"), ()),
        ('"+" - "-"', ("+",), ("-",)),
        ('"#" + "a: b"', ("#", "a: b"), ()),
        ('"日本" - 東京', ("日本",), ("東京",)),
    ],
)
def test_lines(line: str, positive: Tokens, negative: Tokens) -> None:
    expression = parse(line)
    assert (expression.positive, expression.negative) == (positive, negative)
    assert expression.name == line.strip()
    named = parse(f"my name: {line}")
    assert named == TokenSum(positive, negative, "my name")


@pytest.mark.parametrize(
    "token", [" a", '"', "'", "\\", "\n\t", "+ - −", "#", "a: b", "\u2028", "é", "\x1b", "😀"]
)
def test_every_token_can_be_written_in_quotes(token: str) -> None:
    for quoted in (json.dumps(token), json.dumps(token, ensure_ascii=False)):
        assert parse(f"x: {quoted} - {quoted}") == TokenSum((token,), (token,), "x")
    single = token.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    assert parse(f"x: '{single}'").positive == (token,)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('royal:" king"', "royal"),
        ("a - b: x", "a - b"),
        ("a:b: x", "a:b"),
        ("id: 5", "id"),
        ("x :  y", "x :  y"),
    ],
)
def test_names(line: str, name: str) -> None:
    if line == "x :  y":
        with pytest.raises(InputError, match=r"no \+ or − before"):
            parse(line)
    else:
        assert parse(line).name == name


def test_comments_blank_lines_and_line_ends() -> None:
    text = "# first\r\n\r\n  # second\n a \r\nname: b + c\n\t\n"
    assert parse_token_expressions(text, name="x") == [
        TokenSum(("a",), (), "a"),
        TokenSum(("b", "c"), (), "name"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('" king" -', "a token is missing at the end"),
        ("name:", "a token is missing at the end"),
        ("+", "a token is missing at the end"),
        ('" king', 'the quote " is not closed'),
        ("a - 'b", "the quote ' is not closed"),
        ('" king" " queen"', "no + or − before"),
        ("new york", "no + or − before 'york'"),
        ('" a" - - " b"', "there is no token where"),
        (r'"\x20"', "an escape that JSON does not know"),
        (r'"\u12"', "an escape that JSON does not know"),
        ('""', "nothing between the quotes"),
        ("earlier: x", "the name 'earlier' is that of line 2, too"),
    ],
)
def test_errors_name_the_line(line: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_token_expressions(f"# pairs\nearlier: a - b\n\n{line}\nlater: a", name="pairs.txt")
    message = str(caught.value)
    assert message.startswith("pairs.txt, line 4: ") and problem in message
    assert message.splitlines() == [message]


def test_a_text_without_expressions() -> None:
    with pytest.raises(InputError, match=r"pairs\.txt has no expression"):
        parse_token_expressions("# nothing\n\n", name="pairs.txt")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_bytes('\ufeffdays: " Monday" + ␣Friday\r\n'.encode())
    assert read_token_expressions(path) == [TokenSum((" Monday", "␣Friday"), (), "days")]
    path.write_bytes(b"a\n\xff\n")
    with pytest.raises(InputError, match=r"no text in UTF-8 \(byte 2\)"):
        read_token_expressions(path)
    for absent in (tmp_path / "absent.txt", tmp_path, "a\0b"):
        with pytest.raises(SourceError, match="cannot open") as caught:
            read_token_expressions(absent)
        assert "\n" not in str(caught.value)


def test_the_tokens_are_those_of_a_vocabulary(bundled: ts.EmbeddingSpace) -> None:
    expression = parse(r'␣king + " king" - "\n" - \n')
    king, same, newline, shown = map(bundled.vocabulary.id, expression.positive + expression.negative)
    assert king == same and bundled.vocabulary.token(king) == b" king"
    assert bundled.vocabulary.token(newline) == b"\n"
    assert bundled.vocabulary.token(shown) in (b"\n", b"\\n")  # exact tokens go before shown ones
