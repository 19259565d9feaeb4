# Dates, times, intervals and time zones. Times in the tables are written as they are stored.
--- setup
create table time_test(time_val time);
insert into time_test values ('20:00:00.000000');
insert into time_test values ('00:00:00.555000');
insert into time_test values ('00:58:00.000000');
create table timetz_test(timetz_val timetz);
insert into timetz_test values ('04:00:00.000000');
insert into timetz_test values ('00:00:00.555000');
insert into timetz_test values ('05:58:00.000000');
create table seconds(micro timestamp);
insert into seconds values ('2009-09-21 11:10:03.189717');
create table date(dateid int, caldate date);
insert into date values (1, '2008-01-01');
insert into date values (2, '2008-01-02');
insert into date values (3, '2008-01-03');
insert into date values (4, '2008-01-04');
insert into date values (5, '2008-01-05');
insert into date values (6, '2008-12-31');
create table listing(listid int, listtime timestamp);
insert into listing values (1, '2008-01-24 06:43:29.000000');
insert into listing values (2, '2008-03-05 12:25:29.000000');
insert into listing values (3, '2008-11-01 07:35:33.000000');
insert into listing values (10, '2008-06-17 09:44:54.000000');
insert into listing values (16, '2008-08-24 09:36:12.000000');
create table event(eventid int, eventname varchar(200), starttime timestamp);
insert into event values (1, 'Mamma Mia!', '2008-01-01 20:00:00.000000');
insert into event values (2, 'Spring Awakening', '2008-01-01 15:00:00.000000');
insert into event values (3, 'Nas', '2008-01-01 14:30:00.000000');
insert into event values (4, '.38 Special', '2008-01-21 19:30:00.000000');
insert into event values (5, '.38 Special', '2008-12-25 15:00:00.000000');
insert into event values (6, 'A Bronx Tale', '2008-01-21 19:00:00.000000');
insert into event values (7, 'A Bronx Tale', '2008-12-15 15:00:00.000000');
create table sales(saletime timestamp, pricepaid decimal(8,2));
insert into sales values ('2008-09-01 10:00:00.000000', 10);
insert into sales values ('2008-09-07 23:59:59.000000', 20);
insert into sales values ('2008-09-08 00:00:00.000000', 30);

--- r_DATE-CONCATENATE_function | a date and a TIME column
select date '2000-01-02' + time_val as ts from time_test;
=> ts TIMESTAMP
2000-01-02 20:00:00
2000-01-02 00:00:00.555
2000-01-02 00:58:00

--- r_DATE-CONCATENATE_function | a date and a TIME literal
select date '2000-01-01' + time '20:00:00' as ts;
=> ts TIMESTAMP
2000-01-01 20:00:00

--- r_DATE-CONCATENATE_function | the order can be reversed | own
select time '20:00:00' + date '2000-01-01' as ts;
=> ts TIMESTAMP
2000-01-01 20:00:00

--- r_DATE-CONCATENATE_function | a date and a TIMETZ column
select date '2000-01-01' + timetz_val as ts from timetz_test;
=> ts TIMESTAMPTZ
2000-01-01 04:00:00+00
2000-01-01 00:00:00.555+00
2000-01-01 05:58:00+00

--- r_DATE-CONCATENATE_function | a date and a TIMETZ literal, whose zone counts
select date '2000-01-01' + timetz '20:00:00 PST' as ts;
=> ts TIMESTAMPTZ
2000-01-02 04:00:00+00

--- r_ADD_MONTHS | inside TRUNC | adapted
select distinct trunc(add_months(caldate, 12)) as calplus12, trunc(caldate) as cal
from date where dateid <= 3
order by 1 asc;
=> calplus12 DATE, cal DATE
2009-01-01 | 2008-01-01
2009-01-02 | 2008-01-02
2009-01-03 | 2008-01-03

--- r_ADD_MONTHS | a shorter month
select add_months('2008-03-31',1);
=> add_months TIMESTAMP
2008-04-30 00:00:00

--- r_ADD_MONTHS | the last day stays a last day
select add_months('2008-04-30',1);
=> add_months TIMESTAMP
2008-05-31 00:00:00

--- r_AT_TIME_ZONE | a TIMESTAMP is read as that zone's
# The page of 2023 prints the zone PST for no stated reason; the newest prints this.
SELECT TIMESTAMP '2001-02-16 20:38:40' AT TIME ZONE 'MST';
=> timezone TIMESTAMPTZ
2001-02-17 03:38:40+00

--- r_AT_TIME_ZONE | a TIMESTAMPTZ is shown in that zone
SELECT TIMESTAMP WITH TIME ZONE '2001-02-16 20:38:40-05' AT TIME ZONE 'MST';
=> timezone TIMESTAMP
2001-02-16 18:38:40

--- CONVERT_TIMEZONE | an abbreviation is fixed
select listtime, convert_timezone('PST', listtime) from listing where listid = 16;
=> listtime TIMESTAMP, convert_timezone TIMESTAMP
2008-08-24 09:36:12 | 2008-08-24 01:36:12

--- CONVERT_TIMEZONE | a name follows daylight saving time
select listtime, convert_timezone('US/Pacific', listtime) from listing where listid = 16;
=> listtime TIMESTAMP, convert_timezone TIMESTAMP
2008-08-24 09:36:12 | 2008-08-24 02:36:12

--- CONVERT_TIMEZONE | from EST to PST
select convert_timezone('EST', 'PST', '20080305 12:25:29');
=> convert_timezone TIMESTAMP
2008-03-05 09:25:29

--- CONVERT_TIMEZONE | standard time
select convert_timezone('America/New_York', '2013-02-01 08:00:00');
=> convert_timezone TIMESTAMP
2013-02-01 03:00:00

--- CONVERT_TIMEZONE | daylight saving time
select convert_timezone('America/New_York', '2013-06-01 08:00:00');
=> convert_timezone TIMESTAMP
2013-06-01 04:00:00

--- CONVERT_TIMEZONE | offsets count west
SELECT CONVERT_TIMEZONE('GMT','NEWZONE +2','2014-05-17 12:00:00') as newzone_plus_2,
CONVERT_TIMEZONE('GMT','NEWZONE-2:15','2014-05-17 12:00:00') as newzone_minus_2_15,
CONVERT_TIMEZONE('GMT','America/Los_Angeles+2','2014-05-17 12:00:00') as la_plus_2,
CONVERT_TIMEZONE('GMT','GMT+2','2014-05-17 12:00:00') as gmt_plus_2;
=> newzone_plus_2 TIMESTAMP, newzone_minus_2_15 TIMESTAMP, la_plus_2 TIMESTAMP, gmt_plus_2 TIMESTAMP
2014-05-17 10:00:00 | 2014-05-17 14:15:00 | 2014-05-17 10:00:00 | 2014-05-17 10:00:00

--- CONVERT_TIMEZONE | EST is UTC-5 all year, EST5EDT is not | own
select convert_timezone('EST', '2013-06-01 08:00:00') as a, convert_timezone('EST5', '2013-06-01 08:00:00') as b, convert_timezone('EST5EDT', '2013-06-01 08:00:00') as c;
=> a TIMESTAMP, b TIMESTAMP, c TIMESTAMP
2013-06-01 03:00:00 | 2013-06-01 03:00:00 | 2013-06-01 04:00:00

--- CONVERT_TIMEZONE | an hour that comes twice is standard time, as is one that is skipped | own
select convert_timezone('America/New_York', 'UTC', '2013-11-03 01:30:00') as a, convert_timezone('America/New_York', 'UTC', '2013-03-10 02:30:00') as b;
=> a TIMESTAMP, b TIMESTAMP
2013-11-03 06:30:00 | 2013-03-10 07:30:00

--- CONVERT_TIMEZONE | names in any case | own
select convert_timezone('africa/KAMPALA', '2013-06-01 08:00:00');
=> convert_timezone TIMESTAMP
2013-06-01 11:00:00

--- CONVERT_TIMEZONE | no such zone | own
select convert_timezone('Atlantis', '2013-06-01 08:00:00');
=> error ProgrammingError: time zone "Atlantis" not recognized

--- CONVERT_TIMEZONE | an abbreviation of several meanings | own
select convert_timezone('IST', '2013-06-01 08:00:00');
=> refused: the time zone abbreviation "IST" has several meanings

--- r_TIMEZONE | of a TIMESTAMP and a TIMESTAMPTZ | own
select timezone('PST', timestamp '2008-06-17 09:44:54') as a, timezone('PST', timestamptz '2008-06-17 09:44:54+00') as b;
=> a TIMESTAMPTZ, b TIMESTAMP
2008-06-17 17:44:54+00 | 2008-06-17 01:44:54

--- r_CURRENT_DATE_function | its name and type | own
select current_date - current_date as days, trunc(sysdate) = current_date as same;
=> days INTEGER, same BOOLEAN
0 | true

--- r_DATE_CMP | before, equal and after | adapted
select caldate, '2008-01-04', date_cmp(caldate,'2008-01-04') from date order by dateid limit 5;
=> caldate DATE, "?column?" VARCHAR(10), date_cmp INTEGER
2008-01-01 | 2008-01-04 | -1
2008-01-02 | 2008-01-04 | -1
2008-01-03 | 2008-01-04 | -1
2008-01-04 | 2008-01-04 | 0
2008-01-05 | 2008-01-04 | 1

--- r_DATE_CMP_TIMESTAMP | before and after | adapted
select listid, '2008-06-18', listtime, date_cmp_timestamp('2008-06-18', listtime) from listing where listid <= 10 order by 1, 2, 3, 4 limit 10;
=> listid INTEGER, "?column?" VARCHAR(10), listtime TIMESTAMP, date_cmp_timestamp INTEGER
1 | 2008-06-18 | 2008-01-24 06:43:29 | 1
2 | 2008-06-18 | 2008-03-05 12:25:29 | 1
3 | 2008-06-18 | 2008-11-01 07:35:33 | -1
10 | 2008-06-18 | 2008-06-17 09:44:54 | 1

--- r_DATE_CMP_TIMESTAMPTZ | before and after | adapted
select listid, CAST(listtime AS timestamptz), date_cmp_timestamptz('2008-06-18', CAST(listtime AS timestamptz)) from listing where listid <= 10 order by 1;
# The page heads the second column "timestamptz"; the name of a column that is cast is its own elsewhere.
=> listid INTEGER, listtime TIMESTAMPTZ, date_cmp_timestamptz INTEGER
1 | 2008-01-24 06:43:29+00 | 1
2 | 2008-03-05 12:25:29+00 | 1
3 | 2008-11-01 07:35:33+00 | -1
10 | 2008-06-17 09:44:54+00 | 1

--- r_DATE_PART_YEAR | the year of a date | adapted
select caldate, date_part_year(caldate) from date order by dateid limit 2;
=> caldate DATE, date_part_year INTEGER
2008-01-01 | 2008
2008-01-02 | 2008

--- r_DATEADD_function | thirty days | adapted
select dateadd(day,30,caldate) as novplus30 from (select date '2008-11-01' as caldate union all select date '2008-11-02') x order by 1;
=> novplus30 TIMESTAMP
2008-12-01 00:00:00
2008-12-02 00:00:00

--- r_DATEADD_function | eighteen months
select dateadd(month,18,'2008-02-28');
=> date_add TIMESTAMP
2009-08-28 00:00:00

--- r_DATEADD_function | m is minutes
select dateadd(m,30,'2008-02-28');
=> date_add TIMESTAMP
2008-02-28 00:30:00

--- r_DATEADD_function | minutes to a TIME column
select dateadd(minute,5,time_val) as minplus5 from time_test;
=> minplus5 TIME
20:05:00
00:05:00.555
01:03:00

--- r_DATEADD_function | hours to a TIME literal
select dateadd(hour, 8, time '13:24:55');
=> date_add TIME
21:24:55

--- r_DATEADD_function | over midnight
select dateadd(hour, 12, time '13:24:55');
=> date_add TIME
01:24:55

--- r_DATEADD_function | minutes to a TIMETZ column
select dateadd(minute,5,timetz_val) as minplus5_tz from timetz_test;
=> minplus5_tz TIMETZ
04:05:00+00
00:05:00.555+00
06:03:00+00

--- r_DATEADD_function | hours to a TIMETZ literal
select dateadd(hour, 2, timetz '13:24:55 PST');
=> date_add TIMETZ
23:24:55+00

--- r_DATEADD_function | 30 April plus a month, unlike ADD_MONTHS
select dateadd(month,1,'2008-04-30');
=> date_add TIMESTAMP
2008-05-30 00:00:00

--- r_DATEADD_function | 29 February plus twelve months
select dateadd(month,12,'2016-02-29');
=> date_add TIMESTAMP
2017-02-28 00:00:00

--- r_DATEADD_function | 29 February plus a year
select dateadd(year, 1, '2016-02-29');
=> date_add TIMESTAMP
2017-03-01 00:00:00

--- r_DATEADD_function | a time has no months | own
select dateadd(month, 1, time '13:24:55');
=> error ProgrammingError: time has no month

--- r_DATEDIFF_function | boundaries of years and hours, from the text | own
select datediff(year, date '12-31-2008', date '01-01-2009') as y, datediff(hour, timestamp '01-01-2009 8:30:00', timestamp '01-01-2009 10:00:00') as h, datediff(hour, time '8:30:00', time '10:00:00') as t;
=> y BIGINT, h BIGINT, t BIGINT
1 | 2 | 2

--- r_DATEDIFF_function | weeks
select datediff(week,'2009-01-01','2009-12-31') as numweeks;
=> numweeks BIGINT
52

--- r_DATEDIFF_function | quarters up to the day of the page | adapted
select datediff(qtr, '1998-07-01', date '2008-06-05');
# The page prints 40, counting from 1998-07-01 to 2008-06-05; the boundaries crossed are 39.
=> date_diff BIGINT
39

--- r_DATEDIFF_function | a TIME column
select datediff(hour, time_val, time '15:24:45') from time_test;
=> date_diff BIGINT
-5
15
15

--- r_DATEDIFF_function | minutes between TIME literals
select datediff(minute, time '20:00:00', time '21:00:00') as nummins;
=> nummins BIGINT
60

--- r_DATEDIFF_function | a TIMETZ column
select datediff(hours, timetz '20:00:00 PST', timetz_val) as numhours from timetz_test;
=> numhours BIGINT
0
-4
1

--- r_DATEDIFF_function | TIMETZ literals
select datediff(hours, timetz '20:00:00 PST', timetz '00:58:00 EST') as numhours;
=> numhours BIGINT
1

--- r_DATE_PART_function | minute | adapted
# The page prints 6, the seconds.
SELECT DATE_PART(minute, timestamp '20230104 04:05:06.789');
=> pgdate_part DOUBLE PRECISION
5

--- r_DATE_PART_function | week of ISO 8601
SELECT DATE_PART(week, timestamp '20220502 04:05:06.789');
=> pgdate_part DOUBLE PRECISION
18

--- r_DATE_PART_function | day
SELECT DATE_PART(day, timestamp '20220502 04:05:06.789');
=> pgdate_part DOUBLE PRECISION
2

--- r_DATE_PART_function | day of the week
SELECT DATE_PART(dayofweek, timestamp '20220502 04:05:06.789');
=> pgdate_part DOUBLE PRECISION
1

--- r_DATE_PART_function | century
SELECT DATE_PART(century, timestamp '20220502 04:05:06.789');
=> pgdate_part DOUBLE PRECISION
21

--- r_DATE_PART_function | of a date
SELECT DATE_PART(month, date '20220502');
=> pgdate_part DOUBLE PRECISION
5

--- r_DATE_PART_function | of a column
select date_part(w, listtime) as weeks, listtime from listing where listid=10;
=> weeks DOUBLE PRECISION, listtime TIMESTAMP
25 | 2008-06-17 09:44:54

--- r_DATE_PART_function | Saturday is 6 | adapted
select date_part(dow, timestamp '2008-01-05 14:00:00') as dow;
=> dow DOUBLE PRECISION
6

--- r_Dateparts_for_datetime_functions | EXTRACT gives that part only
select extract(sec from micro) from seconds;
=> date_part INTEGER
3

--- r_Dateparts_for_datetime_functions | DATE_PART gives the complete seconds
select date_part(sec, micro) from seconds;
=> pgdate_part DOUBLE PRECISION
3.189717

--- r_Dateparts_for_datetime_functions | century of 2000
select extract (century from timestamp '2000-12-16 12:21:13');
=> date_part INTEGER
20

--- r_Dateparts_for_datetime_functions | century of 2001
select extract (century from timestamp '2001-12-16 12:21:13');
=> date_part INTEGER
21

--- r_Dateparts_for_datetime_functions | epoch | adapted
select eventname, starttime, date_part(epoch, starttime) from event where eventid <= 3;
=> eventname VARCHAR(200), starttime TIMESTAMP, pgdate_part DOUBLE PRECISION
Mamma Mia! | 2008-01-01 20:00:00 | 1199217600
Spring Awakening | 2008-01-01 15:00:00 | 1199199600
Nas | 2008-01-01 14:30:00 | 1199197800

--- r_Dateparts_for_datetime_functions | epoch to timestamp | adapted
# The page prints no +00, as for a TIMESTAMP.
select eventname, starttime, timestamp with time zone 'epoch' + pgdate_part * interval '1 second' AS converted_timestamp
from (select eventname, starttime, date_part(epoch, starttime) from event where eventid <= 3) event_example;
=> eventname VARCHAR(200), starttime TIMESTAMP, converted_timestamp TIMESTAMPTZ
Mamma Mia! | 2008-01-01 20:00:00 | 2008-01-01 20:00:00+00
Spring Awakening | 2008-01-01 15:00:00 | 2008-01-01 15:00:00+00
Nas | 2008-01-01 14:30:00 | 2008-01-01 14:30:00+00

--- r_Dateparts_for_datetime_functions | decade of 1999
select extract(decade from timestamp '1999-02-16 20:38:40');
=> date_part INTEGER
200

--- r_Dateparts_for_datetime_functions | decade of 2000
select extract(decade from timestamp '2000-02-16 20:38:40');
=> date_part INTEGER
201

--- r_Dateparts_for_datetime_functions | decade of 2010
select extract(decade from timestamp '2010-02-16 20:38:40');
=> date_part INTEGER
202

--- r_Dateparts_for_datetime_functions | millennium of 2000
select extract (mil from timestamp '2000-12-16 12:21:13');
=> date_part INTEGER
2

--- r_Dateparts_for_datetime_functions | millennium of 2001
select extract (mil from timestamp '2001-12-16 12:21:13');
=> date_part INTEGER
3

--- r_Dateparts_for_datetime_functions | ISO week and year | own
select extract(isoweek from date '2008-12-31') as w, extract(isoyear from date '2008-12-31') as y, extract(year from date '2008-12-31') as c;
=> w INTEGER, y INTEGER, c INTEGER
1 | 2009 | 2008

--- r_EXTRACT_function | week | adapted
select extract(week from saletime) as weeknum from sales order by 1;
=> weeknum INTEGER
36
36
37

--- r_EXTRACT_function | minute
select extract(minute from timestamp '2009-09-09 12:08:43');
=> date_part INTEGER
8

--- r_EXTRACT_function | milliseconds
select extract(ms from timestamp '2009-09-09 12:08:43.101');
=> date_part INTEGER
101

--- r_EXTRACT_function | of a TIMESTAMPTZ
select extract(year from timestamptz '1.12.1997 07:37:16.00 PST');
=> date_part DOUBLE PRECISION
1997

--- r_EXTRACT_function | minutes of a TIME column
select extract(minute from time_val) as minutes from time_test;
=> minutes INTEGER
0
0
58

--- r_EXTRACT_function | hours of a TIME column
select extract(hour from time_val) as hours from time_test;
=> hours INTEGER
20
0
0

--- r_EXTRACT_function | milliseconds of a TIME literal
select extract(ms from time '18:25:33.123456');
=> date_part INTEGER
123

--- r_EXTRACT_function | hours of a TIMETZ column
select extract(hour from timetz_val) as hours from timetz_test;
=> hours INTEGER
4
0
5

--- r_EXTRACT_function | milliseconds of a TIMETZ literal
select extract(ms from timetz '18:25:33.123456 EST');
=> date_part INTEGER
123

--- r_EXTRACT_function | a literal is not converted to UTC before | own
select extract(hour from timetz '18:25:33.123456 EST');
=> date_part INTEGER
18

--- r_EXTRACT_function | the zone of a TIMETZ literal
select extract(timezone_hour from timetz '1.12.1997 07:37:16.00 PDT');
=> date_part INTEGER
-7

--- r_EXTRACT_function | of intervals | own
select extract(year from interval '14 months') as y, extract(month from interval '14 months') as m, extract(day from interval '30 hours') as d, extract(hour from interval '30 hours') as h, extract(ms from interval '-1.5 seconds') as ms;
=> y INTEGER, m INTEGER, d INTEGER, h INTEGER, ms INTEGER
1 | 2 | 1 | 6 | -500

--- r_DATE_TRUNC | second
SELECT DATE_TRUNC('second', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-30 04:05:06

--- r_DATE_TRUNC | minute
SELECT DATE_TRUNC('minute', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-30 04:05:00

--- r_DATE_TRUNC | hour
SELECT DATE_TRUNC('hour', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-30 04:00:00

--- r_DATE_TRUNC | day
SELECT DATE_TRUNC('day', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-30 00:00:00

--- r_DATE_TRUNC | month
SELECT DATE_TRUNC('month', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-01 00:00:00

--- r_DATE_TRUNC | quarter
SELECT DATE_TRUNC('quarter', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-04-01 00:00:00

--- r_DATE_TRUNC | year
SELECT DATE_TRUNC('year', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2020-01-01 00:00:00

--- r_DATE_TRUNC | millennium
SELECT DATE_TRUNC('millennium', TIMESTAMP '20200430 04:05:06.789');
=> date_trunc TIMESTAMP
2001-01-01 00:00:00

--- r_DATE_TRUNC | week
select date_trunc('week', TIMESTAMP '20220430 04:05:06.789');
=> date_trunc TIMESTAMP
2022-04-25 00:00:00

--- r_DATE_TRUNC | grouped by week | adapted
# The page prints dates without a time, and its sums are of the sample data.
select date_trunc('week', saletime), sum(pricepaid) from sales group by date_trunc('week', saletime) order by 1;
=> date_trunc TIMESTAMP, sum DECIMAL(38,2)
2008-09-01 00:00:00 | 30.00
2008-09-08 00:00:00 | 30.00

--- r_GETDATE | whole seconds | own
select date_part(us, getdate()) - extract(s from getdate()) * 1000000 as fraction, trunc(getdate()) = current_date as same;
=> fraction DOUBLE PRECISION, same BOOLEAN
0 | true

--- r_SYSDATE | its name | own
select * from (select sysdate) x where "timestamp" is null;
=> timestamp TIMESTAMP

--- r_SYSDATE | a condition on the last 120 days | adapted
select count(*) as n from sales where saletime between trunc(sysdate)-120 and trunc(sysdate);
=> n BIGINT
0

--- r_TIMEOFDAY_function | as on the page: weekday, date, time, year, zone | own
select timeofday() similar to '[A-Z][a-z][a-z] [A-Z][a-z][a-z] [0-9]+ [0-9]+:[0-9]+:[0-9]+.[0-9]+ [0-9]+ UTC' as shape;
=> shape BOOLEAN
true

--- r_INTERVAL_CMP | days and a year
select interval_cmp('3 days','1 year');
=> interval_cmp INTEGER
-1

--- r_INTERVAL_CMP | days and a week
select interval_cmp('7 days','1 week');
=> interval_cmp INTEGER
0

--- r_LAST_DAY | of a timestamp | adapted
# The page takes SYSDATE of January 2014.
select last_day(timestamp '2014-01-06 10:00:00');
=> last_day DATE
2014-01-31

--- r_LAST_DAY | days remaining | adapted
select datediff(day, saletime, last_day(saletime)) as "Days Remaining", sum(pricepaid) from sales group by 1 order by 1;
=> "days remaining" BIGINT, sum DECIMAL(38,2)
22 | 30.00
23 | 20.00
29 | 10.00

--- r_MONTHS_BETWEEN_function | whole months
select months_between('1969-01-18', '1969-03-18') as months;
=> months DOUBLE PRECISION
-2

--- r_MONTHS_BETWEEN_function | first and last showings | adapted
# The page prints two decimals.
select eventname, min(starttime) as first_show, max(starttime) as last_show, months_between(max(starttime),min(starttime))::decimal(8,2) as month_diff
from event where eventid > 3 group by eventname order by eventname limit 5;
=> eventname VARCHAR(200), first_show TIMESTAMP, last_show TIMESTAMP, month_diff DECIMAL(8,2)
.38 Special | 2008-01-21 19:30:00 | 2008-12-25 15:00:00 | 11.12
A Bronx Tale | 2008-01-21 19:00:00 | 2008-12-15 15:00:00 | 10.80

--- r_MONTHS_BETWEEN_function | last days, from the text | own
select months_between('2014-09-30', '2014-08-31') as a, months_between('2014-02-15 10:00', '2014-01-15 20:00') as b;
=> a DOUBLE PRECISION, b DOUBLE PRECISION
1 | 1

--- r_NEXT_DAY | the next Tuesday
select next_day('2014-08-20','Tuesday');
=> next_day DATE
2014-08-26

--- r_NEXT_DAY | of a timestamp | adapted
select timestamp '2008-01-01 05:54:44' as listtime, next_day(timestamp '2008-01-01 05:54:44', 'Tue');
=> listtime TIMESTAMP, next_day DATE
2008-01-01 05:54:44 | 2008-01-08

--- r_NEXT_DAY | marketing targets | adapted
select caldate, next_day(caldate, 'Monday') as marketing_target from (select date '2008-07-06' as caldate union all select date '2008-07-03' union all select date '2008-07-01') x;
=> caldate DATE, marketing_target DATE
2008-07-06 | 2008-07-07
2008-07-03 | 2008-07-07
2008-07-01 | 2008-07-07

--- r_NEXT_DAY | no day of the week | own
select next_day('2014-08-20','Someday');
=> error ProgrammingError: "Someday" is not a day of the week

--- r_TIMESTAMP_CMP | a sale after its listing | adapted
select timestamp_cmp(timestamp '2008-01-24 06:43:29', timestamp '2008-02-18 02:36:48');
=> timestamp_cmp INTEGER
-1

--- r_TIMESTAMP_CMP | identical | adapted
select listid, timestamp_cmp(listtime, listtime) from listing order by 1, 2 limit 2;
=> listid INTEGER, timestamp_cmp INTEGER
1 | 0
2 | 0

--- r_TIMESTAMP_CMP_DATE | before and after | adapted
select listid, listtime, timestamp_cmp_date(listtime, '2008-06-18') from listing where listid <= 10 order by 1, 2, 3 limit 10;
=> listid INTEGER, listtime TIMESTAMP, timestamp_cmp_date INTEGER
1 | 2008-01-24 06:43:29 | -1
2 | 2008-03-05 12:25:29 | -1
3 | 2008-11-01 07:35:33 | 1
10 | 2008-06-17 09:44:54 | -1

--- r_TIMESTAMP_CMP_TIMESTAMPTZ | with its zone | own
select timestamp_cmp_timestamptz('2008-01-24 06:43:29', '2008-01-24 06:43:29-01') as a, timestamp_cmp_timestamptz('2008-01-24 06:43:29', '2008-01-24 06:43:29+00') as b;
=> a INTEGER, b INTEGER
-1 | 0

--- r_TIMESTAMPTZ_CMP | identical, before and after
SELECT TIMESTAMPTZ_CMP('2008-01-24 06:43:29+00', '2008-01-24 06:43:29+00'), TIMESTAMPTZ_CMP('2008-01-24 06:43:29+00', '2008-02-18 02:36:48+00'), TIMESTAMPTZ_CMP('2008-02-18 02:36:48+00', '2008-01-24 06:43:29+00');
=> timestamptz_cmp INTEGER, timestamptz_cmp INTEGER, timestamptz_cmp INTEGER
0 | -1 | 1

--- r_TIMESTAMPTZ_CMP_DATE | before and after | adapted
# The page calls timestamp_cmp_date and heads its column timestamptz_cmp_date.
select listid, CAST(listtime as timestamptz) as tstz, timestamptz_cmp_date(tstz, '2008-06-18') from listing where listid <= 10 order by 1, 2, 3 limit 10;
=> listid INTEGER, tstz TIMESTAMPTZ, timestamptz_cmp_date INTEGER
1 | 2008-01-24 06:43:29+00 | -1
2 | 2008-03-05 12:25:29+00 | -1
3 | 2008-11-01 07:35:33+00 | 1
10 | 2008-06-17 09:44:54+00 | -1

--- r_TIMESTAMPTZ_CMP_TIMESTAMP | the timestamp is in UTC | own
select timestamptz_cmp_timestamp('2008-01-24 06:43:29-01', '2008-01-24 06:43:29') as a;
=> a INTEGER
1

--- r_TRUNC_date | the date of a timestamp | adapted
select trunc(listtime) from listing order by listid limit 1;
=> trunc DATE
2008-01-24

--- r_TRUNC_date | the date of SYSDATE | own
select trunc(sysdate) = current_date as same;
=> same BOOLEAN
true

--- r_Date_and_time_literals | dates | adapted
select 'January 8, 1999'::date as a, '1999-01-08'::date as b, '1/8/1999'::date as c, '01/02/00'::date as d, '2000-Jan-31'::date as e, 'Jan-31-2000'::date as f, '31-Jan-2000'::date as g, '20080215'::date as h, '080215'::date as i, '2008.366'::date as j;
=> a DATE, b DATE, c DATE, d DATE, e DATE, f DATE, g DATE, h DATE, i DATE, j DATE
1999-01-08 | 1999-01-08 | 1999-01-08 | 2000-01-02 | 2000-01-31 | 2000-01-31 | 2000-01-31 | 2008-02-15 | 2008-02-15 | 2008-12-31

--- r_Date_and_time_literals | times | adapted
select '04:05:06.789'::time as a, '04:05:06'::time as b, '04:05'::time as c, '040506'::time as d, '04:05 AM'::time as e, '04:05 PM'::time as f, '16:05'::time as g;
=> a TIME, b TIME, c TIME, d TIME, e TIME, f TIME, g TIME
04:05:06.789 | 04:05:06 | 04:05:00 | 04:05:06 | 04:05:00 | 16:05:00 | 16:05:00

--- r_Date_and_time_literals | timestamps | adapted
select '20080215 04:05:06.789'::timestamp as a, '20080215 04:05:06'::timestamp as b, '20080215 04:05'::timestamp as c, '20080215 040506'::timestamp as d, '20080215 04:05 AM'::timestamp as e, '20080215 04:05 PM'::timestamp as f, '20080215 16:05'::timestamp as g, '20080215'::timestamp as h;
=> a TIMESTAMP, b TIMESTAMP, c TIMESTAMP, d TIMESTAMP, e TIMESTAMP, f TIMESTAMP, g TIMESTAMP, h TIMESTAMP
2008-02-15 04:05:06.789 | 2008-02-15 04:05:06 | 2008-02-15 04:05:00 | 2008-02-15 04:05:06 | 2008-02-15 04:05:00 | 2008-02-15 16:05:00 | 2008-02-15 16:05:00 | 2008-02-15 00:00:00

--- r_Date_and_time_literals | today, as an argument of a date function | adapted
select dateadd(day,1,'today') = current_date + 1 as same;
=> same BOOLEAN
true

--- r_Date_and_time_literals | now, as an argument of a date function | adapted
select dateadd(day,1,'now') = dateadd(day,1,sysdate) as same;
=> same BOOLEAN
true

--- r_Date_and_time_literals | special values as casts | own
select 'yesterday'::date = current_date - 1 as a, 'tomorrow'::timestamp = dateadd(day, 1, current_date) as b, timestamp 'now' = sysdate as c;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN
true | true | true

--- r_Date_and_time_literals | special values in a comparison | own
select count(*) as n from sales where saletime < 'today' and 'tomorrow' > saletime and saletime between 'epoch' and 'now';
=> n BIGINT
3

--- r_Date_and_time_literals | special values in a CASE | own
select case when true then current_date else 'today' end;
=> refused: the literal 'today' is not supported here

--- r_Datetime_types | time zone formats | adapted
select '17 Dec 07:37:16 1997 PST'::timestamptz as a, '12/17/1997 07:37:16.00 PST'::timestamptz as b, '12/17/1997 07:37:16.00 US/Pacific'::timestamptz as c, '1997-12-17 07:37:16-08'::timestamptz as d, '17.12.1997 07:37:16.00 PST'::timestamptz as e;
=> a TIMESTAMPTZ, b TIMESTAMPTZ, c TIMESTAMPTZ, d TIMESTAMPTZ, e TIMESTAMPTZ
1997-12-17 15:37:16+00 | 1997-12-17 15:37:16+00 | 1997-12-17 15:37:16+00 | 1997-12-17 15:37:16+00 | 1997-12-17 15:37:16+00

--- r_Examples_with_datetime_types | dates of different formats | adapted
select '2008-06-01'::date as start_date, '2008-12-31'::date as end_date union all select 'Jun 1,2008'::date, '20081231'::date;
=> start_date DATE, end_date DATE
2008-06-01 | 2008-12-31
2008-06-01 | 2008-12-31

--- r_Examples_with_datetime_types | timestamps of different formats; TIMESTAMP drops the zone | adapted
select 'Jun 1,2008  09:59:59'::timestamp as timeofday, 'Jun 1,2008 09:59:59 EST'::timestamptz as timeofdaytz
union all select 'Dec 31,2008 18:20'::timestamp, 'Dec 31,2008 18:20'::timestamptz
union all select 'Jun 1,2008  09:59:59 EST'::timestamp, 'Jun 1,2008 09:59:59'::timestamptz;
=> timeofday TIMESTAMP, timeofdaytz TIMESTAMPTZ
2008-06-01 09:59:59 | 2008-06-01 14:59:59+00
2008-12-31 18:20:00 | 2008-12-31 18:20:00+00
2008-06-01 09:59:59 | 2008-06-01 09:59:59+00

--- r_Datetime_types | no such day | own
select '2008-02-30'::date;
=> error DataError: date/time field value out of range: "2008-02-30"

--- r_interval_literals | one second
select caldate + interval '1 second' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2008-12-31 00:00:01

--- r_interval_literals | one minute
select caldate + interval '1 minute' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2008-12-31 00:01:00

--- r_interval_literals | hours and minutes
select caldate + interval '3 hours, 35 minutes' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2008-12-31 03:35:00

--- r_interval_literals | 52 weeks
select caldate + interval '52 weeks' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2009-12-30 00:00:00

--- r_interval_literals | abbreviations
select caldate + interval '1w, 1h, 1m, 1s' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2009-01-07 01:01:01

--- r_interval_literals | half a day
select caldate + interval '0.5 days' as dateplus from date where caldate='12-31-2008';
=> dateplus TIMESTAMP
2008-12-31 12:00:00

--- r_interval_literals | four months earlier
select date '2023-02-15' - interval '4 months';
=> "?column?" TIMESTAMP
2022-10-15 00:00:00

--- r_interval_literals | a shorter month
select date '2023-03-31' - interval '4 months';
=> "?column?" TIMESTAMP
2022-11-30 00:00:00

--- r_interval_literals | without a unit it is seconds | own
select timestamp '2023-03-31' + interval '90' as t;
=> t TIMESTAMP
2023-03-31 00:01:30

--- r_interval_data_types | quantities of the text: 23 MONTH, -2 DAY, 1-2 MONTH, SECOND | adapted
select interval '23' month, interval '-2' day, interval '1-2' month, interval '13 day 1 hour 1 minute 1.123 seconds' second;
=> intervaly2m INTERVAL YEAR TO MONTH, intervald2s INTERVAL DAY TO SECOND, intervaly2m INTERVAL YEAR TO MONTH, intervald2s INTERVAL DAY TO SECOND
1 year 11 mons | -2 days | 1 year 2 mons | 13 days 01:01:01.123

--- r_interval_data_types | MINUTE cuts the seconds off, as text
select (interval '1 day 1 hour 1 minute 1.123 seconds' minute)::varchar as t;
=> t VARCHAR(64)
1 day 01:01:00

--- r_interval_data_types | digits of a second | own
select (interval '1 day 1:1:1.123' day to second (3))::varchar as t;
=> t VARCHAR(64)
1 day 01:01:01.123

--- r_interval_data_types | more digits than the precision | own
select interval '1.123456' second (3);
=> refused: with 3 digits of a second

--- interval_forbid_composite_literals | months and days in one literal
SELECT INTERVAL '1 year 1 day' DAY TO SECOND;
=> error ProgrammingError: Interval Day To Second literal cannot contain year-month parts

--- r_interval_data_types | arithmetic | own
select interval '1 day' + interval '1 hour' as a, interval '1 year' - interval '1 month' as b, 3 * interval '10 minutes' as c, interval '1 day' / 4 as d, -interval '1 month' as e, interval '1 hour' * 1.5 as f;
=> a INTERVAL DAY TO SECOND, b INTERVAL YEAR TO MONTH, c INTERVAL DAY TO SECOND, d INTERVAL DAY TO SECOND, e INTERVAL YEAR TO MONTH, f INTERVAL DAY TO SECOND
1 day 01:00:00 | 11 mons | 00:30:00 | 06:00:00 | -1 mon | 01:30:00

--- r_interval_data_types | differences of times | own
select timestamp '2008-01-02 00:00:00' - timestamp '2008-01-01 12:30:00.5' as a, time '10:00' - time '09:30' as b, date '2008-01-02' - timestamp '2008-01-01' as c;
=> a INTERVAL DAY TO SECOND, b INTERVAL DAY TO SECOND, c INTERVAL DAY TO SECOND
11:29:59.5 | 00:30:00 | 1 day

--- r_interval_data_types | comparisons and order | own
select x from (select interval '36 hours' x union all select interval '1 day' union all select interval '2 days') y where x > interval '1 day' order by x desc;
=> x INTERVAL DAY TO SECOND
2 days
1 day 12:00:00

--- r_interval_data_types | casts | own
select '1-2'::interval year to month as a, cast('1 day 2:03:04.5' as interval day to second)::varchar as b, cast(upper('15 mons') as interval year to month) as c;
=> a INTERVAL YEAR TO MONTH, b VARCHAR(64), c INTERVAL YEAR TO MONTH
1 year 2 mons | 1 day 02:03:04.5 | 1 year 3 mons

--- r_interval_data_types | a value of months and days | own
select interval '1 month 1 day';
=> refused: a value of type INTERVAL with months and days

--- r_interval_data_types | months and days can be added to a time | own
select timestamp '2008-01-31' + interval '1 month 1 day' as t;
=> t TIMESTAMP
2008-03-01 00:00:00

--- r_interval_data_types | a part of a month | own
select interval '1.5 months';
=> error ProgrammingError: has a part of a month

--- c_SQL_functions_leader_node_only | deprecated functions of times | own
select current_time;
=> refused: current_time

--- c_SQL_functions_leader_node_only | age | own
select age(timestamp '2001-04-10', timestamp '1957-06-13');
=> refused: the function age

--- setup
create table durations(a intervaly2m, b intervald2s, c timetz);
insert into durations values (interval '14 months', '1 day', '10:00:00.000000');
insert into durations values (interval '-1 month', interval '1.5 seconds', '23:59:59+00');

--- r_interval_data_types | columns of intervals; Redshift's catalog has these names for the types | own
select a, b, timestamp '2020-01-31' + a as d, timestamp '2020-01-31' - b as e, b * 2 as f from durations order by b desc;
=> a INTERVAL YEAR TO MONTH, b INTERVAL DAY TO SECOND, d TIMESTAMP, e TIMESTAMP, f INTERVAL DAY TO SECOND
1 year 2 mons | 1 day | 2021-03-31 00:00:00 | 2020-01-30 00:00:00 | 2 days
-1 mon | 00:00:01.5 | 2019-12-31 00:00:00 | 2020-01-30 23:59:58.5 | 00:00:03

--- r_interval_data_types | conditions on columns of intervals | own
select max(b) as b, count(*) as n from durations where b >= '1 hour' and a > interval '1 year' and c < timetz '11:00+00';
=> b INTERVAL DAY TO SECOND, n BIGINT
1 day | 1

--- r_interval_data_types | sums of intervals | own
select sum(a) as a, sum(b) as b, sum(interval '1 hour' * extract(hour from c)) as c from durations;
=> a INTERVAL YEAR TO MONTH, b INTERVAL DAY TO SECOND, c INTERVAL DAY TO SECOND
1 year 1 mon | 1 day 00:00:01.5 | 1 day 09:00:00

--- r_Datetime_types | columns of TIMETZ | own
select c, date '2020-01-01' + c as t, c::varchar as v, dateadd(minute, 1, c) as later from durations order by c;
=> c TIMETZ, t TIMESTAMPTZ, v VARCHAR(65535), later TIMETZ
10:00:00+00 | 2020-01-01 10:00:00+00 | 10:00:00+00 | 10:01:00+00
23:59:59+00 | 2020-01-01 23:59:59+00 | 23:59:59+00 | 00:00:59+00

--- r_Date_and_time_literals | a cast of a typed literal is a cast of its value | own
select timestamp '2020-01-01 10:11:12.5'::time as a, timestamptz '2020-01-01 10:11 PST'::timetz as b, timetz '10:00 PST'::time as c, interval '1 day'::varchar as d, timestamp with time zone '2020-01-01 00:30+01'::date as e;
=> a TIME, b TIMETZ, c TIME, d VARCHAR(64), e DATE
10:11:12.5 | 18:11:00+00 | 18:00:00 | 1 day | 2019-12-31
