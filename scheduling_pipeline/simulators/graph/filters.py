"""OData `$filter` and `$orderby`: parsed once, applied to any kind of item through its readable properties.

Supported: `eq ne gt ge lt le`, `and or not`, parentheses, `startswith endswith contains`, and `any` over a
collection. That is what Outlook and the directory take for the resources simulated here.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from scheduling_pipeline.simulators.graph.errors import bad_request

Item = TypeVar("Item")
Literal = str | bool | int | None
Test = Callable[[Any], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<instant>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))|(?P<number>-?\d+)"
    r"|(?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_][\w.]*)*)|(?P<mark>[(),:]))"
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_CONSTANTS: Mapping[str, Literal] = {"true": True, "false": False, "null": None}


def fold(value: Any) -> Any:  # noqa: ANN401 - any comparable value
    """Text compares without regard to letter case."""
    return value.casefold() if isinstance(value, str) else value


@dataclass(frozen=True)
class Property(Generic[Item]):
    """How to read a property of an item in a form that compares, and how to bring a literal into that form.

    For a collection `get` returns its elements, and `element` names what can be asked of each of them: `""`
    stands for the element itself.
    """

    get: Callable[[Item], Any]
    literal: Callable[[str], Any] = fold
    element: Mapping[str, Property[Any]] | None = None


def text(get: Callable[[Item], str | None]) -> Property[Item]:
    """A property that is text."""
    return Property(lambda item: fold(get(item)))


Properties = Mapping[str, Property[Item]]


@dataclass(frozen=True)
class _Path:
    name: str


class _Parser(Generic[Item]):
    def __init__(self, text: str, readable: Properties[Item]) -> None:
        self._tokens = _tokens(text)
        self._readable = readable
        self._variable: str | None = None

    def parse(self) -> Callable[[Item], bool]:
        test = self._either()
        if self._tokens:
            raise _syntax(self._tokens[0][1])
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("name", "or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._take("name", "and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def _single(self) -> Test:
        if self._take("name", "not"):
            test = self._single()
            return lambda item: not test(item)
        if self._take("mark", "("):
            test = self._either()
            self._expect(")")
            return test
        kind, text = self._next()
        if kind == "name" and text.lower() in _FUNCTIONS:
            return self._function(_FUNCTIONS[text.lower()])
        if kind == "name" and text.lower().endswith("/any"):
            return self._any(text[:-4])
        return self._comparison(self._operand(kind, text))

    def _function(self, function: Callable[[str, str], bool]) -> Test:
        self._expect("(")
        read = self._property(self._operand(*self._next()))
        self._expect(",")
        sought = self._sought(read)
        self._expect(")")
        if not isinstance(sought, str):
            raise bad_request("Invalid filter clause: the function needs a text.")

        def test(item: Any) -> bool:  # noqa: ANN401 - item or element
            found = read.get(item)
            return isinstance(found, str) and function(found, sought)

        return test

    def _any(self, name: str) -> Test:
        collection = self._property(_Path(name))
        if collection.element is None:
            raise bad_request(f"The property '{name}' is not a collection.")
        self._expect("(")
        outer = self._readable, self._variable
        self._variable = self._next()[1]
        self._expect(":")
        self._readable = collection.element
        inner = self._either()
        self._readable, self._variable = outer
        self._expect(")")
        return lambda item: any(map(inner, collection.get(item)))

    def _comparison(self, left: _Path | Literal) -> Test:
        comparison = _COMPARISONS.get(self._next()[1].lower())
        if comparison is None:
            raise bad_request("Invalid filter clause")
        read = self._property(left)
        sought = self._sought(read)

        if comparison in (operator.eq, operator.ne):
            return lambda item: comparison(read.get(item), sought)

        def test(item: Any) -> bool:  # noqa: ANN401 - item or element
            found = read.get(item)
            return found is not None and type(found) is type(sought) and comparison(found, sought)

        return test

    def _operand(self, kind: str, text: str) -> _Path | Literal:
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind == "name":
            return _CONSTANTS[text] if text in _CONSTANTS else _Path(text)
        if kind == "instant":
            return text
        raise _syntax(text)

    def _sought(self, read: Property[Any]) -> Any:  # noqa: ANN401 - whatever the property compares with
        operand = self._operand(*self._next())
        if isinstance(operand, _Path):
            raise bad_request("Invalid filter clause: a property can only be compared with a value.")
        return read.literal(operand) if isinstance(operand, str) else operand

    def _property(self, operand: _Path | Literal) -> Property[Any]:
        if not isinstance(operand, _Path):
            raise bad_request("Invalid filter clause")
        name = operand.name
        if self._variable is not None:
            variable, _, name = name.partition("/")
            if variable != self._variable:
                raise bad_request(f"Invalid filter clause: unknown range variable '{variable}'.")
        return _readable(self._readable, name)

    def _take(self, kind: str, text: str) -> bool:
        if self._tokens and self._tokens[0][0] == kind and self._tokens[0][1].lower() == text:
            self._tokens.pop(0)
            return True
        return False

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise bad_request("Invalid filter clause")
        return self._tokens.pop(0)

    def _expect(self, mark: str) -> None:
        kind, text = self._next()
        if (kind, text) != ("mark", mark):
            raise _syntax(text)


def matches(text: str, readable: Properties[Item]) -> Callable[[Item], bool]:
    """The test that a `$filter` expresses; malformed text or an unknown property is refused."""
    return _Parser(text, readable).parse()


def ordered(items: Iterable[Item], text: str, readable: Properties[Item]) -> list[Item]:
    """The items in the order of an `$orderby`."""
    result = list(items)
    for part in reversed(text.split(",")):
        name, _, direction = part.strip().partition(" ")
        read = _readable(readable, name)
        result.sort(key=read.get, reverse=direction.strip().lower() == "desc")
    return result


def _readable(readable: Properties[Item], name: str) -> Property[Item]:
    found = readable.get(name) or readable.get(name[:1].lower() + name[1:])
    if found is None:
        raise bad_request(f"Could not find a property named '{name}' that can be filtered or sorted by.")
    return found


@lru_cache(maxsize=256)
def _scanned(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    position = 0
    while position < len(text.rstrip()):
        token = _TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise _syntax(text[position:])
        found.append((token.lastgroup, token[token.lastgroup]))
        position = token.end()
    return tuple(found)


def _tokens(text: str) -> list[tuple[str, str]]:
    return list(_scanned(text))


def _syntax(near: str) -> Exception:
    return bad_request(f"Invalid filter clause near '{near}'")
