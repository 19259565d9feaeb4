# SUPER: navigation, unnesting, dynamic typing, settings.
--- setup
CREATE VIEW customer_orders_lineitem AS
SELECT 8251 AS c_custkey, 'Customer#000008251' AS c_name, JSON_PARSE('[{"o_orderstatus":"P","o_clerk":"Clerk#1",
"o_lineitems":[{"l_partkey":1},{"l_partkey":"A55"}],"o_orderdate":"2001-09-08","o_shippriority":0,"o_totalprice":12.50,
"o_orderkey":3020007,"o_comment":"x","o_orderpriority":"5-LOW"}]') AS c_orders
UNION ALL SELECT 9452, 'Customer#000009452', JSON_PARSE('[{"o_orderstatus":"O","o_lineitems":[{"l_partkey":["X",10]}],
"o_orderkey":4043971,"o_orderdate":"1998-03-01"}]')
UNION ALL SELECT 5851, 'Customer#000005851', JSON_PARSE('{"o_orderstatus":"Good"}')
WITH NO SCHEMA BINDING;
CREATE VIEW region_nations AS
SELECT 100 AS r_regionkey, 'AWS'::SUPER AS r_nations UNION ALL SELECT 200, 1::SUPER
UNION ALL SELECT 300, ARRAY(1, 'abc', null) UNION ALL SELECT 400, (-2.5)::SUPER UNION ALL SELECT 500, 'Amazon'::SUPER
WITH NO SCHEMA BINDING;
CREATE VIEW bar AS SELECT json_parse('{"scalar_array": [1, 2.3, 45000000]}') AS data WITH NO SCHEMA BINDING;
CREATE VIEW foo AS SELECT json_parse('[[1.1, 1.2], [2.1, 2.2], [3.1, 3.2]]') AS multi_level_array WITH NO SCHEMA BINDING;
CREATE VIEW orders AS SELECT 1001 AS order_id, JSON_PARSE('[
{ "product_id": "P456", "name": "Monitor", "price": 299.99, "quantity": 1,
  "specs": { "size": "27 inch", "resolution": "4K" } } ]') AS products
UNION ALL SELECT 1002, JSON_PARSE('[
{ "product_id": "P567", "name": "USB Cable", "price": 9.99, "quantity": 3 },
{ "product_id": "P678", "name": "Headphones", "price": 159.99, "quantity": 1,
  "specs": { "type": "Wireless", "battery_life": "20 hours" } } ]')
WITH NO SCHEMA BINDING;
CREATE VIEW mixed AS SELECT 1 AS n, JSON_PARSE('{"v":1,"l":[1,2]}') AS s UNION ALL SELECT 2, JSON_PARSE('{"v":1.0}')
UNION ALL SELECT 3, JSON_PARSE('{"v":"a "}') UNION ALL SELECT 4, JSON_PARSE('{"v":"a"}')
UNION ALL SELECT 5, JSON_PARSE('{"v":{"x":1,"y":[2.50]}}') UNION ALL SELECT 6, JSON_PARSE('{"v":{"y":[2.5],"x":1e0}}')
UNION ALL SELECT 7, JSON_PARSE('{"v":true}') UNION ALL SELECT 8, JSON_PARSE('{"v":null,"l":"no array"}')
WITH NO SCHEMA BINDING;
# The page prints no result for the first queries; these follow from its data.
--- query-super | navigation | own
SELECT c_orders[0].o_orderkey FROM customer_orders_lineitem;
=> o_orderkey SUPER
3020007
4043971
NULL

--- query-super | navigation from a table alias | own
SELECT cust.c_orders[0].o_orderkey FROM customer_orders_lineitem AS cust;
=> o_orderkey SUPER
3020007
4043971
NULL

--- query-super | navigation in WHERE | own
SELECT count(*) FROM customer_orders_lineitem WHERE c_orders[0]. o_orderkey IS NOT NULL;
=> count BIGINT
2

--- query-super | navigation in GROUP BY and ORDER BY | own
SELECT c_orders[0].o_orderdate,
       c_orders[0].o_orderstatus,
       count(*)
FROM customer_orders_lineitem
WHERE c_orders[0].o_orderkey IS NOT NULL
GROUP BY c_orders[0].o_orderstatus,
         c_orders[0].o_orderdate
ORDER BY c_orders[0].o_orderdate;
=> o_orderdate SUPER, o_orderstatus SUPER, count BIGINT
"1998-03-01" | "O" | 1
"2001-09-08" | "P" | 1

# The page prints the third element without its quotes and with no FROM clause.
--- query-super | the third element of an array | adapted
SELECT super_object.array[2] FROM (SELECT OBJECT('array', ARRAY('a', 'b', 'third_element')) AS super_object);
=> array SUPER
"third_element"

# The page prints a column that the query does not select.
--- query-super | a path with a quoted attribute | adapted
SET enable_case_sensitive_identifier TO true;
SELECT COUNT(*)
FROM (SELECT JSON_PARSE('{"data":{"pnr":{"events":[{"eventType":"UPDATED"}]}}}') AS all_data) AS test_json
WHERE all_data.data.pnr.events[0]."eventType" = 'UPDATED';
=> count BIGINT
1

--- query-super | unnesting | own
SELECT c.c_name, o.o_orderkey FROM customer_orders_lineitem c, c.c_orders o;
=> c_name VARCHAR(18), o_orderkey SUPER
Customer#000008251 | 3020007
Customer#000009452 | 4043971

--- query-super | unnesting twice | own
SELECT c.c_custkey, l FROM customer_orders_lineitem c, c.c_orders o, o.o_lineitems l;
=> c_custkey INTEGER, l SUPER
8251 | {"l_partkey":1}
8251 | {"l_partkey":"A55"}
9452 | {"l_partkey":["X",10]}

--- query-super | unnesting with the index
SELECT c_name,
       orders.o_orderkey AS orderkey,
       index AS orderkey_index
FROM customer_orders_lineitem c, c.c_orders AS orders AT index
ORDER BY orderkey_index;
=> c_name VARCHAR(18), orderkey SUPER, orderkey_index BIGINT
Customer#000008251 | 3020007 | 0
Customer#000009452 | 4043971 | 0

--- query-super | unnesting an array of scalars
SELECT index, element FROM bar AS b, b.data.scalar_array AS element AT index;
=> index BIGINT, element SUPER
0 | 1
1 | 2.3
2 | 45000000

--- query-super | unnesting several levels
SELECT array, element FROM foo AS f, f.multi_level_array AS array, array AS element;
=> array SUPER, element SUPER
[1.1,1.2] | 1.1
[1.1,1.2] | 1.2
[2.1,2.2] | 2.1
[2.1,2.2] | 2.2
[3.1,3.2] | 3.1
[3.1,3.2] | 3.2

--- query-super | unpivoting an object | adapted
SELECT attr as attribute_name, json_typeof(val) as value_type
FROM customer_orders_lineitem c, UNPIVOT c.c_orders[0] AS val AT attr
WHERE c_custkey = 8251;
=> attribute_name VARCHAR(65535), value_type VARCHAR(16)
o_orderstatus | string
o_clerk | string
o_lineitems | array
o_orderdate | string
o_shippriority | number
o_totalprice | number
o_orderkey | number
o_comment | string
o_orderpriority | string

--- query-super | unnesting and unpivoting | own
SELECT attr as attribute_name, val as object_value
FROM customer_orders_lineitem c, c.c_orders AS o, UNPIVOT o AS val AT attr
WHERE c_custkey = 9452;
=> attribute_name VARCHAR(65535), object_value SUPER
o_orderstatus | "O"
o_lineitems | [{"l_partkey":["X",10]}]
o_orderkey | 4043971
o_orderdate | "1998-03-01"

--- query-super | equality with a string | own
SELECT c_orders[0].o_orderkey FROM customer_orders_lineitem WHERE c_orders[0].o_orderstatus = 'P';
=> o_orderkey SUPER
3020007

--- query-super | the same with static typing | own
SELECT c_custkey
FROM customer_orders_lineitem
WHERE CASE WHEN JSON_TYPEOF(c_orders[0].o_orderstatus) = 'string'
           THEN c_orders[0].o_orderstatus::VARCHAR = 'P'
           ELSE FALSE END;
=> c_custkey INTEGER
8251

--- query-super | the order of strings | own
SELECT c_orders[0]. o_orderkey FROM customer_orders_lineitem WHERE c_orders[0].o_orderstatus <= 'P' ORDER BY 1;
=> o_orderkey SUPER
3020007
4043971

--- query-super | a join on part keys of several types | own
SELECT l.l_partkey, s.n
FROM customer_orders_lineitem c
    ,c.c_orders o
    ,o.o_lineitems l
    ,(SELECT ARRAY('X', 10.0) AS k, 1 AS n UNION ALL SELECT 'A55'::SUPER, 2 UNION ALL SELECT '1'::SUPER, 3
      UNION ALL SELECT 1.00::SUPER, 4) s
WHERE l.l_partkey = s.k
ORDER BY s.n;
=> l_partkey SUPER, n INTEGER
["X",10] | 1
"A55" | 2
1 | 4

--- query-super | lax navigation | own
SELECT c.c_orders.something, c.c_orders[1][1] AS beyond, c.c_orders.o_orderstatus::integer AS casted
FROM customer_orders_lineitem c WHERE c_custkey = 5851;
=> something SUPER, beyond SUPER, casted INTEGER
NULL | NULL | NULL

# The page prints "Amazon" before "AWS", though strings sort by their bytes (r_ORDER_BY_clause).
--- query-super | the order of types | adapted
SELECT r_nations FROM region_nations order by r_nations;
=> r_nations SUPER
-2.5
1
"AWS"
"Amazon"
[1,"abc",null]

--- limitations-super | an integer is a boolean
SELECT 5::bool AS bool;
=> bool BOOLEAN
true

--- limitations-super | an integer in SUPER is a boolean
SELECT 5::super::bool AS bool;
=> bool BOOLEAN
true

--- limitations-super | a decimal is no boolean
SELECT 5.0::bool;
=> refused: cannot cast type numeric to boolean

--- limitations-super | a decimal in SUPER is no boolean
SELECT 5.0::super::bool AS bool;
=> bool BOOLEAN
NULL

# The page heads the column order_date, although nothing gives it that name.
--- limitations-super | a date in SUPER | adapted
SELECT o.o_orderdate, JSON_TYPEOF(o.o_orderdate), o.o_orderdate::date AS order_date
FROM customer_orders_lineitem c,c.c_orders o WHERE c.c_custkey = 8251;
=> o_orderdate SUPER, json_typeof VARCHAR(16), order_date DATE
"2001-09-08" | string | 2001-09-08

--- limitations-super | a date cannot become SUPER
SELECT '2019-09-09'::date::super;
=> refused: cannot cast type date to super

--- limitations-super | an array
SELECT r_nations FROM region_nations WHERE r_regionkey=300;
=> r_nations SUPER
[1,"abc",null]

--- limitations-super | an array as VARCHAR
SELECT r_nations::varchar FROM region_nations WHERE r_regionkey=300;
=> r_nations VARCHAR(65535)
NULL

--- limitations-super | an array serialised
SELECT JSON_SERIALIZE(r_nations) FROM region_nations WHERE r_regionkey=300;
=> json_serialize VARCHAR(65535)
[1,"abc",null]

--- super-configurations | case-sensitive attributes
SET enable_case_sensitive_super_attribute to TRUE;
SELECT json_table.data.ITEMS.Name,
       json_table.data.price
FROM
  (SELECT json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') AS data) AS json_table;
=> name SUPER, price SUPER
"TV" | 345

--- super-configurations | attributes fold to lower case
RESET enable_case_sensitive_super_attribute;
SELECT json_table.data.ITEMS.Name,
       json_table.data.price
FROM
  (SELECT json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') AS data) AS json_table;
=> name SUPER, price SUPER
NULL | 345

--- super-configurations | quoted attributes with case-sensitive identifiers
SET enable_case_sensitive_identifier to TRUE;
SELECT json_table.data."ITEMS"."Name",
       json_table.data."price"
FROM
  (SELECT json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') AS data) AS json_table;
=> Name SUPER, price SUPER
"TV" | 345

--- super-configurations | attributes as written without compat | own, default
SELECT json_table.data.ITEMS.Name
FROM (SELECT json_parse('{"ITEMS":{"Name":"TV"}}') AS data) AS json_table;
=> name SUPER
"TV"

--- super-configurations | duplicate attributes | own
SET json_parse_dedup_attributes=OFF;
SELECT JSON_PARSE('{"a":1,"b":{"a":1},"a":2}');
=> error DataError: duplicate attribute "a"

--- super-configurations | duplicate attributes inside an array, and written differently | own
SELECT JSON_PARSE('[{"b":[{"a":1,"\\u0061":2}]}]');
=> error DataError: duplicate attribute "a"

--- super-configurations | the last of duplicate attributes | own
SET json_parse_dedup_attributes=ON;
SELECT JSON_PARSE('{"a":1,"b":[{"c":1,"c":2.50}],"a":3}') AS s, s.a AS a, CAN_JSON_PARSE('{"a":1,"a":2}') AS c;
=> s SUPER, a SUPER, c BOOLEAN
{"a":3,"b":[{"c":2.50}]} | 3 | true

--- super-configurations | a string that is too long | own
SET json_parse_truncate_strings=OFF;
SELECT JSON_PARSE('["' || REPEAT('x', 65536) || '"]');
=> error DataError: a string of 65536 bytes

--- super-configurations | a string that is cut | own
SET json_parse_truncate_strings=ON;
SELECT LEN(JSON_PARSE('["' || REPEAT('é', 32768) || '"]')[0]::VARCHAR) AS n,
LEN(JSON_PARSE('["' || REPEAT('x', 65535) || '"]')[0]::VARCHAR) AS m;
=> n INTEGER, m INTEGER
32767 | 65535

--- super-configurations | strict navigation, a missing attribute | own
SET navigate_super_null_on_error=OFF;
SELECT s.missing FROM mixed;
=> error DataError: navigation into SUPER failed

--- super-configurations | strict navigation, an index out of range | own
SET navigate_super_null_on_error=OFF;
SELECT s.l[2] FROM mixed WHERE n = 1;
=> error DataError: navigation into SUPER failed

--- super-configurations | strict navigation to what is there | own
SET navigate_super_null_on_error=OFF;
SELECT s.l[1], s.v::INT AS v, JSON_PARSE('{"a":{"b":2}}').a.b::INT AS b FROM mixed WHERE n = 1;
=> l SUPER, v INTEGER, b INTEGER
2 | 1 | 2

--- super-configurations | a strict cast | own
SET cast_super_null_on_error=OFF;
SELECT s.v::INT FROM mixed WHERE n = 3;
=> error DataError: invalid input syntax for integer

--- super-configurations | a strict cast of an object | own
SET cast_super_null_on_error=OFF;
SELECT s.v::VARCHAR FROM mixed WHERE n = 5;
=> error DataError: cannot cast a SUPER object

--- super-configurations | strict casts that succeed | own
SET cast_super_null_on_error=OFF;
SELECT s.v::VARCHAR(1) AS a, s.v::VARCHAR AS b, s.nothing::INT AS c FROM mixed WHERE n = 3;
=> a VARCHAR(1), b VARCHAR(65535), c INTEGER
a | "a " | NULL

--- super-configurations | lax parsing | adapted
SET parse_super_null_on_error=ON;
=> refused: SET parse_super_null_on_error TO ON

--- r_FROM_clause-unnest-examples | without an offset
SELECT o.order_id, unnested_products.product
FROM orders o, UNNEST(o.products) AS unnested_products(product);
=> order_id INTEGER, product SUPER
1001 | {"product_id":"P456","name":"Monitor","price":299.99,"quantity":1,"specs":{"size":"27 inch","resolution":"4K"}}
1002 | {"product_id":"P567","name":"USB Cable","price":9.99,"quantity":3}
1002 | {"product_id":"P678","name":"Headphones","price":159.99,"quantity":1,"specs":{"type":"Wireless","battery_life":"20 hours"}}

# The page prints one row for each order, although its query lacks the GROUP BY for that.
--- r_FROM_clause-unnest-examples | the greatest product | adapted
SELECT o.order_id, MAX(unnested_products.product)
FROM orders o, UNNEST(o.products) AS unnested_products(product);
=> error ProgrammingError: must appear in the GROUP BY clause

--- r_FROM_clause-unnest-examples | an implicit offset column
SELECT o.order_id, up.product, up.offset_col
FROM orders o, UNNEST(o.products) WITH OFFSET AS up(product);
=> order_id INTEGER, product SUPER, offset_col BIGINT
1001 | {"product_id":"P456","name":"Monitor","price":299.99,"quantity":1,"specs":{"size":"27 inch","resolution":"4K"}} | 0
1002 | {"product_id":"P567","name":"USB Cable","price":9.99,"quantity":3} | 0
1002 | {"product_id":"P678","name":"Headphones","price":159.99,"quantity":1,"specs":{"type":"Wireless","battery_life":"20 hours"}} | 1

--- r_FROM_clause-unnest-examples | an explicit offset column
SELECT o.order_id, up.product, up.idx
FROM orders o, UNNEST(o.products) WITH OFFSET AS up(product, idx);
=> order_id INTEGER, product SUPER, idx BIGINT
1001 | {"product_id":"P456","name":"Monitor","price":299.99,"quantity":1,"specs":{"size":"27 inch","resolution":"4K"}} | 0
1002 | {"product_id":"P567","name":"USB Cable","price":9.99,"quantity":3} | 0
1002 | {"product_id":"P678","name":"Headphones","price":159.99,"quantity":1,"specs":{"type":"Wireless","battery_life":"20 hours"}} | 1

--- r_FROM_clause30 | a left join with the elements of an array | own
SELECT o.order_id, p.product.name
FROM orders o LEFT JOIN UNNEST(o.products) AS p(product) ON p.product.price > 100 AND o.order_id = 1002 ORDER BY 1;
=> order_id INTEGER, name SUPER
1001 | NULL
1002 | "Headphones"

--- r_FROM_clause30 | joins by paths | own
SELECT o.order_id, x.name, i FROM orders o JOIN o.products AS x AT i ON x.quantity = 1 ORDER BY 1;
=> order_id INTEGER, name SUPER, i BIGINT
1001 | "Monitor" | 0
1002 | "Headphones" | 1

--- r_FROM_clause30 | a left join by a path | own
SELECT n, x FROM mixed t LEFT JOIN t.s.l AS x ON TRUE WHERE n IN (1, 2, 8) ORDER BY n, x;
=> n INTEGER, x SUPER
1 | 1
1 | 2
2 | NULL
8 | NULL

--- r_FROM_clause30 | SUPER in a right join | own
SELECT 1 FROM orders o RIGHT JOIN o.products AS x ON TRUE;
=> refused: RIGHT JOIN with the elements of SUPER values

--- query-super | deep paths to unnest | own
SELECT x, i FROM (SELECT JSON_PARSE('{"a":[{"b":{"c":{"d":[7,8]}}}]}') AS s) t, t.s.a[0].b.c.d AS x AT i;
=> x SUPER, i BIGINT
7 | 0
8 | 1

--- query-super | an attribute of the variable's name | own
SELECT item.item, item.n::INT AS n FROM (SELECT JSON_PARSE('[{"item":"x","n":1}]') AS items) t, t.items AS item;
=> item SUPER, n INTEGER
"x" | 1

--- query-super | unnesting in subqueries | own
SELECT order_id, (SELECT COUNT(*) FROM o.products AS p WHERE p.price < 200) AS cheap FROM orders o
WHERE EXISTS (SELECT 1 FROM o.products AS p WHERE p.name = 'Headphones');
=> order_id INTEGER, cheap BIGINT
1002 | 2

--- query-super | all columns of a variable | own
SELECT * FROM (SELECT 1 AS a, ARRAY('x', 2.50, NULL, TRUE, ARRAY(), 12345678901234567890123::SUPER) AS l) t, t.l AS e AT i;
=> a INTEGER, l SUPER, e SUPER, i BIGINT
1 | ["x",2.50,null,true,[],12345678901234567890123] | "x" | 0
1 | ["x",2.50,null,true,[],12345678901234567890123] | 2.50 | 1
1 | ["x",2.50,null,true,[],12345678901234567890123] | NULL | 2
1 | ["x",2.50,null,true,[],12345678901234567890123] | true | 3
1 | ["x",2.50,null,true,[],12345678901234567890123] | [] | 4
1 | ["x",2.50,null,true,[],12345678901234567890123] | 12345678901234567890123 | 5

--- query-super | elements of every type | own
SELECT e, i FROM (SELECT JSON_PARSE('["x", 2.50, null, true, [1], {"a": "\\u00e9"}, 12345678901234567890123]') AS l) t, t.l AS e AT i;
=> e SUPER, i BIGINT
"x" | 0
2.50 | 1
NULL | 2
true | 3
[1] | 4
{"a":"é"} | 5
12345678901234567890123 | 6

--- query-super | groups of equal values, whatever their form | own
SELECT MIN(n) AS first, COUNT(*) AS n FROM mixed GROUP BY s.v ORDER BY first;
=> first INTEGER, n BIGINT
1 | 2
3 | 2
5 | 2
7 | 1
8 | 1

--- query-super | distinct values | own
SELECT COUNT(*) AS rows, (SELECT COUNT(DISTINCT s.v) FROM mixed) AS values FROM (SELECT DISTINCT s.v FROM mixed) q;
=> rows BIGINT, values BIGINT
5 | 4

--- query-super | distinct values in order | own
SELECT DISTINCT JSON_TYPEOF(s.v) AS t, s.v FROM mixed WHERE n IN (1, 4, 7, 8) ORDER BY s.v DESC;
=> t VARCHAR(16), v SUPER
null | NULL
string | "a"
number | 1
boolean | true

--- query-super | a union of equal values | own
SELECT COUNT(*) AS n FROM (SELECT s.v FROM mixed UNION SELECT 1::SUPER) q;
=> n BIGINT
5

--- query-super | equality of types | own
SELECT n, s.v = 1 AS number, s.v = 'a' AS string, s.v = TRUE AS boolean, s.v < 5 AS less, s.v BETWEEN 'a' AND 'b' AS between,
s.v IN (1, 'a') AS listed, s.v <> 1 AS unequal FROM mixed ORDER BY n;
=> n INTEGER, number BOOLEAN, string BOOLEAN, boolean BOOLEAN, less BOOLEAN, between BOOLEAN, listed BOOLEAN, unequal BOOLEAN
1 | true | false | false | true | NULL | true | false
2 | true | false | false | true | NULL | true | false
3 | false | true | false | NULL | true | true | true
4 | false | true | false | NULL | true | true | true
5 | false | false | false | NULL | NULL | false | true
6 | false | false | false | NULL | NULL | false | true
7 | false | false | true | NULL | NULL | false | true
8 | NULL | NULL | NULL | NULL | NULL | NULL | NULL

--- query-super | SUPER with SUPER | own
SELECT a.n, b.n AS m, a.s.v < b.s.v AS less FROM mixed a, mixed b WHERE a.s.v = b.s.v AND a.n < b.n ORDER BY 1;
=> n INTEGER, m INTEGER, less BOOLEAN
1 | 2 | false
3 | 4 | false
5 | 6 | false

--- query-super | SUPER in a subquery | own
SELECT n FROM mixed WHERE s.v IN (SELECT s.v FROM mixed WHERE n IN (2, 6)) ORDER BY n;
=> n INTEGER
1
2
5
6

--- query-super | another type in a subquery of SUPER | own
SELECT 1 IN (SELECT s.v FROM mixed WHERE n < 8) AS a, 'b' IN (SELECT s.v FROM mixed WHERE n < 8) AS b;
=> a BOOLEAN, b BOOLEAN
true | false

--- query-super | the order of deep values | own
SELECT v FROM (SELECT JSON_PARSE('[[2],[1,5],[1],{"a":2},{"a":1},"b","B",10,9.5,-1e3,true,false,null]') AS l) t, t.l AS v
ORDER BY v;
=> v SUPER
false
true
-1e3
9.5
10
"B"
"b"
[1]
[1,5]
[2]
{"a":1}
{"a":2}
NULL

# The page does not print the order key; this one gives its result.
--- operators-functions | arithmetic by dynamic types | adapted
SELECT (x + 0.5) * x / 10 AS math FROM (SELECT 4192801::SUPER AS x) t;
=> math SUPER
1757958232200.1500

--- operators-functions | FLOOR, CEIL, ROUND keep SUPER | adapted
SELECT x, FLOOR(x), CEIL(x), ROUND(x) FROM (SELECT JSON_PARSE('1389636795898.0500') AS x);
=> x SUPER, floor SUPER, ceil SUPER, round SUPER
1389636795898.0500 | 1389636795898 | 1389636795899 | 1389636795898

--- operators-functions | TRUNC and ABS keep SUPER, and what is no number is NULL | own
SELECT TRUNC(x) AS t, ABS(x) AS a, ROUND(x, 1) AS r, FLOOR('x'::SUPER) AS f FROM (SELECT JSON_PARSE('-2.55') AS x);
=> t SUPER, a SUPER, r SUPER, f SUPER
-2 | 2.55 | -2.6 | NULL

--- operators-functions | types of arithmetic | own
SELECT s.v + 1 AS a, s.v || 'x' AS b, -s.v AS c, s.v + s.v AS d, ABS(s.v) AS e FROM mixed WHERE n IN (2, 4) ORDER BY n;
=> a SUPER, b VARCHAR(65535), c SUPER, d SUPER, e SUPER
2.0 | 1.0x | -1.0 | 2.0 | 1.0
NULL | ax | NULL | "aa" | NULL

--- operators-functions | floats, integers, decimals | own
SELECT 7::SUPER / 2 AS i, 7.0::SUPER / 2 AS d, 7::SUPER / 2e0 AS f, 7::SUPER % 4 AS m, 1.50::SUPER * 2 AS p;
=> i SUPER, d SUPER, f SUPER, m SUPER, p SUPER
3 | 3.5000 | 3.5e+0 | 3 | 3.00

--- operators-functions | overflow is an error | own
SELECT JSON_PARSE('99999999999999999999999999999999999999') + 1;
=> error DataError: Numeric data overflow

--- operators-functions | division by zero is an error | own
SELECT 1::SUPER / 0;
=> error DataError: division by zero

--- query-super | casts from SUPER | own
SELECT JSON_PARSE('1.5')::INT AS i, JSON_PARSE('"12"')::INT AS s, JSON_PARSE('true')::INT AS b, JSON_PARSE('1e2')::VARCHAR AS f,
JSON_PARSE('70000')::SMALLINT AS o, JSON_PARSE('20200101')::DATE AS d, JSON_PARSE('"2020-01-01"')::DATE AS e,
JSON_PARSE('"t"')::BOOL AS t, JSON_PARSE('1.10')::VARCHAR AS n, JSON_PARSE('true')::DECIMAL(5,2) AS x;
=> i INTEGER, s INTEGER, b INTEGER, f VARCHAR(65535), o SMALLINT, d DATE, e DATE, t BOOLEAN, n VARCHAR(65535), x DECIMAL(5,2)
2 | 12 | 1 | 100 | NULL | NULL | 2020-01-01 | true | 1.10 | NULL

--- query-super | attributes that are reserved words | own
SELECT s."as"::BIGINT AS a, s."order".b FROM (SELECT JSON_PARSE('{"as":1,"order":{"b":2}}') AS s) t;
=> a BIGINT, b SUPER
1 | 2

--- query-super | an index that is a column | own
SELECT s.l[n] FROM mixed;
=> refused: an index of a SUPER array that is not a number

--- query-super | JSON null is NULL | own
SELECT JSON_PARSE('null') IS NULL AS a, JSON_PARSE('{"a":null}').a IS NULL AS b, JSON_PARSE('[null]')[0] AS c;
=> a BOOLEAN, b BOOLEAN, c SUPER
true | true | NULL

--- r_SET | the page's datestyle
set datestyle to 'SQL,DMY';
=> refused: SET datestyle TO SQL,DMY

--- r_SET | a query group
set query_group to '6 p.m.';
show query_group;
=> query_group VARCHAR(65535)
6 p.m.

# Newer pages print "default", older ones "unset".
--- r_SHOW | the default query group
show query_group;
=> query_group VARCHAR(65535)
default

--- r_SET | a seed
set seed to .25;
=> refused: SET seed is not supported

--- r_SET | a context variable | adapted
SET app_context.user_id TO 'sample_variable_value';
SHOW app_context.user_id;
=> app_context.user_id VARCHAR(65535)
sample_variable_value

--- r_SHOW | a context variable that nobody set | own
SHOW app_context.nobody;
=> error NotSupportedError: unrecognized configuration parameter "app_context.nobody"

--- cm_chap_ConfigurationRef | digits of floats
set extra_float_digits to 2;
=> refused: SET extra_float_digits TO 2

--- cm_chap_ConfigurationRef | an unknown parameter | own
SET no_such_thing TO 1;
=> error NotSupportedError: unrecognized configuration parameter "no_such_thing"

--- r_RESET | all | own
SET SESSION enable_case_sensitive_identifier = 'on';
RESET ALL;
SHOW enable_case_sensitive_identifier;
=> enable_case_sensitive_identifier VARCHAR(65535)
off

--- query-super | windows over equal values | own
SELECT n, COUNT(*) OVER (PARTITION BY s.v) AS c, DECODE(s.v, 1, 'one', 'a', 'letter', 'other') AS d FROM mixed ORDER BY n;
=> n INTEGER, c BIGINT, d VARCHAR(6)
1 | 2 | one
2 | 2 | one
3 | 2 | letter
4 | 2 | letter
5 | 2 | other
6 | 2 | other
7 | 1 | other
8 | 1 | other

--- query-super | ranks of equal values | own
SELECT n, RANK() OVER (ORDER BY s.v) AS r, ROW_NUMBER() OVER (ORDER BY s.v DESC, n) AS d FROM mixed ORDER BY n;
=> n INTEGER, r INTEGER, d BIGINT
1 | 2 | 6
2 | 2 | 7
3 | 4 | 4
4 | 4 | 5
5 | 6 | 2
6 | 6 | 3
7 | 1 | 8
8 | 8 | 1

--- query-super | the order of a union | own
SELECT s.v FROM mixed UNION ALL SELECT s.l FROM mixed ORDER BY 1;
=> refused: ORDER BY of SUPER values in a set operation

--- query-super | an intersection | own
SELECT s.v FROM mixed INTERSECT SELECT s.l FROM mixed;
=> refused: INTERSECT of SUPER values

--- query-super | the greatest of SUPER values | own
SELECT GREATEST(s.v, s.l) FROM mixed;
=> refused: GREATEST of SUPER

--- query-super | rows of values | own
SELECT n FROM mixed WHERE (n, s.v) = (2, 1) OR (s.v, n) IN (('a', 3), (TRUE, 1)) ORDER BY 1;
=> n INTEGER
2
3
