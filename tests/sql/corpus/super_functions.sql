# Functions that take or make SUPER values.
--- r_json_typeof | an array
SELECT JSON_TYPEOF(ARRAY(1,2));
=> json_typeof VARCHAR(16)
array

--- r_json_typeof | an object
SELECT JSON_TYPEOF(JSON_PARSE('{"name":"Joe"}'));
=> json_typeof VARCHAR(16)
object

--- r_json_typeof | the other types | own
SELECT JSON_TYPEOF(JSON_PARSE('true')) AS b, JSON_TYPEOF(JSON_PARSE('1.5')) AS n, JSON_TYPEOF(JSON_PARSE('"x"')) AS s,
JSON_TYPEOF(JSON_PARSE('null')) AS z;
=> b VARCHAR(16), n VARCHAR(16), s VARCHAR(16), z VARCHAR(16)
boolean | number | string | null

# The pages insert into a table t(s SUPER); a subquery stands for it here.
--- r_is_array | an array | own
SELECT s, IS_ARRAY(s) FROM (SELECT ARRAY('foo', 'bar') AS s) t;
=> s SUPER, is_array BOOLEAN
["foo","bar"] | true

--- r_is_bigint | a number
SELECT s, IS_BIGINT(s) FROM (SELECT 5::SUPER AS s) t;
=> s SUPER, is_bigint BOOLEAN
5 | true

--- r_is_boolean | a boolean
SELECT s, IS_BOOLEAN(s) FROM (SELECT TRUE::SUPER AS s) t;
=> s SUPER, is_boolean BOOLEAN
true | true

--- r_is_char | a string of ASCII
SELECT s, IS_CHAR(s) FROM (SELECT 't'::SUPER AS s) t;
=> s SUPER, is_char BOOLEAN
"t" | true

--- r_is_decimal | a decimal
SELECT s, IS_DECIMAL(s) FROM (SELECT 1.22::SUPER AS s) t;
=> s SUPER, is_decimal BOOLEAN
1.22 | true

--- r_is_float | a float, which SUPER writes with an exponent
SELECT s, IS_FLOAT(s) FROM (SELECT 2.22::FLOAT::SUPER AS s) t;
=> s SUPER, is_float BOOLEAN
2.22e+0 | true

--- r_is_integer | a number
SELECT s, IS_INTEGER(s) FROM (SELECT 5::SUPER AS s) t;
=> s SUPER, is_integer BOOLEAN
5 | true

--- r_is_object | an object
SELECT s, IS_OBJECT(s) FROM (SELECT JSON_PARSE('{"name": "Joe"}') AS s) t;
=> s SUPER, is_object BOOLEAN
{"name":"Joe"} | true

--- r_is_scalar | a string
SELECT s, IS_SCALAR(s.name) FROM (SELECT JSON_PARSE('{"name": "Joe"}') AS s) t;
=> s SUPER, is_scalar BOOLEAN
{"name":"Joe"} | true

--- r_is_smallint | a number
SELECT s, IS_SMALLINT(s) FROM (SELECT 5::SUPER AS s) t;
=> s SUPER, is_smallint BOOLEAN
5 | true

--- r_is_varchar | a string
SELECT s, IS_VARCHAR(s) FROM (SELECT 'abc'::SUPER AS s) t;
=> s SUPER, is_varchar BOOLEAN
"abc" | true

--- r_is_integer | the bounds, scales and NULL | own
SELECT IS_SMALLINT(32768::SUPER) AS a, IS_INTEGER(5.0::SUPER) AS b, IS_BIGINT(JSON_PARSE('9223372036854775808')) AS c,
IS_DECIMAL(5::SUPER) AS d, IS_DECIMAL(JSON_PARSE('1e2')) AS e, IS_FLOAT(JSON_PARSE('1e2')) AS f,
IS_CHAR('é'::SUPER) AS g, IS_INTEGER(NULL::SUPER) AS h, IS_SCALAR(NULL::SUPER) AS i, IS_FLOAT(TRUE::SUPER) AS j;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN, f BOOLEAN, g BOOLEAN, h BOOLEAN, i BOOLEAN, j BOOLEAN
false | false | false | true | false | true | false | false | false | false

--- r_decimal_precision | a decimal
SELECT DECIMAL_PRECISION(s) FROM (SELECT 3.14159::SUPER AS s) t;
=> decimal_precision INTEGER
6

--- r_decimal_scale | a decimal
SELECT DECIMAL_SCALE(s) FROM (SELECT 3.14159::SUPER AS s) t;
=> decimal_scale INTEGER
5

--- r_array | numbers
select array(1,50,null,100);
=> array SUPER
[1,50,null,100]

--- r_array | different types
select array(1,'abc',true,3.14);
=> array SUPER
[1,"abc",true,3.14]

--- r_array | a date | own
SELECT ARRAY('2008-12-31'::date);
=> error ProgrammingError: ARRAY could not convert type date to super

--- r_array_concat | of one type
SELECT ARRAY_CONCAT(ARRAY(10001,10002),ARRAY(10003,10004));
=> array_concat SUPER
[10001,10002,10003,10004]

--- r_array_concat | of different types
SELECT ARRAY_CONCAT(ARRAY(10001,10002),ARRAY('ab','cd'));
=> array_concat SUPER
[10001,10002,"ab","cd"]

--- operators-functions | ARRAY_CONCAT of parsed arrays
SELECT ARRAY_CONCAT(JSON_PARSE('[10001,10002]'),JSON_PARSE('[10003,10004]'));
=> array_concat SUPER
[10001,10002,10003,10004]

--- operators-functions | ARRAY_CONCAT and ARRAY_FLATTEN of what is no array | own
SELECT ARRAY_CONCAT(ARRAY(1), 2) AS a, ARRAY_FLATTEN(OBJECT()) AS b;
=> a SUPER, b SUPER
NULL | NULL

--- array_flatten | inner arrays
SELECT ARRAY_FLATTEN(ARRAY(ARRAY(1,2,3,4),ARRAY(5,6,7,8),ARRAY(9,10)));
=> array_flatten SUPER
[1,2,3,4,5,6,7,8,9,10]

--- operators-functions | ARRAY_FLATTEN of several levels
SELECT x, ARRAY_FLATTEN(x) FROM (SELECT ARRAY(1, ARRAY(2, ARRAY(3, ARRAY()))) AS x);
=> x SUPER, array_flatten SUPER
[1,[2,[3,[]]]] | [1,2,3]

--- get_array_length | ten elements
SELECT GET_ARRAY_LENGTH(ARRAY(1,2,3,4,5,6,7,8,9,10));
=> get_array_length BIGINT
10

--- r_subarray | three elements
SELECT SUBARRAY(ARRAY('a', 'b', 'c', 'd', 'e', 'f'), 2, 3);
=> subarray SUPER
["c","d","e"]

--- r_subarray | from the end, to the end, beyond | own
SELECT SUBARRAY(ARRAY(1,2,3,4), -2, 1) AS a, SUBARRAY(ARRAY(1,2,3,4), 1) AS b, SUBARRAY(ARRAY(1,2), 9, 1) AS c;
=> a SUPER, b SUPER, c SUPER
[3] | [2,3,4] | []

--- split_to_array | a bar
SELECT SPLIT_TO_ARRAY('12|345|6789', '|');
=> split_to_array SUPER
["12","345","6789"]

--- split_to_array | a comma is the default | own
SELECT SPLIT_TO_ARRAY('a,b');
=> split_to_array SUPER
["a","b"]

--- r_object_function | empty
select object();
=> object SUPER
{}

--- r_object_function | different types
select object('a', 1, 'b', true, 'c', 3.14);
=> object SUPER
{"a":1,"b":true,"c":3.14}

--- r_object_function | nested
select object('a', object('aa', 1), 'b', array(2,3), 'c', json_parse('{}'));
=> object SUPER
{"a":{"aa":1},"b":[2,3],"c":{}}

--- r_object_function | columns
with bar as (select 'k1' as k, json_parse('[1]') as v union all select 'k2', json_parse('{}'))
select object(k, v) from bar;
=> object SUPER
{"k1":[1]}
{"k2":{}}

--- r_object_function | a date
select object('k', '2008-12-31'::date);
=> error ProgrammingError: OBJECT could not convert type date to super

--- array_contains | an element
SELECT ARRAY_CONTAINS(ARRAY('red', 'green'), 'red');
=> array_contains BOOLEAN
true

--- array_contains | NULL is an element
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_CONTAINS(ARRAY('red', NULL, 'green'), NULL);
=> array_contains BOOLEAN
true

--- array_contains | null_match of TRUE
SELECT ARRAY_CONTAINS(ARRAY('red', NULL, 'green'), 'blue', TRUE);
=> array_contains BOOLEAN
false

--- array_contains | null_match of FALSE overrides the setting
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_CONTAINS(ARRAY('red', 'green'), NULL, FALSE);
=> array_contains BOOLEAN
NULL

--- array_contains | a match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_CONTAINS(ARRAY('red', NULL, 'green'), 'green');
=> array_contains BOOLEAN
true

--- array_contains | no match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_CONTAINS(ARRAY('red', NULL, 'green'), 'blue');
=> array_contains BOOLEAN
NULL

--- r_default_array_search_null_handling | NULL search with FALSE
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_CONTAINS(ARRAY('red', 'green'), NULL);
=> array_contains BOOLEAN
NULL

--- r_default_array_search_null_handling | ARRAY_POSITION with TRUE
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_POSITION(ARRAY('red', NULL, 'green'), 'blue');
=> array_position INTEGER
-1

--- array_position | the first element
SELECT ARRAY_POSITION(ARRAY('red', 'green'), 'red');
=> array_position INTEGER
0

--- array_position | no element
SELECT ARRAY_POSITION(ARRAY(1, 2, 3), 4);
=> array_position INTEGER
-1

--- array_position | only the first occurrence
SELECT ARRAY_POSITION(ARRAY('red', 'green', 'red'), 'red');
=> array_position INTEGER
0

--- array_position | NULL
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_POSITION(ARRAY('red', NULL, 'green'), NULL);
=> array_position INTEGER
1

--- array_position | null_match of TRUE
SELECT ARRAY_POSITION(ARRAY('red', NULL, 'green'), 'blue', TRUE);
=> array_position INTEGER
-1

--- array_position | null_match of FALSE
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_POSITION(ARRAY('red', 'green'), NULL, FALSE);
=> array_position INTEGER
NULL

--- array_position | a match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_POSITION(ARRAY('red', NULL, 'green'), 'green');
=> array_position INTEGER
2

--- array_position | no match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_POSITION(ARRAY('red', NULL, 'green'), 'blue');
=> array_position INTEGER
NULL

--- array_positions | two
SELECT ARRAY_POSITIONS(ARRAY('red', 'green', 'red'), 'red');
=> array_positions SUPER
[0,2]

--- array_positions | none
SELECT ARRAY_POSITIONS(ARRAY(1, 2, 3), 4);
=> array_positions SUPER
[]

--- array_positions | NULL
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_POSITIONS(ARRAY('red', NULL, 'green', NULL), NULL);
=> array_positions SUPER
[1,3]

--- array_positions | null_match of TRUE
SELECT ARRAY_POSITIONS(ARRAY('red', NULL, 'green'), 'blue', TRUE);
=> array_positions SUPER
[]

--- array_positions | null_match of FALSE
SET default_array_search_null_handling to TRUE;
SELECT ARRAY_POSITIONS(ARRAY('red', 'green'), NULL, FALSE);
=> array_positions SUPER
NULL

--- array_positions | a match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_POSITIONS(ARRAY('red', NULL, 'green'), 'green');
=> array_positions SUPER
[2]

--- array_positions | no match beside NULL
SET default_array_search_null_handling to FALSE;
SELECT ARRAY_POSITIONS(ARRAY('red', NULL, 'green'), 'blue');
=> array_positions SUPER
NULL

--- arrays_overlap | a common element
SELECT ARRAYS_OVERLAP(ARRAY('blue', 'green'), ARRAY('red', 'green'));
=> arrays_overlap BOOLEAN
true

--- arrays_overlap | NULL in common
SELECT ARRAYS_OVERLAP(ARRAY('red', NULL, 'blue'), ARRAY('green', NULL));
=> arrays_overlap BOOLEAN
true

--- arrays_overlap | nothing in common
SELECT ARRAYS_OVERLAP(ARRAY('red', NULL, 'blue'), ARRAY('green'));
=> arrays_overlap BOOLEAN
false

--- arrays_overlap | JSON null is NULL
SELECT ARRAYS_OVERLAP(JSON_PARSE('[null]'), ARRAY(NULL));
=> arrays_overlap BOOLEAN
true

--- array_sort | ascending
SELECT ARRAY_SORT(ARRAY('b', 'a', 0, NULL, 1, false));
=> array_sort SUPER
[false,0,1,"a","b",null]

--- array_sort | descending
SELECT ARRAY_SORT(ARRAY('b', 'a', 0, NULL, 1, false), False);
=> array_sort SUPER
[null,"b","a",1,0,false]

--- array_sort | descending with NULLs at the end
SELECT ARRAY_SORT(ARRAY('b', 'a', 0, NULL, 1, false), False, False);
=> array_sort SUPER
["b","a",1,0,false,null]

--- array_distinct | with NULLs
SELECT ARRAY_DISTINCT(ARRAY(1, 1, 'a', 'a', NULL, NULL));
=> array_distinct SUPER
[1,"a",null]

--- array_distinct | of a concatenation
SELECT ARRAY_DISTINCT(ARRAY_CONCAT(ARRAY(1,2,3,3),ARRAY(2,3,4,4)));
=> array_distinct SUPER
[1,2,3,4]

--- array_except | a difference
SELECT ARRAY_EXCEPT(ARRAY('a','b','c'), ARRAY('b','c','d'));
=> array_except SUPER
["a"]

--- array_except | multi-set semantics
SELECT ARRAY_EXCEPT(ARRAY('b','b','b','b'), ARRAY('b','b'));
=> array_except SUPER
["b","b"]

--- array_except | set semantics
SELECT ARRAY_EXCEPT(ARRAY('a','b','b'), ARRAY('b'), TRUE);
=> array_except SUPER
["a"]

--- array_except | NULLs
SELECT ARRAY_EXCEPT(ARRAY('a',NULL), ARRAY(NULL));
=> array_except SUPER
["a"]

--- array_intersection | what both have
SELECT ARRAY_INTERSECTION(ARRAY('a','b','c'), ARRAY('b','c','d'));
=> array_intersection SUPER
["b","c"]

--- array_intersection | multi-set semantics
SELECT ARRAY_INTERSECTION(ARRAY('a','b','b'), ARRAY('b','b','b'));
=> array_intersection SUPER
["b","b"]

--- array_intersection | set semantics
SELECT ARRAY_INTERSECTION(ARRAY('a','b','b'), ARRAY('b','b','b'), TRUE);
=> array_intersection SUPER
["b"]

--- array_intersection | NULLs
SELECT ARRAY_INTERSECTION(ARRAY('a',NULL), ARRAY('b',NULL));
=> array_intersection SUPER
[null]

--- array_union | without duplicates
SELECT ARRAY_UNION(ARRAY('a','b','b'), ARRAY('b','c','c'));
=> array_union SUPER
["a","b","c"]

--- array_union | with NULLs
SELECT ARRAY_UNION(ARRAY('b','a','b'), ARRAY(NULL,'b',NULL));
=> array_union SUPER
["b","a",null]

--- get_number_attributes | three
SELECT GET_NUMBER_ATTRIBUTES(JSON_PARSE('{"a": 1, "b": 2, "c": 3}'));
=> get_number_attributes INTEGER
3

--- get_number_attributes | only the first level
SELECT GET_NUMBER_ATTRIBUTES(JSON_PARSE('{"a": 1, "b": {"c": 3}}'));
=> get_number_attributes INTEGER
2

--- r_lower_attribute_names | an attribute in mixed case
SELECT s.AttributeName FROM (SELECT JSON_PARSE('{"AttributeName": "Value"}') AS s) t1;
=> attributename SUPER
NULL

--- r_lower_attribute_names | an attribute in mixed case, quoted
SELECT s."AttributeName" FROM (SELECT JSON_PARSE('{"AttributeName": "Value"}') AS s) t1;
=> attributename SUPER
NULL

--- r_lower_attribute_names | the attribute in lower case | adapted
SELECT s.attributename AS a, s.AttributeName AS b, s."attributename" AS c, s."AttributeName" AS d
FROM (SELECT LOWER_ATTRIBUTE_NAMES(JSON_PARSE('{"AttributeName": "Value"}')) AS s) t2;
=> a SUPER, b SUPER, c SUPER, d SUPER
"Value" | "Value" | "Value" | "Value"

# The page prints a blank in [{"d":"D"}, "E"], which SUPER never has.
--- r_lower_attribute_names | all levels
WITH t AS (SELECT 1 AS i, NULL::SUPER AS s UNION ALL SELECT 2, 'A'::SUPER
UNION ALL SELECT 3, JSON_PARSE('{"AttributeName": "B"}')
UNION ALL SELECT 4, JSON_PARSE('[{"Subobject": {"C": "C"}, "Subarray": [{"D": "D"}, "E"] }]'))
SELECT i, LOWER_ATTRIBUTE_NAMES(s) AS s FROM t ORDER BY i;
=> i INTEGER, s SUPER
1 | NULL
2 | "A"
3 | {"attributename":"B"}
4 | [{"subobject":{"c":"C"},"subarray":[{"d":"D"},"E"]}]

--- r_lower_attribute_names | duplicates
SELECT LOWER_ATTRIBUTE_NAMES(JSON_PARSE('{"A": "A", "a": "a"}'));
=> error DataError: SUPER value has duplicate attributes after case conversion.

# The page prints "B" and "e" for values that it says are unchanged: "b" is.
--- r_upper_attribute_names | all levels | adapted
WITH t AS (SELECT 1 AS i, NULL::SUPER AS s UNION ALL SELECT 2, 'a'::SUPER
UNION ALL SELECT 3, JSON_PARSE('{"AttributeName": "b"}')
UNION ALL SELECT 4, JSON_PARSE('[{"Subobject": {"c": "c"}, "Subarray": [{"d": "d"}, "e"] }]'))
SELECT i, UPPER_ATTRIBUTE_NAMES(s) AS s FROM t ORDER BY i;
=> i INTEGER, s SUPER
1 | NULL
2 | "a"
3 | {"ATTRIBUTENAME":"b"}
4 | [{"SUBOBJECT":{"C":"c"},"SUBARRAY":[{"D":"d"},"e"]}]

--- r_upper_attribute_names | duplicates
SELECT UPPER_ATTRIBUTE_NAMES(JSON_PARSE('{"A": "A", "a": "a"}'));
=> error DataError: SUPER value has duplicate attributes after case conversion.

--- r_object_transform_function | KEEP and SET
WITH employees AS (SELECT JSON_PARSE('{ "name": { "first": "John", "last": "Doe" }, "age": 25,
"ssn": "111-22-3333", "company": "Company Inc.", "country": "U.S." }') AS col_person
UNION ALL SELECT JSON_PARSE('{ "name": { "first": "Jane", "last": "Appleseed" }, "age": 34,
"ssn": "444-55-7777", "company": "Organization Org.", "country": "Ukraine" }'))
SELECT
    OBJECT_TRANSFORM(
        col_person
        KEEP
            '"name"."first"',
            '"age"',
            '"company"',
            '"country"'
        SET
            '"name"."first"', UPPER(col_person.name.first::TEXT),
            '"age"', col_person.age + 5,
            '"company"', 'Amazon'
    ) AS col_person_transformed
FROM employees;
=> col_person_transformed SUPER
{"name":{"first":"JOHN"},"age":30,"company":"Amazon","country":"U.S."}
{"name":{"first":"JANE"},"age":39,"company":"Amazon","country":"Ukraine"}

--- r_object_transform_function | no object, and nothing to do | own
SELECT OBJECT_TRANSFORM(ARRAY(1) KEEP '"a"') AS a, OBJECT_TRANSFORM(OBJECT('a', 1)) AS b;
=> a SUPER, b SUPER
[1] | {"a":1}

# The page does not say whether SET alone keeps the other attributes.
--- r_object_transform_function | SET without KEEP | own
SELECT OBJECT_TRANSFORM(OBJECT('a', 1) SET '"b"', 2);
=> refused: OBJECT_TRANSFORM with SET and without KEEP
