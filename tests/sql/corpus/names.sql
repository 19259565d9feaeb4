# Names of result columns. Where the guide is silent they are those of PostgreSQL 8, from which Redshift derives.
--- setup
CREATE TABLE t (a INT, pricepaid DECIMAL(8,2), payload SUPER);
INSERT INTO t VALUES (1, 2.50, json_parse('{"dev":{"name":"x"},"l":[{"k":1}]}'));
--- r_CAST_function | a cast keeps the name of a column | adapted
select cast(pricepaid as integer), pricepaid::integer, (pricepaid)::varchar(5) from t;
=> pricepaid INTEGER, pricepaid INTEGER, pricepaid VARCHAR(5)
3 | 3 | 2.50
--- r_SELECT_list | expressions without a name | own
select a + 1, -a, 'x', 1, a = 1, not a = 1, a between 1 and 2, 'x' || 'y', exists (select 1), (select 5 as q), a is null from t;
=> "?column?" INTEGER, "?column?" INTEGER, "?column?" VARCHAR(1), "?column?" INTEGER, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" VARCHAR(2), "?column?" BOOLEAN, "?column?" INTEGER, "?column?" BOOLEAN
2 | -1 | x | 1 | true | false | true | xy | true | 5 | false
--- r_SELECT_list | casts of what has no name take the type's | own
select 1::smallint, 2::int, 3::bigint, 1.5::decimal(3,1), 1::real, 1::float8, 'x'::varchar, 'x'::char(1), true::bool, date '2020-01-01', '2020-01-01'::timestamp, true;
=> int2 SMALLINT, int4 INTEGER, int8 BIGINT, numeric DECIMAL(3,1), float4 REAL, float8 DOUBLE PRECISION, varchar VARCHAR(1), bpchar CHAR(1), bool BOOLEAN, date DATE, timestamp TIMESTAMP, bool BOOLEAN
1 | 2 | 3 | 1.5 | 1 | 1 | x | x | true | 2020-01-01 | 2020-01-01 00:00:00 | true
--- r_SELECT_list | functions, and casts of them | own
select coalesce(a, 1), nvl(a, 1), upper('x')::varchar(3), count(*) over (), sum(a) over () from t;
=> coalesce INTEGER, coalesce INTEGER, upper VARCHAR(3), count BIGINT, sum BIGINT
1 | 1 | X | 1 | 1
--- r_SELECT_list | CASE, alone, with a column in ELSE, and cast | own
select case when a = 1 then 2 end, case when a = 2 then 2 else a end, (case when a = 1 then 2 end)::bigint from t;
=> case INTEGER, a INTEGER, int8 BIGINT
2 | 1 | 2
--- query-super | the last attribute | own
select t.payload.dev.name, payload.dev.name::varchar(5), payload.l[0].k, payload.l[0] from t;
=> name SUPER, name VARCHAR(5), k SUPER, l SUPER
"x" | x | 1 | {"k":1}
--- r_names | quoted aliases fold to lower case | own
select a as "Upper", a as "two words", a "NoAs" from t;
=> upper INTEGER, "two words" INTEGER, noas INTEGER
1 | 1 | 1
--- r_names | unless identifiers are case-sensitive | own
SET enable_case_sensitive_identifier TO true;
select a as "Upper", a as Lower from t;
=> Upper INTEGER, lower INTEGER
1 | 1
--- r_names | as written by default | own, default
select a as "Upper", a as Lower from t;
=> Upper INTEGER, lower INTEGER
1 | 1
--- r_names | a name may come several times, and SELECT * keeps the order | own
select *, a, t.a from t;
=> a INTEGER, pricepaid DECIMAL(8,2), payload SUPER, a INTEGER, a INTEGER
1 | 2.50 | {"dev":{"name":"x"},"l":[{"k":1}]} | 1 | 1
--- r_names | an alias in quotes of text | own
select a as 'x' from t;
=> error SQLSyntaxError: at or near "'x'"
--- r_names | a dollar sign, a number sign | own
select a$ + 1 as "#n" from (select a as a$ from t);
=> #n INTEGER
2
