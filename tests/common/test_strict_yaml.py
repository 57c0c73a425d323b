"""YAML read strictly: what is refused, with the line, and what plain values become."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.strict_yaml import YamlError, compose_yaml, read_yaml


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("a: 1\nb: [1\n", 3, "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", 2, "found character '\\t' that cannot start any token"),
        ("a: 1\n---\nb: 1\n", 2, "but found another document"),
        ("a: *b\n", 1, "found undefined alias"),
        ("", None, "the file is empty"),
        ("# only a remark\n", None, "the file is empty"),
        ("a: \x07", None, "unacceptable character"),
        ("[" * 2000, None, "lists or entries are nested too deep"),
    ],
)
def test_no_yaml(text: str, line: int | None, wanted: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(YamlError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}{f':{line}' if line else ''}: {wanted}")
    assert caught.value.line == line


def test_what_cannot_be_read(path: Path) -> None:
    with pytest.raises(YamlError, match=r"a\.yaml: No such file or directory$"):
        read_yaml(path)
    with pytest.raises(FileNotFoundError):
        compose_yaml(path)
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(YamlError, match=r"a\.yaml: "):
        read_yaml(path)


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "4", "c stands there twice"),
        ("a: 1\nb: {c: 1, d: 2}\n", "2", "unknown field 'd'; there are c"),
        ("a: 1\nb: [c]\n", "2", "b: 'key: value' entries are wanted"),
        ("a: 1\nb:\n  c: [1]\n", "3", "c: a text or an integer is wanted"),
        ("a: 1\nb:\n  c: 1\n", "3", "c: 1: a text is wanted"),
        ("a: 1\nb:\n  c: x\n", "3", "c: 'x' is not one of y, z"),
        ("a: 1\nb:\n  ? [c]\n  : 1\n", "3", "b: a text or an integer is wanted"),
    ],
)
def test_a_complaint_names_the_line(text: str, place: str, wanted: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(YamlError) as caught:
        read_yaml(path).fields()["b"].only("c")["c"].choice("y", "z")
    assert str(caught.value) == f"{path}:{place}: {wanted}"


def test_plain_values(path: Path) -> None:
    path.write_text(
        "a: [1, 1e-3, 37:50, 0x1f, 2020-01-01, yes, on, '<<', =]\n"
        "b: {true: true, f: false, q: 'true', n: null, t: ~, e: , '': ''}\n"
        "c: &c [x]\n"
        "d: [*c, *c]\n"
        "<<: {z: 1}\n"
        "3: True\n"
    )
    assert read_yaml(path).plain() == {
        "a": ["1", "1e-3", "37:50", "0x1f", "2020-01-01", "yes", "on", "<<", "="],
        "b": {"true": True, "f": False, "q": "true", "n": None, "t": None, "e": None, "": ""},
        "c": ["x"],
        "d": [["x"], ["x"]],
        "<<": {"z": "1"},
        "3": "True",
    }


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("a: 1\nb: {c: 1}\na: 2\n", (3, 1), "key 'a' is given twice"),
        ("a:\n- {b: 1, b: 1}\n", (2, 10), "key 'b' is given twice"),
        ("a: 1\n? {b: 1}\n: 2\n", (2, 3), "a key is not plain text"),
        ("a: !foo x\n", (1, 4), "could not determine a constructor for the tag '!foo'"),
        ("a: !!set {x}\n", (1, 4), "could not determine a constructor for the tag 'tag:yaml.org,2002:set'"),
        ("a: &a [*a]\n", (None, None), "lists or entries are nested too deep"),
    ],
)
def test_what_has_no_plain_value(text: str, place: tuple[int | None, int | None], wanted: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(YamlError) as caught:
        read_yaml(path).plain()
    assert (caught.value.line, caught.value.column, caught.value.problem) == (*place, wanted)


def test_aliases_of_aliases_take_no_time(path: Path) -> None:
    """Forty lines that stand for 9 ** 40 values."""
    path.write_text("a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 41)))
    plain = read_yaml(path).plain()
    assert isinstance(plain, dict)
    assert len(plain) == 41


@pytest.mark.parametrize("text", ["7:0", "190:20:30", "-1:30"])
def test_a_range_is_a_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"a: {text}\n")
    assert read_yaml(path).fields()["a"].scalar() == text


@pytest.mark.parametrize("text", ["010", "-07", "0_1", "00"])
def test_a_leading_zero_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"a: {text}\n")
    with pytest.raises(YamlError, match=f"x.yaml:1: a: {text} has a leading zero"):
        read_yaml(path).fields()["a"].scalar()


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("-0", 0), ("0x1F", 31), ("0b101", 5), ("1_000", 1000)])
def test_other_integers_stay(tmp_path: Path, text: str, value: int) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"a: {text}\n")
    assert read_yaml(path).fields()["a"].scalar() == value


def test_a_list_that_calls_itself_an_integer_is_none(path: Path) -> None:
    path.write_text("a: !!int [1]\n")
    with pytest.raises(YamlError, match=r"a\.yaml:1: a: a text or an integer is wanted"):
        read_yaml(path).fields()["a"].scalar()
