# GROUP BY and its aggregation extensions.
--- setup
CREATE TABLE ORDERS (ID INT, PRODUCT CHAR(20), CATEGORY CHAR(20), PRE_OWNED CHAR(1), COST DECIMAL);
INSERT INTO ORDERS VALUES (0, 'laptop', 'computers', 'T', 1000), (1, 'smartphone', 'cellphones', 'T', 800),
  (2, 'smartphone', 'cellphones', 'T', 810), (3, 'laptop', 'computers', 'F', 1050), (4, 'mouse', 'computers', 'F', 50);
CREATE TABLE vacant (a INT, b INT);
CREATE TABLE holes (a INT, b INT);
INSERT INTO holes VALUES (1, NULL), (1, 2), (NULL, 3);
CREATE TABLE sales (listid INT, eventid INT, pricepaid DECIMAL(8,2), qtysold SMALLINT);
INSERT INTO sales VALUES (89397, 47, 20.00, 1), (106590, 76, 20.00, 1), (124683, 393, 20.00, 1), (7, 8, 90.00, 4), (7, 8, 10.50, 2);
--- r_GROUP_BY_aggregation-extensions | grouping sets | unordered
SELECT category, product, sum(cost) as total
FROM orders
GROUP BY GROUPING SETS(category, product);
=> category CHAR(20), product CHAR(20), total DECIMAL(38,0)
computers | NULL | 2100
cellphones | NULL | 1610
NULL | laptop | 2050
NULL | smartphone | 1610
NULL | mouse | 50
--- r_GROUP_BY_aggregation-extensions | rollup
SELECT category, product, sum(cost) as total
FROM orders
GROUP BY ROLLUP(category, product) ORDER BY 1,2;
=> category CHAR(20), product CHAR(20), total DECIMAL(38,0)
cellphones | smartphone | 1610
cellphones | NULL | 1610
computers | laptop | 2050
computers | mouse | 50
computers | NULL | 2100
NULL | NULL | 3710
--- r_GROUP_BY_aggregation-extensions | cube
SELECT category, product, sum(cost) as total
FROM orders
GROUP BY CUBE(category, product) ORDER BY 1,2;
=> category CHAR(20), product CHAR(20), total DECIMAL(38,0)
cellphones | smartphone | 1610
cellphones | NULL | 1610
computers | laptop | 2050
computers | mouse | 50
computers | NULL | 2100
NULL | laptop | 2050
NULL | mouse | 50
NULL | smartphone | 1610
NULL | NULL | 3710
--- r_GROUP_BY_aggregation-extensions | the function grouping
SELECT category, product,
       GROUPING(category) as grouping0,
       GROUPING(product) as grouping1,
       GROUPING(category, product) as grouping2,
       sum(cost) as total
FROM orders
GROUP BY CUBE(category, product) ORDER BY 3,1,2;
=> category CHAR(20), product CHAR(20), grouping0 INTEGER, grouping1 INTEGER, grouping2 INTEGER, total DECIMAL(38,0)
cellphones | smartphone | 0 | 0 | 0 | 1610
cellphones | NULL | 0 | 1 | 1 | 1610
computers | laptop | 0 | 0 | 0 | 2050
computers | mouse | 0 | 0 | 0 | 50
computers | NULL | 0 | 1 | 1 | 2100
NULL | laptop | 1 | 0 | 2 | 2050
NULL | mouse | 1 | 0 | 2 | 50
NULL | smartphone | 1 | 0 | 2 | 1610
NULL | NULL | 1 | 1 | 3 | 3710
--- r_GROUP_BY_aggregation-extensions | partial rollup
SELECT pre_owned, category, product,
       GROUPING(category, product, pre_owned) as group_id,
       sum(cost) as total
FROM orders
GROUP BY pre_owned, ROLLUP(category, product) ORDER BY 4,1,2,3;
=> pre_owned CHAR(1), category CHAR(20), product CHAR(20), group_id INTEGER, total DECIMAL(38,0)
F | computers | laptop | 0 | 1050
F | computers | mouse | 0 | 50
T | cellphones | smartphone | 0 | 1610
T | computers | laptop | 0 | 1000
F | computers | NULL | 2 | 1100
T | cellphones | NULL | 2 | 1610
T | computers | NULL | 2 | 1000
F | NULL | NULL | 6 | 1100
T | NULL | NULL | 6 | 2610
--- r_GROUP_BY_aggregation-extensions | partial cube
SELECT pre_owned, category, product,
       GROUPING(category, product, pre_owned) as group_id,
       sum(cost) as total
FROM orders
GROUP BY pre_owned, CUBE(category, product) ORDER BY 4,1,2,3;
=> pre_owned CHAR(1), category CHAR(20), product CHAR(20), group_id INTEGER, total DECIMAL(38,0)
F | computers | laptop | 0 | 1050
F | computers | mouse | 0 | 50
T | cellphones | smartphone | 0 | 1610
T | computers | laptop | 0 | 1000
F | computers | NULL | 2 | 1100
T | cellphones | NULL | 2 | 1610
T | computers | NULL | 2 | 1000
F | NULL | laptop | 4 | 1050
F | NULL | mouse | 4 | 50
T | NULL | laptop | 4 | 1000
T | NULL | smartphone | 4 | 1610
F | NULL | NULL | 6 | 1100
T | NULL | NULL | 6 | 2610
--- r_GROUP_BY_aggregation-extensions | concatenated grouping
SELECT pre_owned, category, product,
       GROUPING(category, product, pre_owned) as group_id,
       sum(cost) as total
FROM orders
GROUP BY CUBE(category, product), GROUPING SETS(pre_owned, ())
ORDER BY 4,1,2,3;
=> pre_owned CHAR(1), category CHAR(20), product CHAR(20), group_id INTEGER, total DECIMAL(38,0)
F | computers | laptop | 0 | 1050
F | computers | mouse | 0 | 50
T | cellphones | smartphone | 0 | 1610
T | computers | laptop | 0 | 1000
NULL | cellphones | smartphone | 1 | 1610
NULL | computers | laptop | 1 | 2050
NULL | computers | mouse | 1 | 50
F | computers | NULL | 2 | 1100
T | cellphones | NULL | 2 | 1610
T | computers | NULL | 2 | 1000
NULL | cellphones | NULL | 3 | 1610
NULL | computers | NULL | 3 | 2100
F | NULL | laptop | 4 | 1050
F | NULL | mouse | 4 | 50
T | NULL | laptop | 4 | 1000
T | NULL | smartphone | 4 | 1610
NULL | NULL | laptop | 5 | 2050
NULL | NULL | mouse | 5 | 50
NULL | NULL | smartphone | 5 | 1610
F | NULL | NULL | 6 | 1100
T | NULL | NULL | 6 | 2610
NULL | NULL | NULL | 7 | 3710
--- r_GROUP_BY_aggregation-extensions | nested grouping, the grand total twice
SELECT category, product, pre_owned,
       GROUPING(category, product, pre_owned) as group_id,
       sum(cost) as total
FROM orders
GROUP BY GROUPING SETS(ROLLUP(category), CUBE(product, pre_owned))
ORDER BY 4,1,2,3;
=> category CHAR(20), product CHAR(20), pre_owned CHAR(1), group_id INTEGER, total DECIMAL(38,0)
cellphones | NULL | NULL | 3 | 1610
computers | NULL | NULL | 3 | 2100
NULL | laptop | F | 4 | 1050
NULL | laptop | T | 4 | 1000
NULL | mouse | F | 4 | 50
NULL | smartphone | T | 4 | 1610
NULL | laptop | NULL | 5 | 2050
NULL | mouse | NULL | 5 | 50
NULL | smartphone | NULL | 5 | 1610
NULL | NULL | F | 6 | 1100
NULL | NULL | T | 6 | 2610
NULL | NULL | NULL | 7 | 3710
NULL | NULL | NULL | 7 | 3710
--- r_GROUP_BY_aggregation-extensions | constants are no grouping columns | own
SELECT sum(cost) FROM orders GROUP BY ROLLUP(1);
=> error ProgrammingError: a constant cannot be a grouping column
--- r_GROUP_BY_aggregation-extensions | no column twice in a grouping set | own
SELECT sum(cost) FROM orders GROUP BY product, ROLLUP(product);
=> error ProgrammingError: a grouping set cannot hold a column twice
--- r_GROUP_BY_aggregation-extensions | at most 64 grouping sets | own
SELECT count(*) FROM orders GROUP BY CUBE(id, product, category, pre_owned, cost, id + 1, id + 2);
=> error ProgrammingError: more than 64 grouping sets
--- r_GROUP_BY_aggregation-extensions | a stored NULL is not a subtotal | own
SELECT a, b, count(*), GROUPING(a), GROUPING_ID(b) FROM holes GROUP BY ROLLUP(a, b) ORDER BY 4, 5, 1, 2;
=> a INTEGER, b INTEGER, count BIGINT, grouping INTEGER, grouping_id INTEGER
1 | 2 | 1 | 0 | 0
1 | NULL | 1 | 0 | 0
NULL | 3 | 1 | 0 | 0
1 | NULL | 2 | 0 | 1
NULL | NULL | 1 | 0 | 1
NULL | NULL | 3 | 1 | 1
--- r_GROUP_BY_aggregation-extensions | HAVING, expressions over groups, an alias | own
SELECT a + 1 AS next, sum(b) * 2 AS twice FROM holes GROUP BY CUBE(a + 1) HAVING count(b) > 0 ORDER BY next;
=> next INTEGER, twice BIGINT
2 | 4
NULL | 6
NULL | 10
--- r_GROUP_BY_aggregation-extensions | the grand total of no rows | own
SELECT a, count(*), sum(b) FROM vacant GROUP BY ROLLUP(a);
=> a INTEGER, count BIGINT, sum BIGINT
NULL | 0 | NULL
--- r_GROUP_BY_aggregation-extensions | windows, QUALIFY and DISTINCT see the union | own
SELECT DISTINCT category, sum(cost) AS total, rank() OVER (ORDER BY sum(cost) DESC) AS place
FROM orders o GROUP BY ROLLUP(category) QUALIFY place < 3 ORDER BY place;
=> category CHAR(20), total DECIMAL(38,0), place INTEGER
NULL | 3710 | 1
computers | 2100 | 2
--- r_GROUP_BY_aggregation-extensions | a composite element | own
SELECT a, b, count(*) FROM holes GROUP BY ROLLUP((a, b)) ORDER BY 1, 2, 3;
=> a INTEGER, b INTEGER, count BIGINT
1 | 2 | 1
1 | NULL | 1
NULL | 3 | 1
NULL | NULL | 3
--- r_GROUP_BY_aggregation-extensions | only the empty set | own
SELECT sum(b) FROM holes GROUP BY GROUPING SETS(());
=> sum BIGINT
5
--- r_GROUP_BY_aggregation-extensions | GROUPING without an extension | own
SELECT a, GROUPING(a) FROM holes GROUP BY a ORDER BY a;
=> a INTEGER, grouping INTEGER
1 | 0
NULL | 0
--- r_GROUP_BY_aggregation-extensions | GROUPING of what is not grouped | own
SELECT a, GROUPING(b) FROM holes GROUP BY ROLLUP(a);
=> error ProgrammingError: arguments to GROUPING must be grouping expressions
--- r_GROUP_BY_aggregation-extensions | a column that no set holds | own
SELECT b FROM holes GROUP BY ROLLUP(a);
=> error ProgrammingError: must appear in the GROUP BY clause
--- r_GROUP_BY_aggregation-extensions | in a correlated subquery, and inside a set operation | own
SELECT (SELECT count(*) FROM (SELECT h.a FROM holes x WHERE x.a = h.a GROUP BY ROLLUP(x.b)) q) AS n, 0 FROM holes h
UNION ALL SELECT count(*), 1 FROM holes GROUP BY ROLLUP(a) ORDER BY 2, 1;
=> n BIGINT, "?column?" INTEGER
1 | 0
3 | 0
3 | 0
1 | 1
2 | 1
3 | 1
--- r_GROUP_BY_aggregation-extensions | a correlated subquery over a group | own
SELECT a, (SELECT max(b) FROM holes i WHERE i.a = o.a) FROM holes o GROUP BY ROLLUP(a);
=> refused: a correlated subquery beside an aggregation extension
--- r_GROUP_BY_aggregation-extensions | MySQL's WITH ROLLUP | own
SELECT a, count(*) FROM holes GROUP BY a WITH ROLLUP;
=> refused: ROLLUP
--- r_GROUP_BY_clause | columns | adapted, unordered
select listid, eventid, sum(pricepaid) as revenue,
count(qtysold) as numtix
from sales
group by listid, eventid
order by 3, 4, 2, 1
limit 5;
=> listid INTEGER, eventid INTEGER, revenue DECIMAL(38,2), numtix BIGINT
89397 | 47 | 20.00 | 1
106590 | 76 | 20.00 | 1
124683 | 393 | 20.00 | 1
7 | 8 | 100.50 | 2
--- r_GROUP_BY_clause | ordinals | adapted
select listid, eventid, sum(pricepaid) as revenue,
count(qtysold) as numtix
from sales
group by 1,2
order by 3, 4, 2, 1
limit 5;
=> listid INTEGER, eventid INTEGER, revenue DECIMAL(38,2), numtix BIGINT
89397 | 47 | 20.00 | 1
106590 | 76 | 20.00 | 1
124683 | 393 | 20.00 | 1
7 | 8 | 100.50 | 2
--- r_GROUP_BY_clause | ALL | adapted
SELECT listid, eventid, sum(qtysold) FROM sales GROUP BY ALL ORDER BY 1;
=> listid INTEGER, eventid INTEGER, sum BIGINT
7 | 8 | 6
89397 | 47 | 1
106590 | 76 | 1
124683 | 393 | 1
--- r_GROUP_BY_clause | an alias, and a column before an alias of its name | own
SELECT a + 1 AS n, a * 0 AS b, count(*) FROM holes GROUP BY n, a ORDER BY 1;
=> n INTEGER, b INTEGER, count BIGINT
2 | 0 | 2
NULL | NULL | 1
--- r_GROUP_BY_clause | an ordinal out of range | own
SELECT a FROM holes GROUP BY 2;
=> error ProgrammingError: GROUP BY position 2 is not in select list
--- r_GROUP_BY_clause | an aggregate among the groups | own
SELECT sum(a) FROM holes GROUP BY 1;
=> error ProgrammingError: aggregates not allowed in GROUP BY clause
--- r_GROUP_BY_clause | a column that is not grouped | own
SELECT a, b, count(*) FROM holes GROUP BY a;
=> error ProgrammingError: column "holes.b" must appear in the GROUP BY clause
--- r_GROUP_BY_clause | a column beside an aggregate, without GROUP BY | own
SELECT a, count(*) FROM holes;
=> error ProgrammingError: column "holes.a" must appear in the GROUP BY clause
--- r_GROUP_BY_clause | several in parentheses | own
SELECT a, b, count(*) FROM holes GROUP BY (a, b) ORDER BY 1, 2;
=> a INTEGER, b INTEGER, count BIGINT
1 | 2 | 1
1 | NULL | 1
NULL | 3 | 1
--- r_HAVING_clause | the aggregate of the select list | adapted
SELECT eventid, sum(pricepaid) FROM sales GROUP BY 1 HAVING sum(pricepaid) > 20 ORDER BY 2 DESC, 1;
=> eventid INTEGER, sum DECIMAL(38,2)
8 | 100.50
--- r_HAVING_clause | an aggregate that is not in the select list | adapted
SELECT eventid, sum(pricepaid) FROM sales GROUP BY 1 HAVING sum(qtysold) > 5 ORDER BY 2 DESC, 1;
=> eventid INTEGER, sum DECIMAL(38,2)
8 | 100.50
--- r_HAVING_clause | no alias | own
SELECT eventid, sum(pricepaid) AS total FROM sales GROUP BY 1 HAVING total > 20;
=> error UndefinedObjectError: column "total" does not exist
--- r_HAVING_clause | a column that is neither grouped nor aggregated | own
SELECT eventid FROM sales GROUP BY 1 HAVING listid > 20;
=> error ProgrammingError: must appear in the GROUP BY clause
--- r_HAVING_clause | without GROUP BY, over no rows | own
SELECT count(*) FROM vacant HAVING count(*) = 0;
=> count BIGINT
0
--- r_HAVING_clause | without any aggregate in the select list | own
SELECT 1 FROM vacant HAVING count(*) = 0;
=> "?column?" INTEGER
1
--- r_GROUP_BY_aggregation-extensions | a limit right after the sets | own
SELECT count(*) FROM vacant GROUP BY GROUPING SETS ((a), ()) LIMIT 5;
=> count BIGINT
0
--- r_GROUP_BY_aggregation-extensions | an offset right after a rollup | own
SELECT count(*) FROM vacant GROUP BY ROLLUP (a) OFFSET 1;
=> count BIGINT
--- r_GROUP_BY_aggregation-extensions | a limit right after a cube | own
SELECT count(*) FROM vacant GROUP BY CUBE (a) LIMIT 0;
=> count BIGINT
