# The clauses of SELECT, on a few rows of the TICKIT sample data.
--- setup
CREATE TABLE sales (salesid INT, listid INT, sellerid INT, buyerid INT, eventid INT, dateid SMALLINT, qtysold SMALLINT, pricepaid DECIMAL(8,2), commission DECIMAL(8,2));
INSERT INTO sales VALUES (1, 1, 36861, 21191, 7872, 1875, 4, 728.00, 109.20), (2, 4, 8117, 11498, 4337, 1983, 2, 76.00, 11.40),
 (3, 5, 1616, 17433, 8647, 1983, 2, 350.00, 52.50), (4, 5, 1616, 19715, 8647, 1986, 1, 175.00, 26.25),
 (5, 6, 47402, 14115, 8240, 2069, 2, 154.00, 23.10), (6, 10, 24858, 24888, 3375, 2023, 2, 394.00, 59.10);
CREATE TABLE listing (listid INT, sellerid INT, eventid INT, dateid SMALLINT, numtickets SMALLINT);
INSERT INTO listing VALUES (1, 36861, 7872, 1850, 10), (2, 16002, 4806, 1890, 8), (3, 21461, 4256, 1990, 6),
 (4, 8117, 4337, 1970, 8), (5, 1616, 8647, 1963, 4), (6, 47402, 8240, 2053, 18);
CREATE TABLE category (catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50));
INSERT INTO category VALUES (1, 'Sports', 'MLB', 'Major League Baseball'), (2, 'Sports', 'NHL', 'National Hockey League'),
 (3, 'Sports', 'NFL', 'National Football League'), (4, 'Sports', 'NBA', 'National Basketball Association'), (5, 'Sports', 'MLS', 'Major League Soccer'),
 (6, 'Shows', 'Musicals', 'Musical theatre'), (7, 'Shows', 'Plays', 'All non-musical theatre'), (8, 'Shows', 'Opera', 'All opera and light opera'),
 (9, 'Concerts', 'Pop', 'All rock and pop music concerts'), (10, 'Concerts', 'Jazz', 'All jazz singers and bands'), (11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts');
CREATE TABLE venue (venueid SMALLINT, venuename VARCHAR(100), venuecity VARCHAR(30), venuestate CHAR(2), venueseats INTEGER);
INSERT INTO venue VALUES (1, 'Toyota Park', 'Bridgeview', 'IL', 0), (2, 'Columbus Crew Stadium', 'Columbus', 'OH', 0), (5, 'Gillette Stadium', 'Foxborough', 'MA', 68756), (6, 'New York Giants Stadium', 'East Rutherford', 'NJ', 80242);
CREATE TABLE raw_data (clicks DOUBLE PRECISION, impressions DOUBLE PRECISION);
INSERT INTO raw_data VALUES (3, 4);
CREATE TABLE shadow (probability INT, clicks INT);
INSERT INTO shadow VALUES (7, 2);
CREATE TABLE employee (id int, name varchar (20), manager_id int);
INSERT INTO employee(id, name, manager_id) VALUES (100, 'Carlos', null), (101, 'John', 100), (102, 'Jorge', 101), (103, 'Kwaku', 101), (110, 'Liu', 101),
 (106, 'Mateo', 102), (110, 'Nikki', 103), (104, 'Paulo', 103), (105, 'Richard', 103), (120, 'Saanvi', 104), (200, 'Shirley', 104), (201, 'Sofía', 102), (205, 'Zhang', 104);
CREATE TABLE store_sales (ss_sold_date date, ss_sold_time time, ss_item text, ss_sales_price float);
INSERT INTO store_sales VALUES ('2022-01-01', '09:00:00.000000', 'Product 1', 100.0), ('2022-01-01', '11:00:00.000000', 'Product 2', 500.0), ('2022-01-01', '15:00:00.000000', 'Product 3', 20.0),
 ('2022-01-01', '17:00:00.000000', 'Product 4', 1000.0), ('2022-01-01', '18:00:00.000000', 'Product 5', 30.0), ('2022-01-02', '10:00:00.000000', 'Product 6', 5000.0), ('2022-01-02', '16:00:00.000000', 'Product 7', 5.0);
CREATE TABLE users (userid INT, firstname VARCHAR(30), likerock BOOLEAN, likevegas BOOLEAN, likesports BOOLEAN);
INSERT INTO users VALUES (1, 'Rafael', NULL, 1, 1), (2, 'Vladimir', NULL, 0, 1), (3, 'Lars', 1, 0, 0), (5, 'Barry', 1, NULL, NULL);
--- r_SELECT_list | TOP, ordered | adapted
select top 2 qtysold, sellerid
from sales
order by qtysold desc, sellerid;
=> qtysold SMALLINT, sellerid INTEGER
4 | 36861
2 | 1616
--- r_SELECT_list | TOP without order, and the same with LIMIT | own
select top 3 * from raw_data union all select * from raw_data;
=> error ProgrammingError: LIMIT may not be used within input to set operations
--- r_SELECT_list | TOP and LIMIT exclude each other | own
select top 1 salesid from sales limit 2;
=> error SQLSyntaxError: at or near "limit"
--- r_SELECT_list | DISTINCT
select distinct catgroup from category
order by 1;
=> catgroup VARCHAR(10)
Concerts
Shows
Sports
--- r_SELECT_list | the same query, run without distinct
select catgroup from category
order by 1;
=> catgroup VARCHAR(10)
Concerts
Concerts
Concerts
Shows
Shows
Shows
Sports
Sports
Sports
Sports
Sports
--- r_SELECT_list | ALL is the default | own
select all catgroup from category where catid < 3;
=> catgroup VARCHAR(10)
Sports
Sports
--- r_SELECT_list | an alias in later items | adapted
select clicks / impressions as probability, round(100 * probability, 1) as percentage from raw_data;
=> probability DOUBLE PRECISION, percentage DOUBLE PRECISION
0.75 | 75
--- r_SELECT_list | a column goes before an alias | own
select clicks * 2 as probability, probability + 1 as next from shadow;
=> probability INTEGER, next INTEGER
4 | 8
--- r_SELECT_list | an alias is not known before its item | own
select later + 1, clicks as later from shadow;
=> error UndefinedObjectError: column "later" does not exist
--- r_SELECT_list | two aliases of one name | own
select clicks as n, clicks + 1 as n, n + 1 from shadow;
=> error ProgrammingError: column reference "n" is ambiguous
--- r_SELECT_list | without FROM | own
select 1 + 1 as two, two * 2 where 1 = 1;
=> two INTEGER, "?column?" INTEGER
2 | 4
--- r_EXCLUDE_list | one column | adapted, unordered
SELECT * EXCLUDE catdesc FROM category WHERE catid < 3;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10)
1 | Sports | MLB
2 | Sports | NHL
--- r_EXCLUDE_list | several in parentheses | adapted
SELECT * EXCLUDE (catdesc, catgroup) FROM category WHERE catid = 1;
=> catid SMALLINT, catname VARCHAR(10)
1 | MLB
--- r_EXCLUDE_list | several without parentheses | adapted
SELECT * EXCLUDE catdesc, catgroup FROM category WHERE catid = 1;
=> catid SMALLINT, catname VARCHAR(10)
1 | MLB
--- r_EXCLUDE_list | of one of the relations, and what an item names stays | own
SELECT c.*, c.catid AS id, c.catname EXCLUDE (catid, catname, catdesc) FROM category c, raw_data WHERE catid = 1;
=> catgroup VARCHAR(10), id SMALLINT, catname VARCHAR(10)
Sports | 1 | MLB
--- r_EXCLUDE_list | an unknown column | own
SELECT * EXCLUDE nope FROM category;
=> error UndefinedObjectError: column "nope" in EXCLUDE does not exist
--- r_EXCLUDE_list | every column | own
SELECT * EXCLUDE (clicks, impressions) FROM raw_data;
=> error ProgrammingError: SELECT needs at least one column
--- r_EXCLUDE_list | only names, no expressions | own
SELECT * EXCLUDE (upper(catname)) FROM category;
=> error ProgrammingError: EXCLUDE takes names of columns only
--- r_WITH_clause | the simplest query | adapted
with venuecopy as (select * from venue)
select * from venuecopy order by 1 limit 10;
=> venueid SMALLINT, venuename VARCHAR(100), venuecity VARCHAR(30), venuestate CHAR(2), venueseats INTEGER
1 | Toyota Park | Bridgeview | IL | 0
2 | Columbus Crew Stadium | Columbus | OH | 0
5 | Gillette Stadium | Foxborough | MA | 68756
6 | New York Giants Stadium | East Rutherford | NJ | 80242
--- r_WITH_clause | one WITH query reads another | adapted
with venue_sales as
(select listid, sum(pricepaid) as total from sales group by listid),
top_venues as
(select listid from venue_sales where total > 300)
select listid, sum(qtysold) as qty, sum(pricepaid) as total
from sales where listid in(select listid from top_venues)
group by listid order by listid;
=> listid INTEGER, qty BIGINT, total DECIMAL(38,2)
1 | 4 | 728.00
5 | 3 | 525.00
10 | 2 | 394.00
--- r_WITH_clause | no forward references
with w1 as (select * from w2), w2 as (select * from w1)
select * from sales;
=> error UndefinedObjectError: relation "w2" does not exist
--- r_WITH_clause | WITH inside a scalar subquery | adapted
select dateid, sum(pricepaid) as daysales,
(with holidays as (select * from listing where numtickets = 10)
select sum(pricepaid)
from sales join holidays on sales.listid=holidays.listid) as dec25sales
from sales where dateid in (1983, 1986)
group by dateid
order by dateid;
=> dateid SMALLINT, daysales DECIMAL(38,2), dec25sales DECIMAL(38,2)
1983 | 426.00 | 728.00
1986 | 175.00 | 728.00
--- r_WITH_clause | its table is not known outside | adapted
select (with holidays as (select * from listing) select count(*) from holidays) from sales join holidays on true;
=> error UndefinedObjectError: relation "holidays" does not exist
--- r_WITH_clause | a recursive query | unordered
with recursive john_org(id, name, manager_id, level) as
( select id, name, manager_id, 1 as level
from employee
where name = 'John'
union all
select e.id, e.name, e.manager_id, level + 1 as next_level
from employee e, john_org j
where e.manager_id = j.id and level < 4
)
select distinct id, name, manager_id from john_org order by manager_id;
=> id INTEGER, name VARCHAR(20), manager_id INTEGER
101 | John | 100
102 | Jorge | 101
103 | Kwaku | 101
110 | Liu | 101
201 | Sofía | 102
106 | Mateo | 102
110 | Nikki | 103
104 | Paulo | 103
105 | Richard | 103
120 | Saanvi | 104
200 | Shirley | 104
205 | Zhang | 104
--- r_WITH_clause | a recursive query takes no LIMIT | own
with recursive n(i) as (select 1 union all select i + 1 from n limit 3) select * from n;
=> error ProgrammingError: a recursive query takes no ORDER BY, LIMIT or WITH
--- r_WITH_clause | only UNION ALL recurs | own
with recursive n(i) as (select 1 union select i + 1 from n where i < 3) select * from n;
=> refused: a recursive query that is not a UNION ALL
--- r_WITH_clause | fewer names than columns | own
with w(x) as (select 1 as a, 2 as b) select * from w;
=> x INTEGER, b INTEGER
1 | 2
--- r_WITH_clause | more names than columns | own
with w(x, y, z) as (select 1 as a, 2 as b) select * from w;
=> error ProgrammingError: 2 columns available but 3 specified
--- r_WITH_clause | a WITH query of a table's name reads the table | own
with venue as (select venueid + 10 as venueid from venue), listing2 as (select 1 as k)
select (select max(venueid) from public.venue) as stored, max(venueid) as named from venue;
=> stored SMALLINT, named INTEGER
6 | 16
--- r_WITH_clause | a WITH query does not hide a table before it, nor one of its name outside | own
with w1 as (select count(*) as n from listing), listing as (select 5 as k)
select n, k, z from w1, listing, (with listing as (select k + 1 as z from listing) select z from listing) q;
=> n BIGINT, k INTEGER, z INTEGER
6 | 5 | 6
--- r_comparison_condition | numbers as truth values | own
select 5 is true, 0 is true, 0 is false, null::int is true, null::int is unknown;
=> "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN
true | false | true | false | true
# The page prints the employees of level 4 too (120, 200, 205), which its condition level < 4 leaves out.
--- r_CONNECT_BY_clause | the employees of John | adapted, unordered
select id, name, manager_id
from employee
where level < 4
start with name = 'John'
connect by prior id = manager_id;
=> id INTEGER, name VARCHAR(20), manager_id INTEGER
101 | John | 100
102 | Jorge | 101
103 | Kwaku | 101
110 | Liu | 101
201 | Sofía | 102
106 | Mateo | 102
110 | Nikki | 103
104 | Paulo | 103
105 | Richard | 103
--- r_CONNECT_BY_clause | START WITH may come last | adapted
SELECT COUNT(*)
FROM Employee AS start
CONNECT BY PRIOR id = manager_id
START WITH name = 'John';
=> count BIGINT
12
--- r_CONNECT_BY_clause | a quoted alias | adapted
SELECT COUNT(*)
FROM Employee "start"
CONNECT BY PRIOR id = manager_id
START WITH name = 'John';
=> count BIGINT
12
--- r_CONNECT_BY_clause | LEVEL, and the star without it | own
SELECT level, e.*, level * 10 AS tens FROM employee e CONNECT BY manager_id = PRIOR id AND level <= 2 START WITH id = 104 ORDER BY level, id;
=> level INTEGER, id INTEGER, name VARCHAR(20), manager_id INTEGER, tens INTEGER
1 | 104 | Paulo | 103 | 10
2 | 120 | Saanvi | 104 | 20
2 | 200 | Shirley | 104 | 20
2 | 205 | Zhang | 104 | 20
--- r_CONNECT_BY_clause | a loop | own
SELECT count(*) FROM employee START WITH id = 100 CONNECT BY PRIOR id = id;
=> error DataError: CONNECT BY does not end
--- r_CONNECT_BY_clause | without PRIOR | own
SELECT id FROM employee CONNECT BY id = manager_id;
=> error ProgrammingError: CONNECT BY needs PRIOR
--- r_CONNECT_BY_clause | NOCYCLE | own
SELECT id FROM employee CONNECT BY NOCYCLE PRIOR id = manager_id;
=> refused: CONNECT BY NOCYCLE
--- r_CONNECT_BY_clause | over a join | own
SELECT id FROM employee e JOIN sales s ON s.salesid = e.id CONNECT BY PRIOR id = manager_id;
=> refused: CONNECT BY over anything but one table or subquery
# The page prints 1000, 30 and 5 for FLOAT prices.
--- r_QUALIFY_clause | the two most expensive items after noon | unordered
SELECT *
FROM store_sales ss
WHERE ss_sold_time > time '12:00:00'
QUALIFY row_number()
OVER (PARTITION BY ss_sold_date ORDER BY ss_sales_price DESC) <= 2;
=> ss_sold_date DATE, ss_sold_time TIME, ss_item VARCHAR(256), ss_sales_price DOUBLE PRECISION
2022-01-01 | 17:00:00 | Product 4 | 1000
2022-01-01 | 18:00:00 | Product 5 | 30
2022-01-02 | 16:00:00 | Product 7 | 5
--- r_QUALIFY_clause | the last item of each day | unordered
SELECT *
FROM store_sales ss
QUALIFY last_value(ss_item)
OVER (PARTITION BY ss_sold_date ORDER BY ss_sold_time ASC
ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) = ss_item;
=> ss_sold_date DATE, ss_sold_time TIME, ss_item VARCHAR(256), ss_sales_price DOUBLE PRECISION
2022-01-01 | 18:00:00 | Product 5 | 30
2022-01-02 | 16:00:00 | Product 7 | 5
--- r_QUALIFY_clause | the relation before it needs an alias | own
SELECT * FROM store_sales QUALIFY row_number() OVER (ORDER BY ss_item) = 1;
=> error ProgrammingError: needs an alias
--- r_QUALIFY_clause | after HAVING, over equal names, with DISTINCT and ORDER BY | own
SELECT DISTINCT ss_sold_date, max(ss_item) AS ss_sold_date, count(*) FROM store_sales s GROUP BY 1 HAVING count(*) > 1
QUALIFY rank() OVER (ORDER BY count(*) DESC) = 1 ORDER BY count(*);
=> ss_sold_date DATE, ss_sold_date VARCHAR(256), count BIGINT
2022-01-01 | Product 5 | 5
--- r_QUALIFY_clause | an alias of a window function, LIMIT after it | own
SELECT ss_item, row_number() OVER (ORDER BY ss_sales_price) AS rn FROM store_sales s QUALIFY rn > 1 ORDER BY rn DESC LIMIT 2 OFFSET 1;
=> ss_item VARCHAR(256), rn BIGINT
Product 4 | 6
Product 2 | 5
--- r_QUALIFY_clause | ordered by what is not selected | own
SELECT ss_item FROM store_sales s QUALIFY row_number() OVER (PARTITION BY ss_sold_date ORDER BY ss_item) = 1 ORDER BY ss_sales_price DESC;
=> ss_item VARCHAR(256)
Product 6
Product 1
# The page, which is r_Examples_with_ORDER_BY in the stored guide, cuts the text of row 11 off.
--- r_ORDER_BY_clause | by columns, a length, ordinals
select * from category order by 2, length(catdesc), 1, 3;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
10 | Concerts | Jazz | All jazz singers and bands
9 | Concerts | Pop | All rock and pop music concerts
11 | Concerts | Classical | All symphony, concerto, and choir concerts
6 | Shows | Musicals | Musical theatre
7 | Shows | Plays | All non-musical theatre
8 | Shows | Opera | All opera and light opera
5 | Sports | MLS | Major League Soccer
1 | Sports | MLB | Major League Baseball
2 | Sports | NHL | National Hockey League
3 | Sports | NFL | National Football League
4 | Sports | NBA | National Basketball Association
--- r_Examples_with_ORDER_BY | LIMIT 0 for a list of columns
select * from venue limit 0;
=> venueid SMALLINT, venuename VARCHAR(100), venuecity VARCHAR(30), venuestate CHAR(2), venueseats INTEGER
--- r_ORDER_BY_clause | NULL is the highest value | own
select userid, likerock from users order by likerock desc, userid desc;
=> userid INTEGER, likerock BOOLEAN
2 | NULL
1 | NULL
5 | true
3 | true
--- r_ORDER_BY_clause | NULLS FIRST | own
select userid from users order by likerock nulls first, userid;
=> userid INTEGER
1
2
3
5
--- r_ORDER_BY_clause | LIMIT ALL and OFFSET | own
select catid from category order by catid limit all offset 9;
=> catid SMALLINT
10
11
--- r_ORDER_BY_clause | no negative LIMIT | own
select catid from category limit -1;
=> error DataError: LIMIT must not be negative
--- r_ORDER_BY_clause | a text literal orders nothing | own
select catid from category order by 'catid';
=> error ProgrammingError: non-integer constant in ORDER BY
--- r_ORDER_BY_clause | an alias inside an expression | own
select -catid as n from category order by abs(n);
=> error UndefinedObjectError: column "n" does not exist
--- r_ORDER_BY_clause | an alias alone, which goes before a column | own
select 12 - catid as catid, catname from category order by catid limit 2;
=> catid INTEGER, catname VARCHAR(10)
1 | Classical
2 | Jazz
--- r_ORDER_BY_clause | a name that two results have | own
select catid as x, catname as x from category order by x;
=> error ProgrammingError: ORDER BY "x" is ambiguous
--- r_ORDER_BY_clause | an ordinal out of range | own
select catid from category order by 2;
=> error ProgrammingError: ORDER BY position 2 is not in select list
--- r_ORDER_BY_clause | DISTINCT sorts by results only | own
select distinct catgroup from category order by catid;
=> error ProgrammingError: for SELECT DISTINCT, ORDER BY expressions must appear in select list
--- r_ORDER_BY_clause | MySQL's LIMIT | own
select catid from category limit 1, 2;
=> error SQLSyntaxError: syntax error
--- r_ORDER_BY_clause | FETCH | own
select catid from category fetch first 2 rows only;
=> refused: FETCH
--- r_WHERE_clause | conditions | adapted
select eventid, pricepaid/qtysold as costperticket, qtysold
from sales, raw_data
where sales.listid between 4 and 6 and (clicks = 3) and eventid in(8647, 4337)
order by 2 desc, 3, 1 limit 10;
=> eventid INTEGER, costperticket DECIMAL(14,8), qtysold SMALLINT
8647 | 175.00000000 | 1
8647 | 175.00000000 | 2
4337 | 38.00000000 | 2
--- r_WHERE_clause | no alias of the select list | own
select catid + 1 as next from category where next > 3;
=> error UndefinedObjectError: column "next" does not exist
--- r_WHERE_clause | no aggregate | own
select catid from category where count(*) > 3;
=> error ProgrammingError: aggregates not allowed in WHERE clause
--- r_WHERE_oracle_outer | the operator (+) | adapted
select count(*)
from sales, listing
where sales.listid = listing.listid(+);
=> count BIGINT
6
--- r_WHERE_oracle_outer | the operator (+) on the other side
select listing.listid, sum(pricepaid) as price,
sum(commission) as comm
from listing, sales
where sales.listid(+) = listing.listid and listing.listid between 1 and 5
group by 1 order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
2 | NULL | NULL
3 | NULL | NULL
4 | 76.00 | 11.40
5 | 525.00 | 78.75
# With listings for the page's events, whose table is not here.
--- r_WHERE_oracle_outer | a comparison with a constant | adapted
select catid, catname, eventid
from category, listing
where category.catid=listing.listid(+) and eventid(+)=4337 and catid < 6 order by catid;
=> catid SMALLINT, catname VARCHAR(10), eventid INTEGER
1 | MLB | NULL
2 | NHL | NULL
3 | NFL | NULL
4 | NBA | 4337
5 | MLS | NULL
--- r_WHERE_oracle_outer | the constant without the operator is a filter | adapted
select catid, catname, eventid
from category, listing
where category.catid=listing.listid(+) and eventid=4337;
=> catid SMALLINT, catname VARCHAR(10), eventid INTEGER
4 | NBA | 4337
--- r_WHERE_oracle_outer | an expression over the marked column | adapted
select count(*) from category, listing where listing.listid(+)*2=category.catid;
=> count BIGINT
11
--- r_WHERE_oracle_outer | a table with itself | adapted
select count(*)
from listing a, listing b
where a.listid(+)=b.numtickets;
=> count BIGINT
6
--- r_WHERE_oracle_outer | not on an expression | adapted
select count(*) from category, listing where listing.listid*10(+)=category.catid;
=> refused: the outer join operator (+)
--- r_WHERE_oracle_outer | not beside OR
select count(*) from sales, listing
where sales.listid(+)=listing.listid or sales.salesid=0;
=> error ProgrammingError: Outer join operator (+) not allowed in operand of OR or IN
--- r_WHERE_oracle_outer | to one other table only | adapted
select count(*) from sales, listing, category
where sales.listid(+)=listing.listid and sales.dateid(+)=category.catid;
=> error ProgrammingError: A table may be outer joined to at most one other table
--- r_WHERE_oracle_outer | not beside JOIN | own
select count(*) from sales join listing using (listid), category where category.catid(+) = sales.salesid;
=> error ProgrammingError: the operator (+) cannot stand beside the join syntax of FROM
--- r_WHERE_oracle_outer | on a relation that is not there | own
select count(*) from sales, listing where nope.listid(+) = listing.listid;
=> error UndefinedObjectError: relation "nope" does not exist
--- r_WHERE_oracle_outer | the order of the star | own
select * from sales, listing where sales.listid(+) = listing.listid;
=> refused: SELECT * with the operator (+)
--- r_WHERE_oracle_outer | without FROM | own
select 1 where a(+) = 1;
=> error ProgrammingError: the operator (+) needs a FROM clause
--- r_WHERE_oracle_outer | only in WHERE | own
select sales.listid(+) from sales;
=> refused: the outer join operator (+)
--- r_WHERE_oracle_outer | the same query in FROM clause syntax | adapted
select count(*)
from sales left outer join listing on sales.listid = listing.listid;
=> count BIGINT
6
--- r_Join_examples | inner join in WHERE
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from listing, sales
where listing.listid = sales.listid
and listing.listid between 1 and 5
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
4 | 76.00 | 11.40
5 | 525.00 | 78.75
--- r_Join_examples | left outer join
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from listing left outer join sales on sales.listid = listing.listid
where listing.listid between 1 and 5
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
2 | NULL | NULL
3 | NULL | NULL
4 | 76.00 | 11.40
5 | 525.00 | 78.75
--- r_Join_examples | right outer join
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from listing right outer join sales on sales.listid = listing.listid
where listing.listid between 1 and 5
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
4 | 76.00 | 11.40
5 | 525.00 | 78.75
--- r_Join_examples | full join
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from listing full join sales on sales.listid = listing.listid
where listing.listid between 1 and 5
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
2 | NULL | NULL
3 | NULL | NULL
4 | 76.00 | 11.40
5 | 525.00 | 78.75
--- r_Join_examples | full join, the rows without a match
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from listing full join sales on sales.listid = listing.listid
where listing.listid between 1 and 5
and (listing.listid IS NULL or sales.listid IS NULL)
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
2 | NULL | NULL
3 | NULL | NULL
--- r_Join_examples | inner join with ON
select listing.listid, sum(pricepaid) as price, sum(commission) as comm
from sales join listing
on sales.listid=listing.listid and sales.eventid=listing.eventid
where listing.listid between 1 and 5
group by 1
order by 1;
=> listid INTEGER, price DECIMAL(38,2), comm DECIMAL(38,2)
1 | 728.00 | 109.20
4 | 76.00 | 11.40
5 | 525.00 | 78.75
--- r_Join_examples | cross join
select sales.listid as sales_listid, listing.listid as listing_listid
from sales cross join listing
where sales.listid between 1 and 5
and listing.listid between 1 and 5
order by 1,2;
=> sales_listid INTEGER, listing_listid INTEGER
1 | 1
1 | 2
1 | 3
1 | 4
1 | 5
4 | 1
4 | 2
4 | 3
4 | 4
4 | 5
5 | 1
5 | 1
5 | 2
5 | 2
5 | 3
5 | 3
5 | 4
5 | 4
5 | 5
5 | 5
--- r_Join_examples | join with USING
select listid, listing.sellerid, eventid, listing.dateid, numtickets
from listing join sales
using (listid, eventid)
order by 1
limit 5;
=> listid INTEGER, sellerid INTEGER, eventid INTEGER, dateid SMALLINT, numtickets SMALLINT
1 | 36861 | 7872 | 1850 | 10
4 | 8117 | 4337 | 1970 | 8
5 | 1616 | 8647 | 1963 | 4
5 | 1616 | 8647 | 1963 | 4
6 | 47402 | 8240 | 2053 | 18
# The rows of the page's natural join are not among ours.
--- r_Join_examples | natural join | adapted
select listid, sellerid, eventid, numtickets
from (select listid, sellerid, eventid, numtickets from listing) natural join (select listid, sellerid, eventid from sales)
order by 1
limit 2;
=> listid INTEGER, sellerid INTEGER, eventid INTEGER, numtickets SMALLINT
1 | 36861 | 7872 | 10
4 | 8117 | 4337 | 8
--- r_Join_examples | join of two subqueries | adapted
select catgroup1, sold, unsold
from
(select eventid, sum(qtysold) as sold
from sales
group by eventid) as a(catgroup1, sold)
join
(select l.eventid, sum(numtickets)-sum(qtysold) as unsold
from sales s, listing l
where s.listid = l.listid
group by l.eventid) as b(catgroup2, unsold)
on a.catgroup1 = b.catgroup2
order by 1 limit 2;
=> catgroup1 INTEGER, sold BIGINT, unsold BIGINT
4337 | 2 | 6
7872 | 4 | 6
--- r_FROM_clause30 | a natural join of nothing in common is a cross join | own
select count(*) from venue natural join raw_data;
=> count BIGINT
4
--- r_FROM_clause30 | USING keeps one of each pair of columns | own
select * from (select listid, sellerid from listing where listid < 3) l left join (select listid, salesid from sales) s using (listid) order by 1;
=> listid INTEGER, sellerid INTEGER, salesid INTEGER
1 | 36861 | 1
2 | 16002 | NULL
--- r_FROM_clause30 | the column of a FULL JOIN with USING comes from either side | own
select listid, l.listid, s.listid from (select 1 as listid union all select 2) l full join (select 2 as listid union all select 3) s using (listid) order by 1;
=> listid INTEGER, listid INTEGER, listid INTEGER
1 | 1 | NULL
2 | 2 | 2
3 | NULL | 3
--- r_FROM_clause30 | three relations of a FULL JOIN with USING | own
select * from (select 1 as k) a full join (select 2 as k) b using (k) full join (select 2 as k, 'c' as c) c using (k) order by k;
=> k INTEGER, c VARCHAR(1)
1 | NULL
2 | c
--- r_FROM_clause30 | a comma binds less than JOIN | own
select r.clicks, x.z from raw_data r, (select 1 as k) a right join (select 9 as z) x on a.k = x.z;
=> clicks DOUBLE PRECISION, z INTEGER
3 | 9
--- r_FROM_clause30 | ON does not see what is left of a comma | own
select 1 from raw_data r, venue v join listing l on r.clicks = l.listid;
=> error UndefinedObjectError: relation "r" does not exist
--- r_FROM_clause30 | nested joins | own
select v.venueid, l.listid, r.clicks from venue v left join (listing l join raw_data r on l.listid = r.clicks) on v.venueid = 1 order by 1 limit 2;
=> venueid SMALLINT, listid INTEGER, clicks DOUBLE PRECISION
1 | 3 | 3
2 | NULL | NULL
--- r_FROM_clause30 | joins whose conditions follow | own
select l.listid from listing l join sales s join raw_data r on r.clicks = 3 on l.listid = s.listid order by 1 limit 1;
=> listid INTEGER
1
--- r_FROM_clause30 | JOIN without a condition | own
select 1 from venue join listing;
=> error ProgrammingError: JOIN needs an ON or a USING clause
--- r_FROM_clause30 | an alias for a joined pair hides the names in it | own
select x.clicks from (raw_data r cross join shadow s) x;
=> error ProgrammingError: column reference "clicks" is ambiguous
--- r_FROM_clause30 | a name of two relations | own
select clicks from raw_data, shadow;
=> error ProgrammingError: column reference "clicks" is ambiguous
--- r_FROM_clause30 | a subquery without alias, and one with equal names | own
select * from (select 1 as a, 2 as a), (select 3);
=> a INTEGER, a INTEGER, "?column?" INTEGER
1 | 2 | 3
--- r_FROM_clause30 | an alias of a relation hides its name | own
select venue.venueid from venue v;
=> error UndefinedObjectError: relation "venue" does not exist in the FROM clause
--- r_FROM_clause30 | one name for two relations | own
select 1 from venue, venue;
=> error ProgrammingError: table name "venue" specified more than once
--- r_FROM_clause30 | a star after the table | own
select count(*) from venue *;
=> count BIGINT
4
--- r_FROM_clause30 | TABLESAMPLE | own
select * from venue tablesample (10);
=> refused: TABLESAMPLE
--- r_FROM_clause30 | LATERAL | own
select * from venue, lateral (select venueid) x;
=> refused: LATERAL
--- r_SELECT_synopsis | FOR UPDATE | own
select venueid from venue for update;
=> refused: FOR UPDATE
--- r_SELECT_synopsis | DISTINCT ON | own
select distinct on (venueid) venueid from venue;
=> refused: DISTINCT ON
--- r_comparison_condition | more than 10000 seats | adapted
select venueid, venuename, venueseats from venue
where venueseats > 10000
order by venueseats desc;
=> venueid SMALLINT, venuename VARCHAR(100), venueseats INTEGER
6 | New York Giants Stadium | 80242
5 | Gillette Stadium | 68756
--- r_comparison_condition | a boolean and the text t | adapted
select userid from users where likerock = 't' order by 1 limit 5;
=> userid INTEGER
3
5
--- r_comparison_condition | unknown | adapted
select firstname, likerock
from users
where likerock is unknown
order by userid limit 10;
=> firstname VARCHAR(30), likerock BOOLEAN
Rafael | NULL
Vladimir | NULL
--- r_logical_condition | AND | adapted
select userid, firstname from users
where likevegas = 1 and likesports = 1
order by userid;
=> userid INTEGER, firstname VARCHAR(30)
1 | Rafael
--- r_logical_condition | OR | adapted
select userid, firstname from users
where likevegas = 1 or likesports = 1
order by userid;
=> userid INTEGER, firstname VARCHAR(30)
1 | Rafael
2 | Vladimir
# The page prints the first four rows.
--- r_logical_condition | NOT
select * from category
where not catid=1
order by 1 limit 4;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
2 | Sports | NHL | National Hockey League
3 | Sports | NFL | National Football League
4 | Sports | NBA | National Basketball Association
5 | Sports | MLS | Major League Soccer
--- r_logical_condition | NOT before AND
select * from category
where (not catid=1) and catgroup='Sports'
order by catid;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
2 | Sports | NHL | National Hockey League
3 | Sports | NFL | National Football League
4 | Sports | NBA | National Basketball Association
5 | Sports | MLS | Major League Soccer
--- r_logical_condition | three truth values | own
select true and null, false and null, true or null, false or null, not null::bool, null is null;
=> "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN, "?column?" BOOLEAN
NULL | false | true | NULL | NULL | true
--- r_range_condition | BETWEEN takes both ends | adapted
select min(dateid), max(dateid) from sales
where dateid between 1983 and 2023;
=> min SMALLINT, max SMALLINT
1983 | 2023
--- r_range_condition | the lesser value first
select count(*) from sales
where qtysold between 4 and 2;
=> count BIGINT
0
--- r_range_condition | and its negation | adapted
select count(*) from sales
where qtysold not between 4 and 2;
=> count BIGINT
6
--- r_null_condition | how many are NULL
select count(*) from sales
where qtysold is null;
=> count BIGINT
0
