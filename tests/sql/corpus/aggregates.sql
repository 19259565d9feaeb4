# Aggregates. The pages query TICKIT's tables, which are not here: the setup holds rows that give the printed results.
# Where the page's query runs on other rows with another result, the case is marked own or adapted.
--- setup
CREATE TABLE winsales(salesid int, dateid date, sellerid int, buyerid char(10), qty int, qty_shipped int);
INSERT INTO winsales VALUES
  (30001, '2003-08-02', 3, 'b', 10, 10),
  (10001, '2003-12-24', 1, 'c', 10, 10),
  (10005, '2003-12-24', 1, 'a', 30, null),
  (40001, '2004-01-09', 4, 'a', 40, null),
  (10006, '2004-01-18', 1, 'c', 10, null),
  (20001, '2004-02-12', 2, 'b', 20, 20),
  (40005, '2004-02-12', 4, 'a', 10, 10),
  (20002, '2004-02-16', 2, 'c', 20, 20),
  (30003, '2004-04-18', 3, 'b', 15, null),
  (30004, '2004-04-18', 3, 'b', 20, null),
  (30007, '2004-09-07', 3, 'c', 30, null);
CREATE TABLE event(eventid int, dateid smallint, eventname varchar(200));
INSERT INTO event VALUES (1, 1878, 'Eagles'), (2, 1922, 'Cold War Kids'), (3, 1900, 'Other');
CREATE TABLE sales(salesid int, sellerid int, eventid int, dateid smallint, qtysold smallint, pricepaid decimal(8,2), commission decimal(8,2));
INSERT INTO sales VALUES (1, 1, 10, 1, 1, 12624.00, 100), (2, 2, 10, 1, 3, 60.00, 9), (3, 5, 10, 2, 2, 5000.00, 1),
  (4, 9, 10, 2, 4, 80.00, 2.50);
INSERT INTO sales SELECT 100, column1, 4337, 1, 1, 20, 1 FROM (VALUES (380), (380), (1178), (1178), (1178), (2731), (8117), (12905),
  (32043), (32043), (32043), (32432), (32432), (38669), (38750), (41498), (45676), (46324), (47188), (47188), (48294));
CREATE TABLE userlikes(city varchar(30), likes int);
INSERT INTO userlikes VALUES ('Los Angeles', 85), ('Los Angeles', 42), ('Sacramento', 240), ('Sacramento', 15), ('San Francisco', 255),
  ('San Francisco', 0), ('San Jose', 127), ('San Jose', 192), ('Santa Barbara', 255), ('Santa Barbara', 192);
CREATE TABLE users(state char(2), likesports boolean);
INSERT INTO users VALUES ('AB', 1), ('AB', 0), ('AK', 1), ('AK', 0), ('AK', null), ('AL', 1), ('AL', 0);
CREATE TABLE venue(venueid int, venuestate char(2), venueseats int);
INSERT INTO venue VALUES (1, 'FL', 250000), (2, 'FL', 411), (3, 'CA', 100), (4, 'CA', null);
CREATE TABLE listing(sellerid int, numtickets smallint, priceperticket decimal(8,2), totalprice decimal(8,2), caldate date);
INSERT INTO listing VALUES (6386, 5, 10, 2020, '2008-01-07'), (6386, 6, 10, 2178, '2008-01-07'), (17304, 5, 10, 1995, '2008-01-02'),
  (1, 4, 10, 1, '2008-01-02');

--- r_ANY_VALUE | one event | unordered
select any_value(dateid) as dateid, eventname from event where eventname ='Eagles' group by eventname;
=> dateid SMALLINT, eventname VARCHAR(200)
1878 | Eagles

--- r_ANY_VALUE | two events | unordered
select any_value(dateid) as dateid, eventname from event where eventname in('Eagles', 'Cold War Kids') group by eventname;
=> dateid SMALLINT, eventname VARCHAR(200)
1922 | Cold War Kids
1878 | Eagles

--- r_ANY_VALUE | DISTINCT is ignored; BOOLEAN and dates keep their type | own
select any_value(distinct likesports) as b, any_value(all state) as s from users where state = 'AL' and likesports;
=> b BOOLEAN, s CHAR(2)
true | AL

# The page: 658 prices of 2008-01-07 and so on; the rows here have the same columns.
--- r_APPROXIMATE_PERCENTILE_DISC | beside COUNT and SUM | own
select top 10 caldate,
count(totalprice), sum(totalprice),
approximate percentile_disc(0.5)
within group (order by totalprice)
from listing
group by caldate
order by 3 desc;
=> caldate DATE, count BIGINT, sum DECIMAL(38,2), percentile_disc DECIMAL(8,2)
2008-01-07 | 2 | 4198.00 | 2020.00
2008-01-02 | 2 | 1996.00 | 1.00

--- r_AVG | of integers | adapted
select avg(qtysold)from sales where eventid = 10;
=> avg BIGINT
2

--- r_AVG | DEC(5,2) gives DEC(38,2), whose digits are cut: the page prints 655.06 where the mean is 655.0662 | own
select avg(x::dec(5,2)) from (select 655.07 as x union all select 655.06 union all select 655.07);
=> avg DECIMAL(38,2)
655.06

--- r_AVG | negative means are cut towards zero; NULL is not counted | own
select avg(x) as a, avg(x::decimal(4,1)) as b from (select -1 as x union all select -2 union all select null);
=> a BIGINT, b DECIMAL(38,1)
-1 | -1.5

--- r_AVG | floating point; DISTINCT | own
select avg(x::float) as a, avg(distinct x) as d, avg(all x) as e from (select 1 as x union all select 1 union all select 4);
=> a DOUBLE PRECISION, d BIGINT, e BIGINT
2 | 2 | 2

--- r_AVG | an expression of integers and decimals | adapted
select avg(numtickets*priceperticket) as avg_total_price from (select 3 as numtickets, 1011.47 as priceperticket) listing;
=> avg_total_price DECIMAL(38,2)
3034.41

# What super-examples prints shows the type.
--- r_AVG | the average of SUPER values | own
select avg(x), avg(x * 1e0) AS f, avg(NULL::super) AS n from (select 1::super as x union all select 2 union all select 2) t;
=> avg SUPER, f SUPER, n SUPER
1 | 1.66666666666667e+0 | NULL

--- r_AVG | text is no number | own
select avg(buyerid) from winsales;
=> error ProgrammingError: function avg(char(10)) does not exist

--- r_COUNT | rows | own
select count (*) from venue where venuestate='FL';
=> count BIGINT
2

--- r_COUNT | different values | own
select count (distinct sellerid) as sellers from sales where eventid = 4337;
=> sellers BIGINT
14

--- r_COUNT | in groups, in the order of ordinals | own
select count(*), sellerid from listing
where numtickets > 4
group by sellerid
order by 1 desc, 2;
=> count BIGINT, sellerid INTEGER
2 | 6386
1 | 17304

--- r_COUNT | APPROXIMATE; the page's 4541 is 0.3 % off, ours is exact | own
select approximate count(distinct pricepaid) from sales;
=> count BIGINT
5

--- r_COUNT | ALL and NULL | own
select count(all qty_shipped) as a, count(qty_shipped) as b, count(*) as c from winsales;
=> a BIGINT, b BIGINT, c BIGINT
5 | 5 | 11

--- r_COUNT | blanks at the end do not tell texts apart | own
select count(distinct x) from (select 'a' as x union all select 'a ' union all select 'b');
=> count BIGINT
2

--- r_COUNT | APPROXIMATE only with DISTINCT | own
select approximate count(*) from sales;
=> error SQLSyntaxError: syntax error

--- r_COUNT | a column may be called approximate | own
select approximate from (select 1 as approximate);
=> approximate INTEGER
1

--- r_LISTAGG | different orders in one statement
select listagg(sellerid)
within group (order by dateid) as sellers,
listagg(dateid)
within group (order by sellerid) as dates
from winsales;
=> error ProgrammingError: within group ORDER BY clauses for aggregate functions must be the same

--- r_LISTAGG | one order in one statement | adapted
select listagg(sellerid)
within group (order by dateid) as sellers,
listagg(dateid)
within group (order by dateid) as dates
from winsales where sellerid = 2;
=> sellers VARCHAR(65535), dates VARCHAR(65535)
22 | 2004-02-122004-02-16

--- r_LISTAGG | an order and none in one statement | adapted
select listagg(sellerid)
within group (order by dateid) as sellers,
listagg(dateid) as dates
from winsales where salesid = 10001;
=> sellers VARCHAR(65535), dates VARCHAR(65535)
1 | 2003-12-24

--- r_LISTAGG | seller IDs
select listagg(sellerid, ', ') within group (order by sellerid) from sales
where eventid = 4337;
=> listagg VARCHAR(65535)
380, 380, 1178, 1178, 1178, 2731, 8117, 12905, 32043, 32043, 32043, 32432, 32432, 38669, 38750, 41498, 45676, 46324, 47188, 47188, 48294

--- r_LISTAGG | DISTINCT with a delimiter
select listagg(distinct sellerid, ', ') within group (order by sellerid) from sales
where eventid = 4337;
=> listagg VARCHAR(65535)
380, 1178, 2731, 8117, 12905, 32043, 32432, 38669, 38750, 41498, 45676, 46324, 47188, 48294

# The page prints 31141242333: its order of equal dates is not determined.
--- r_LISTAGG | in date order
select listagg(sellerid)
within group (order by dateid, salesid)
from winsales;
=> listagg VARCHAR(65535)
31141242333

--- r_LISTAGG | a pipe as delimiter
select listagg(dateid,'|')
within group (order by sellerid desc,salesid asc)
from winsales
where buyerid  = 'b';
=> listagg VARCHAR(65535)
2003-08-02|2004-04-18|2004-04-18|2004-02-12

# The page prints 30001,30004,30003 and 10001,20002,30007,10006, which ORDER BY salesid does not give.
--- r_LISTAGG | in groups | adapted
select buyerid,
listagg(salesid,',')
within group (order by salesid) as sales_id
from winsales
group by buyerid
order by buyerid;
=> buyerid CHAR(10), sales_id VARCHAR(65535)
a | 10005,40001,40005
b | 20001,30001,30003,30004
c | 10001,10006,20002,30007

--- r_LISTAGG | NULL and empty values are ignored; nothing gives NULL | own
select listagg(x, '-') within group (order by x) as a, listagg(nullif(x, x), '-') as n, listagg(x, null) within group (order by x) as d
from (select 'a' as x union all select '' union all select null union all select 'b');
=> a VARCHAR(65535), n VARCHAR(65535), d VARCHAR(65535)
a-b | NULL | ab

--- r_LISTAGG | blanks at the end do not tell texts apart | own
select listagg(distinct x, '-') within group (order by n) from (select 'a ' as x, 1 as n union all select 'b', 2 union all select 'a', 3);
=> listagg VARCHAR(65535)
a -b

--- r_LISTAGG | more than 65,535 bytes | own
select listagg(repeat('x', 60000)) from (select 1 as a union all select 2);
=> error DataError: Result size exceeds LISTAGG limit

--- r_LISTAGG | more than 65,535 bytes of different texts | own
select listagg(distinct repeat(a, 60000)) from (select 'x' as a union all select 'y');
=> error DataError: Result size exceeds LISTAGG limit

--- r_LISTAGG | the delimiter is a constant | own
select listagg(buyerid, buyerid) from winsales;
=> refused: LISTAGG with a delimiter that is no constant

--- r_MAX | the highest price
select max(pricepaid) from sales;
=> max DECIMAL(8,2)
12624.00

# The page prints 2500.00000000, of DECIMAL(8,2) by SMALLINT: its own rules of division give scale 8, and so do ours.
--- r_MAX | of a quotient | adapted
select max(pricepaid/qtysold) as max_ticket_price
from sales where eventid = 10 and qtysold > 1;
=> max_ticket_price DECIMAL(14,8)
2500.00000000

--- r_MIN | the lowest price
select min(pricepaid) from sales;
=> min DECIMAL(8,2)
20.00

--- r_MIN | of a quotient
select min(pricepaid/qtysold)as min_ticket_price
from sales;
=> min_ticket_price DECIMAL(14,8)
20.00000000

--- r_MIN | of SUPER values, in the order of ORDER BY | own
select min(x) as a, max(x) as b, max(distinct x) as c from (select json_parse('10') as x union all select json_parse('9.5') union all select json_parse('"a"')
union all select json_parse('true') union all select json_parse('null'));
=> a SUPER, b SUPER, c SUPER
true | "a" | "a"

--- r_MIN | of SUPER arrays | own
select min(x) from (select json_parse('[1]') as x union all select json_parse('[2]'));
=> error DataError: MIN or MAX of a SUPER array or object

--- r_MIN | BOOLEAN has BOOL_AND | own
select min(likesports) from users;
=> error ProgrammingError: function min(boolean) does not exist

--- r_MIN | VARBYTE, dates and text | own
select min('abc'::varbyte) as v, max(dateid) as d, min(distinct buyerid) as b from winsales;
=> v VARBYTE(16777216), d DATE, b CHAR(10)
616263 | 2004-09-07 | a

--- r_MEDIAN | another order than that of PERCENTILE_CONT
select top 10 salesid, sum(pricepaid),
percentile_cont(0.6) within group (order by salesid),
median (pricepaid)
from sales group by salesid, pricepaid;
=> error ProgrammingError: within group ORDER BY clauses for aggregate functions must be the same

--- r_MEDIAN | the order of PERCENTILE_CONT | adapted
select top 10 salesid, sum(pricepaid),
percentile_cont(0.6) within group (order by salesid),
median (salesid)
from sales where eventid = 10 group by salesid, pricepaid order by 1;
=> salesid INTEGER, sum DECIMAL(38,2), percentile_cont DECIMAL(11,1), median DECIMAL(11,1)
1 | 12624.00 | 1.0 | 1.0
2 | 60.00 | 2.0 | 2.0
3 | 5000.00 | 3.0 | 3.0
4 | 80.00 | 4.0 | 4.0

# The page has TOP 10 before DISTINCT, which releases of sqlglot before 30 do not read.
--- r_MEDIAN | the same as PERCENTILE_CONT(0.5) | adapted
select distinct sellerid, qtysold,
percentile_cont(0.5) within group (order by qtysold),
median (qtysold)
from sales where eventid = 10
group by sellerid, qtysold order by 1;
=> sellerid INTEGER, qtysold SMALLINT, percentile_cont DECIMAL(6,1), median DECIMAL(6,1)
1 | 1 | 1.0 | 1.0
2 | 3 | 3.0 | 3.0
5 | 2 | 2.0 | 2.0
9 | 4 | 4.0 | 4.0

--- r_MEDIAN | FLOAT gives DOUBLE, dates and times their type; NULL is ignored | own
select median(x::float) as f, median(d) as d, median(d::timestamp) as t, median(x::decimal(5,2)) as n, median(x::decimal(38,2)) as w
from (select 1 as x, date '2008-01-01' as d union all select 2, date '2008-01-02' union all select null, null);
=> error ProgrammingError: within group ORDER BY clauses for aggregate functions must be the same

--- r_MEDIAN | of FLOAT | own
select median(x::float) from (select 1 as x union all select 2 union all select null);
=> median DOUBLE PRECISION
1.5

--- r_MEDIAN | of DATE: half a day is cut | own
select median(d) from (select date '2008-01-01' as d union all select date '2008-01-04' union all select null);
=> median DATE
2008-01-02

--- r_MEDIAN | of TIMESTAMP | own
select median(d::timestamp) from (select date '2008-01-01' as d union all select date '2008-01-02');
=> median TIMESTAMP
2008-01-01 12:00:00

--- r_MEDIAN | of DECIMAL: a digit more than the values have | own
select median(x) from (select 1.01 as x union all select 1.02);
=> median DECIMAL(4,3)
1.015

--- r_MEDIAN | of DECIMAL(38,2): the digits end at 38 | own
select median(x::decimal(38,2)) from (select 1.01 as x union all select 1.02);
=> median DECIMAL(38,2)
1.01

--- r_MEDIAN | of nothing | own
select median(qty) from winsales where false;
=> median DECIMAL(11,1)
NULL

--- r_MEDIAN | of text | own
select median(buyerid) from winsales;
=> error ProgrammingError: function median(char(10)) does not exist

--- r_MEDIAN | no DISTINCT | own
select median(distinct qty) from winsales;
=> refused: MEDIAN(DISTINCT ...)

--- r_PERCENTILE_CONT | the formula with a share between two rows | own
select percentile_cont(0.25) within group (order by qty) as a, percentile_cont(0.25) within group (order by qty) filter (where qty > 20) as f from winsales;
=> a DECIMAL(12,2), f DECIMAL(12,2)
10.00 | 30.00

--- r_PERCENTILE_CONT | descending, and the ends | own
select percentile_cont(0.1) within group (order by qty desc) as a, percentile_cont(0) within group (order by qty desc) as b,
percentile_cont(1) within group (order by qty desc) as c from winsales where sellerid = 3;
=> a DECIMAL(11,1), b DECIMAL(11,1), c DECIMAL(11,1)
27.0 | 30.0 | 10.0

--- r_PERCENTILE_CONT | a share beyond 1 | own
select percentile_cont(1.5) within group (order by qty) from winsales;
=> error ProgrammingError: percentile value 1.5 is not between 0 and 1

--- r_PERCENTILE_CONT | a share that is no constant | own
select percentile_cont(qty) within group (order by qty) from winsales;
=> refused: PERCENTILE_CONT of a share that is no constant number

--- r_PERCENTILE_CONT | it needs an order | own
select percentile_cont(0.5) from winsales;
=> error ProgrammingError: percentile_cont needs WITHIN GROUP

# 17503, 27847.76 and 27773.20 are of 202 venues; three seats give the same columns.
--- r_STDDEV_functions | beside AVG, cast to decimals | own
select avg(venueseats),
cast(stddev_samp(venueseats) as dec(14,2)) stddevsamp,
cast(stddev_pop(venueseats) as dec(14,2)) stddevpop
from venue;
=> avg BIGINT, stddevsamp DECIMAL(14,2), stddevpop DECIMAL(14,2)
83503 | 144190.14 | 117730.75

--- r_STDDEV_functions | the heading of a cast | own
select cast(stddev(commission) as dec(18,10)) from sales where eventid = 10;
=> stddev DECIMAL(18,10)
48.0422990707

--- r_STDDEV_functions | as integer | own
select cast(stddev(commission) as integer) from sales where eventid = 10;
=> stddev INTEGER
48

--- r_STDDEV_functions | the root of the variance | own
select
cast(stddev_samp(commission) as dec(18,10)) stddevsamp,
cast(sqrt(var_samp(commission)) as dec(18,10)) sqrtvarsamp
from sales where eventid = 10;
=> stddevsamp DECIMAL(18,10), sqrtvarsamp DECIMAL(18,10)
48.0422990707 | 48.0422990707

--- r_STDDEV_functions | of one value, of none, DISTINCT | own
select stddev(x) as s, stddev_pop(x) as p, stddev(nullif(x, x)) as n, stddev_pop(nullif(x, x)) as m, var_samp(distinct y) as d
from (select 5 as x, 1 as y);
=> s DOUBLE PRECISION, p DOUBLE PRECISION, n DOUBLE PRECISION, m DOUBLE PRECISION, d DOUBLE PRECISION
NULL | 0 | NULL | NULL | NULL

--- r_VARIANCE_functions | rounded | own
select avg(numtickets),
round(var_samp(numtickets)) varsamp,
round(var_pop(numtickets)) varpop
from listing;
=> avg BIGINT, varsamp DOUBLE PRECISION, varpop DOUBLE PRECISION
5 | 1 | 1

--- r_VARIANCE_functions | cast to decimals | own
select avg(numtickets),
cast(var_samp(numtickets) as dec(10,4)) varsamp,
cast(var_pop(numtickets) as dec(10,4)) varpop
from listing;
=> avg BIGINT, varsamp DECIMAL(10,4), varpop DECIMAL(10,4)
5 | 0.6667 | 0.5000

--- r_VARIANCE_functions | equal decimals do not vary; VARIANCE is VAR_SAMP | own
select var_pop(x) as p, variance(x) as v, variance(distinct x) as d from (select 0.1 as x union all select 0.1 union all select 0.1);
=> p DOUBLE PRECISION, v DOUBLE PRECISION, d DOUBLE PRECISION
0 | 0 | NULL

--- r_SUM | of decimals | own
select sum(commission) from sales where eventid = 10;
=> sum DECIMAL(38,2)
112.50

--- r_SUM | of integers
select sum(venueseats) from venue
where venuestate = 'FL';
=> sum BIGINT
250411

--- r_SUM | DISTINCT, ALL, floating point | own
select sum(distinct qty) as d, sum(all qty) as a, sum(qty::real) as f from winsales;
=> d BIGINT, a BIGINT, f DOUBLE PRECISION
115 | 215 | 215

--- r_SUM | more digits than a double has | own
select sum(x::decimal(18,2)) as a, sum(x::decimal(38,2)) as b, sum(x::decimal(18,2) * 0.001) as c from (select 9999999999999.99 as x union all select 9999999999999.98 union all select 9999999999999.99);
=> a DECIMAL(38,2), b DECIMAL(38,2), c DECIMAL(38,5)
29999999999999.96 | 29999999999999.96 | 29999999999.99996

--- r_SUM | more than 64 bits | own
select sum(x::decimal(38,10)) from (select 900000000000 as x union all select 900000000000);
=> sum DECIMAL(38,10)
1800000000000.0000000000

--- r_SUM | integers that overflow | own
select sum(x) from (select 9223372036854775807 as x union all select 1);
=> error DataError: bigint out of range

--- r_SUM | of SUPER | own
select sum(x) from (select json_parse('1') as x union all select json_parse('2.25') union all select json_parse('null') union all select null);
=> sum SUPER
3.25

--- r_SUM | of SUPER that is no number | own
select sum(json_parse('"a"'));
=> error DataError: SUM of a SUPER value that is no number

--- r_SUM | of nothing, after GROUP BY and without | own
select sum(qty) as s, count(*) as c, avg(qty) as a, min(qty) as m, listagg(qty) as l, bit_or(qty) as b, bool_and(qty > 1) as t from winsales where false;
=> s BIGINT, c BIGINT, a BIGINT, m INTEGER, l VARCHAR(65535), b INTEGER, t BOOLEAN
NULL | 0 | NULL | NULL | NULL | NULL | NULL

--- r_SUM | of nothing in groups | own
select sellerid, sum(qty) from winsales where false group by sellerid;
=> sellerid INTEGER, sum BIGINT

--- c_bitwise_aggregate_functions | 3, 7, 10 and 22 | adapted
select bit_and(x), bit_or(x) from (select 3 as x union all select 7 union all select 10 union all select 22);
=> bit_and INTEGER, bit_or INTEGER
2 | 31

--- c_bitwise_aggregate_functions | only NULLs
select sum(venueseats), bit_and(venueseats) from venue
where venueseats is null;
=> sum BIGINT, bit_and INTEGER
NULL | NULL

--- r_bitwise_examples | BIT_AND in groups
select city, bit_and(likes) from userlikes group by city
order by city;
=> city VARCHAR(30), bit_and INTEGER
Los Angeles | 0
Sacramento | 0
San Francisco | 0
San Jose | 64
Santa Barbara | 192

--- r_BIT_OR | in groups
select city, bit_or(likes) from userlikes group by city
order by city;
=> city VARCHAR(30), bit_or INTEGER
Los Angeles | 127
Sacramento | 255
San Francisco | 255
San Jose | 255
Santa Barbara | 255

--- r_bitwise_examples | BOOL_OR and BOOL_AND | adapted
select state, bool_or(likesports), bool_and(likesports) from users
group by state order by state limit 5;
=> state CHAR(2), bool_or BOOLEAN, bool_and BOOLEAN
AB | true | false
AK | true | false
AL | true | false

--- r_BOOL_AND | of integers; DISTINCT | own
select bool_and(qty) as a, bool_or(distinct qty - 10) as o, bool_or(qty - qty) as n from winsales;
=> a BOOLEAN, o BOOLEAN, n BOOLEAN
true | true | false

--- r_BIT_AND | of negative integers, of other types | own
select bit_and(distinct x::smallint) as s, bit_or(x::bigint) as b from (select -1 as x union all select -4);
=> s SMALLINT, b BIGINT
-4 | -1

--- r_BIT_AND | of decimals | own
select bit_and(1.5);
=> error ProgrammingError: function bit_and(decimal(2,1)) does not exist

--- c_Aggregate_Functions | nested aggregates | own
select sum(count(*)) from winsales;
=> error ProgrammingError: aggregate function calls may not have nested aggregate or window function

--- c_Aggregate_Functions | HAVING, and aggregates inside expressions | own
select sellerid, sum(qty) / count(*) + 1 as x, coalesce(max(qty_shipped), -1) as m from winsales
group by sellerid having count(*) > 2 and stddev(qty) > 8 order by stddev(qty) desc, median(qty);
=> sellerid INTEGER, x BIGINT, m INTEGER
1 | 17 | 10
3 | 19 | 10

--- c_Aggregate_Functions | FILTER is SQLite's | own
select sum(qty) filter (where sellerid = 1) as s, avg(qty) filter (where sellerid = 9) as a, count(*) filter (where qty > 20) as c,
stddev(qty) filter (where sellerid = 2) as d, listagg(salesid, ',') within group (order by salesid) filter (where sellerid = 2) as l from winsales;
=> s BIGINT, a BIGINT, c BIGINT, d DOUBLE PRECISION, l VARCHAR(65535)
50 | NULL | 3 | 0 | 20001,20002

--- r_HLL_function | HyperLogLog sketches | adapted
select hll(qty) from winsales;
=> refused: the function hll

--- r_HLL_COMBINE_AGG | HyperLogLog sketches | adapted
select hll_cardinality(hll_combine(hll_create_sketch(qty))) from winsales;
=> refused: the function hll_cardinality
