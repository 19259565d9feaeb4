# Data type formatting functions.
--- setup
create table event(eventid int, starttime timestamp);
insert into event values (1, '2008-01-25 14:30:00.000000');
insert into event values (2, '2008-10-15 20:00:00.000000');
insert into event values (3, '2008-04-19 14:30:00.000000');
insert into event values (4, '2008-09-09 14:30:00.000000');
insert into event values (5, '2008-01-31 19:00:00.000000');
create table sales(salesid int, pricepaid decimal(8,2), commission decimal(8,2), saletime timestamp);
insert into sales values (1, 728, 109.2, '2008-02-18 02:36:48.000000');
insert into sales values (2, 76, 11.4, '2008-06-06 05:00:16.000000');
insert into sales values (3, 350, 52.5, '2008-06-06 08:26:17.000000');
insert into sales values (4, 175, 26.25, '2008-06-09 08:38:52.000000');
insert into sales values (5, 154, 23.1, '2008-08-31 09:17:02.000000');
insert into sales values (6, 394, 59.1, '2008-07-16 11:59:24.000000');
insert into sales values (7, 788, 118.2, '2008-06-26 12:56:06.000000');
insert into sales values (8, 197, 29.55, '2008-07-10 02:12:36.000000');
insert into sales values (9, 591, 88.65, '2008-07-22 02:23:17.000000');
insert into sales values (10, 65, 9.75, '2008-08-06 02:51:55.000000');

--- r_TO_CHAR | a name padded to nine characters
select to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM');
=> to_char VARCHAR(65535)
DECEMBER -THU-31-2009 11:15PM

--- r_TO_CHAR | day of the year
select to_char(timestamp '2009-12-31 23:15:59', 'DDD');
=> to_char VARCHAR(65535)
365

--- r_TO_CHAR | ISO day of the week
select to_char(timestamp '2022-05-16 23:15:59', 'ID');
=> to_char VARCHAR(65535)
1

--- r_TO_CHAR | month of a date
# The page's table shows no trailing blank; the text says that the name is padded.
select to_char(date '2009-12-31', 'MONTH');
=> to_char VARCHAR(65535)
"DECEMBER "

--- r_TO_CHAR | hours, minutes, seconds
select to_char(starttime, 'HH12:MI:SS') from event where eventid between 1 and 5 order by eventid;
=> to_char VARCHAR(65535)
02:30:00
08:00:00
02:30:00
02:30:00
07:00:00

--- r_TO_CHAR | a whole timestamp
select starttime, to_char(starttime, 'MON-DD-YYYY HH12:MIPM') from event where eventid=1;
=> starttime TIMESTAMP, to_char VARCHAR(65535)
2008-01-25 14:30:00 | JAN-25-2008 02:30PM

--- r_TO_CHAR | a timestamp literal
select to_char(timestamp '2009-12-31 23:15:59','HH24:MI:SS');
=> to_char VARCHAR(65535)
23:15:59

--- r_TO_CHAR | the sign behind a number
select to_char(-125.8, '999D99S');
=> to_char VARCHAR(65535)
125.80-

--- r_TO_CHAR | Roman numerals
select salesid, pricepaid, commission, (pricepaid - commission) as difference, to_char(pricepaid - commission, 'rn') from sales
group by sales.pricepaid, sales.commission, salesid order by salesid limit 10;
=> salesid INTEGER, pricepaid DECIMAL(8,2), commission DECIMAL(8,2), difference DECIMAL(9,2), to_char VARCHAR(65535)
1 | 728.00 | 109.20 | 618.80 | "          dcxix"
2 | 76.00 | 11.40 | 64.60 | "            lxv"
3 | 350.00 | 52.50 | 297.50 | "       ccxcviii"
4 | 175.00 | 26.25 | 148.75 | "          cxlix"
5 | 154.00 | 23.10 | 130.90 | "          cxxxi"
6 | 394.00 | 59.10 | 334.90 | "        cccxxxv"
7 | 788.00 | 118.20 | 669.80 | "          dclxx"
8 | 197.00 | 29.55 | 167.45 | "         clxvii"
9 | 591.00 | 88.65 | 502.35 | "            dii"
10 | 65.00 | 9.75 | 55.25 | "             lv"

--- r_TO_CHAR | a currency symbol
select salesid, pricepaid, commission, (pricepaid - commission) as difference, to_char(pricepaid - commission, 'l99999D99') from sales
group by sales.pricepaid, sales.commission, salesid order by salesid limit 10;
=> salesid INTEGER, pricepaid DECIMAL(8,2), commission DECIMAL(8,2), difference DECIMAL(9,2), to_char VARCHAR(65535)
1 | 728.00 | 109.20 | 618.80 | $   618.80
2 | 76.00 | 11.40 | 64.60 | $    64.60
3 | 350.00 | 52.50 | 297.50 | $   297.50
4 | 175.00 | 26.25 | 148.75 | $   148.75
5 | 154.00 | 23.10 | 130.90 | $   130.90
6 | 394.00 | 59.10 | 334.90 | $   334.90
7 | 788.00 | 118.20 | 669.80 | $   669.80
8 | 197.00 | 29.55 | 167.45 | $   167.45
9 | 591.00 | 88.65 | 502.35 | $   502.35
10 | 65.00 | 9.75 | 55.25 | $    55.25

--- r_TO_CHAR | the century
select salesid, saletime, to_char(saletime, 'cc') from sales order by salesid limit 10;
=> salesid INTEGER, saletime TIMESTAMP, to_char VARCHAR(65535)
1 | 2008-02-18 02:36:48 | 21
2 | 2008-06-06 05:00:16 | 21
3 | 2008-06-06 08:26:17 | 21
4 | 2008-06-09 08:38:52 | 21
5 | 2008-08-31 09:17:02 | 21
6 | 2008-07-16 11:59:24 | 21
7 | 2008-06-26 12:56:06 | 21
8 | 2008-07-10 02:12:36 | 21
9 | 2008-07-22 02:23:17 | 21
10 | 2008-08-06 02:51:55 | 21

--- r_TO_CHAR | the time zone
select to_char(starttime, 'HH12:MI:SS TZ') from event where eventid between 1 and 5 order by eventid;
=> to_char VARCHAR(65535)
02:30:00 UTC
08:00:00 UTC
02:30:00 UTC
02:30:00 UTC
07:00:00 UTC

--- r_TO_DATE_function | a name of a month
select to_date('02 Oct 2001', 'DD Mon YYYY');
=> to_date DATE
2001-10-02

--- r_TO_DATE_function | a day that the month lacks
select to_date('20010631', 'YYYYMMDD', FALSE);
=> to_date DATE
2001-07-01

--- r_TO_DATE_function | is_strict
select to_date('20010631', 'YYYYMMDD', TRUE);
=> error DataError: date/time field date value out of range: 2001-6-31

--- r_TO_NUMBER | the sign behind
select to_number('12,454.8-', '99G999D9S');
=> to_number DECIMAL(6,1)
-12454.8

--- r_TO_NUMBER | from the text
select to_number('12.345','99D999');
=> to_number DECIMAL(5,3)
12.345

--- r_TO_NUMBER | with FM, as the newest page has it
select to_number('12,454.8-', 'FM99G999D9S');
=> to_number DECIMAL(6,1)
-12454.8

--- r_TO_NUMBER | a currency symbol | own
select to_number('$ 12,454.88', 'FML99G999D99') as a, to_number('$ 2,012,454.88', 'L9,999,999.99') as b;
=> a DECIMAL(7,2), b DECIMAL(9,2)
12454.88 | 2012454.88

--- r_TO_NUMBER | more digits than the format | own
select to_number('123.4', '99D9');
=> error DataError: does not fit the format

--- r_TO_TIMESTAMP | of a timestamp, whose fraction is left out | adapted
select to_timestamp(timestamp '2021-04-05 19:27:53.281812', 'YYYY-MM-DD HH24:MI:SS') as seconds;
=> seconds TIMESTAMPTZ
2021-04-05 19:27:53+00

--- r_TO_TIMESTAMP | an hour that rolls over
SELECT to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS');
=> to_timestamp TIMESTAMPTZ
2011-12-19 00:38:15+00

--- r_TO_TIMESTAMP | is_strict
SELECT to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS', TRUE);
=> error DataError: date/time field time value out of range: 24:38:15.0

--- r_TO_TIMESTAMP | empty text | own
select to_timestamp('', 'YYYY-MM-DD HH24:MI:SS');
=> to_timestamp TIMESTAMPTZ
0001-01-01 00:00:00+00

--- r_TO_TIMESTAMP | time zones are not read | own
select to_timestamp('2011-12-18 10:00 UTC', 'YYYY-MM-DD HH24:MI TZ');
=> refused: the format "TZ" is not supported for reading

--- r_FORMAT_strings | every element of the table | own
select to_char(timestamp '2005-01-02 15:04:05.678901', 'BC AD B.C. a.d. ad CC YYYY YYY YY Y Y,YYY IYYY IYY IY I Q') as a,
to_char(timestamp '2005-01-02 15:04:05.678901', 'MONTH|Month|month|MON|Mon|mon|MM|RM|rm|W|WW|IW') as b,
to_char(timestamp '2005-01-02 15:04:05.678901', 'DAY|Day|day|DY|Dy|dy|DDD|IDDD|DD|D|ID|J') as c,
to_char(timestamp '2005-01-02 15:04:05.678901', 'HH24 HH HH12 MI SS MS US SSSS AM PM A.M. p.m. am') as d,
to_char(timestamptz '2005-01-02 15:04:05.678901', 'TZ tz OF') as e;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535), e VARCHAR(65535)
AD AD A.D. a.d. ad 21 2005 005 05 5 2,005 2004 004 04 4 1 | JANUARY  |January  |january  |JAN|Jan|jan|01|I   |i   |1|01|53 | SUNDAY   |Sunday   |sunday   |SUN|Sun|sun|002|371|02|1|7|2453373 | 15 03 03 04 05 678 678901 54245 PM PM P.M. p.m. pm | UTC utc +00

--- r_FORMAT_strings | fill mode, ordinals and quoted text | own
select to_char(date '2005-05-03', 'FMMonth FMDDth, YYYY') as a, to_char(date '2005-05-03', '"Year" YYYY "Day" DDTH') as b, to_char(date '2005-05-03', 'YYYY"-Q"Q') as c;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535)
May 3rd, 2005 | Year 2005 Day 03RD | 2005-Q2

--- r_FORMAT_strings | elements that stand in the stored text | own
select to_char(timestamp '2005-01-02 15:04:05.678901', 'YYYY-MM-DD"T"HH24:MI:SS.US') as a, to_char(date '2005-05-03', 'DD/MM/YYYY HH24') as b, to_char(null::timestamp, 'YYYY') as c;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535)
2005-01-02T15:04:05.678901 | 03/05/2005 00 | NULL

--- r_FORMAT_strings | reading | own
select to_timestamp('05 12 2000 3:04:05.6 pm', 'DD MM YYYY HH12:MI:SS.MS pm') as a, to_date('2000-366', 'YYYY-DDD') as b, to_date('January 8, 99', 'Month DD, YY') as c, to_date('2000-1-2', 'YYYY-MM-DD') as d, to_date('20001331', 'YYYYMMDD') as e;
=> a TIMESTAMPTZ, b DATE, c DATE, d DATE, e DATE
2000-12-05 15:04:05.6+00 | 2000-12-31 | 1999-01-08 | 2000-01-02 | 2001-01-31

--- r_FORMAT_strings | reading what is no month | own
select to_date('2 Foo 2001', 'DD Mon YYYY');
=> error DataError: invalid value for Mon

--- r_FORMAT_strings | reading without a year | own
select to_date('02-10', 'DD-MM');
=> refused: has no year

--- r_Numeric_formating | blanks, zeros and signs | own
select to_char(12, '9990999.9') as a, to_char(-0.1, '99.99') as b, to_char(0.1, '0.9') as c, to_char(-0.1, 'FM9.99') as d, to_char(148.5, 'FM999.990') as e, to_char(148.5, 'FM999.999') as f, to_char(485, '999') as g, to_char(-485, '999') as h, to_char(1234, '999') as i;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535), e VARCHAR(65535), f VARCHAR(65535), g VARCHAR(65535), h VARCHAR(65535), i VARCHAR(65535)
"    0012.0" | "  -.10" | " 0.1" | -.1 | 148.500 | 148.5 | " 485" | -485 | " ###"

--- r_Numeric_formating | separators | own
select to_char(1485, '9,999') as a, to_char(485, '9,999') as b, to_char(3148.5, '9G999D999') as c, to_char(485, '9 9 9') as d, to_char(485, 'L999') as e, to_char(-12345.678, 'FM999,999.00') as f;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535), e VARCHAR(65535), f VARCHAR(65535)
" 1,485" | "   485" | " 3,148.500" | " 4 8 5" | $ 485 | -12,345.68

--- r_Numeric_formating | signs | own
select to_char(-485, '999S') as a, to_char(-485, '999MI') as b, to_char(485, '999MI') as c, to_char(485, 'FM999MI') as d, to_char(485, 'PL999') as e, to_char(485, 'SG999') as f, to_char(-485, '9SG99') as g, to_char(-485, '999PR') as h, to_char(485, 'S999') as i, to_char(-12, 'S9999') as j;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535), e VARCHAR(65535), f VARCHAR(65535), g VARCHAR(65535), h VARCHAR(65535), i VARCHAR(65535), j VARCHAR(65535)
485- | 485- | "485 " | 485 | +485 | +485 | 4-85 | <485> | +485 | "  -12"

--- r_Numeric_formating | Roman numerals and ordinals | own
select to_char(485, 'RN') as a, to_char(485, 'FMRN') as b, to_char(5.2, 'FMRN') as c, to_char(482, '999th') as d, to_char(4000, 'FMRN') as e;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535), e VARCHAR(65535)
"        CDLXXXV" | CDLXXXV | V | " 482nd" | ###############

--- r_Numeric_formating | quoted text and V | own
select to_char(485, '"Good number:"999') as a, to_char(485.8, '"Pre:"999" Post:" .999') as b, to_char(12, '99V999') as c, to_char(12.45, '99V9') as d;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535)
Good number: 485 | Pre: 485 Post: .800 | " 12000" | " 125"
