"""CREATE TABLE: Redshift's column and table attributes as SQLite's, everything else as it is written.

Source: ``r_CREATE_TABLE_NEW``, ``r_CREATE_TABLE_AS``. The statement is edited token by token, so that whatever
belongs to SQLite alone (CHECK, STRICT, WITHOUT ROWID, generated columns, comments) stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from streamdialect import types
from streamdialect.errors import DataError, Error, NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Model, Resolver, StoredColumn
from streamdialect.sql.cursor import checked_name, unescape
from streamdialect.sql.defaults import compile_default
from streamdialect.sql.positions import syntax_error, where
from streamdialect.sql.scan import Word, words
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import text_literal
from streamdialect.types import RedshiftType

__all__ = ["TableDefinition", "column_definition", "read_added_column", "read_table"]

_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"})
# Words that end a column's type and a DEFAULT's expression.
_ATTRIBUTES = frozenset(
    {"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES"}
    | {"GENERATED", "AS", "IDENTITY", "ENCODE", "DISTKEY", "SORTKEY"}
)
_WITHOUT_STORAGE = frozenset({"GEOMETRY", "GEOGRAPHY", "HLLSKETCH"})


class TableDefinition(Model, frozen=True, kw_only=True):
    """Be a CREATE TABLE in SQLite's words, or what CREATE TABLE AS consists of.

    With AS ``sql`` is the statement up to the columns, ``query`` what follows AS, ``columns`` the names in
    parentheses.
    """

    sql: str
    name: str
    schema_name: str | None = None
    columns: tuple[str, ...] = ()
    query: str | None = None
    temporary: bool = False
    if_not_exists: bool = False


class _Edits(Struct):
    """Collect replacements of a text's parts."""

    text: str
    changes: list[tuple[int, int, str]] = field(default_factory=list)

    def replace(self, start: int, end: int, new: str) -> None:
        self.changes.append((start, end, new))

    def drop(self, tokens: list[Word]) -> None:
        self.replace(tokens[0].offset, _end(tokens[-1]), "")

    def result(self, start: int, end: int) -> str:
        parts, position = [], start
        # Of two that begin together an insertion comes first, and the longer one holds the other.
        for begin, stop, new in sorted(self.changes, key=lambda c: (c[0], c[0] != c[1], -c[1])):
            if begin < position or stop > end:
                continue
            parts += [self.text[position:begin], new]
            position = stop
        return "".join([*parts, self.text[position:end]])


def _end(token: Word) -> int:
    return token.offset + len(token.text)


Evaluate = Callable[[str], object]


def read_table(
    text: str, resolver: Resolver, settings: Settings, evaluate: Evaluate | None = None
) -> TableDefinition:
    """Read a CREATE TABLE and spell it for SQLite; ``evaluate`` computes constant SQL.

    Raise NotSupportedError for types and clauses of Redshift's that are not carried out.
    """
    return _Reader(text, resolver, settings, evaluate).read()


def column_definition(name: str, kind: RedshiftType) -> str:
    """Write a column of a type."""
    declared = "" if kind.name == "UNKNOWN" else f" {kind.declared}"
    return f"{quote_identifier(name)}{declared}"


def read_added_column(
    text: str, resolver: Resolver, settings: Settings, evaluate: Evaluate | None = None
) -> str:
    """Spell ALTER TABLE ... ADD [COLUMN] definition for SQLite."""
    reader = _Reader(text, resolver, settings, evaluate)
    tokens = reader.tokens
    start = next(index for index, token in enumerate(tokens) if index > 2 and token.upper == "ADD") + 1
    start += tokens[start : start + 1] != [] and tokens[start].upper == "COLUMN"
    if start >= len(tokens):
        raise syntax_error(text, len(text), None, detail="expected a column")
    reader.next = 2
    reader.name()
    reader.column(tokens[start:], set(), [tokens[start:]])
    return reader.edits.result(0, _end(tokens[-1]))


class _Reader:
    def __init__(self, text: str, resolver: Resolver, settings: Settings, evaluate: Evaluate | None) -> None:
        self.text = text
        self.evaluate = evaluate
        self.resolver = resolver
        self.settings = settings
        self.edits = _Edits(text)
        self.tokens = [token for token in words(text) if token.kind != "end"]
        self.next = 0
        self.temporary = False
        self.counted = False  # an IDENTITY column was read
        for token in self.tokens:
            if token.kind == "string" and "\\" in token.text:
                self.edits.replace(token.offset, _end(token), text_literal(unescape(token.text[1:-1])))

    # -- tokens ----------------------------------------------------------------------------------

    def error(self, detail: str = "") -> Error:
        token = self.tokens[self.next] if self.next < len(self.tokens) else None
        offset = len(self.text) if token is None else token.offset
        return syntax_error(self.text, offset, token.text if token else None, detail=detail)

    def unsupported(self, what: str, token: Word, hint: str | None = None) -> Error:
        return NotSupportedError(f"{what} is not supported{where(self.text, token.offset)}", hint=hint)

    def at(self, *keywords: str) -> bool:
        ahead = self.tokens[self.next : self.next + len(keywords)]
        return [token.upper for token in ahead] == list(keywords)

    def take(self, *keywords: str) -> bool:
        if not self.at(*keywords):
            return False
        self.next += len(keywords)
        return True

    def group(self, start: int) -> int:
        """Give the index after the closing parenthesis of the one at ``start``."""
        depth = self.tokens[start].depth
        for index in range(start + 1, len(self.tokens)):
            if self.tokens[index].kind == "close" and self.tokens[index].depth == depth:
                return index + 1
        self.next = len(self.tokens)
        raise self.error()

    # -- the statement ---------------------------------------------------------------------------

    def read(self) -> TableDefinition:
        create = self.tokens[0]
        self.next = 1
        if self.take("LOCAL"):
            self.edits.drop([self.tokens[self.next - 1]])
        temporary = self.take("TEMP") or self.take("TEMPORARY")
        if not self.take("TABLE"):
            raise self.error()
        if_not_exists = self.take("IF", "NOT", "EXISTS")
        schema, name = self.name()
        if name.startswith("#") and not temporary:
            self.edits.replace(_end(create), _end(create), " TEMP")
        self.temporary = temporary or name.startswith("#") or schema == "temp"
        names_end = self.next
        listed: tuple[int, int] | None = None
        if self.next < len(self.tokens) and self.tokens[self.next].kind == "open":
            listed = (self.next, self.group(self.next))
            self.next = listed[1]
        self.attributes()
        if self.take("AS"):
            return self.as_query(schema, name, names_end, listed, if_not_exists)
        if listed is None:
            raise self.error()
        self.columns(*listed)
        return TableDefinition(
            sql=self.edits.result(0, _end(self.tokens[-1])),
            name=name,
            temporary=self.temporary,
            if_not_exists=if_not_exists,
        )

    def name(self) -> tuple[str, str]:
        """Read the table's schema and name; ``#name`` is a temporary table, ``public`` SQLite's ``main``."""
        tokens = self.tokens[self.next : self.next + 3]
        if not tokens:
            raise self.error("expected a name")
        if tokens[0].text == "#" and len(tokens) > 1:
            self.next += 2
            name = f"#{tokens[1].text}"
            self.edits.replace(tokens[0].offset, _end(tokens[1]), quote_identifier(name))
            return "", name
        schema = ""
        if len(tokens) > 2 and tokens[1].text == ".":
            schema = _plain(tokens[0]).lower()
            if schema == "public":
                self.edits.replace(tokens[0].offset, _end(tokens[0]), "main")
            self.next += 2
            tokens = tokens[2:]
        if tokens[0].kind not in ("word", "quoted", "string") and tokens[0].text not in ("[", "`"):
            raise self.error("expected a name")
        if tokens[0].kind in ("word", "quoted"):
            self.next += 1
            return schema, checked_name(_plain(tokens[0]))
        while self.next < len(self.tokens) and self.tokens[self.next].kind != "open":
            self.next += 1  # SQLite's [name] and `name`
        return schema, self.text[tokens[0].offset : _end(self.tokens[self.next - 1])].strip("[]`'")

    def attributes(self) -> None:
        """Take Redshift's table attributes out; they have no effect on one machine."""
        while self.next < len(self.tokens):
            start = self.next
            if self.take("BACKUP") or self.take("DISTSTYLE") or self.take("ENCODE"):
                self.next += 1
            elif self.at("DISTKEY") or self.at("SORTKEY") or self.at("COMPOUND") or self.at("INTERLEAVED"):
                if not self.take("DISTKEY"):
                    _ = self.take("COMPOUND") or self.take("INTERLEAVED")
                    if not self.take("SORTKEY"):
                        raise self.error("expected SORTKEY")
                if not self.take("AUTO"):
                    if self.next >= len(self.tokens) or self.tokens[self.next].kind != "open":
                        raise self.error('expected "("')
                    self.next = self.group(self.next)
            elif self.at("AS"):
                return
            else:
                self.next += 1  # STRICT, WITHOUT ROWID: SQLite says what it does not know
                continue
            self.edits.drop(self.tokens[start : self.next])

    def as_query(
        self,
        schema: str,
        name: str,
        names_end: int,
        listed: tuple[int, int] | None,
        if_not_exists: bool,
    ) -> TableDefinition:
        columns: tuple[str, ...] = ()
        if listed is not None:
            columns = tuple(
                self.settings.output_name(_plain(token), token.kind == "quoted")
                for token in self.tokens[listed[0] + 1 : listed[1] - 1]
                if token.kind in ("word", "quoted")
            )
        if self.next >= len(self.tokens):
            raise self.error("expected a query")
        return TableDefinition(
            sql=self.edits.result(0, _end(self.tokens[names_end - 1])),
            name=name,
            schema_name=schema if schema not in ("public", "main", "temp") else None,
            columns=columns,
            temporary=self.temporary,
            query=self.text[self.tokens[self.next].offset : _end(self.tokens[-1])],
            if_not_exists=if_not_exists,
        )

    # -- columns ---------------------------------------------------------------------------------

    def columns(self, start: int, end: int) -> None:
        depth = self.tokens[start].depth
        elements: list[list[Word]] = [[]]
        for token in self.tokens[start + 1 : end - 1]:
            if token.text == "," and token.kind == "other" and token.depth == depth + 1:
                elements.append([])
            else:
                elements[-1].append(token)
        if not all(elements):
            raise self.error()
        keyed = {name for element in elements for name in _key_columns(element)}
        for element in elements:
            first = element[0].upper
            if first == "LIKE":
                self.like(element)
            elif first not in _CONSTRAINTS:
                self.column(element, keyed, elements)

    def like(self, element: list[Word]) -> None:
        """Copy the columns of another table; their keys and checks are not part of it."""
        tokens = [token for token in element[1:] if token.text != "."]
        schema = None
        if len(element) > 2 and element[2].text == ".":
            schema, tokens = _plain(tokens[0]).lower(), tokens[1:]
        defaults = [token.upper for token in tokens[1:]] == ["INCLUDING", "DEFAULTS"]
        parent = self.resolver.relation(schema, _plain(tokens[0]).lower())
        if parent is None or not parent.stored:
            raise NotSupportedError(f'LIKE of "{_plain(tokens[0])}", which is no table, is not supported')
        found = []
        for column in parent.stored:
            if column.generated or column.identity is not None:
                raise NotSupportedError(
                    f'LIKE of a table with the generated column "{column.name}" is not supported'
                )
            found.append(_copied(column, defaults))
        self.edits.replace(element[0].offset, _end(element[-1]), ", ".join(found))

    def column(self, element: list[Word], keyed: set[str], elements: list[list[Word]]) -> None:
        width = 1
        if element[0].kind not in ("word", "quoted"):  # SQLite's [name] and `name`
            closing = {"[": "]", "`": "`"}.get(element[0].text)
            ends = [index for index, token in enumerate(element[1:], 1) if token.text == closing]
            if not ends:
                return
            width = ends[0] + 1
        name = _plain(element[0]) if width > 1 else checked_name(_plain(element[0]))
        base = element[0].depth
        stop = next(
            (
                i
                for i in range(width, len(element))
                if element[i].depth == base and element[i].upper in _ATTRIBUTES
            ),
            len(element),
        )
        typed, rest = element[width:stop], element[stop:]
        kind = self.column_kind(typed, element[0])
        keywords = [token.upper for token in rest if token.depth == base]
        primary = "PRIMARY" in keywords or name.lower() in keyed
        identity = self.column_attributes(rest, base, name, kind)
        if identity is not None:
            self.identity(element[:stop], typed, rest, kind, identity, keyed, elements)
            return
        added = ""
        if self.settings.compat and primary and len(keyed) < 2:
            # INTEGER PRIMARY KEY numbers rows by itself in SQLite; on Redshift it does not.
            if len(typed) == 1 and typed[0].upper == "INTEGER":
                self.edits.replace(typed[0].offset, _end(typed[0]), "INT")
            if "NOT" not in keywords:
                added = " NOT NULL"
        if added and typed:
            self.edits.replace(_end(typed[-1]), _end(typed[-1]), added)

    def column_kind(self, typed: list[Word], name: Word) -> RedshiftType | None:
        """Read a column's type; spell it anew where SQLite would read it as another, or not at all."""
        if not typed:
            return None
        start, end = typed[0].offset, _end(typed[-1])
        written = self.text[start:end]
        if typed[0].upper in _WITHOUT_STORAGE:
            raise self.unsupported(f"a column of type {written}", typed[0])
        try:
            kind = types.parse_type(written)
        except NotSupportedError:
            if self.settings.compat:
                raise NotSupportedError(
                    f'type "{written}" does not exist{where(self.text, typed[0].offset)}'
                ) from None
            return None
        except DataError as error:
            raise type(error)(f"{error}{where(self.text, typed[0].offset)}") from None
        after = [token for token in typed if token.kind == "close"] and typed[-1].kind != "close"
        words_ = [token.upper for token in typed]
        if kind.name == "INTERVAL":
            raise self.unsupported(
                f"a column of type {written}", typed[0], hint="Write INTERVAL YEAR TO MONTH or DAY TO SECOND."
            )
        if kind.name == "SUPER" or kind.is_interval or after or "MAX" in words_ or words_[0] == "STRING":
            self.edits.replace(start, end, kind.declared)
        return kind

    def column_attributes(
        self, rest: list[Word], base: int, name: str, kind: RedshiftType | None
    ) -> tuple[int, int] | None:
        """Spell a column's attributes for SQLite; give the seed and step of an IDENTITY."""
        identity: tuple[int, int] | None = None
        index = 0
        while index < len(rest):
            word, begin = rest[index].upper, index
            index += 1
            if rest[begin].depth != base:
                continue
            if word in ("DISTKEY", "SORTKEY"):
                self.edits.drop([rest[begin]])
            elif word == "ENCODE":
                index += 1
                self.edits.drop(rest[begin:index])
            elif word == "COLLATE" and index < len(rest):
                self.collation(rest[begin : index + 1])
                index += 1
            elif word == "DEFAULT":
                index = self.default(rest, begin, base, name, kind)
            elif word == "GENERATED" and [t.upper for t in rest[index : index + 2]] == ["BY", "DEFAULT"]:
                raise self.unsupported("GENERATED BY DEFAULT AS IDENTITY", rest[begin])
            elif word == "IDENTITY":
                index, identity = self.counting(rest, begin)
                self.edits.drop(rest[begin:index])
        return identity

    def counting(self, rest: list[Word], begin: int) -> tuple[int, tuple[int, int]]:
        """Read IDENTITY [(seed, step)]; give the index after it, and both numbers."""
        index, numbers = begin + 1, []
        if index < len(rest) and rest[index].kind == "open":
            while rest[index].kind != "close":
                index += 1
                if rest[index].text == "-":
                    raise self.unsupported("IDENTITY with a negative seed or step", rest[begin])
                if rest[index].kind == "number":
                    numbers.append(int(rest[index].text))
            index += 1
        seed, step = numbers if len(numbers) == 2 else (1, 1)
        if step < 1:
            raise self.unsupported("IDENTITY with a step of 0", rest[begin])
        return index, (seed, step)

    def collation(self, tokens: list[Word]) -> None:
        name = tokens[1].upper
        if name in ("CASE_INSENSITIVE", "CI"):
            raise self.unsupported("COLLATE CASE_INSENSITIVE", tokens[0], hint="Compare LOWER(column).")
        if name in ("CASE_SENSITIVE", "CS"):
            self.edits.drop(tokens)

    def default(self, rest: list[Word], begin: int, base: int, name: str, kind: RedshiftType | None) -> int:
        index = begin + 1
        while index < len(rest):
            token = rest[index]
            if index > begin + 1 and token.depth == base and token.upper in _ATTRIBUTES:
                break
            index += 1
        if index == begin + 1:
            raise self.error("DEFAULT needs an expression")
        start, end = rest[begin + 1].offset, _end(rest[index - 1])
        column = StoredColumn(name=name, declared="" if kind is None else kind.declared)
        sql = compile_default(self.text, start, end, column, self.resolver, self.settings, self.evaluate)
        self.edits.replace(start, end, sql)
        return index

    def identity(
        self,
        head: list[Word],
        typed: list[Word],
        rest: list[Word],
        kind: RedshiftType | None,
        identity: tuple[int, int],
        keyed: set[str],
        elements: list[list[Word]],
    ) -> None:
        """Make an IDENTITY column SQLite's AUTOINCREMENT key, and note what it is in a comment."""
        name = _plain(head[0]).lower()
        others = [
            other
            for other in elements
            if other[0] is not head[0] and any(t.upper == "PRIMARY" for t in other)
        ]
        if self.counted:
            raise self.unsupported("a second IDENTITY column", head[0])
        self.counted = True
        if kind is None or kind.name not in ("INTEGER", "BIGINT"):
            raise self.unsupported("IDENTITY on a column that is neither INTEGER nor BIGINT", head[0])
        if keyed - {name} or any(_key_columns(other) != [name] for other in others):
            raise self.unsupported("a PRIMARY KEY besides an IDENTITY column", head[0], hint="Write UNIQUE.")
        for other in others:  # the key is the column's own now
            if other is elements[0]:
                self.edits.replace(other[0].offset, elements[1][0].offset, "")
            else:
                previous = elements[elements.index(other) - 1]
                self.edits.replace(_end(previous[-1]), _end(other[-1]), "")
        for index, token in enumerate(rest):
            if token.upper == "PRIMARY":
                self.edits.drop(rest[index : index + 2])
        note = f"{kind.name} IDENTITY({identity[0]},{identity[1]})"
        self.edits.replace(
            typed[0].offset, _end(typed[-1]), f"INTEGER PRIMARY KEY AUTOINCREMENT /* {note} */"
        )


def _plain(token: Word) -> str:
    return token.text[1:-1].replace('""', '"') if token.kind == "quoted" else token.text


def _key_columns(element: list[Word]) -> list[str]:
    """Give the columns of a PRIMARY KEY constraint of a table, in lower case."""
    upper = [token.upper for token in element]
    if element[0].upper not in ("CONSTRAINT", "PRIMARY") or "PRIMARY" not in upper:
        return []
    start = next((i for i, token in enumerate(element) if token.kind == "open"), len(element))
    found = []
    for token in element[start + 1 :]:
        if token.kind == "close":
            break
        if token.kind in ("word", "quoted"):
            found.append(_plain(token).lower())
    return found


def _copied(column: StoredColumn, defaults: bool) -> str:
    sql = f"{quote_identifier(column.name)} {column.declared}"
    if column.not_null:
        sql += " NOT NULL"
    if defaults and column.default is not None:
        sql += f" DEFAULT ({column.default})"
    return sql
