# Window functions. WINSALES is the sample table of c_Window_functions; its dates are written as ISO here.
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

--- r_WF_AVG | rolling average; integers give an integer
select salesid, dateid, sellerid, qty,
avg(qty) over
(order by dateid, salesid rows unbounded preceding) as avg
from winsales
order by 2,1;
=> salesid INTEGER, dateid DATE, sellerid INTEGER, qty INTEGER, avg BIGINT
30001 | 2003-08-02 | 3 | 10 | 10
10001 | 2003-12-24 | 1 | 10 | 10
10005 | 2003-12-24 | 1 | 30 | 16
40001 | 2004-01-09 | 4 | 40 | 22
10006 | 2004-01-18 | 1 | 10 | 20
20001 | 2004-02-12 | 2 | 20 | 20
40005 | 2004-02-12 | 4 | 10 | 18
20002 | 2004-02-16 | 2 | 20 | 18
30003 | 2004-04-18 | 3 | 15 | 18
30004 | 2004-04-18 | 3 | 20 | 18
30007 | 2004-09-07 | 3 | 30 | 19

--- r_WF_AVG | NUMERIC for BIGINT arguments; DISTINCT is not supported | own
select avg(qty::bigint) over () from winsales limit 1;
=> avg DECIMAL(38,0)
19

--- r_WF_AVG | no DISTINCT | own
select avg(distinct qty) over () from winsales;
=> refused: AVG(DISTINCT ...) OVER

--- r_WF_COUNT | count of all rows from the beginning
select salesid, qty,
count(*) over (order by salesid rows unbounded preceding) as count
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, count BIGINT
10001 | 10 | 1
10005 | 30 | 2
10006 | 10 | 3
20001 | 20 | 4
20002 | 20 | 5
30001 | 10 | 6
30003 | 15 | 7
30004 | 20 | 8
30007 | 30 | 9
40001 | 40 | 10
40005 | 10 | 11

--- r_WF_COUNT | count of the values that are not NULL
select salesid, qty, qty_shipped,
count(qty_shipped)
over (order by salesid rows unbounded preceding) as count
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, qty_shipped INTEGER, count BIGINT
10001 | 10 | 10 | 1
10005 | 30 | NULL | 1
10006 | 10 | NULL | 1
20001 | 20 | 20 | 2
20002 | 20 | 20 | 3
30001 | 10 | 10 | 4
30003 | 15 | NULL | 4
30004 | 20 | NULL | 4
30007 | 30 | NULL | 4
40001 | 40 | NULL | 4
40005 | 10 | 10 | 5

--- r_WF_COUNT | no DISTINCT | own
select count(distinct qty) over () from winsales;
=> refused: COUNT(DISTINCT ...) OVER

--- r_WF_DENSE_RANK | dense rank beside rank
select salesid, qty,
dense_rank() over(order by qty desc) as d_rnk,
rank() over(order by qty desc) as rnk
from winsales
order by 2,1;
=> salesid INTEGER, qty INTEGER, d_rnk INTEGER, rnk INTEGER
10001 | 10 | 5 | 8
10006 | 10 | 5 | 8
30001 | 10 | 5 | 8
40005 | 10 | 5 | 8
30003 | 15 | 4 | 7
20001 | 20 | 3 | 4
20002 | 20 | 3 | 4
30004 | 20 | 3 | 4
10005 | 30 | 2 | 2
30007 | 30 | 2 | 2
40001 | 40 | 1 | 1

--- r_WF_DENSE_RANK | in partitions
select salesid, sellerid, qty,
dense_rank() over(partition by sellerid order by qty desc) as d_rnk
from winsales
order by 2,3,1;
=> salesid INTEGER, sellerid INTEGER, qty INTEGER, d_rnk INTEGER
10001 | 1 | 10 | 2
10006 | 1 | 10 | 2
10005 | 1 | 30 | 1
20001 | 2 | 20 | 1
20002 | 2 | 20 | 1
30001 | 3 | 10 | 4
30003 | 3 | 15 | 3
30004 | 3 | 20 | 2
30007 | 3 | 30 | 1
40005 | 4 | 10 | 2
40001 | 4 | 40 | 1

--- r_WF_DENSE_RANK | without ORDER BY all rows are equal | own
select distinct dense_rank() over () as d, rank() over () as r, cume_dist() over () as c, percent_rank() over () as p from winsales;
=> d INTEGER, r INTEGER, c DOUBLE PRECISION, p DOUBLE PRECISION
1 | 1 | 1 | 0

--- r_WF_RANK | ascending
select salesid, qty,
rank() over (order by qty) as rnk
from winsales
order by 2,1;
=> salesid INTEGER, qty INTEGER, rnk INTEGER
10001 | 10 | 1
10006 | 10 | 1
30001 | 10 | 1
40005 | 10 | 1
30003 | 15 | 5
20001 | 20 | 6
20002 | 20 | 6
30004 | 20 | 6
10005 | 30 | 9
30007 | 30 | 9
40001 | 40 | 11

--- r_WF_RANK | descending
select salesid, qty,
rank() over (order by qty desc) as rank
from winsales
order by 2,1;
=> salesid INTEGER, qty INTEGER, rank INTEGER
10001 | 10 | 8
10006 | 10 | 8
30001 | 10 | 8
40005 | 10 | 8
30003 | 15 | 7
20001 | 20 | 4
20002 | 20 | 4
30004 | 20 | 4
10005 | 30 | 2
30007 | 30 | 2
40001 | 40 | 1

--- r_WF_RANK | in partitions
select salesid, sellerid, qty, rank() over
(partition by sellerid
order by qty desc) as rank
from winsales
order by 2,3,1;
=> salesid INTEGER, sellerid INTEGER, qty INTEGER, rank INTEGER
10001 | 1 | 10 | 2
10006 | 1 | 10 | 2
10005 | 1 | 30 | 1
20001 | 2 | 20 | 1
20002 | 2 | 20 | 1
30001 | 3 | 10 | 4
30003 | 3 | 15 | 3
30004 | 3 | 20 | 2
30007 | 3 | 30 | 1
40005 | 4 | 10 | 2
40001 | 4 | 40 | 1

# The page prints 10006 before 10001, and 20001 before 20002, which have the same quantities: it says that their
# order is not determined.
--- r_WF_ROW_NUMBER | in partitions, in ascending order | adapted
select salesid, sellerid, qty,
row_number() over
(partition by sellerid
 order by qty asc, salesid desc) as row
from winsales
order by 2,4;
=> salesid INTEGER, sellerid INTEGER, qty INTEGER, row BIGINT
10006 | 1 | 10 | 1
10001 | 1 | 10 | 2
10005 | 1 | 30 | 3
20002 | 2 | 20 | 1
20001 | 2 | 20 | 2
30001 | 3 | 10 | 1
30003 | 3 | 15 | 2
30004 | 3 | 20 | 3
30007 | 3 | 30 | 4
40005 | 4 | 10 | 1
40001 | 4 | 40 | 2

--- r_WF_LISTAGG | seller IDs in their order
select listagg(sellerid)
within group (order by sellerid)
over() from winsales limit 2;
=> listagg VARCHAR(65535)
11122333344
11122333344

--- r_WF_LISTAGG | in order of another column
select listagg(sellerid)
within group (order by dateid)
over () as seller
from winsales
where buyerid = 'b';
=> seller VARCHAR(65535)
3233
3233
3233
3233

--- r_WF_LISTAGG | with a delimiter
select listagg(dateid,',')
within group (order by sellerid desc,salesid asc)
over () as dates
from winsales
where buyerid  = 'b';
=> dates VARCHAR(65535)
2003-08-02,2004-04-18,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-04-18,2004-02-12

--- r_WF_LISTAGG | DISTINCT
select listagg(distinct dateid,',')
within group (order by sellerid desc,salesid asc)
over () as dates
from winsales
where buyerid  = 'b';
=> dates VARCHAR(65535)
2003-08-02,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-02-12
2003-08-02,2004-04-18,2004-02-12

# The page prints 30001,30004,30003 and 10001,20002,30007,10006, which ORDER BY salesid does not give.
--- r_WF_LISTAGG | in partitions | adapted
select buyerid,
listagg(salesid,',')
within group (order by salesid)
over (partition by buyerid) as sales_id
from winsales
order by buyerid;
=> buyerid CHAR(10), sales_id VARCHAR(65535)
a | 10005,40001,40005
a | 10005,40001,40005
a | 10005,40001,40005
b | 20001,30001,30003,30004
b | 20001,30001,30003,30004
b | 20001,30001,30003,30004
b | 20001,30001,30003,30004
c | 10001,10006,20002,30007
c | 10001,10006,20002,30007
c | 10001,10006,20002,30007
c | 10001,10006,20002,30007

--- r_WF_LISTAGG | no order in OVER | own
select listagg(sellerid) over (order by salesid) from winsales;
=> error ProgrammingError: listagg allows no ORDER BY in its OVER clause

--- r_WF_MAX | from the beginning
select salesid, qty,
max(qty) over (order by salesid rows unbounded preceding) as max
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, max INTEGER
10001 | 10 | 10
10005 | 30 | 30
10006 | 10 | 30
20001 | 20 | 30
20002 | 20 | 30
30001 | 10 | 30
30003 | 15 | 30
30004 | 20 | 30
30007 | 30 | 30
40001 | 40 | 40
40005 | 10 | 40

--- r_WF_MAX | in a restricted frame
select salesid, qty,
max(qty) over (order by salesid rows between 2 preceding and 1 preceding) as max
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, max INTEGER
10001 | 10 | NULL
10005 | 30 | 10
10006 | 10 | 30
20001 | 20 | 30
20002 | 20 | 20
30001 | 10 | 20
30003 | 15 | 20
30004 | 20 | 15
30007 | 30 | 20
40001 | 40 | 30
40005 | 10 | 40

--- r_WF_MIN | from the beginning
select salesid, qty,
min(qty) over
(order by salesid rows unbounded preceding)
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, min INTEGER
10001 | 10 | 10
10005 | 30 | 10
10006 | 10 | 10
20001 | 20 | 10
20002 | 20 | 10
30001 | 10 | 10
30003 | 15 | 10
30004 | 20 | 10
30007 | 30 | 10
40001 | 40 | 10
40005 | 10 | 10

--- r_WF_MIN | in a restricted frame
select salesid, qty,
min(qty) over
(order by salesid rows between 2 preceding and 1 preceding) as min
from winsales
order by salesid;
=> salesid INTEGER, qty INTEGER, min INTEGER
10001 | 10 | NULL
10005 | 30 | 10
10006 | 10 | 10
20001 | 20 | 10
20002 | 20 | 10
30001 | 10 | 20
30003 | 15 | 10
30004 | 20 | 10
30007 | 30 | 15
40001 | 40 | 20
40005 | 10 | 30

# The page writes 10.0, 17.5 and so on: one digit, that of 0.5.
--- r_WF_MEDIAN | for each seller
select sellerid, qty, median(qty)
over (partition by sellerid)
from winsales
order by sellerid, qty;
=> sellerid INTEGER, qty INTEGER, median DECIMAL(11,1)
1 | 10 | 10.0
1 | 10 | 10.0
1 | 30 | 10.0
2 | 20 | 20.0
2 | 20 | 20.0
3 | 10 | 17.5
3 | 15 | 17.5
3 | 20 | 17.5
3 | 30 | 17.5
4 | 10 | 25.0
4 | 40 | 25.0

--- r_WF_MEDIAN | an aggregate inside | own
select sellerid, sum(qty), median(sum(qty)) over() from winsales group by sellerid order by 1;
=> sellerid INTEGER, sum BIGINT, median DECIMAL(20,1)
1 | 50 | 50.0
2 | 40 | 50.0
3 | 75 | 50.0
4 | 50 | 50.0

--- r_WF_MEDIAN | only PARTITION BY | own
select median(qty) over (order by salesid) from winsales;
=> error ProgrammingError: median allows no ORDER BY in its OVER clause

--- r_WF_PERCENTILE_CONT | over the whole table
select sellerid, qty, percentile_cont(0.5)
within group (order by qty)
over() as median from winsales order by qty, sellerid;
=> sellerid INTEGER, qty INTEGER, median DECIMAL(11,1)
1 | 10 | 20.0
1 | 10 | 20.0
3 | 10 | 20.0
4 | 10 | 20.0
3 | 15 | 20.0
2 | 20 | 20.0
2 | 20 | 20.0
3 | 20 | 20.0
1 | 30 | 20.0
3 | 30 | 20.0
4 | 40 | 20.0

--- r_WF_PERCENTILE_CONT | in partitions | unordered
select sellerid, qty, percentile_cont(0.5)
within group (order by qty)
over(partition by sellerid) as median from winsales;
=> sellerid INTEGER, qty INTEGER, median DECIMAL(11,1)
2 | 20 | 20.0
2 | 20 | 20.0
4 | 10 | 25.0
4 | 40 | 25.0
1 | 10 | 10.0
1 | 10 | 10.0
1 | 30 | 10.0
3 | 10 | 17.5
3 | 15 | 17.5
3 | 20 | 17.5
3 | 30 | 17.5

--- r_WF_PERCENTILE_DISC | over the whole table | unordered
select sellerid, qty, percentile_disc(0.5)
within group (order by qty)
over() as median from winsales;
=> sellerid INTEGER, qty INTEGER, median INTEGER
1 | 10 | 20
3 | 10 | 20
1 | 10 | 20
4 | 10 | 20
3 | 15 | 20
2 | 20 | 20
2 | 20 | 20
3 | 20 | 20
1 | 30 | 20
3 | 30 | 20
4 | 40 | 20

--- r_WF_PERCENTILE_DISC | in partitions | unordered
select sellerid, qty, percentile_disc(0.5)
within group (order by qty)
over(partition by sellerid) as median from winsales;
=> sellerid INTEGER, qty INTEGER, median INTEGER
2 | 20 | 20
2 | 20 | 20
4 | 10 | 10
4 | 40 | 10
1 | 10 | 10
1 | 10 | 10
1 | 30 | 10
3 | 10 | 15
3 | 15 | 15
3 | 20 | 15
3 | 30 | 15

--- r_WF_SUM | cumulative
select salesid, dateid, sellerid, qty,
sum(qty) over (order by dateid, salesid rows unbounded preceding) as sum
from winsales
order by 2,1;
=> salesid INTEGER, dateid DATE, sellerid INTEGER, qty INTEGER, sum BIGINT
30001 | 2003-08-02 | 3 | 10 | 10
10001 | 2003-12-24 | 1 | 10 | 20
10005 | 2003-12-24 | 1 | 30 | 50
40001 | 2004-01-09 | 4 | 40 | 90
10006 | 2004-01-18 | 1 | 10 | 100
20001 | 2004-02-12 | 2 | 20 | 120
40005 | 2004-02-12 | 4 | 10 | 130
20002 | 2004-02-16 | 2 | 20 | 150
30003 | 2004-04-18 | 3 | 15 | 165
30004 | 2004-04-18 | 3 | 20 | 185
30007 | 2004-09-07 | 3 | 30 | 215

--- r_WF_SUM | cumulative in partitions
select salesid, dateid, sellerid, qty,
sum(qty) over (partition by sellerid
order by dateid, salesid rows unbounded preceding) as sum
from winsales
order by 2,1;
=> salesid INTEGER, dateid DATE, sellerid INTEGER, qty INTEGER, sum BIGINT
30001 | 2003-08-02 | 3 | 10 | 10
10001 | 2003-12-24 | 1 | 10 | 10
10005 | 2003-12-24 | 1 | 30 | 40
40001 | 2004-01-09 | 4 | 40 | 40
10006 | 2004-01-18 | 1 | 10 | 50
20001 | 2004-02-12 | 2 | 20 | 20
40005 | 2004-02-12 | 4 | 10 | 50
20002 | 2004-02-16 | 2 | 20 | 40
30003 | 2004-04-18 | 3 | 15 | 25
30004 | 2004-04-18 | 3 | 20 | 45
30007 | 2004-09-07 | 3 | 30 | 75

--- r_WF_SUM | numbering rows
select salesid, sellerid, qty,
sum(1) over (order by sellerid, salesid rows unbounded preceding) as rownum
from winsales
order by 2,1;
=> salesid INTEGER, sellerid INTEGER, qty INTEGER, rownum BIGINT
10001 | 1 | 10 | 1
10005 | 1 | 30 | 2
10006 | 1 | 10 | 3
20001 | 2 | 20 | 4
20002 | 2 | 20 | 5
30001 | 3 | 10 | 6
30003 | 3 | 15 | 7
30004 | 3 | 20 | 8
30007 | 3 | 30 | 9
40001 | 4 | 40 | 10
40005 | 4 | 10 | 11

--- r_WF_SUM | numbering rows in partitions
select salesid, sellerid, qty,
sum(1) over (partition by sellerid
order by sellerid, salesid rows unbounded preceding) as rownum
from winsales
order by 2,1;
=> salesid INTEGER, sellerid INTEGER, qty INTEGER, rownum BIGINT
10001 | 1 | 10 | 1
10005 | 1 | 30 | 2
10006 | 1 | 10 | 3
20001 | 2 | 20 | 1
20002 | 2 | 20 | 2
30001 | 3 | 10 | 1
30003 | 3 | 15 | 2
30004 | 3 | 20 | 3
30007 | 3 | 30 | 4
40001 | 4 | 40 | 1
40005 | 4 | 10 | 2

--- r_WF_SUM | NUMERIC for BIGINT arguments | own
select sum(qty::bigint) over () from winsales limit 1;
=> sum DECIMAL(38,0)
215

--- c_Window_functions | an aggregate with an order needs a frame | own
select sum(qty) over (order by salesid) from winsales;
=> error ProgrammingError: Aggregate window functions with an ORDER BY clause require a frame clause

--- c_Window_functions | the default profile has the frame of the SQL standard, which generated SQL counts on | own, default
select salesid, sum(qty) over (order by sellerid) as s from winsales order by salesid limit 4;
=> salesid INTEGER, s BIGINT
10001 | 50
10005 | 50
10006 | 50
20001 | 90

--- c_Window_functions | no RANGE | own
select sum(qty) over (order by salesid range unbounded preceding) from winsales;
=> refused: the RANGE clause of window functions

--- c_Window_functions | a frame that ends before it starts | adapted
select sum(qty) over (order by salesid rows between 5 following and 5 preceding) from winsales;
=> error ProgrammingError: starts at 5 FOLLOWING, after its end at 5 PRECEDING

--- c_Window_functions | a frame that starts at the current row and ends before it | adapted
select sum(qty) over (order by salesid rows between current row and 2 preceding) from winsales;
=> error ProgrammingError: starts at CURRENT ROW, after its end at 2 PRECEDING

--- c_Window_functions | a frame that starts after the current row and ends at it | adapted
select sum(qty) over (order by salesid rows between 3 following and current row) from winsales;
=> error ProgrammingError: starts at 3 FOLLOWING, after its end at CURRENT ROW

--- c_Window_functions | ROWS 5 PRECEDING ends at the current row | own
select salesid, sum(qty) over (order by salesid rows 1 preceding) as a,
sum(qty) over (order by salesid rows between 1 preceding and current row) as b,
sum(qty) over (order by salesid rows unbounded following) as c,
sum(qty) over (order by salesid rows between current row and unbounded following) as d,
sum(qty) over (order by salesid rows current row) as e
from winsales order by salesid limit 3;
=> salesid INTEGER, a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT
10001 | 10 | 10 | 215 | 215 | 10
10005 | 40 | 40 | 205 | 205 | 30
10006 | 40 | 40 | 175 | 175 | 10

--- c_Window_functions | the offset of a frame is a positive constant | own
select sum(qty) over (order by salesid rows sellerid preceding) from winsales;
=> error ProgrammingError: the offset of a window frame must be a positive constant

--- c_Window_functions | the offset of a frame is not zero | own
select sum(qty) over (order by salesid rows 0 preceding) from winsales;
=> error ProgrammingError: the offset of a window frame must be a positive constant

--- c_Window_functions | a frame needs an order | own
select sum(qty) over (rows unbounded preceding) from winsales;
=> error ProgrammingError: a frame clause needs an ORDER BY

--- c_Window_functions | ranking functions take no frame | own
select rank() over (order by qty rows unbounded preceding) from winsales;
=> error ProgrammingError: rank allows no frame clause

--- c_Window_functions | no string literal in PARTITION BY | own
select sum(qty) over (partition by 'a') from winsales;
=> error ProgrammingError: constant expressions are not supported in partition by clauses

--- c_Window_functions | no constant in ORDER BY | own
select row_number() over (order by 1) from winsales;
=> error ProgrammingError: constant expressions are not supported in order by clauses

--- c_Window_functions | not in WHERE | own
select 1 from winsales where row_number() over (order by salesid) = 1;
=> error ProgrammingError: window functions are not allowed in WHERE

--- c_Window_functions | not in GROUP BY | own
select count(*) from winsales group by rank() over (order by salesid);
=> error ProgrammingError: window functions are not allowed in GROUP BY

--- c_Window_functions | not inside each other | own
select sum(rank() over (order by qty)) over () from winsales;
=> error ProgrammingError: window functions are not allowed

--- c_Aggregate_Functions | not inside aggregates | own
select sum(rank() over (order by qty)) from winsales;
=> error ProgrammingError: window functions are not allowed

--- c_Window_functions | in the final ORDER BY and inside CASE | own
select salesid, case when row_number() over (order by salesid) = 1 then 'first' else 'other' end as c
from winsales order by row_number() over (order by salesid desc) limit 2;
=> salesid INTEGER, c VARCHAR(5)
40005 | other
40001 | other

--- c_Window_functions | NULLs are last ascending, first descending, or where NULLS says | own
select salesid, row_number() over (order by qty_shipped, salesid) as a,
row_number() over (order by qty_shipped desc, salesid) as d,
row_number() over (order by qty_shipped nulls first, salesid) as f
from winsales where salesid in (10001, 10005, 20001) order by 1;
=> salesid INTEGER, a BIGINT, d BIGINT, f BIGINT
10001 | 1 | 3 | 2
10005 | 3 | 1 | 1
20001 | 2 | 2 | 3

--- c_Window_functions | after GROUP BY | own
select sellerid, sum(qty), rank() over (order by sum(qty) desc) as r, sum(sum(qty)) over () as all_of
from winsales group by sellerid order by 1;
=> sellerid INTEGER, sum BIGINT, r INTEGER, all_of DECIMAL(38,0)
1 | 50 | 2 | 215
2 | 40 | 4 | 215
3 | 75 | 1 | 215
4 | 50 | 2 | 215

--- c_Window_functions | a named window | own
select salesid, first_value(salesid) over w as f, count(*) over w as n from winsales
window w as (partition by sellerid order by salesid rows between unbounded preceding and unbounded following)
order by 1 limit 4;
=> salesid INTEGER, f INTEGER, n BIGINT
10001 | 10001 | 3
10005 | 10001 | 3
10006 | 10001 | 3
20001 | 20001 | 2

--- c_Window_functions | OVER is mandatory | own
select row_number() from winsales;
=> error ProgrammingError: window function row_number requires an OVER clause

--- c_Window_functions | no window function of that name | own
select bit_and(qty) over () from winsales;
=> refused: the window function bit_and

--- r_WF_LAG | IGNORE NULLS skips them, RESPECT NULLS and nothing do not | own
select salesid, qty_shipped,
lag(qty_shipped) ignore nulls over (order by salesid) as i,
lag(qty_shipped) respect nulls over (order by salesid) as r,
lag(qty_shipped, 2) ignore nulls over (order by salesid) as i2,
lead(qty_shipped) ignore nulls over (order by salesid) as l,
lead(qty_shipped, 2) ignore nulls over (order by salesid) as l2,
lag(qty_shipped, 0) ignore nulls over (order by salesid) as z
from winsales where salesid < 30004 order by salesid;
=> salesid INTEGER, qty_shipped INTEGER, i INTEGER, r INTEGER, i2 INTEGER, l INTEGER, l2 INTEGER, z INTEGER
10001 | 10 | NULL | NULL | NULL | 20 | 20 | 10
10005 | NULL | 10 | 10 | NULL | 20 | 20 | NULL
10006 | NULL | 10 | NULL | NULL | 20 | 20 | NULL
20001 | 20 | 10 | NULL | NULL | 20 | 10 | 20
20002 | 20 | 20 | 20 | 10 | 10 | NULL | 20
30001 | 10 | 20 | 20 | 20 | NULL | NULL | 10
30003 | NULL | 10 | 10 | 20 | NULL | NULL | NULL

--- r_WF_LAG | the offset may be an expression | own
select salesid, lag(salesid, sellerid) over (order by salesid) as l from winsales order by salesid limit 5;
=> salesid INTEGER, l INTEGER
10001 | NULL
10005 | 10001
10006 | 10005
20001 | 10005
20002 | 10006

--- r_WF_LAG | no default | own
select lag(qty, 1, 0) over (order by salesid) from winsales;
=> error ProgrammingError: Default parameter not be supported for window function lag

--- r_WF_LAG | it needs an order | own
select lag(qty) over () from winsales;
=> error ProgrammingError: lag needs an ORDER BY

--- r_WF_LAG | no frame | own
select lag(qty) over (order by salesid rows unbounded preceding) from winsales;
=> error ProgrammingError: lag allows no frame clause

--- r_WF_LEAD | a type with parameters stays | own
select lead(buyerid) over (order by salesid), lead(qty::decimal(8,2)) over (order by salesid) as d from winsales order by salesid limit 1;
=> lead CHAR(10), d DECIMAL(8,2)
a | 30.00

--- r_WF_NTILE | an argument that is not positive | own
select ntile(0) over (order by qty) from winsales;
=> error ProgrammingError: an argument of ntile must be at least 1

--- r_WF_NTILE | an argument that shows when it is computed | own
select ntile(qty - 10) over (order by qty) from winsales;
=> error DataError: argument of ntile must be a positive integer

--- r_WF_first_value | both places of IGNORE NULLS | own
select first_value(qty_shipped ignore nulls) over (order by salesid rows between 1 following and unbounded following) as a,
last_value(qty_shipped) ignore nulls over (order by salesid rows unbounded preceding) as b,
first_value(qty_shipped respect nulls) over (order by salesid rows between 1 following and unbounded following) as c
from winsales order by salesid limit 3;
=> a INTEGER, b INTEGER, c INTEGER
20 | 10 | NULL
20 | 10 | NULL
20 | 10 | 20

--- r_WF_first_value | not with other functions | own
select sum(qty) ignore nulls over () from winsales;
=> error ProgrammingError: IGNORE NULLS and RESPECT NULLS are not allowed with sum

# The quantities that the pages of CUME_DIST and PERCENT_RANK print. Their results are rounded to two digits there.
--- setup
CREATE TABLE winsales(sellerid int, qty decimal(10,2));
INSERT INTO winsales VALUES (1, 10.00), (1, 10.64), (1, 30.37), (3, 10.04), (3, 15.15), (3, 20.75), (3, 30.55),
  (2, 20.09), (2, 20.12), (4, 10.12), (4, 40.23);

--- r_WF_CUME_DIST | for each seller | unordered
select sellerid, qty, round(cume_dist()
over (partition by sellerid order by qty), 2) as cume_dist
from winsales;
=> sellerid INTEGER, qty DECIMAL(10,2), cume_dist DOUBLE PRECISION
1 | 10.00 | 0.33
1 | 10.64 | 0.67
1 | 30.37 | 1
3 | 10.04 | 0.25
3 | 15.15 | 0.5
3 | 20.75 | 0.75
3 | 30.55 | 1
2 | 20.09 | 0.5
2 | 20.12 | 1
4 | 10.12 | 0.5
4 | 40.23 | 1

--- r_WF_PERCENT_RANK | for each seller | unordered
select sellerid, qty, round(percent_rank()
over (partition by sellerid order by qty), 2) as percent_rank
from winsales;
=> sellerid INTEGER, qty DECIMAL(10,2), percent_rank DOUBLE PRECISION
1 | 10.00 | 0
1 | 10.64 | 0.5
1 | 30.37 | 1
3 | 10.04 | 0
3 | 15.15 | 0.33
3 | 20.75 | 0.67
3 | 30.55 | 1
2 | 20.09 | 0
2 | 20.12 | 1
4 | 10.12 | 0
4 | 40.23 | 1

--- r_WF_CUME_DIST | the formula's table | adapted
select value, cume_dist() over (order by value) from (select 2500 as value union select 2600 union select 2800 union select 2900 union select 3100) order by 1;
=> value INTEGER, cume_dist DOUBLE PRECISION
2500 | 0.2
2600 | 0.4
2800 | 0.6
2900 | 0.8
3100 | 1

# The page cuts 0.16666 to 0.1666.
--- r_WF_PERCENT_RANK | the formula's table | adapted
select value, rank() over (order by value) as rank, percent_rank() over (order by value) from (select 15 as value
union all select 20 union all select 20 union all select 20 union all select 30 union all select 30 union all select 40) order by 1;
=> value INTEGER, rank INTEGER, percent_rank DOUBLE PRECISION
15 | 1 | 0
20 | 2 | 0.166666666666667
20 | 2 | 0.166666666666667
20 | 2 | 0.166666666666667
30 | 5 | 0.666666666666667
30 | 5 | 0.666666666666667
40 | 7 | 1

# The page cuts (or misrounds) 0.17986 and 0.18705 to 0.1798 and 0.1870 in that table.
--- r_WF_RATIO_TO_REPORT | the formula's table | adapted
select value, round(ratio_to_report(value) over (), 4) as ratio_to_report from (select 2500 as value union select 2600 union select 2800 union select 2900 union select 3100) order by 1;
=> value INTEGER, ratio_to_report DOUBLE PRECISION
2500 | 0.1799
2600 | 0.1871
2800 | 0.2014
2900 | 0.2086
3100 | 0.223

--- r_WF_RATIO_TO_REPORT | a sum of zero | own
select ratio_to_report(x) over () from (select 1 as x union all select -1);
=> error DataError: division by zero

--- r_WF_RATIO_TO_REPORT | NULL stays NULL | own
select x, ratio_to_report(x) over () from (select 1 as x union all select null union all select 3) order by 1;
=> x INTEGER, ratio_to_report DOUBLE PRECISION
1 | 0.25
3 | 0.75
NULL | NULL

--- setup
CREATE TABLE winsales(sellerid int, qty double precision);
INSERT INTO winsales VALUES (2, 20.12312341), (2, 20.08630000), (4, 10.12414400), (4, 40.23000000), (1, 30.37262000),
  (1, 10.64000000), (1, 10.00000000), (3, 10.03500000), (3, 15.14660000), (3, 30.54790000), (3, 20.74630000);

--- r_WF_RATIO_TO_REPORT | for each seller, to two digits as the page prints them | unordered
select sellerid, qty, round(ratio_to_report(qty)
over (partition by sellerid), 2) as ratio_to_report
from winsales;
=> sellerid INTEGER, qty DOUBLE PRECISION, ratio_to_report DOUBLE PRECISION
2 | 20.12312341 | 0.5
2 | 20.0863 | 0.5
4 | 10.124144 | 0.2
4 | 40.23 | 0.8
1 | 30.37262 | 0.6
1 | 10.64 | 0.21
1 | 10 | 0.2
3 | 10.035 | 0.13
3 | 15.1466 | 0.2
3 | 30.5479 | 0.4
3 | 20.7463 | 0.27

# The rows of TICKIT's tables that the pages print.
--- setup
CREATE TABLE venue(venueid int, venuename varchar(100), venuecity varchar(30), venuestate char(2), venueseats int);
INSERT INTO venue VALUES
  (1, 'Qualcomm Stadium', '', 'CA', 70561), (2, 'Monster Park', '', 'CA', 69843),
  (3, 'McAfee Coliseum', '', 'CA', 63026), (4, 'Dodger Stadium', '', 'CA', 56000),
  (5, 'Angel Stadium of Anaheim', '', 'CA', 45050), (6, 'PETCO Park', '', 'CA', 42445),
  (7, 'AT&T Park', '', 'CA', 41503), (8, 'Shoreline Amphitheatre', '', 'CA', 22000),
  (9, 'INVESCO Field', '', 'CO', 76125), (10, 'Coors Field', '', 'CO', 50445),
  (11, 'Nationals Park', '', 'DC', 41888),
  (12, 'Dolphin Stadium', '', 'FL', 74916), (13, 'Jacksonville Municipal Stadium', '', 'FL', 73800),
  (14, 'Raymond James Stadium', '', 'FL', 65647), (15, 'Tropicana Field', '', 'FL', 36048),
  (16, 'Ralph Wilson Stadium', '', 'NY', 73967), (17, 'Yankee Stadium', '', 'NY', 52325),
  (18, 'Madison Square Garden', '', 'NY', 20000), (19, 'Nowhere', '', 'NY', 0);
CREATE TABLE sales(salesid int, eventid int, dateid smallint, buyerid int, qtysold smallint, pricepaid decimal(8,2),
  commission decimal(8,2), saletime timestamp);
INSERT INTO sales VALUES
  (1, 1, 1, 3, 1, 1, 1, '2008-01-16 01:06:09.000000'), (2, 1, 1, 3, 1, 1, 1, '2008-01-28 02:10:01.000000'),
  (3, 1, 1, 3, 1, 1, 1, '2008-03-12 10:39:53.000000'), (4, 1, 1, 3, 1, 1, 1, '2008-03-13 02:56:07.000000'),
  (5, 1, 1, 3, 2, 1, 1, '2008-03-29 08:21:39.000000'), (6, 1, 1, 3, 1, 1, 1, '2008-04-27 02:39:01.000000'),
  (7, 1, 1, 3, 2, 1, 1, '2008-08-16 07:04:37.000000'), (8, 1, 1, 3, 2, 1, 1, '2008-08-22 11:45:26.000000'),
  (9, 1, 1, 3, 1, 1, 1, '2008-09-12 09:11:25.000000'), (10, 1, 1, 3, 1, 1, 1, '2008-10-01 06:22:37.000000'),
  (11, 1, 1, 3, 2, 1, 1, '2008-10-20 01:55:51.000000'), (12, 1, 1, 3, 1, 1, 1, '2008-10-28 01:30:40.000000'),
  (13, 6213, 1, 4, 1, 1, 52.05, '2008-01-01 01:00:19.000000'), (14, 7003, 1, 4, 1, 1, 106.20, '2008-01-01 02:30:52.000000'),
  (15, 8762, 1, 4, 1, 1, 103.20, '2008-01-01 03:50:02.000000'), (16, 1150, 1, 4, 1, 1, 70.80, '2008-01-01 06:06:57.000000'),
  (17, 1749, 1, 4, 1, 1, 50.55, '2008-01-01 07:05:02.000000'), (18, 8649, 1, 4, 1, 1, 125.40, '2008-01-01 07:26:20.000000'),
  (19, 2903, 1, 4, 1, 1, 35.10, '2008-01-01 09:41:06.000000'),
  (33095, 1, 1827, 5, 1, 234, 1, null), (65082, 1, 1827, 5, 1, 472, 1, null), (88268, 1, 1827, 5, 1, 836, 1, null),
  (97197, 1, 1827, 5, 1, 708, 1, null), (110328, 1, 1827, 5, 1, 347, 1, null), (110917, 1, 1827, 5, 1, 337, 1, null),
  (150314, 1, 1827, 5, 1, 688, 1, null), (157751, 1, 1827, 5, 1, 1730, 1, null), (165890, 1, 1827, 5, 1, 4192, 1, null);
CREATE TABLE hamlet(eventname varchar(200), caldate date, pricepaid decimal(8,2));
INSERT INTO hamlet SELECT 'Hamlet', '2008-08-26', column1 FROM (VALUES (1883), (1065), (589), (530), (472), (460), (355),
  (334), (296), (230), (216), (212), (106), (100), (94), (53), (25));
CREATE TABLE sellers(sellerid int, state char(2), sales decimal(14,2));
INSERT INTO sellers VALUES (127, 'WA', 6076), (787, 'WA', 6035), (381, 'WA', 5881), (777, 'WA', 2814), (33, 'WA', 1531),
  (800, 'WA', 1476), (1, 'WA', 1177);

--- r_WF_first_value | FIRST_VALUE
select venuestate, venueseats, venuename,
first_value(venuename)
over(partition by venuestate
order by venueseats desc
rows between unbounded preceding and unbounded following)
from (select * from venue where venueseats >0 and venuestate <> 'NY')
order by venuestate, venueseats desc;
=> venuestate CHAR(2), venueseats INTEGER, venuename VARCHAR(100), first_value VARCHAR(100)
CA | 70561 | Qualcomm Stadium | Qualcomm Stadium
CA | 69843 | Monster Park | Qualcomm Stadium
CA | 63026 | McAfee Coliseum | Qualcomm Stadium
CA | 56000 | Dodger Stadium | Qualcomm Stadium
CA | 45050 | Angel Stadium of Anaheim | Qualcomm Stadium
CA | 42445 | PETCO Park | Qualcomm Stadium
CA | 41503 | AT&T Park | Qualcomm Stadium
CA | 22000 | Shoreline Amphitheatre | Qualcomm Stadium
CO | 76125 | INVESCO Field | INVESCO Field
CO | 50445 | Coors Field | INVESCO Field
DC | 41888 | Nationals Park | Nationals Park
FL | 74916 | Dolphin Stadium | Dolphin Stadium
FL | 73800 | Jacksonville Municipal Stadium | Dolphin Stadium
FL | 65647 | Raymond James Stadium | Dolphin Stadium
FL | 36048 | Tropicana Field | Dolphin Stadium

--- r_WF_first_value | LAST_VALUE
select venuestate, venueseats, venuename,
last_value(venuename)
over(partition by venuestate
order by venueseats desc
rows between unbounded preceding and unbounded following)
from (select * from venue where venueseats >0 and venuestate <> 'NY')
order by venuestate, venueseats desc;
=> venuestate CHAR(2), venueseats INTEGER, venuename VARCHAR(100), last_value VARCHAR(100)
CA | 70561 | Qualcomm Stadium | Shoreline Amphitheatre
CA | 69843 | Monster Park | Shoreline Amphitheatre
CA | 63026 | McAfee Coliseum | Shoreline Amphitheatre
CA | 56000 | Dodger Stadium | Shoreline Amphitheatre
CA | 45050 | Angel Stadium of Anaheim | Shoreline Amphitheatre
CA | 42445 | PETCO Park | Shoreline Amphitheatre
CA | 41503 | AT&T Park | Shoreline Amphitheatre
CA | 22000 | Shoreline Amphitheatre | Shoreline Amphitheatre
CO | 76125 | INVESCO Field | Coors Field
CO | 50445 | Coors Field | Coors Field
DC | 41888 | Nationals Park | Nationals Park
FL | 74916 | Dolphin Stadium | Tropicana Field
FL | 73800 | Jacksonville Municipal Stadium | Tropicana Field
FL | 65647 | Raymond James Stadium | Tropicana Field
FL | 36048 | Tropicana Field | Tropicana Field

--- r_WF_first_value | a NULL in the first row
insert into venue values(2000,null,'Stanford','CA',90000);
select venuestate, venueseats, venuename,
first_value(venuename)
over(partition by venuestate
order by venueseats desc
rows between unbounded preceding and unbounded following)
from (select * from venue where venueseats >0)
order by venuestate, venueseats desc limit 3;
=> venuestate CHAR(2), venueseats INTEGER, venuename VARCHAR(100), first_value VARCHAR(100)
CA | 90000 | NULL | NULL
CA | 70561 | Qualcomm Stadium | NULL
CA | 69843 | Monster Park | NULL

--- r_WF_first_value | IGNORE NULLS
insert into venue values(2000,null,'Stanford','CA',90000);
select venuestate, venueseats, venuename,
first_value(venuename ignore nulls)
over(partition by venuestate
order by venueseats desc
rows between unbounded preceding and unbounded following)
from (select * from venue where venuestate='CA')
order by venuestate, venueseats desc limit 3;
=> venuestate CHAR(2), venueseats INTEGER, venuename VARCHAR(100), first_value VARCHAR(100)
CA | 90000 | NULL | Qualcomm Stadium
CA | 70561 | Qualcomm Stadium | Qualcomm Stadium
CA | 69843 | Monster Park | Qualcomm Stadium

--- r_WF_NTH | the third largest venue
select venuestate, venuename, venueseats,
nth_value(venueseats, 3)
ignore nulls
over(partition by venuestate order by venueseats desc
rows between unbounded preceding and unbounded following)
as third_most_seats
from (select * from venue where venueseats > 0 and
venuestate in('CA', 'FL', 'NY'))
order by venuestate, venueseats desc;
=> venuestate CHAR(2), venuename VARCHAR(100), venueseats INTEGER, third_most_seats INTEGER
CA | Qualcomm Stadium | 70561 | 63026
CA | Monster Park | 69843 | 63026
CA | McAfee Coliseum | 63026 | 63026
CA | Dodger Stadium | 56000 | 63026
CA | Angel Stadium of Anaheim | 45050 | 63026
CA | PETCO Park | 42445 | 63026
CA | AT&T Park | 41503 | 63026
CA | Shoreline Amphitheatre | 22000 | 63026
FL | Dolphin Stadium | 74916 | 65647
FL | Jacksonville Municipal Stadium | 73800 | 65647
FL | Raymond James Stadium | 65647 | 65647
FL | Tropicana Field | 36048 | 65647
NY | Ralph Wilson Stadium | 73967 | 20000
NY | Yankee Stadium | 52325 | 20000
NY | Madison Square Garden | 20000 | 20000

--- r_WF_LAG | the quantity of the sale before
select buyerid, saletime, qtysold,
lag(qtysold,1) over (order by buyerid, saletime) as prev_qtysold
from sales where buyerid = 3 order by buyerid, saletime;
=> buyerid INTEGER, saletime TIMESTAMP, qtysold SMALLINT, prev_qtysold SMALLINT
3 | 2008-01-16 01:06:09 | 1 | NULL
3 | 2008-01-28 02:10:01 | 1 | 1
3 | 2008-03-12 10:39:53 | 1 | 1
3 | 2008-03-13 02:56:07 | 1 | 1
3 | 2008-03-29 08:21:39 | 2 | 1
3 | 2008-04-27 02:39:01 | 1 | 2
3 | 2008-08-16 07:04:37 | 2 | 1
3 | 2008-08-22 11:45:26 | 2 | 2
3 | 2008-09-12 09:11:25 | 1 | 2
3 | 2008-10-01 06:22:37 | 1 | 1
3 | 2008-10-20 01:55:51 | 2 | 1
3 | 2008-10-28 01:30:40 | 1 | 2

--- r_WF_LEAD | the commission of the next sale; the first six of 39 rows
select eventid, commission, saletime,
lead(commission, 1) over (order by saletime) as next_comm
from sales where saletime between '2008-01-01 00:00:00' and '2008-01-02 12:59:59'
order by saletime limit 6;
=> eventid INTEGER, commission DECIMAL(8,2), saletime TIMESTAMP, next_comm DECIMAL(8,2)
6213 | 52.05 | 2008-01-01 01:00:19 | 106.20
7003 | 106.20 | 2008-01-01 02:30:52 | 103.20
8762 | 103.20 | 2008-01-01 03:50:02 | 70.80
1150 | 70.80 | 2008-01-01 06:06:57 | 50.55
1749 | 50.55 | 2008-01-01 07:05:02 | 125.40
8649 | 125.40 | 2008-01-01 07:26:20 | 35.10

--- r_WF_NTILE | seventeen rows in four groups
select eventname, caldate, pricepaid, ntile(4)
over(order by pricepaid desc) from hamlet
order by 4, 3 desc;
=> eventname VARCHAR(200), caldate DATE, pricepaid DECIMAL(8,2), ntile BIGINT
Hamlet | 2008-08-26 | 1883.00 | 1
Hamlet | 2008-08-26 | 1065.00 | 1
Hamlet | 2008-08-26 | 589.00 | 1
Hamlet | 2008-08-26 | 530.00 | 1
Hamlet | 2008-08-26 | 472.00 | 1
Hamlet | 2008-08-26 | 460.00 | 2
Hamlet | 2008-08-26 | 355.00 | 2
Hamlet | 2008-08-26 | 334.00 | 2
Hamlet | 2008-08-26 | 296.00 | 2
Hamlet | 2008-08-26 | 230.00 | 3
Hamlet | 2008-08-26 | 216.00 | 3
Hamlet | 2008-08-26 | 212.00 | 3
Hamlet | 2008-08-26 | 106.00 | 3
Hamlet | 2008-08-26 | 100.00 | 4
Hamlet | 2008-08-26 | 94.00 | 4
Hamlet | 2008-08-26 | 53.00 | 4
Hamlet | 2008-08-26 | 25.00 | 4

--- r_WF_STDDEV | population variance and standard deviation, rolling
select salesid, dateid, pricepaid,
round(stddev_pop(pricepaid) over
(order by dateid, salesid rows unbounded preceding)) as stddevpop,
round(var_pop(pricepaid) over
(order by dateid, salesid rows unbounded preceding)) as varpop
from sales where dateid = 1827
order by 2,1;
=> salesid INTEGER, dateid SMALLINT, pricepaid DECIMAL(8,2), stddevpop DOUBLE PRECISION, varpop DOUBLE PRECISION
33095 | 1827 | 234.00 | 0 | 0
65082 | 1827 | 472.00 | 119 | 14161
88268 | 1827 | 836.00 | 248 | 61283
97197 | 1827 | 708.00 | 230 | 53019
110328 | 1827 | 347.00 | 223 | 49845
110917 | 1827 | 337.00 | 215 | 46159
150314 | 1827 | 688.00 | 211 | 44414
157751 | 1827 | 1730.00 | 447 | 199679
165890 | 1827 | 4192.00 | 1185 | 1403323

--- r_Examples_order_by_WF | a unique order makes the sum certain; the first three rows
select dateid, pricepaid,
sum(pricepaid) over(order by dateid, pricepaid rows unbounded preceding) as sumpaid
from sales where pricepaid in (234, 337, 347)
group by dateid, pricepaid;
=> dateid SMALLINT, pricepaid DECIMAL(8,2), sumpaid DECIMAL(38,2)
1827 | 234.00 | 234.00
1827 | 337.00 | 571.00
1827 | 347.00 | 918.00

# The page sums qtysold * pricepaid; the sums are in the table here. SUM makes DECIMAL(38,2) of them.
--- r_WF_PERCENTILE_CONT | beside PERCENTILE_DISC, over aggregates | unordered
SELECT sellerid, state, sum(sales) sales,
percentile_cont(0.6) within group (order by sum(sales) desc) over(),
percentile_disc(0.6) within group (order by sum(sales) desc) over()
from sellers s
where state = 'WA' and sellerid < 1000
group by sellerid, state;
=> sellerid INTEGER, state CHAR(2), sales DECIMAL(38,2), percentile_cont DECIMAL(38,2), percentile_disc DECIMAL(38,2)
127 | WA | 6076.00 | 2044.20 | 1531.00
787 | WA | 6035.00 | 2044.20 | 1531.00
381 | WA | 5881.00 | 2044.20 | 1531.00
777 | WA | 2814.00 | 2044.20 | 1531.00
33 | WA | 1531.00 | 2044.20 | 1531.00
800 | WA | 1476.00 | 2044.20 | 1531.00
1 | WA | 1177.00 | 2044.20 | 1531.00

--- r_WF_PERCENTILE_CONT | a lower precision keeps a digit more | own
select distinct percentile_cont(0.6) within group (order by sum(sales)::decimal(30,2) desc) over() from sellers group by sellerid;
=> percentile_cont DECIMAL(31,3)
2044.200
