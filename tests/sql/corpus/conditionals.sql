# Conditional expressions, and the type BOOLEAN.
--- setup
CREATE TABLE sales(salesid integer, listid integer, pricepaid decimal(8,2));
INSERT INTO sales VALUES (1, 1, 12624.00), (2, 4, 10000.00), (3, 5, 9996.00), (4, 5, 9988.00), (5, 6, 10000.00),
  (6, 10, 9988.00), (7, 10, 9988.00), (8, 10, 9988.00), (9, 10, 9988.00);
CREATE TABLE venue(venueid integer, venuename varchar(100), venuecity varchar(30), venuestate char(2), venueseats integer);
INSERT INTO venue VALUES (1, 'Coors Field', 'Denver', 'CO', 50445), (2, 'Bellagio Hotel', 'Las Vegas', 'NV', NULL),
  (3, 'Camden Yards', 'Baltimore', 'MD', 48876), (4, 'AT&T Park', 'San Francisco', 'CA', 41503),
  (5, 'Shea Stadium', 'New York City', 'NY', 55601), (6, 'Dodger Stadium', 'Los Angeles', 'CA', 56000);
CREATE TABLE category(catid integer, catgroup varchar(10), catname varchar(10), catdesc varchar(50));
INSERT INTO category VALUES (1, 'Sports', 'MLB', ''), (2, 'Sports', 'NHL', ''), (3, 'Sports', 'NFL', ''),
  (4, 'Sports', 'NBA', ''), (5, 'Sports', 'MLS', ''), (6, 'Shows', 'Musicals', ''), (0, '', 'Special', 'Special');
CREATE TABLE users(userid integer, firstname varchar(30), lastname varchar(30), email varchar(100), phone char(14),
  likesports boolean, liketheatre boolean, likerock boolean);
INSERT INTO users VALUES (1, 'Rafael', 'Taylor', NULL, '(664) 602-4412', NULL, 0, NULL),
  (2, 'Vladimir', 'Humphrey', 'Suspendisse.tristique@nonnisiAenean.edu', '(783) 492-1886', NULL, 0, NULL),
  (3, 'Lars', 'Ratliff', 'amet.faucibus.ut@condimentumegetvolutpat.ca', '(624) 767-2465', 1, 0, 0),
  (4, 'Barry', 'Roy', 'sed@lacusUtnec.ca', '(355) 452-8168', 1, 1, 1);
CREATE TABLE datetable(start_date date, end_date date);
INSERT INTO datetable VALUES ('2008-06-01', '2008-12-31'), (NULL, '2008-12-31'), ('2008-12-31', NULL);
CREATE TABLE booking_info(booking_id int, booking_code character(8), check_in date, check_out date, funds_collected numeric(12,2));
INSERT INTO booking_info VALUES (1, 'OCEAN_WV', '2023-02-01', '2023-02-03', 100.00), (2, 'OCEAN_WV', '2023-04-22', '2023-04-26', 120.00),
  (3, 'DSRT_SUN', '2023-03-13', '2023-03-16', 125.00), (4, 'DSRT_SUN', '2023-06-01', '2023-06-03', 140.00),
  (5, 'DSRT_SUN', '2023-07-10', NULL, NULL), (6, 'OCEAN_WV', '2023-08-15', NULL, NULL);

# The page has no condition and prints the first four rows.
--- r_CASE_function | a simple CASE
select venuecity,
case venuecity
when 'New York City'
then 'Big Apple' else 'other'
end from venue
where venueid > 2
order by venueid desc;
=> venuecity VARCHAR(30), case VARCHAR(9)
Los Angeles | other
New York City | Big Apple
San Francisco | other
Baltimore | other

# The page has no limit and prints the first five rows.
--- r_CASE_function | a searched CASE
select pricepaid,
case when pricepaid <10000 then 'group 1'
when pricepaid >10000 then 'group 2'
else 'group 3'
end from sales
order by 1 desc
limit 5;
=> pricepaid DECIMAL(8,2), case VARCHAR(7)
12624.00 | group 2
10000.00 | group 3
10000.00 | group 3
9996.00 | group 1
9988.00 | group 1

--- r_CASE_function | without ELSE and without a match | own
select case 5 when 1 then 'one' when 2 then 'two' end;
=> case VARCHAR(3)
NULL

--- r_CASE_function | results of several numeric types | own
select case when 1 = 2 then 1 when 1 = 3 then 2.55 else 3::bigint end as a, case when 1 = 1 then 1 else 1.5e0 end as b;
=> a DECIMAL(19,2), b DOUBLE PRECISION
3.00 | 1

--- r_CASE_function | the text of a result beside a number must be a number | own
select case when 1 = 1 then 'x' else 5 end;
=> error DataError: invalid input syntax for integer: "x"

--- r_DECODE_expression | a date | adapted
select decode(caldate, '2008-06-01', 'June 1st, 2008')
from (select '2008-06-01'::date as caldate union all select '2008-06-02'::date) as datetable order by caldate;
=> case VARCHAR(14)
June 1st, 2008
NULL

--- r_DECODE_expression | names for abbreviations | adapted
select catid, decode(catname,
'NHL', 'National Hockey League',
'MLB', 'Major League Baseball',
'MLS', 'Major League Soccer',
'NFL', 'National Football League',
'NBA', 'National Basketball Association',
'Unknown')
from category
where catid > 0
order by catid;
=> catid INTEGER, case VARCHAR(31)
1 | Major League Baseball
2 | National Hockey League
3 | National Football League
4 | National Basketball Association
5 | Major League Soccer
6 | Unknown

--- r_DECODE_expression | NULL is found | adapted
select venuename, venuestate, decode(venueseats,null,0,1)
from venue
where venuestate in('NV','CO')
order by 2,3,1;
=> venuename VARCHAR(100), venuestate CHAR(2), case INTEGER
Coors Field | CO | 1
Bellagio Hotel | NV | 0

--- r_NVL_function | of integers
SELECT COALESCE(NULL, 12, NULL);
=> coalesce INTEGER
12

--- r_NVL_function | of text
SELECT COALESCE(NULL, 'Amazon Redshift', NULL);
=> coalesce VARCHAR(15)
Amazon Redshift

--- r_NVL_function | of both
SELECT COALESCE(NULL, 'Amazon Redshift', 12);
=> error DataError: invalid input syntax for integer: "Amazon Redshift"

--- r_NVL_function | of dates
select nvl(start_date, end_date)
from datetable
order by 1;
=> coalesce DATE
2008-06-01
2008-12-31
2008-12-31

--- r_NVL_function | COALESCE is the same
select coalesce(start_date, end_date)
from datetable
order by 1;
=> coalesce DATE
2008-06-01
2008-12-31
2008-12-31

# The page orders by check_out; NULLs come last.
--- r_NVL_function | a date for a missing one
select coalesce(check_out, check_in)
from booking_info
order by check_out, check_in;
=> coalesce DATE
2023-02-03
2023-03-16
2023-04-26
2023-06-03
2023-07-10
2023-08-15

--- r_NVL_function | nothing for a sum of nothing | adapted
select nvl(sum(funds_collected), 0.0) as sumresult from booking_info where booking_id > 4;
=> sumresult DECIMAL(38,2)
0.00

--- r_NVL_function | of NULLs alone | own
select nvl(null, null) is null as a;
=> a BOOLEAN
true

--- r_NVL2 | an address or a number | adapted
select (firstname + ' ' + lastname) as name,
nvl2(email, email, phone) AS contact_info
from users
where userid < 3
order by lastname;
=> name VARCHAR(61), contact_info VARCHAR(100)
Vladimir Humphrey | Suspendisse.tristique@nonnisiAenean.edu
Rafael Taylor | (664) 602-4412

--- r_NVL2 | the types of DECODE and NVL2 | adapted
select decode(column1, null, 1234, '2345') as d, nvl2(column1, '2345', 1234) as n from (select null::integer as column1) as t;
=> d INTEGER, n VARCHAR(4)
1234 | 1234

--- r_NVL2 | two numeric types, two times | own
select nvl2(1, 1, 2.5) as a, nvl2(null, '2008-01-01'::date, '2008-01-01 12:00'::timestamp) as b;
=> a DECIMAL(11,1), b TIMESTAMP
1.0 | 2008-01-01 12:00:00

--- r_NULLIF_function | equal numbers
select nullif(listid,salesid), salesid
from sales where salesid<10 order by 1, 2 desc;
=> listid INTEGER, salesid INTEGER
4 | 2
5 | 4
5 | 3
6 | 5
10 | 9
10 | 8
10 | 7
10 | 6
NULL | 1

--- r_NULLIF_function | empty text
select nullif(catgroup,'') from category
where catdesc='Special';
=> catgroup VARCHAR(10)
NULL

--- r_GREATEST_LEAST | the later name | adapted
select firstname, lastname, greatest(firstname,lastname) from users
where userid < 10
order by 3;
=> firstname VARCHAR(30), lastname VARCHAR(30), greatest VARCHAR(30)
Lars | Ratliff | Ratliff
Barry | Roy | Roy
Rafael | Taylor | Taylor
Vladimir | Humphrey | Vladimir

--- r_GREATEST_LEAST | NULLs are left out | own
select greatest(1, null, 3), least(null, 2.5, 2), greatest(null::int, null) as n;
=> greatest INTEGER, least DECIMAL(11,1), n INTEGER
3 | 2.0 | NULL

--- r_Boolean_type | IS TRUE and IS FALSE | adapted
select firstname, lastname, likesports, liketheatre
from users
where likesports is true and liketheatre is false
order by userid limit 10;
=> firstname VARCHAR(30), lastname VARCHAR(30), likesports BOOLEAN, liketheatre BOOLEAN
Lars | Ratliff | true | false

--- r_Boolean_type | IS UNKNOWN | adapted
select firstname, lastname, likerock
from users
where likerock is unknown
order by userid limit 10;
=> firstname VARCHAR(30), lastname VARCHAR(30), likerock BOOLEAN
Rafael | Taylor | NULL
Vladimir | Humphrey | NULL

--- r_Boolean_type | the literals of each state | own
select 't'::bool and 'true'::bool and 'y'::bool and 'yes'::bool and '1'::bool as t,
'f'::bool or 'false'::bool or 'n'::bool or 'no'::bool or '0'::bool as f;
=> t BOOLEAN, f BOOLEAN
true | false

--- r_Boolean_type | integers as truth values and back | own
select 5::bool as a, 0::bool as b, true::int as c, false::bigint as d;
=> a BOOLEAN, b BOOLEAN, c INTEGER, d BIGINT
true | false | 1 | 0
