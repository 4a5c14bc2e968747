"""S-expressions as KiCad writes them: lists, bare words and quoted strings."""

import re
from collections.abc import Iterator

Node = "list[Node] | str | Text"
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([()])|([^\s()"]+)')
_UNESCAPED = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Text(str):
    """A string that stands in quotes in the file."""

    __slots__ = ()


def parse(source: str) -> list:
    """The one list that ``source`` holds. Raises ValueError when brackets do not match."""
    stack: list[list] = [[]]
    for quoted, bracket, word in _TOKEN.findall(source):
        if bracket == "(":
            stack.append([])
        elif bracket == ")":
            if len(stack) == 1:
                raise ValueError("a bracket closes that was never opened")
            done = stack.pop()
            stack[-1].append(done)
        elif word:
            stack[-1].append(word)
        else:
            stack[-1].append(Text(re.sub(r"\\.", lambda m: _UNESCAPED.get(m[0], m[0]), quoted)))
    if len(stack) != 1 or len(stack[0]) != 1:
        raise ValueError("brackets do not match")
    return stack[0][0]


def write(node: list) -> str:
    """The text of ``node``, each inner list on a line of its own, ended by a line feed."""
    return "\n".join(_lines(node, 0)) + "\n"


def _lines(node: list, depth: int) -> Iterator[str]:
    indent = "\t" * depth
    inner = [i for i, part in enumerate(node) if isinstance(part, list)]
    if not inner or (len(node) <= 3 and all(_is_flat(node[i]) for i in inner)):
        yield indent + _inline(node)
        return
    head = node[: inner[0]]
    yield indent + "(" + " ".join(_atom(part) for part in head)
    for part in node[inner[0] :]:
        if isinstance(part, list):
            yield from _lines(part, depth + 1)
        else:
            yield indent + "\t" + _atom(part)
    yield indent + ")"


def _is_flat(node: list) -> bool:
    return not any(isinstance(part, list) for part in node)


def _inline(node: list) -> str:
    return "(" + " ".join(_inline(p) if isinstance(p, list) else _atom(p) for p in node) + ")"


def _atom(part: object) -> str:
    if isinstance(part, Text):
        escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(part, float):
        return f"{round(part, 4):g}"
    return str(part)


def child(node: list, name: str) -> list | None:
    """The first list in ``node`` that begins with ``name``."""
    return next((part for part in node if isinstance(part, list) and part[0] == name), None)


def children(node: list, name: str) -> list[list]:
    return [part for part in node if isinstance(part, list) and part and part[0] == name]
