# UNION, INTERSECT, EXCEPT and MINUS.
--- setup
CREATE TABLE sales (listid INT, sellerid INT, eventid INT, pricepaid DECIMAL(8,2));
INSERT INTO sales VALUES (1, 36861, 7872, 728), (4, 8117, 4337, 76), (5, 1616, 8647, 350), (5, 1616, 8647, 175), (500, 9, 7787, 1), (500, 9, 7787, 2), (500, 9, 7787, 3);
CREATE TABLE listing (listid INT, sellerid INT, eventid INT);
INSERT INTO listing VALUES (1, 36861, 7872), (2, 16002, 4806), (3, 21461, 4256), (4, 8117, 4337), (5, 1616, 8647), (500, 9, 7787), (501, 8, 6473), (502, 7, 5108);
CREATE TABLE category (catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50));
INSERT INTO category VALUES (1, 'Sports', 'MLB', 'Major League Baseball'), (11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts');
CREATE TABLE category_stage (catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50));
INSERT INTO category_stage VALUES (1, 'Sports', 'MLB', 'Major League Baseball'), (11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts'),
 (12, 'Concerts', 'Comedy', 'All stand up comedy performances');
CREATE TABLE t1 (c1 INT, revenue DECIMAL(10,2));
INSERT INTO t1 VALUES (1, 1.25), (2, 2.50);
CREATE TABLE t2 (c1 INT, revenue DECIMAL(8,4));
INSERT INTO t2 VALUES (2, 2.5), (3, 3.1234);
CREATE TABLE t3 (c1 INT);
INSERT INTO t3 VALUES (3), (4);
CREATE TABLE days (d DATE, ts TIMESTAMP);
INSERT INTO days VALUES ('2020-02-01', '2020-02-01 00:00:00.000000'), (NULL, '2021-01-01 10:00:00.500000');
--- c_example_union_query | the columns of two tables
select listid, sellerid, eventid from listing
union select listid, sellerid, eventid from sales
order by listid, sellerid, eventid desc limit 5;
=> listid INTEGER, sellerid INTEGER, eventid INTEGER
1 | 36861 | 7872
2 | 16002 | 4806
3 | 21461 | 4256
4 | 8117 | 4337
5 | 1616 | 8647
--- c_example_union_query | UNION ALL keeps duplicates
select eventid, listid, 'Yes' as salesrow
from sales
where listid in(500,501,502)
union all
select eventid, listid, 'No'
from listing
where listid in(500,501,502)
order by listid asc, salesrow;
=> eventid INTEGER, listid INTEGER, salesrow VARCHAR(3)
7787 | 500 | No
7787 | 500 | Yes
7787 | 500 | Yes
7787 | 500 | Yes
6473 | 501 | No
5108 | 502 | No
--- c_example_union_query | UNION does not
select eventid, listid, 'Yes' as salesrow
from sales
where listid in(500,501,502)
union
select eventid, listid, 'No'
from listing
where listid in(500,501,502)
order by listid asc, salesrow;
=> eventid INTEGER, listid INTEGER, salesrow VARCHAR(3)
7787 | 500 | No
7787 | 500 | Yes
6473 | 501 | No
5108 | 502 | No
--- c_example_intersect_query | rows of both | adapted
select listid, sellerid, eventid from listing
intersect
select listid, sellerid, eventid from sales
order by listid desc, sellerid, eventid
limit 5;
=> listid INTEGER, sellerid INTEGER, eventid INTEGER
500 | 9 | 7787
5 | 1616 | 8647
4 | 8117 | 4337
1 | 36861 | 7872
--- c_Example_MINUS_query | EXCEPT
select * from category_stage
except
select * from category;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
12 | Concerts | Comedy | All stand up comedy performances
--- c_Example_MINUS_query | MINUS
select * from category_stage
minus
select * from category;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
12 | Concerts | Comedy | All stand up comedy performances
--- c_Example_MINUS_query | reversed | adapted
select * from category
except
select * from category_stage;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
--- r_UNION | from left to right | adapted
select c1 from t1
union
select c1 from t2
except
select c1 from t3
order by c1;
=> c1 INTEGER
1
2
--- r_UNION | INTERSECT before UNION | adapted
select c1 from t1
union
select c1 from t2
intersect
select c1 from t3
order by c1;
=> c1 INTEGER
1
2
3
--- r_UNION | parentheses | adapted
(select c1 from t1
union
select c1 from t2)
intersect
(select c1 from t3)
order by c1;
=> c1 INTEGER
3
--- r_UNION | LIMIT inside
(select listid from listing
limit 10)
intersect
select listid from sales;
=> error ProgrammingError: LIMIT may not be used within input to set operations
--- r_UNION | the promotion of decimals | adapted
select t1.revenue from t1 union select t2.revenue from t2 order by 1;
=> revenue DECIMAL(12,4)
1.2500
2.5000
3.1234
--- r_UNION | INTERSECT ALL | own
select c1 from t1 intersect all select c1 from t2;
=> refused: INTERSECT ALL
--- r_UNION | EXCEPT ALL | own
select c1 from t1 minus all select c1 from t2;
=> refused: EXCEPT ALL
--- r_UNION | two NULLs are identical | own
select null::int as n intersect select null::int;
=> n INTEGER
NULL
--- r_UNION | a chain of intersections after UNION | own
select 1 as n union select 2 intersect select 2 intersect select 3 union all select 1;
=> n INTEGER
1
1
--- r_UNION | dates with timestamps | own
select d from days union select ts from days order by d;
=> d TIMESTAMP
2020-02-01 00:00:00
2021-01-01 10:00:00.5
NULL
--- r_UNION | integers with decimals and floats | own
select c1 from t3 union all select 1.5 union all select 2e0 order by 1;
=> c1 DOUBLE PRECISION
1.5
2
3
4
--- r_UNION | a text literal takes the others' type | own
select '2020-02-01' as d union select d from days where d is not null;
=> d DATE
2020-02-01
--- r_UNION | NULL takes the others' type | own
select null as x union all select c1 from t3 order by 1;
=> x INTEGER
3
4
NULL
--- r_UNION | columns of one name | own
select c1, c1 from t3 union all select 1.5, 0.5 order by 2;
=> c1 DECIMAL(11,1), c1 DECIMAL(11,1)
1.5 | 0.5
3.0 | 3.0
4.0 | 4.0
--- r_UNION | types that do not match | own
select d from days union select c1 from t1;
=> error ProgrammingError: types date and integer cannot be matched
--- r_UNION | other numbers of columns | own
select 1 union select 1, 2;
=> error ProgrammingError: the same number of columns
--- r_UNION | ordered by what is no result | own
select c1 from t1 union select c1 from t2 order by revenue;
=> refused: ORDER BY of a set operation by anything but a result column
--- r_UNION | ordered by an ordinal out of range | own
select c1 from t1 union select c1 from t2 order by 2;
=> error ProgrammingError: ORDER BY position 2 is not in select list
--- r_UNION | the whole limited | own
select c1 from t1 union all select c1 from t3 order by c1 desc limit 2 offset 1;
=> c1 INTEGER
3
2
--- r_UNION | in a subquery, with its own WITH | own
select sum(n) from (with q as (select 1 as n) select n from q union all (select 2 union all select 3)) s;
=> sum BIGINT
6
--- r_UNION | QUALIFY and GROUP BY inside | own
select c1 from t1 x qualify row_number() over (order by c1) = 1 union all select max(c1) from t3 group by c1 union all (select 9) order by 1;
=> c1 INTEGER
1
3
4
9
