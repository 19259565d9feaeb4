"""The constructs of Redshift's SELECT, each with an example: for docs/reference/sql.md, and run as tests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONSTRUCTS", "SETUP", "Construct"]

SETUP = """\
CREATE TABLE sale (
    id INTEGER, who VARCHAR(10), region VARCHAR(10), amount DECIMAL(8,2), sold TIMESTAMP, note SUPER
);
INSERT INTO sale VALUES (1, 'Ann', 'north', 10.50, '2026-11-20 09:30:00', JSON_PARSE('{"tags": ["a", "b"], "fee": 2}'));
INSERT INTO sale VALUES (2, 'Bob', 'north', 20.25, '2026-11-21 10:00:00', JSON_PARSE('{"tags": ["b"], "fee": "x"}'));
INSERT INTO sale VALUES (3, 'Ann', 'south', 5.00, '2026-11-22 23:59:59.5', NULL);
CREATE TABLE team (who VARCHAR(10), lead VARCHAR(10));
INSERT INTO team VALUES ('Ann', 'Bob');
INSERT INTO team VALUES ('Bob', NULL);
INSERT INTO team VALUES ('Cem', 'Ann');"""


@dataclass(frozen=True)
class Construct:
    """Be a construct with an example; ``gives`` are its rows, None for one that is refused."""

    section: str
    syntax: str
    page: str
    example: str
    gives: tuple[str, ...] | None


def _section(name: str, *entries: tuple[str, ...]) -> list[Construct]:
    """Make a section of entries: syntax, page, example, and the rows that it gives."""
    return [Construct(name, syntax, page, example, tuple(rows)) for syntax, page, example, *rows in entries]


def _refused(name: str, *entries: tuple[str, str, str]) -> list[Construct]:
    return [Construct(name, syntax, page, example, None) for syntax, page, example in entries]


CONSTRUCTS: list[Construct] = [
    *_section(
        "SELECT list",
        (
            "expression [AS] alias, lateral aliases",
            "r_SELECT_list",
            "SELECT amount * 2 AS twice, twice + 1 AS more FROM sale WHERE id = 1",
            "21.00 | 22.00",
        ),
        ("DISTINCT", "r_SELECT_list", "SELECT DISTINCT who FROM sale ORDER BY who", "Ann", "Bob"),
        ("TOP n", "r_SELECT_list", "SELECT TOP 1 id FROM sale ORDER BY id DESC", "3"),
        (
            "* EXCLUDE columns",
            "r_EXCLUDE_list",
            "SELECT * EXCLUDE (note, sold) FROM sale WHERE id = 2",
            "2 | Bob | north | 20.25",
        ),
    ),
    *_section(
        "FROM",
        (
            "subquery without an alias",
            "r_FROM_clause30",
            "SELECT n FROM (SELECT COUNT(*) AS n FROM sale)",
            "3",
        ),
        (
            "JOIN ... ON, USING, NATURAL; LEFT, RIGHT, FULL, CROSS",
            "r_Join_examples",
            "SELECT who, SUM(amount) FROM team LEFT JOIN sale USING (who) GROUP BY who ORDER BY who",
            "Ann | 15.50",
            "Bob | 20.25",
            "Cem | NULL",
        ),
        (
            "the outer-join operator `(+)` in WHERE",
            "r_WHERE_oracle_outer",
            "SELECT team.who, id FROM team, sale WHERE team.who = sale.who(+) AND team.who = 'Cem'",
            "Cem | NULL",
        ),
        (
            "WITH, WITH RECURSIVE",
            "r_WITH_clause",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
            "1",
            "2",
            "3",
        ),
        (
            "PIVOT",
            "r_FROM_clause-pivot-unpivot-examples",
            "SELECT * FROM (SELECT who, region, amount FROM sale)"
            " PIVOT (SUM(amount) FOR region IN ('north', 'south')) ORDER BY who",
            "Ann | 10.50 | 5.00",
            "Bob | 20.25 | NULL",
        ),
        (
            "UNPIVOT",
            "r_FROM_clause-pivot-unpivot-examples",
            "SELECT * FROM (SELECT 1 AS red, 2 AS blue) UNPIVOT (n FOR color IN (red, blue))",
            "red | 1",
            "blue | 2",
        ),
        (
            "a SUPER array as a relation, AT its index",
            "query-super",
            "SELECT id, tag, i FROM sale, sale.note.tags AS tag AT i WHERE id = 1 ORDER BY i",
            '1 | "a" | 0',
            '1 | "b" | 1',
        ),
        (
            "UNPIVOT of a SUPER object",
            "query-super",
            "SELECT key, val FROM sale AS s, UNPIVOT s.note AS val AT key WHERE id = 2 AND key = 'fee'",
            'fee | "x"',
        ),
        (
            "CONNECT BY",
            "r_CONNECT_BY_clause",
            "SELECT who, LEVEL FROM team START WITH lead IS NULL CONNECT BY PRIOR who = lead ORDER BY LEVEL",
            "Bob | 1",
            "Ann | 2",
            "Cem | 3",
        ),
    ),
    *_section(
        "WHERE and conditions",
        (
            "comparisons, BETWEEN, IN, LIKE, ILIKE, SIMILAR TO, `~`, IS NULL, AND, OR, NOT",
            "r_conditions",
            "SELECT id FROM sale WHERE amount BETWEEN 5 AND 15 AND who ILIKE 'a%' AND note IS NOT NULL",
            "1",
        ),
        (
            "EXISTS, IN, scalar and correlated subqueries",
            "r_Subquery_examples",
            "SELECT who FROM team WHERE NOT EXISTS (SELECT 1 FROM sale WHERE sale.who = team.who)",
            "Cem",
        ),
        (
            "= ANY, = SOME, <> ALL",
            "r_Subquery_examples",
            "SELECT who FROM team WHERE who <> ALL (SELECT who FROM sale)",
            "Cem",
        ),
    ),
    *_section(
        "GROUP BY, HAVING, QUALIFY",
        (
            "expressions, ordinals, aliases, ALL",
            "r_GROUP_BY_clause",
            "SELECT DATE_TRUNC('month', sold) AS month, COUNT(*) FROM sale GROUP BY ALL",
            "2026-11-01 00:00:00 | 3",
        ),
        (
            "GROUPING SETS, ROLLUP, CUBE",
            "r_GROUP_BY_aggregation-extensions",
            "SELECT region, SUM(amount) FROM sale GROUP BY ROLLUP (region) ORDER BY region",
            "north | 30.75",
            "south | 5.00",
            "NULL | 35.75",
        ),
        (
            "HAVING",
            "r_HAVING_clause",
            "SELECT who FROM sale GROUP BY who HAVING COUNT(*) > 1",
            "Ann",
        ),
        (
            "QUALIFY",
            "r_QUALIFY_clause",
            "SELECT id FROM sale AS s QUALIFY ROW_NUMBER() OVER (PARTITION BY who ORDER BY sold DESC) = 1 ORDER BY id",
            "2",
            "3",
        ),
        (
            "window functions, ROWS frames",
            "r_Window_function_synopsis",
            "SELECT id, SUM(amount) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM sale ORDER BY id",
            "1 | 10.50",
            "2 | 30.75",
            "3 | 35.75",
        ),
    ),
    *_section(
        "Set operations, ORDER BY, LIMIT",
        (
            "UNION [ALL], INTERSECT, EXCEPT, MINUS",
            "r_UNION",
            "SELECT who FROM team EXCEPT SELECT who FROM sale UNION SELECT 'Dan' ORDER BY 1",
            "Cem",
            "Dan",
        ),
        (
            "ORDER BY ... ASC, DESC, NULLS FIRST, NULLS LAST",
            "r_ORDER_BY_clause",
            "SELECT lead FROM team ORDER BY lead",
            "Ann",
            "Bob",
            "NULL",
        ),
        ("LIMIT, OFFSET", "r_ORDER_BY_clause", "SELECT id FROM sale ORDER BY id LIMIT 1 OFFSET 1", "2"),
    ),
    *_section(
        "Expressions",
        ("`::`, CAST, CONVERT", "r_CAST_function", "SELECT '12'::INT + CAST(1.5 AS INT)", "14"),
        (
            "CASE, COALESCE, NVL, DECODE",
            "r_CASE_function",
            "SELECT CASE WHEN amount > 10 THEN 'much' ELSE 'little' END FROM sale WHERE id = 3",
            "little",
        ),
        (
            "SUPER navigation",
            "query-super",
            "SELECT note.tags[0]::VARCHAR, note.fee::INT FROM sale WHERE id = 1",
            "a | 2",
        ),
        (
            "intervals",
            "r_interval_literals",
            "SELECT sold + INTERVAL '1 day 2 hours' FROM sale WHERE id = 1",
            "2026-11-21 11:30:00",
        ),
        (
            "AT TIME ZONE",
            "r_AT_TIME_ZONE",
            "SELECT TIMESTAMP '2026-11-22 12:00:00' AT TIME ZONE 'US/Pacific'",
            "2026-11-22 20:00:00+00",
        ),
    ),
    *_refused(
        "Refused",
        (
            "a RANGE frame measured by anything but one number",
            "r_Window_function_synopsis",
            "SELECT SUM(id) OVER (ORDER BY who RANGE 1 PRECEDING) FROM sale",
        ),
        (
            "COUNT(DISTINCT) OVER",
            "r_Window_function_synopsis",
            "SELECT COUNT(DISTINCT who) OVER () FROM sale",
        ),
        (
            "other quantified comparisons",
            "r_Subquery_examples",
            "SELECT id FROM sale WHERE amount >= ALL (SELECT amount FROM sale)",
        ),
        ("INTERSECT ALL, EXCEPT ALL", "r_UNION", "SELECT 1 EXCEPT ALL SELECT 1"),
        ("DISTINCT ON", "r_SELECT_list", "SELECT DISTINCT ON (who) who FROM sale"),
        ("a relation of another database", "cross-database-overview", "SELECT 1 FROM other.public.sale"),
        ("HyperLogLog sketches", "hyperloglog-functions", "SELECT HLL(id) FROM sale"),
        ("spatial functions", "geospatial-functions", "SELECT ST_Point(1, 2)"),
        ("user-defined functions", "user-defined-functions", "SELECT f_mine(1)"),
        ("COPY, UNLOAD", "r_COPY", "COPY sale FROM 's3://bucket/key' IAM_ROLE default"),
        ("GRANT, REVOKE", "r_GRANT", "GRANT SELECT ON sale TO PUBLIC"),
        ("CREATE PROCEDURE, CALL", "r_CREATE_PROCEDURE", "CALL p()"),
    ),
]
