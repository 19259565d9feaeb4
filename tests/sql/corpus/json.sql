# JSON in text: JSON functions of the Database Developer Guide.
--- JSON_EXTRACT_PATH_TEXT | a path of two elements
SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}','f4', 'f6');
=> json_extract_path_text VARCHAR(65535)
star

--- JSON_EXTRACT_PATH_TEXT | invalid JSON
SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}','f4', 'f6');
=> error DataError: invalid json object {"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}

--- JSON_EXTRACT_PATH_TEXT | invalid JSON with null_if_invalid
SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}','f4', 'f6',true);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | the third level
SELECT JSON_EXTRACT_PATH_TEXT('{
 "farm": {
 "barn": {
 "color": "red",
 "feed stocked": true
 }
 }
}', 'farm', 'barn', 'color');
=> json_extract_path_text VARCHAR(65535)
red

--- JSON_EXTRACT_PATH_TEXT | a missing element
SELECT JSON_EXTRACT_PATH_TEXT('{
 "farm": {
 "barn": {}
 }
}', 'farm', 'barn', 'color');
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | four elements, one with a blank
SELECT JSON_EXTRACT_PATH_TEXT('{
 "house": {
 "address": {
 "street": "123 Any St.",
 "city": "Any Town",
 "state": "FL",
 "zip": "32830"
 },
 "bathroom": {
 "color": "green",
 "shower": true
 },
 "appliances": {
 "washing machine": {
 "brand": "Any Brand",
 "color": "beige"
 },
 "dryer": {
 "brand": "Any Brand",
 "color": "white"
 }
 }
 }
}', 'house', 'appliances', 'washing machine', 'brand');
=> json_extract_path_text VARCHAR(65535)
Any Brand

# The page heads the second column "json_text" although it has no alias.
--- JSON_EXTRACT_PATH_TEXT | serialised SUPER values
WITH json_example AS (SELECT 1 AS id, JSON_PARSE('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}') AS json_text
UNION ALL SELECT 2, JSON_PARSE('{ "farm": { "barn": { "color": "red", "feed stocked": true } } }'))
SELECT id, JSON_EXTRACT_PATH_TEXT(JSON_SERIALIZE(json_text), 'f2') FROM json_example;
=> id INTEGER, json_extract_path_text VARCHAR(65535)
1 | {"f3":1}
2 | NULL

--- JSON_EXTRACT_PATH_TEXT | a NULL element
SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}',NULL);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | one NULL element of two
SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}','f4',NULL);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | a NULL element and invalid JSON
SELECT json_extract_path_text('invalid_json', NULL);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | a NULL document
SELECT json_extract_path_text(NULL, 0, FALSE);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | a number as element, invalid JSON, TRUE
SELECT json_extract_path_text('invalid_json', 0, TRUE);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | a number as element, invalid JSON, FALSE
SELECT json_extract_path_text('invalid_json', 0, FALSE);
=> error DataError: JSON parsing error

--- JSON_EXTRACT_PATH_TEXT | JSON null in an array
SELECT json_extract_path_text('[null]', 0);
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | nothing in an empty object
SELECT json_extract_path_text('{}', 'a');
=> json_extract_path_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_PATH_TEXT | the letters of null_if_invalid, which are no path elements | own
SELECT JSON_EXTRACT_PATH_TEXT('{', 'a', t) AS a, JSON_EXTRACT_PATH_TEXT('{"a":1}', 'a', f) AS b,
JSON_EXTRACT_PATH_TEXT('{"a":{"t":2}}', 'a', 't') AS c, JSON_EXTRACT_PATH_TEXT('{', 'a', 1 = 1) AS d;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535)
NULL | 1 | 2 | NULL

--- JSON_EXTRACT_PATH_TEXT | five elements | own
SELECT JSON_EXTRACT_PATH_TEXT('{"a":{"b":{"c":{"d":{"e":"deep"}}}}}', 'a', 'b', 'c', 'd', 'e', true) AS x;
=> x VARCHAR(65535)
deep

--- JSON_EXTRACT_PATH_TEXT | six elements | own
SELECT JSON_EXTRACT_PATH_TEXT('{}', 'a', 'b', 'c', 'd', 'e', 'f');
=> error ProgrammingError: takes 1 to 5 path elements

--- JSON_EXTRACT_PATH_TEXT | path elements that are computed | own
SELECT k, JSON_EXTRACT_PATH_TEXT('{"a":1,"b":{"c":2},"x.y":3}', k) AS v
FROM (SELECT 'a' AS k UNION ALL SELECT 'b' UNION ALL SELECT 'x.y' UNION ALL SELECT NULL) q ORDER BY k;
=> k VARCHAR(3), v VARCHAR(65535)
a | 1
b | {"c":2}
x.y | 3
NULL | NULL

--- JSON_EXTRACT_PATH_TEXT | keys that a path notation would have to escape | own
SELECT JSON_EXTRACT_PATH_TEXT('{"a\\"b":1}', 'a"b') AS q, JSON_EXTRACT_PATH_TEXT('{"a\\\\b":2}', 'a\\b') AS s,
JSON_EXTRACT_PATH_TEXT('{"":3}', '') AS e, JSON_EXTRACT_PATH_TEXT('{"a.b":4}', 'a.b') AS d,
JSON_EXTRACT_PATH_TEXT('{"a[0]":5}', 'a[0]') AS i, JSON_EXTRACT_PATH_TEXT('{"$":6}', '$') AS r,
JSON_EXTRACT_PATH_TEXT('{"\\u00e9":7}', 'é') AS u, JSON_EXTRACT_PATH_TEXT('{"0":8}', '0') AS n,
JSON_EXTRACT_PATH_TEXT('{"a":{"x\\ty":9}}', 'a', 'x\ty') AS t;
=> q VARCHAR(65535), s VARCHAR(65535), e VARCHAR(65535), d VARCHAR(65535), i VARCHAR(65535), r VARCHAR(65535), u VARCHAR(65535), n VARCHAR(65535), t VARCHAR(65535)
1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

--- JSON_EXTRACT_PATH_TEXT | a number meets an array | own
SELECT JSON_EXTRACT_PATH_TEXT('{"a":[5,{"b":6}]}', 'a', 1, 'b') AS x, JSON_EXTRACT_PATH_TEXT('[7]', '0') AS y;
=> x VARCHAR(65535), y VARCHAR(65535)
6 | 7

--- JSON_EXTRACT_PATH_TEXT | booleans, numbers, and what is inside | own
SELECT JSON_EXTRACT_PATH_TEXT('{"a":true}', 'a') AS b, JSON_EXTRACT_PATH_TEXT('{"a":1.10}', 'a') AS n,
JSON_EXTRACT_PATH_TEXT('{"a": [1, {"b": 2}]}', 'a') AS l, JSON_EXTRACT_PATH_TEXT('{"a":null}', 'a') AS z,
JSON_EXTRACT_PATH_TEXT('{"A":1}', 'a') AS c;
=> b VARCHAR(65535), n VARCHAR(65535), l VARCHAR(65535), z VARCHAR(65535), c VARCHAR(65535)
true | 1.10 | [1,{"b":2}] | NULL | NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | position 2
SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2);
=> json_extract_array_element_text VARCHAR(65535)
113

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | invalid JSON
SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT('["a",["b",1,["c",2,3,null,]]]',1);
=> error DataError: invalid json array object ["a",["b",1,["c",2,3,null,]]]

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | invalid JSON with null_if_invalid
SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT('["a",["b",1,["c",2,3,null,]]]',1,true);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | a NULL document
SELECT json_extract_array_element_text(NULL, 0);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | a NULL position
SELECT json_extract_array_element_text('invalid_json', NULL);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | a NULL document and FALSE
SELECT json_extract_array_element_text(NULL, 0, FALSE);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | a word that is no JSON, TRUE
SELECT json_extract_array_element_text('invalid_json', 0, TRUE);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | a word that is no JSON
SELECT json_extract_array_element_text('invalid_json', 0);
=> error DataError: JSON parsing error

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | JSON null
SELECT json_extract_array_element_text('[null]', 0);
=> json_extract_array_element_text VARCHAR(65535)
NULL

--- JSON_EXTRACT_ARRAY_ELEMENT_TEXT | positions out of bounds, and computed ones | own
SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[1,2]', -1) AS a, JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[1,2]', 2) AS b,
JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[1,"x"]', 2 - 1) AS c, JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[[1, 2]]', 0) AS d;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535), d VARCHAR(65535)
NULL | NULL | x | [1,2]

--- JSON_ARRAY_LENGTH | five elements
SELECT JSON_ARRAY_LENGTH('[11,12,13,{"f1":21,"f2":[25,26]},14]');
=> json_array_length INTEGER
5

--- JSON_ARRAY_LENGTH | invalid JSON
SELECT JSON_ARRAY_LENGTH('[11,12,13,{"f1":21,"f2":[25,26]},14');
=> error DataError: invalid json array object [11,12,13,{"f1":21,"f2":[25,26]},14

--- JSON_ARRAY_LENGTH | invalid JSON with null_if_invalid
SELECT JSON_ARRAY_LENGTH('[11,12,13,{"f1":21,"f2":[25,26]},14',true);
=> json_array_length INTEGER
NULL

--- IS_VALID_JSON | objects and what is none
WITH test_json AS (SELECT 0 AS id, '{"a":2}' AS json_strings UNION ALL SELECT 2, '{"a":{"b":{"c":1}}}'
UNION ALL SELECT 4, '{"a": [1,2,"b"]}' UNION ALL SELECT 6, '{{}}' UNION ALL SELECT 8, '{1:"a"}'
UNION ALL SELECT 10, '[1,2,3]')
SELECT id, json_strings, IS_VALID_JSON(json_strings) FROM test_json ORDER BY id;
=> id INTEGER, json_strings VARCHAR(19), is_valid_json BOOLEAN
0 | {"a":2} | true
2 | {"a":{"b":{"c":1}}} | true
4 | {"a": [1,2,"b"]} | true
6 | {{}} | false
8 | {1:"a"} | false
10 | [1,2,3] | false

--- IS_VALID_JSON_ARRAY | arrays and what is none
WITH test_json_arrays AS (SELECT 0 AS id, '[]' AS json_arrays UNION ALL SELECT 1, '["a","b"]'
UNION ALL SELECT 2, '["a",["b",1,["c",2,3,null]]]' UNION ALL SELECT 3, '{"a":1}' UNION ALL SELECT 4, 'a'
UNION ALL SELECT 5, '[1,2,]')
SELECT json_arrays, IS_VALID_JSON_ARRAY(json_arrays) FROM test_json_arrays ORDER BY id;
=> json_arrays VARCHAR(28), is_valid_json_array BOOLEAN
[] | true
["a","b"] | true
["a",["b",1,["c",2,3,null]]] | true
{"a":1} | false
a | false
[1,2,] | false

--- IS_VALID_JSON | NULL, and forms that only JSON5 has | own
SELECT IS_VALID_JSON(NULL) AS n, IS_VALID_JSON('{a:1}') AS a, IS_VALID_JSON('{"a":1,}') AS b,
IS_VALID_JSON('{"a":+1}') AS c, IS_VALID_JSON('{"a":0x1}') AS d, IS_VALID_JSON('{"a":01}') AS e,
IS_VALID_JSON('{"a":NaN}') AS f, IS_VALID_JSON('{/**/}') AS g, IS_VALID_JSON('') AS h;
=> n BOOLEAN, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN, f BOOLEAN, g BOOLEAN, h BOOLEAN
NULL | false | false | false | false | false | false | false | false

--- JSON_PARSE | an array
SELECT JSON_PARSE('[10001,10002,"abc"]');
=> json_parse SUPER
[10001,10002,"abc"]

--- JSON_PARSE | the type of what it gives
SELECT JSON_TYPEOF(JSON_PARSE('[10001,10002,"abc"]'));
=> json_typeof VARCHAR(16)
array

--- JSON_PARSE | no JSON | own
SELECT JSON_PARSE('{a:1}');
=> error DataError: JSON parsing error

# The page encloses the value in quotes that SUPER does not have.
--- CAN_JSON_PARSE | an array
SELECT CASE
            WHEN CAN_JSON_PARSE('[10001,10002,"abc"]')
            THEN JSON_PARSE('[10001,10002,"abc"]')
        END;
=> case SUPER
[10001,10002,"abc"]

--- CAN_JSON_PARSE | text that is no JSON
SELECT CASE
            WHEN CAN_JSON_PARSE('This is a string.')
            THEN JSON_PARSE('This is a string.')
            ELSE 'This is not JSON.'
        END;
=> case SUPER
"This is not JSON."

--- CAN_JSON_PARSE | empty text, NULL, scalars, bytes, duplicates | own
SELECT CAN_JSON_PARSE('') AS e, CAN_JSON_PARSE(NULL) AS n, CAN_JSON_PARSE('5') AS s,
CAN_JSON_PARSE(TO_VARBYTE('ff', 'hex')) AS b, CAN_JSON_PARSE('{"a":1,"a":2}') AS d;
=> e BOOLEAN, n BOOLEAN, s BOOLEAN, b BOOLEAN, d BOOLEAN
false | NULL | true | false | false

--- JSON_SERIALIZE | an array
SELECT JSON_SERIALIZE(JSON_PARSE('[10001,10002,"abc"]'));
=> json_serialize VARCHAR(65535)
[10001,10002,"abc"]

--- JSON_SERIALIZE | NULL | own
SELECT JSON_SERIALIZE(NULL) AS a, JSON_SIZE(NULL) AS b;
=> a VARCHAR(65535), b INTEGER
null | 4

--- JSON_SERIALIZE | more than VARCHAR holds | own
SELECT JSON_SERIALIZE(ARRAY(REPEAT('x', 40000), REPEAT('y', 40000)));
=> error DataError: exceed the limit of VARCHAR

--- JSON_SERIALIZE_TO_VARBYTE | bytes
SELECT JSON_SERIALIZE_TO_VARBYTE(JSON_PARSE('[10001,10002,"abc"]'));
=> json_serialize_to_varbyte VARBYTE(16777216)
5b31303030312c31303030322c22616263225d

--- JSON_SERIALIZE_TO_VARBYTE | and back to text
SELECT CAST((JSON_SERIALIZE_TO_VARBYTE(JSON_PARSE('[10001,10002,"abc"]'))) AS VARCHAR);
=> json_serialize_to_varbyte VARCHAR(65535)
[10001,10002,"abc"]

--- r_json_size | bytes, not characters
SELECT JSON_SIZE(JSON_PARSE('[10001,10002,"⬤"]'));
=> json_size INTEGER
19
