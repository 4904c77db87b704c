"""Small changes of meaning that can be made to a module's source, one at a time.

Messages for people are no meaning here: strings, what is logged, docstrings and `__repr__` stay,
and so do annotations and what only a type checker reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_FOR_PEOPLE = frozenset({"__repr__", "__str__", "__rich_repr__"})
_WORDS = frozenset({"hint", "accepted"})
"""Arguments of errors that only people read."""
_REMOVABLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Delete)
_JUMPS = (ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One replacement in the source of one module."""

    module: str
    scope: str
    """The function or class that holds it; empty at the module's level."""
    kind: str
    start: int
    end: int
    """Where it begins and ends, in bytes."""
    old: str
    new: str
    lines: tuple[int, int]
    """First and last line of the statement, or of a compound statement's head."""
    names: frozenset[str]
    """What the statement binds where it runs at import: who mentions these depends on it."""

    def apply(self, source: bytes) -> bytes:
        """Return the module's source with the replacement made."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.module}:{self.lines[0]} [{self.kind}] {old}  ->  {new}"


def find_mutants(module: str, source: bytes) -> list[Mutant]:
    """Return all mutants of a module, in the order of its source."""
    finder = _Finder(module, source)
    finder.run(ast.parse(source).body)
    return finder.found


class _Finder:
    def __init__(self, module: str, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._module = module
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._scope: list[str] = []
        self._deferred = False
        self._lines = (0, 0)
        self._names: frozenset[str] = frozenset()

    def run(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Global() | ast.Nonlocal():
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
                return
            case ast.ClassDef():
                self._enter(node.name, node.body, self._deferred)
                return
            case ast.If() if "TYPE_CHECKING" in ast.unparse(node.test):
                return
        if _is_log(node) or _is_docstring(node):
            return
        self._place(node)
        self._change_statement(node)
        for part in _own_expressions(node):
            self._expression(part)
        for body in _bodies(node):
            self.run(body)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.name in _FOR_PEOPLE or any(
            "overload" in ast.unparse(d) for d in node.decorator_list
        ):
            return
        self._lines = (node.lineno, node.body[0].lineno - 1)
        self._names = frozenset({node.name})
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self._scope.append(node.name)
            self._expression(default)
            self._scope.pop()
        self._enter(node.name, node.body, deferred=True)

    def _enter(self, name: str, body: list[ast.stmt], deferred: bool) -> None:
        before = self._deferred
        self._scope.append(name)
        self._deferred = deferred
        self.run(body)
        self._scope.pop()
        self._deferred = before

    def _place(self, node: ast.stmt) -> None:
        bodies = list(_bodies(node))
        last = bodies[0][0].lineno - 1 if bodies else node.end_lineno
        self._lines = (node.lineno, max(node.lineno, last or node.lineno))
        self._names = frozenset() if self._deferred else frozenset(_bound(node)) | {*self._scope}

    def _add(self, kind: str, node: ast.expr | ast.stmt, new: str) -> None:
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or 0, node.end_col_offset or 0)
        self._add_between(kind, start, end, new)

    def _add_between(self, kind: str, start: int, end: int, new: str) -> None:
        old = self._source[start:end].decode()
        scope = ".".join(self._scope)
        made = Mutant(self._module, scope, kind, start, end, old, new, self._lines, self._names)
        self.found.append(made)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    # Statements

    def _change_statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(), *_]):
                pass  # without it, every use is a NameError
            case ast.AnnAssign(target=ast.Name()) | ast.AnnAssign(value=None):
                pass
            case ast.Expr(value=ast.Yield() | ast.YieldFrom() | ast.Constant()):
                pass
            case _ if isinstance(node, _REMOVABLE) and self._deferred:
                self._add("statement removed", node, "pass")
            case _ if isinstance(node, _JUMPS):
                self._add("jump removed", node, "pass")
            case ast.Return(value=ast.Constant(value=None | False)):
                pass  # None is as false as False is
            case ast.Return(value=ast.expr()):
                self._add("nothing returned", node, "return None")
            case ast.If(test=test) | ast.While(test=test):
                self._force(test)
            case ast.With() | ast.AsyncWith():
                self._drop_with(node)
            case ast.Try():
                self._narrow(node.handlers)

    def _force(self, test: ast.expr) -> None:
        for value in ("True", "False"):
            if ast.unparse(test) not in {"True", "False"}:
                self._add("condition forced", test, value)

    def _drop_with(self, node: ast.With | ast.AsyncWith) -> None:
        if all(item.optional_vars is None for item in node.items):
            start = self._offset(node.lineno, node.col_offset)
            last = node.items[-1].context_expr
            end = self._offset(last.end_lineno or 0, last.end_col_offset or 0)
            end = self._source.index(b":", end)
            self._add_between("context removed", start, end, "if True")

    def _narrow(self, handlers: list[ast.ExceptHandler]) -> None:
        head = self._lines
        for handler in handlers:
            self._lines = (handler.lineno, handler.lineno)
            if isinstance(handler.type, ast.Tuple):
                for left_out in handler.type.elts:
                    retained = [
                        ast.unparse(each) for each in handler.type.elts if each is not left_out
                    ]
                    self._add("except narrowed", handler.type, f"({', '.join(retained)},)")
            elif handler.type is not None:
                self._add("except narrowed", handler.type, "()")
        self._lines = head

    # Expressions

    def _expression(self, node: ast.expr) -> None:
        if isinstance(node, (ast.JoinedStr, ast.Lambda)) or _is_logger(node):
            if isinstance(node, ast.Lambda):
                self._expression(node.body)
            return
        self._change_expression(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._expression(child)
            elif isinstance(child, ast.keyword):
                self._expression(child.value)
            elif isinstance(child, ast.comprehension):
                for test in child.ifs:
                    self._add("condition forced", test, "True")
                    self._expression(test)
                self._expression(child.iter)

    def _change_expression(self, node: ast.expr) -> None:
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                for other in _COMPARISONS.get(type(operator), ()):
                    self._add_expression("comparison", node, ast.Compare(left, [other()], [right]))
            case ast.Compare(left=left, ops=ops, comparators=right):
                for place, operator in enumerate(ops):
                    for other in _COMPARISONS.get(type(operator), ()):
                        changed = [*ops[:place], other(), *ops[place + 1 :]]
                        self._add_expression("comparison", node, ast.Compare(left, changed, right))
            case ast.BoolOp(op=operator, values=values):
                swapped = ast.And() if isinstance(operator, ast.Or) else ast.Or()
                self._add_expression("and/or", node, ast.BoolOp(swapped, values))
                for place in range(len(values)):
                    rest = [*values[:place], *values[place + 1 :]]
                    left = rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
                    self._add_expression("operand removed", node, left)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._add_expression("not removed", node, operand)
            case ast.Constant(value=bool() as value):
                self._add("constant", node, str(not value))
            case ast.Constant(value=(int() | float()) as value):
                for other in (value + 1, value - 1):
                    self._add("constant", node, repr(other))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                if not (_is_text(left) or _is_text(right)):
                    changed = ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
                    self._add_expression("arithmetic", node, changed)
            case ast.IfExp(test=test):
                self._force(test)
            case ast.Call(func=function, args=args, keywords=keywords):
                for place, keyword in enumerate(keywords):
                    if keyword.arg is not None and keyword.arg not in _WORDS:
                        rest = [*keywords[:place], *keywords[place + 1 :]]
                        self._add_expression(
                            "argument removed", node, ast.Call(function, args, rest)
                        )

    def _add_expression(self, kind: str, node: ast.expr, new: ast.expr) -> None:
        self._add(kind, node, f"({ast.unparse(ast.fix_missing_locations(new))})")


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if body := getattr(node, field, None):
            yield body
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    for case in getattr(node, "cases", ()):
        yield case.body


def _own_expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """Give the expressions of a statement that are not inside the statements it holds."""
    if isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield node.value
        return
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.expr():
                yield child
            case ast.withitem(context_expr=context):
                yield context
            case ast.match_case(guard=ast.expr() as guard):
                yield guard


def _bound(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        for each in ast.walk(target) if target is not None else ():
            if isinstance(each, ast.Name):
                yield each.id


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _is_logger(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_logger.")


def _is_log(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_logger(node.value)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
