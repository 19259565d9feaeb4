# PIVOT and UNPIVOT. The page writes the dates of bookings as 02/01/2023.
--- setup
CREATE TABLE part (partname varchar, manufacturer varchar, quality int, price decimal(12, 2));
INSERT INTO part VALUES ('prop', 'local parts co', 2, 10.00);
INSERT INTO part VALUES ('prop', 'big parts co', NULL, 9.00);
INSERT INTO part VALUES ('prop', 'small parts co', 1, 12.00);
INSERT INTO part VALUES ('rudder', 'local parts co', 1, 2.50);
INSERT INTO part VALUES ('rudder', 'big parts co', 2, 3.75);
INSERT INTO part VALUES ('rudder', 'small parts co', NULL, 1.90);
INSERT INTO part VALUES ('wing', 'local parts co', NULL, 7.50);
INSERT INTO part VALUES ('wing', 'big parts co', 1, 15.20);
INSERT INTO part VALUES ('wing', 'small parts co', NULL, 11.80);
CREATE TABLE count_by_color (quality varchar, red int, green int, blue int);
INSERT INTO count_by_color VALUES ('high', 15, 20, 7);
INSERT INTO count_by_color VALUES ('normal', 35, NULL, 40);
INSERT INTO count_by_color VALUES ('low', 10, 23, NULL);
CREATE TABLE bookings (booking_id int, hotel_code char(8), booking_date date, price decimal(12, 2));
INSERT INTO bookings VALUES (1, 'FOREST_L', '2023-02-01', 75.12), (2, 'FOREST_L', '2023-02-02', 75.00),
(3, 'FOREST_L', '2023-02-04', 85.54), (4, 'FOREST_L', '2023-02-08', 75.00), (5, 'FOREST_L', '2023-02-11', 75.00),
(6, 'FOREST_L', '2023-02-14', 90.00), (7, 'FOREST_L', '2023-02-21', 60.00), (8, 'FOREST_L', '2023-02-22', 85.00),
(9, 'FOREST_L', '2023-02-27', 90.00), (10, 'DESERT_S', '2023-02-01', 98.00), (11, 'DESERT_S', '2023-02-02', 75.00),
(12, 'DESERT_S', '2023-02-04', 85.00), (13, 'DESERT_S', '2023-02-05', 75.00), (14, 'DESERT_S', '2023-02-06', 34.00),
(15, 'DESERT_S', '2023-02-09', 85.00), (16, 'DESERT_S', '2023-02-12', 23.00), (17, 'DESERT_S', '2023-02-13', 76.00),
(18, 'DESERT_S', '2023-02-14', 85.00), (19, 'OCEAN_WV', '2023-02-01', 98.00), (20, 'OCEAN_WV', '2023-02-02', 75.00),
(21, 'OCEAN_WV', '2023-02-04', 85.00), (22, 'OCEAN_WV', '2023-02-06', 75.00), (23, 'OCEAN_WV', '2023-02-09', 34.00),
(24, 'OCEAN_WV', '2023-02-12', 85.00), (25, 'OCEAN_WV', '2023-02-13', 23.00), (26, 'OCEAN_WV', '2023-02-14', 76.00),
(27, 'OCEAN_WV', '2023-02-16', 85.00), (28, 'CITY_BLD', '2023-02-01', 98.00), (29, 'CITY_BLD', '2023-02-02', 75.00),
(30, 'CITY_BLD', '2023-02-04', 85.00), (31, 'CITY_BLD', '2023-02-12', 75.00), (32, 'CITY_BLD', '2023-02-13', 34.00),
(33, 'CITY_BLD', '2023-02-17', 85.00), (34, 'CITY_BLD', '2023-02-22', 23.00), (35, 'CITY_BLD', '2023-02-23', 76.00),
(36, 'CITY_BLD', '2023-02-24', 85.00);
--- r_FROM_clause-pivot-unpivot-examples | the average of each part
SELECT *
FROM (SELECT partname, price FROM part) PIVOT (
    AVG(price) FOR partname IN ('prop', 'rudder', 'wing')
);
=> prop DECIMAL(38,2), rudder DECIMAL(38,2), wing DECIMAL(38,2)
10.33 | 2.71 | 11.50
--- r_FROM_clause-pivot-unpivot-examples | the same in rows | unordered
SELECT partname, avg(price)
FROM (SELECT partname, price FROM part)
WHERE partname IN ('prop', 'rudder', 'wing')
GROUP BY partname;
=> partname VARCHAR(256), avg DECIMAL(38,2)
prop | 10.33
rudder | 2.71
wing | 11.50
--- r_FROM_clause-pivot-unpivot-examples | an implicit column, and NULL among the values | unordered
SELECT *
FROM (SELECT quality, manufacturer FROM part) PIVOT (
    count(*) FOR quality IN (1, 2, NULL)
);
=> manufacturer VARCHAR(256), 1 BIGINT, 2 BIGINT, null BIGINT
local parts co | 1 | 1 | 1
big parts co | 1 | 1 | 1
small parts co | 1 | 0 | 2
--- r_FROM_clause-pivot-unpivot-examples | the same with GROUP BY | unordered
SELECT manufacturer, quality, count(*)
FROM (SELECT quality, manufacturer FROM part)
WHERE quality IN (1, 2) OR quality IS NULL
GROUP BY manufacturer, quality
ORDER BY manufacturer;
=> manufacturer VARCHAR(256), quality INTEGER, count BIGINT
big parts co | NULL | 1
big parts co | 2 | 1
big parts co | 1 | 1
local parts co | 2 | 1
local parts co | 1 | 1
local parts co | NULL | 1
small parts co | 1 | 1
small parts co | NULL | 2
--- r_FROM_clause-pivot-unpivot-examples | aliases of the aggregate and of the values | unordered
SELECT *
FROM (SELECT quality, manufacturer FROM part) PIVOT (
    count(*) AS count FOR quality IN (1 AS high, 2 AS low, NULL AS na)
);
=> manufacturer VARCHAR(256), high_count BIGINT, low_count BIGINT, na_count BIGINT
local parts co | 1 | 1 | 1
big parts co | 1 | 1 | 1
small parts co | 1 | 0 | 2
--- r_FROM_clause-pivot-unpivot-examples | dates become column names | unordered
SELECT * FROM
    (SELECT
       booking_id,
       (date_trunc('week', booking_date::date) + '5 days'::interval)::date as enddate,
       hotel_code AS "hotel code"
FROM bookings
) PIVOT (
    count(booking_id) FOR enddate IN ('2023-02-04','2023-02-11','2023-02-18')
);
=> "hotel code" CHAR(8), 2023-02-04 BIGINT, 2023-02-11 BIGINT, 2023-02-18 BIGINT
FOREST_L | 3 | 2 | 1
DESERT_S | 4 | 3 | 2
OCEAN_WV | 3 | 3 | 3
CITY_BLD | 3 | 1 | 2
# The page prints the first five rows; its blanks are the empty texts of the ELSE branches. The fifth leaves OCEAN_WV empty on
# 2023-02-06, where the page's own rows have a booking.
--- r_FROM_clause-pivot-unpivot-examples | several columns by CASE | adapted
SELECT
  booking_date,
  MAX(CASE WHEN hotel_code = 'FOREST_L' THEN 'forest is booked' ELSE '' END) AS FOREST_L,
  MAX(CASE WHEN hotel_code = 'DESERT_S' THEN 'desert is booked' ELSE '' END) AS DESERT_S,
  MAX(CASE WHEN hotel_code = 'OCEAN_WV' THEN 'ocean is booked' ELSE '' END)  AS OCEAN_WV
FROM bookings
GROUP BY booking_date
ORDER BY booking_date asc LIMIT 4;
=> booking_date DATE, forest_l VARCHAR(16), desert_s VARCHAR(16), ocean_wv VARCHAR(15)
2023-02-01 | forest is booked | desert is booked | ocean is booked
2023-02-02 | forest is booked | desert is booked | ocean is booked
2023-02-04 | forest is booked | desert is booked | ocean is booked
2023-02-05 | "" | desert is booked | ""
--- r_FROM_clause-pivot-unpivot-examples | columns to rows | unordered
SELECT *
FROM (SELECT red, green, blue FROM count_by_color) UNPIVOT (
    cnt FOR color IN (red, green, blue)
);
=> color VARCHAR(5), cnt INTEGER
red | 15
red | 35
red | 10
green | 20
green | 23
blue | 7
blue | 40
--- r_FROM_clause-pivot-unpivot-examples | columns to rows, with NULLs | unordered
SELECT *
FROM (
    SELECT red, green, blue
    FROM count_by_color
) UNPIVOT INCLUDE NULLS (
    cnt FOR color IN (red, green, blue)
);
=> color VARCHAR(5), cnt INTEGER
red | 15
red | 35
red | 10
green | 20
green | NULL
green | 23
blue | 7
blue | 40
blue | NULL
--- r_FROM_clause-pivot-unpivot-examples | an implicit column | unordered
SELECT *
FROM count_by_color UNPIVOT (
    cnt FOR color IN (red, green, blue)
);
=> quality VARCHAR(256), color VARCHAR(5), cnt INTEGER
high | red | 15
normal | red | 35
low | red | 10
high | green | 20
low | green | 23
high | blue | 7
normal | blue | 40
--- r_FROM_clause-pivot-unpivot-examples | aliases | unordered
SELECT *
FROM count_by_color UNPIVOT (
    cnt FOR color IN (red AS r, green AS g, blue AS b)
);
=> quality VARCHAR(256), color VARCHAR(1), cnt INTEGER
high | r | 15
normal | r | 35
low | r | 10
high | g | 20
low | g | 23
high | b | 7
normal | b | 40
--- r_FROM_clause-pivot-unpivot-examples | only aggregates that PIVOT supports | own
SELECT * FROM (SELECT partname, price FROM part) PIVOT (listagg(price) FOR partname IN ('prop'));
=> refused: PIVOT with anything but COUNT, SUM, MIN, MAX or AVG
--- r_FROM_clause-pivot-unpivot-examples | no expression on top of the aggregate | own
SELECT * FROM (SELECT partname, price FROM part) PIVOT (avg(price) + 1 FOR partname IN ('prop'));
=> error SQLSyntaxError: syntax error
--- r_FROM_clause-pivot-unpivot-examples | not over a join | own
SELECT * FROM (part p JOIN count_by_color c ON p.partname = c.quality) PIVOT (avg(price) FOR partname IN ('prop'));
=> refused: PIVOT or UNPIVOT of anything but a table or a subquery
--- r_FROM_clause-pivot-unpivot-examples | not over PIVOT | own
SELECT * FROM part PIVOT (avg(price) FOR partname IN ('prop')) PIVOT (avg(prop) FOR quality IN (1));
=> refused: PIVOT or UNPIVOT of anything but a table or a subquery
--- r_FROM_clause-pivot-unpivot-examples | no columns among the values | own
SELECT * FROM part PIVOT (avg(price) FOR partname IN (manufacturer));
=> error ProgrammingError: PIVOT IN takes no columns and no subqueries
--- r_FROM_clause-pivot-unpivot-examples | over a common table, with an alias of the whole | own
WITH p AS (SELECT partname, quality FROM part)
SELECT x.prop, x.wing AS w FROM p PIVOT (sum(quality) FOR partname IN ('prop', 'wing', 'none')) AS x WHERE x.none IS NULL;
=> prop BIGINT, w BIGINT
3 | 1
--- r_FROM_clause-pivot-unpivot-examples | complex values get the usual heading | own
SELECT * FROM (SELECT quality FROM part) PIVOT (count(*) FOR quality IN (1 + 1, -1, 1 AS "One"));
=> "?column?" BIGINT, -1 BIGINT, one BIGINT
2 | 0 | 3
--- r_FROM_clause-pivot-unpivot-examples | several aggregates | own
SELECT * FROM (SELECT quality, price FROM part) PIVOT (count(*) AS n, sum(price) AS s FOR quality IN (1, 2));
=> refused: PIVOT with several aggregates
--- r_FROM_clause-pivot-unpivot-examples | count of distinct values | own
SELECT * FROM (SELECT partname, quality FROM part) PIVOT (count(DISTINCT quality) FOR partname IN ('prop', 'x'));
=> prop BIGINT, x BIGINT
2 | 0
--- r_FROM_clause-pivot-unpivot-examples | joined with another relation | own
SELECT c.red, x.prop FROM count_by_color c
JOIN part PIVOT (count(manufacturer) FOR partname IN ('prop')) x ON x.quality = c.red - 14 ORDER BY 1, 2;
=> red INTEGER, prop BIGINT
15 | 0
15 | 0
15 | 1
--- r_FROM_clause-pivot-unpivot-examples | exclude NULLs is the default, and column aliases | own, unordered
SELECT k, v FROM (SELECT red, green FROM count_by_color WHERE quality = 'normal') UNPIVOT EXCLUDE NULLS (cnt FOR color IN (red, green)) AS u(k, v);
=> k VARCHAR(5), v INTEGER
red | 35
--- r_FROM_clause-pivot-unpivot-examples | columns without a common type | own
SELECT * FROM count_by_color UNPIVOT (v FOR k IN (quality, red));
=> error ProgrammingError: cannot be matched
--- r_FROM_clause-pivot-unpivot-examples | no such column | own
SELECT * FROM count_by_color UNPIVOT (v FOR k IN (red, purple));
=> error ProgrammingError: UNPIVOT IN takes columns of the relation only
