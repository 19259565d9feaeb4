# Subqueries: scalar, IN, EXISTS, ANY and ALL, correlated.
--- setup
CREATE TABLE sales (salesid INT, listid INT, qtysold SMALLINT, pricepaid DECIMAL(8,2), qtr CHAR(5), year SMALLINT);
INSERT INTO sales VALUES (27, 28, 2, 111, '1', 2008), (81, 103, 4, 181, '2', 2008), (142, 149, 1, 240, '3', 2008), (9, 28, 1, 50, '2', 2008);
CREATE TABLE listing (listid INT, numtickets SMALLINT);
INSERT INTO listing VALUES (28, 2), (103, 4), (149, 1), (150, 8);
CREATE TABLE users (userid INT, city VARCHAR(30));
INSERT INTO users VALUES (1, 'Worcester'), (2, 'Columbus'), (3, NULL);
CREATE TABLE venue (venuecity VARCHAR(30));
INSERT INTO venue VALUES ('Columbus'), ('Denver');
CREATE TABLE m (i INT, d DATE);
INSERT INTO m VALUES (1, '2020-02-01'), (NULL, NULL);
CREATE TABLE n (c DECIMAL(10,2), ts TIMESTAMP);
INSERT INTO n VALUES (1, '2020-02-01 00:00:00.000000'), (2.5, '2020-02-01 10:00:00.000000');
--- r_Subquery_examples | in the select list | adapted
select qtr, sum(pricepaid) as qtrsales,
(select sum(pricepaid)
from sales
where qtr='1' and year=2008) as q1sales
from sales
where qtr in('2','3') and year=2008
group by qtr
order by qtr;
=> qtr CHAR(5), qtrsales DECIMAL(38,2), q1sales DECIMAL(38,2)
2 | 231.00 | 111.00
3 | 240.00 | 111.00
--- r_Subquery_examples | in the WHERE clause | adapted
select userid from users where users.city not in(select venuecity from venue);
=> userid INTEGER
1
--- r_correlated_subqueries | a correlated subquery | adapted
select salesid, listid, sum(pricepaid) from sales s
where qtysold=
(select max(numtickets) from listing l
where s.listid=l.listid)
group by 1,2
order by 1,2
limit 5;
=> salesid INTEGER, listid INTEGER, sum DECIMAL(38,2)
27 | 28 | 111.00
81 | 103 | 181.00
142 | 149 | 240.00
--- r_comparison_condition | = ANY | adapted
select salesid from sales where qtysold = any (select qtysold from sales where listid = 28) order by 1;
=> salesid INTEGER
9
27
142
--- r_comparison_condition | = SOME | own
select salesid from sales where qtysold = some (select 4);
=> salesid INTEGER
81
--- r_comparison_condition | <> ALL | own
select salesid from sales where qtysold <> all (select qtysold from sales where listid = 28) order by 1;
=> salesid INTEGER
81
--- r_comparison_condition | != ALL with a NULL among the values | own
select salesid from sales where qtysold != all (select 7 union all select null);
=> salesid INTEGER
--- r_comparison_condition | other comparisons with ANY | own
select salesid from sales where qtysold > any (select 1);
=> refused: > ANY
--- r_comparison_condition | other comparisons with ALL | own
select salesid from sales where qtysold >= all (select 1);
=> refused: >= ALL
--- r_in_condition | values | adapted
select salesid from sales where qtysold in (2, 4, 5) order by 1;
=> salesid INTEGER
27
81
--- r_in_condition | NOT IN | own
select salesid from sales where qtr not in ('1', '2');
=> salesid INTEGER
142
--- r_in_condition | NULL among the values | own
select 1 in (2, null), 1 in (1, null), 1 not in (2, null), null in (1);
=> "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN
NULL | true | NULL | NULL
--- r_in_condition | sets in parentheses | own
select salesid from sales where (listid, qtysold) in ((28, 2), (149, 1)) order by 1;
=> salesid INTEGER
27
142
--- r_in_condition | no value at all | own
select 1 in ();
=> error ProgrammingError: IN needs at least one value
--- r_in_condition | columns of other types | own
select i from m where i in (select c from n) and d in (select ts from n) and '2020-02-01' in (select ts from n);
=> i INTEGER
1
--- r_in_condition | sets in a subquery | own
select i from m where (i, d) in (select c, ts from n);
=> i INTEGER
1
--- r_in_condition | types that do not match | own
select i from m where i in (select ts from n);
=> error ProgrammingError: operator does not exist: integer = timestamp
--- r_in_condition | too many columns | own
select i from m where i in (select c, ts from n);
=> error ProgrammingError: subquery has 2 columns, 1 expected
--- r_exists_condition | EXISTS | adapted
select listid from listing
where exists (
select 1 from sales
where listing.listid = sales.listid
)
order by listid;
=> listid INTEGER
28
103
149
--- r_exists_condition | NOT EXISTS | own
select listid from listing where not exists (select * from sales where listing.listid = sales.listid);
=> listid INTEGER
150
--- r_correlated_subqueries | in the select list, with an aggregate of the outer query | own
select listid, (select count(*) from sales s where s.listid = l.listid) as n, sum(numtickets) from listing l group by listid order by 1;
=> listid INTEGER, n BIGINT, sum BIGINT
28 | 2 | 2
103 | 1 | 4
149 | 1 | 1
150 | 0 | 8
--- r_correlated_subqueries | in a subquery of FROM, no neighbour is seen | own
select 1 from listing l, (select * from sales s where s.listid = l.listid) q;
=> error UndefinedObjectError: relation "l" does not exist
--- r_correlated_subqueries | ordered and limited | own
select (select salesid from sales s where s.listid = l.listid order by salesid desc limit 1) as last from listing l where listid = 28;
=> last INTEGER
27
--- r_Subquery_examples | two columns where one is wanted | own
select (select 1, 2);
=> error ProgrammingError: subquery must return only one column
--- r_Subquery_examples | no row is NULL | own
select (select salesid from sales where salesid = 0) is null as none;
=> none BOOLEAN
true
