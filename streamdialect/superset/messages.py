"""Superset's words for the driver's errors: which kind of issue a message is."""

from __future__ import annotations

import re
from re import Pattern
from typing import Any

from flask_babel import gettext as __
from superset.errors import SupersetErrorType

__all__ = ["CUSTOM_ERRORS"]

# A pattern for the driver's message -> Superset's, the kind of issue, and more about it.
CUSTOM_ERRORS: dict[Pattern[str], tuple[str, SupersetErrorType, dict[str, Any]]] = {
    re.compile(r'column "(?P<column_name>.+?)"(?: of relation "[^"]*")? does not exist'): (
        __('We can\'t seem to resolve the column "%(column_name)s".'),
        SupersetErrorType.COLUMN_DOES_NOT_EXIST_ERROR,
        {},
    ),
    re.compile(r'(?:relation|table|view) "(?P<table>.+?)" does not exist'): (
        __('The table "%(table)s" does not exist. A valid table must be used to run this query.'),
        SupersetErrorType.TABLE_DOES_NOT_EXIST_ERROR,
        {},
    ),
    re.compile(r'schema "(?P<schema>.+?)" does not exist'): (
        __('The schema "%(schema)s" does not exist. A valid schema must be used to run this query.'),
        SupersetErrorType.SCHEMA_DOES_NOT_EXIST_ERROR,
        {},
    ),
    re.compile(
        r'syntax error at or near "(?P<syntax_error>.+?)".*? \(line (?P<line>\d+), column (?P<column>\d+)\)',
        re.DOTALL,
    ): (
        __(
            'Please check your query for syntax errors at or near "%(syntax_error)s"'
            " (line %(line)s, column %(column)s). Then, try running your query again."
        ),
        SupersetErrorType.SYNTAX_ERROR,
        {},
    ),
    re.compile(r"syntax error at end of input"): (
        __("The query ends too early. Please check it for what is missing, and try again."),
        SupersetErrorType.SYNTAX_ERROR,
        {},
    ),
    re.compile(r"unable to open database file: (?P<database>[^\n]*)"): (
        __(
            'The database file "%(database)s" cannot be opened: please check the path, and who may read and write it.'
        ),
        SupersetErrorType.CONNECTION_UNKNOWN_DATABASE_ERROR,
        {"invalid": ["database"]},
    ),
    re.compile(r"file is not a database"): (
        __("The file is not a database of SQLite's."),
        SupersetErrorType.CONNECTION_UNKNOWN_DATABASE_ERROR,
        {"invalid": ["database"]},
    ),
    re.compile(r'unknown option "(?P<option>[^"]*)"'): (
        __('The URI has an option "%(option)s", which does not exist.'),
        SupersetErrorType.GENERIC_DB_ENGINE_ERROR,
        {},
    ),
    re.compile(r'option "(?P<option>[^"]*)": (?P<problem>[^\n]*)'): (
        __('The option "%(option)s" of the URI is wrong: %(problem)s'),
        SupersetErrorType.GENERIC_DB_ENGINE_ERROR,
        {},
    ),
    re.compile(r"cancelled on user's request"): (
        __("The query was cancelled."),
        SupersetErrorType.GENERIC_DB_ENGINE_ERROR,
        {},
    ),
    re.compile(r"attempt to write a readonly database|this one has mode=ro"): (
        __("This connection may only read the database."),
        SupersetErrorType.CONNECTION_DATABASE_PERMISSIONS_ERROR,
        {},
    ),
    re.compile(r"database is locked"): (
        __("Another transaction holds the database. Please try running your query again."),
        SupersetErrorType.CONNECTION_DATABASE_TIMEOUT,
        {},
    ),
}
