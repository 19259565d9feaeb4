# Numeric types, casts between numbers and text, arithmetic, mathematical functions.
# The rows of SALES are those that the pages print; their other columns are made up.
--- setup
CREATE TABLE sales(salesid integer, listid integer, qtysold smallint, pricepaid decimal(8,2), commission decimal(8,2));
INSERT INTO sales VALUES (1, 1, 4, 728.00, 109.20), (2, 4, 2, 76.00, 11.40), (3, 5, 2, 350.00, 52.50),
  (4, 5, 2, 175.00, 26.25), (5, 6, 1, 154.00, 23.10), (6, 10, 1, 394.00, 59.10), (7, 10, 4, 788.00, 118.20),
  (8, 10, 1, 197.00, 29.55), (9, 10, 1, 591.00, 88.65), (100, 77, 1, 162.00, 24.30), (784, 88, 1, 741.00, 111.15),
  (10000, 99, 1, 187.00, 28.05);

--- r_CAST_function | CAST of a decimal to an integer
select cast(pricepaid as integer)
from sales where salesid=100;
=> pricepaid INTEGER
162

--- r_CAST_function | the operator ::
select pricepaid::integer
from sales where salesid=100;
=> pricepaid INTEGER
162

--- r_CAST_function | CAST of a literal
select cast(162.00 as integer) as pricepaid;
=> pricepaid INTEGER
162

--- r_CAST_function | CONVERT
select convert(integer, pricepaid)
from sales where salesid=100;
=> pricepaid INTEGER
162

--- r_CAST_function | a conversion that loses digits | adapted
select 123.456::decimal(2,1);
=> error DataError: Numeric data overflow (result precision)

--- r_CAST_function | an integer that does not fit | adapted
select 12345678::smallint;
=> error DataError: smallint out of range

--- r_CAST_function | an integer as text
select cast(2008 as char(4));
=> bpchar CHAR(4)
2008

--- r_CAST_function | DECIMAL(6,3) as DECIMAL(4,1) is rounded
select cast(109.652 as decimal(4,1));
=> numeric DECIMAL(4,1)
109.7

--- r_CAST_function | more digits than 64 bits hold
select salesid, pricepaid::decimal(38,2)*100000000000000000000
as value from sales where salesid<10 order by salesid;
=> salesid INTEGER, value DECIMAL(38,2)
1 | 72800000000000000000000.00
2 | 7600000000000000000000.00
3 | 35000000000000000000000.00
4 | 17500000000000000000000.00
5 | 15400000000000000000000.00
6 | 39400000000000000000000.00
7 | 78800000000000000000000.00
8 | 19700000000000000000000.00
9 | 59100000000000000000000.00

--- r_CONVERT_function | a conversion that loses digits | adapted
SELECT CONVERT(decimal(2,1), 123.456);
=> error DataError: Numeric data overflow (result precision)

--- r_CONVERT_function | an integer that does not fit | adapted
SELECT CONVERT(smallint, 12345678);
=> error DataError: smallint out of range

--- r_CONVERT_function | a column of decimals | adapted
SELECT CONVERT(integer, pricepaid)
FROM sales WHERE salesid=100;
=> pricepaid INTEGER
162

--- r_CONVERT_function | an integer as text | adapted
SELECT CONVERT(char(4), 2008);
=> bpchar CHAR(4)
2008

--- r_CONVERT_function | text as a time | adapted
SELECT CONVERT(datetime, '2008-02-18 02:36:48') as mysaletime;
=> mysaletime TIMESTAMP
2008-02-18 02:36:48

--- r_CAST_function | blank text is no number | own
select ' '::integer;
=> error DataError: invalid input syntax for integer: " "

--- r_CAST_function | blanks around a number are ignored | own
select ' 5 '::integer, '1.0'::decimal(2,1), '5.9'::decimal(2,1);
=> int4 INTEGER, numeric DECIMAL(2,1), numeric DECIMAL(2,1)
5 | 1.0 | 5.9

--- r_CAST_function | text that is no number | own
select 'ABC'::decimal(4,1);
=> error DataError: invalid input syntax for numeric: "ABC"

--- r_CAST_function | no decimal is a truth value | own
select 5.0::bool;
=> refused: cannot cast type numeric to boolean

--- r_TRY_CAST | NULL where the value does not fit | own
select try_cast('x' as integer) as a, try_cast(12345678 as smallint) as b, try_cast('5' as integer) as c,
try_cast(123.456 as decimal(2,1)) as d, try_cast('nope' as boolean) as e;
=> a INTEGER, b SMALLINT, c INTEGER, d DECIMAL(2,1), e BOOLEAN
NULL | NULL | 5 | NULL | NULL

--- r_TRY_CAST | a pair of types that has no conversion is an error | own
select try_cast(true as decimal(4,1));
=> refused: cannot cast type boolean to numeric

--- r_Numeric_types201 | a smallint column refuses 33000: the same value as a cast | own
select 33000::smallint;
=> error DataError: smallint out of range

--- r_Examples_with_numeric_types201 | 1.5 becomes 2, 35.512 becomes 35.51, by the casts of the inserts | own
select 1.5::smallint as a, 35.512::numeric(4,2) as b;
=> a SMALLINT, b DECIMAL(4,2)
2 | 35.51

--- r_Examples_with_numeric_types201 | 350.10 is out of the range of DECIMAL(4,2), by the cast of the insert | own
select 350.10::numeric(4,2);
=> error DataError: Numeric data overflow

--- r_Examples_with_numeric_types201 | REAL has 6 digits, by the casts of the inserts | own
select 1999.99::real as a, 19999.99::real as b, 19999.99::real::varchar as c;
=> a REAL, b REAL, c VARCHAR(65535)
1999.99 | 20000 | 20000

--- r_Numeric_types201 | the range of NUMERIC(5,2) | own
select 999.99::numeric(5,2) as most, -999.99::numeric(5,2) as least;
=> most DECIMAL(5,2), least DECIMAL(5,2)
999.99 | -999.99

--- r_Numeric_types201 | beyond the range of NUMERIC(5,2) | own
select 1000::numeric(5,2);
=> error DataError: Numeric data overflow

--- r_Numeric_types201 | excess digits are rounded | own
select 4323.8951::decimal(8,2);
=> numeric DECIMAL(8,2)
4323.90

--- r_Numeric_types201 | the largest DECIMAL(19,0) | own
select 9223372036854775807::decimal(19,0), 9.223372036854775807::decimal(19,18);
=> numeric DECIMAL(19,0), numeric DECIMAL(19,18)
9223372036854775807 | 9.223372036854775807

--- r_Numeric_types201 | 19 nines are too large for DECIMAL(19,0) | own
select 9999999999999999999::decimal(19,0);
=> error DataError: Numeric data overflow

--- r_Numeric_types201 | DECIMAL without precision is DECIMAL(18,0) | own
select 48.2891::decimal;
=> numeric DECIMAL(18,0)
48

--- r_numeric_literals201 | integers | adapted
select 23, -555, +17;
=> ?column? INTEGER, ?column? INTEGER, ?column? INTEGER
23 | -555 | 17

--- r_numeric_literals201 | floating-point literals | adapted
select 3.14159, -37., 2.0e19, -2E-19;
=> ?column? DECIMAL(6,5), ?column? DECIMAL(2,0), ?column? DOUBLE PRECISION, ?column? DOUBLE PRECISION
3.14159 | -37 | 2e+19 | -2e-19

--- r_numeric_computations201 | the type of a quotient; the page prints no values, a digit too much is cut | adapted
select pricepaid / commission as q from sales where salesid in (1, 2) order by salesid;
=> q DECIMAL(17,9)
6.666666666
6.666666666

--- r_numeric_computations201 | a UNION of DECIMAL(7,2) and DECIMAL(15,3) | adapted
select 1.25::decimal(7,2) as c1 union select 1.250::decimal(15,3);
=> c1 DECIMAL(15,3)
1.250

--- r_numeric_computations201 | a column of DECIMAL(8,2) as DECIMAL(7,3) | adapted
select (pricepaid * 100)::decimal(7,3) from sales;
=> error DataError: Numeric data overflow (result precision)

--- r_numeric_computations201 | DECIMAL(8,2) * SMALLINT is DECIMAL(8,2) * DECIMAL(5,0) | adapted
select commission * qtysold as value from sales where salesid = 1;
=> value DECIMAL(14,2)
436.80

--- r_numeric_computations201 | division by zero | own
select pricepaid / (qtysold - 1) from sales;
=> error DataError: division by zero

--- r_numeric_computations201 | return types of integers and floating point | own
select 1::int2 + 1::int2 as a, 1::int2 * 1 as b, 1::int4 - 1::int8 as c, 1::int8 / 2.0 as d, 1::real + 1 as e,
1::real * 1::real as f, 1::real / 1::float8 as g, 1.0 - 1::float8 as h;
=> a SMALLINT, b INTEGER, c BIGINT, d DECIMAL(24,4), e DOUBLE PRECISION, f REAL, g DOUBLE PRECISION, h DOUBLE PRECISION
2 | 1 | 0 | 0.5000 | 2 | 1 | 1 | 0

--- r_numeric_computations201 | overflow is checked at the size of the type | own
select 32767::int2 + 1::int2;
=> error DataError: smallint out of range

--- r_numeric_computations201 | overflow of INTEGER | own
select qtysold * 2147483647 from sales;
=> error DataError: integer out of range

--- r_numeric_computations201 | overflow of BIGINT | own
select qtysold * 9223372036854775807 from sales;
=> error DataError: bigint out of range

--- r_numeric_computations201 | the digits of a product of two large numbers | own
select 12345678901234.5678 * 12345678901234.5678 as x;
=> x DECIMAL(37,8)
152415787532388365279682997.65279684

--- r_numeric_computations201 | COALESCE has the digits of both | own
select coalesce(null::decimal(7,2), 1.5::decimal(15,3)) as a, coalesce(1::decimal(18,0), 1::decimal(18,10)) as b;
=> a DECIMAL(15,3), b DECIMAL(19,10)
1.500 | 1.0000000000

--- r_OPERATOR_SYMBOLS | the table of operators | adapted
select 2 + 3 as a, 2 - 3 as b, 2 * 3 as c, 4 / 2 as d, 5 % 4 as e, 2.0 ^ 3.0 as f, |/ 25.0 as g, ||/ 27.0 as h,
@ -5.0 as i, 1 << 4 as j, 8 >> 2 as k, 8 & 2 as l;
=> a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER, f DOUBLE PRECISION, g DOUBLE PRECISION, h DOUBLE PRECISION, i DECIMAL(2,1), j INTEGER, k INTEGER, l INTEGER
5 | -1 | 6 | 2 | 1 | 8 | 5 | 3 | 5.0 | 16 | 2 | 0

--- r_OPERATOR_SYMBOLS | addition
select commission, (commission + 2.00) as comm
from sales where salesid=10000;
=> commission DECIMAL(8,2), comm DECIMAL(9,2)
28.05 | 30.05

# One edition of the page prints 37.400, another 37.4; the page of computations says scale 2 + 2.
--- r_OPERATOR_SYMBOLS | multiplication | adapted
select pricepaid, (pricepaid * .20) as twentypct
from sales where salesid=10000;
=> pricepaid DECIMAL(8,2), twentypct DECIMAL(12,4)
187.00 | 37.4000

# The page takes the 345349 tickets that were sold in 2008 from a subquery.
--- r_OPERATOR_SYMBOLS | exponentiation | adapted
select (select 345349) ^ ((5::float/100)*10) as qty10years;
=> qty10years DOUBLE PRECISION
587.664019657491

--- r_OPERATOR_SYMBOLS | sums and their difference | adapted
select sum(pricepaid) as sum_price, sum(commission) as sum_comm, (sum(pricepaid) - sum(commission)) as value
from (select 364445.00::decimal(8,2) as pricepaid, 54666.75::decimal(8,2) as commission) as s;
=> sum_price DECIMAL(38,2), sum_comm DECIMAL(38,2), value DECIMAL(38,2)
364445.00 | 54666.75 | 309778.25

--- r_OPERATOR_SYMBOLS | a power of a power is taken from the left | own
select 2 ^ 3 ^ 2 as a, -2 ^ 2 as b, 2 * 3 ^ 2 as c;
=> a DOUBLE PRECISION, b DOUBLE PRECISION, c DOUBLE PRECISION
64 | 4 | 18

--- r_OPERATOR_SYMBOLS | a prefix operator before arithmetic is ambiguous | own
select |/ 25 + 11;
=> refused: the operator |/ before an operand of arithmetic

--- r_OPERATOR_SYMBOLS | integers are divided as integers | own
select 7 / 2 as a, -7 / 2 as b, -7 % 2 as c, 7 / 2.0 as d;
=> a INTEGER, b INTEGER, c INTEGER, d DECIMAL(15,4)
3 | -3 | -1 | 3.5000

--- r_ABS | of a number
select abs (-38);
=> abs INTEGER
38

--- r_ABS | of a difference
select abs (14-76);
=> abs INTEGER
62

--- r_ACOS | of -1
select acos(-1);
=> acos DOUBLE PRECISION
3.14159265358979

--- r_ACOS | in degrees
select (acos(.5) * 180/(select pi())) as degrees;
=> degrees DOUBLE PRECISION
60

--- r_ASIN | of 1, twice
select asin(1)*2 as pi;
=> pi DOUBLE PRECISION
3.14159265358979

--- r_ASIN | in degrees
select (asin(.5) * 180/(select pi())) as degrees;
=> degrees DOUBLE PRECISION
30

--- r_ATAN | of 1, four times
select atan(1) * 4 as pi;
=> pi DOUBLE PRECISION
3.14159265358979

--- r_ATAN | in degrees
select (atan(1) * 180/(select pi())) as degrees;
=> degrees DOUBLE PRECISION
45

--- r_ATAN2 | of 2/2, four times
select atan2(2,2) * 4 as pi;
=> pi DOUBLE PRECISION
3.14159265358979

--- r_ATAN2 | of 1/0, in degrees
select (atan2(1,0) * 180/(select pi())) as degrees;
=> degrees DOUBLE PRECISION
90

--- r_CBRT | of a commission
select cbrt(commission) from sales where salesid=10000;
=> cbrt DOUBLE PRECISION
3.03839539048843

--- r_CEILING_FLOOR | of a commission
select ceiling(commission) from sales
where salesid=10000;
=> ceiling DECIMAL(7,0)
29

# The page has limit 10 and prints a tenth row, 975, whose sale is not among ours.
--- r_CHECKSUM | of decimals | adapted
select checksum(commission)
from sales
order by salesid
limit 9;
=> checksum INTEGER
10920
1140
5250
2625
2310
5910
11820
2955
8865

--- r_CHECKSUM | of anything but a DECIMAL: the page does not say what it gives | own
select checksum(salesid) from sales;
=> refused: CHECKSUM of INTEGER

--- r_COS | of 0
select cos(0);
=> cos DOUBLE PRECISION
1

--- r_COS | of pi
select cos(pi());
=> cos DOUBLE PRECISION
-1

--- r_COT | of 1
select cot(1);
=> cot DOUBLE PRECISION
0.642092615934331

--- r_DEGREES | of half a radian
select degrees(.5);
=> degrees DOUBLE PRECISION
28.6478897565412

--- r_DEGREES | of pi
select degrees(pi());
=> degrees DOUBLE PRECISION
180

--- r_DEXP | growth | adapted
select (select 345349) * dexp((7::float/100)*10) qty2010;
=> qty2010 DOUBLE PRECISION
695447.483772222

--- r_DLOG1 | a synonym of LN | own
select dlog1(2.718281828);
=> dlog1 DOUBLE PRECISION
0.999999999831127

--- r_DLOG10 | of 100
select dlog10(100);
=> dlog10 DOUBLE PRECISION
2

--- r_EXP | growth | adapted
select (select 345349) * exp((7::float/100)*10) qty2010;
=> qty2010 DOUBLE PRECISION
695447.483772222

--- r_FLOOR | of a commission
select floor(commission) from sales
where salesid=10000;
=> floor DECIMAL(7,0)
28

# The page prints 0.9999999998311267, with more than the 15 digits of its other examples.
--- r_LN | of 2.718281828
select ln(2.718281828);
=> ln DOUBLE PRECISION
0.999999999831127

--- r_LN | of the first user ids | adapted
select ln(userid) from (select 1 as userid union all select 2 union all select 3 union all select 10) as users order by userid;
=> ln DOUBLE PRECISION
0
0.693147180559945
1.09861228866811
2.30258509299405

# The page of 2025 prints 6.643856189774725: 16 digits.
--- r_LOG | to base 2
SELECT LOG(2, 100);
=> log DOUBLE PRECISION
6.64385618977473

# An older edition of the page heads the column dlog10.
--- r_LOG | to base 10
SELECT LOG(100);
=> log DOUBLE PRECISION
2

--- r_MOD | of integers
SELECT MOD(10, 4);
=> mod INTEGER
2

--- r_MOD | of a decimal
SELECT MOD(10.5, 4);
=> mod DECIMAL(3,1)
2.5

--- r_MOD | of a cast
SELECT MOD(CAST(16.4 as integer), 5);
=> mod INTEGER
1

--- r_MOD | in a comparison
SELECT mod(5,2) = 0 as is_even;
=> is_even BOOLEAN
false

--- r_MOD | as an operator
SELECT 11 % 4 as remainder;
=> remainder INTEGER
3

--- r_MOD | odd numbers | adapted
select catid, catname
from (select 1 as catid, 'MLB' as catname union all select 2, 'NHL' union all select 3, 'NFL') as category
where mod(catid,2)=1
order by 1,2;
=> catid INTEGER, catname VARCHAR(3)
1 | MLB
3 | NFL

--- r_PI | to 14 places
select pi();
=> pi DOUBLE PRECISION
3.14159265358979

--- r_POWER | growth by the year | adapted
select (select 345349) * pow((1+7::float/100),10) qty2010;
=> qty2010 DOUBLE PRECISION
679353.754088594

--- r_POWER | growth by the month | adapted
select (select 345349) * pow((1+7::float/100/12),120) qty2010;
=> qty2010 DOUBLE PRECISION
694034.54678046

--- r_POWER | a power that DOUBLE PRECISION does not hold | own
select power(10, 400);
=> error DataError: out of range

--- r_RADIANS | of 180 degrees
select radians(180);
=> radians DOUBLE PRECISION
3.14159265358979

--- r_RANDOM | between 0 and 100 | adapted
select cast (random() * 100 as int) between 0 and 100 as inside;
=> inside BOOLEAN
true

--- r_ROUND | to a whole number
select commission, round(commission)
from sales where salesid=10000;
=> commission DECIMAL(8,2), round DECIMAL(7,0)
28.05 | 28

--- r_ROUND | to one place
select commission, round(commission, 1)
from sales where salesid=10000;
=> commission DECIMAL(8,2), round DECIMAL(8,1)
28.05 | 28.1

--- r_ROUND | before the point
select commission, round(commission, -1)
from sales where salesid=10000;
=> commission DECIMAL(8,2), round DECIMAL(7,0)
28.05 | 30

--- r_ROUND | of integers | own
select round(15, -1) as a, round(-14, -1) as b, round(-15, -1) as c, round(7) as d;
=> a INTEGER, b INTEGER, c INTEGER, d INTEGER
20 | -10 | -20 | 7

--- r_SIGN | of a commission
select commission, sign (commission)
from sales where salesid=10000;
=> commission DECIMAL(8,2), sign DECIMAL(1,0)
28.05 | 1

--- r_SIGN | the type follows the argument's | adapted
select sign(d) as d, sign(n) as n
from (select 4.25::double precision as d, 4.25::numeric(12,2) as n union all select -4.25::double precision, -4.25::numeric(12,2)) as t1;
=> d DOUBLE PRECISION, n DECIMAL(1,0)
1 | 1
-1 | -1

--- r_SIN | of -pi
select sin(-pi());
=> sin DOUBLE PRECISION
-1.22464679914735e-16

--- r_SQRT | of a number
select sqrt(16);
=> sqrt DOUBLE PRECISION
4

--- r_SQRT | of text
select sqrt('16');
=> sqrt DOUBLE PRECISION
4

--- r_SQRT | of a rounded number
select sqrt(round(16.4));
=> sqrt DOUBLE PRECISION
4

# The page prints 5.046265044040321 for sqrt(20/pi()), which is twice the radius that it speaks of.
--- r_SQRT | the radius of a circle | adapted
select 2 * sqrt(20/pi()) as twice;
=> twice DOUBLE PRECISION
5.04626504404032

# The page asks for salesid < 10 and prints the first four rows.
--- r_SQRT | of a column
select sqrt(commission)
from sales where salesid < 5 order by salesid;
=> sqrt DOUBLE PRECISION
10.4498803820905
3.37638860322683
7.24568837309472
5.1234753829798

# The page asks for salesid < 10 and prints the first four rows.
--- r_SQRT | rounded
select salesid, commission, round(sqrt(commission))
from sales where salesid < 5 order by salesid;
=> salesid INTEGER, commission DECIMAL(8,2), round DOUBLE PRECISION
1 | 109.20 | 10
2 | 11.40 | 3
3 | 52.50 | 7
4 | 26.25 | 5

--- r_TAN | of 0
select tan(0);
=> tan DOUBLE PRECISION
0

--- r_TRUNC | to a whole number
select commission, trunc(commission)
from sales where salesid=784;
=> commission DECIMAL(8,2), trunc DECIMAL(6,0)
111.15 | 111

--- r_TRUNC | to one place
select commission, trunc(commission,1)
from sales where salesid=784;
=> commission DECIMAL(8,2), trunc DECIMAL(7,1)
111.15 | 111.1

--- r_TRUNC | before the point
select commission, trunc(commission,-1)
from sales where salesid=784;
=> commission DECIMAL(8,2), trunc DECIMAL(6,0)
111.15 | 110

--- r_TRUNC | of a timestamp | adapted
select trunc(starttime) from (select '2008-01-25 14:00:00'::timestamp as starttime) as event;
=> trunc DATE
2008-01-25
