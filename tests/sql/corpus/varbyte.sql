# VARBYTE.
--- r_VARBYTE_type | hexadecimal digits
select from_hex('6162');
=> from_hex VARBYTE(16777216)
6162
--- r_VARBYTE_type | text
select 'abc'::varbyte;
=> varbyte VARBYTE(16777216)
616263
--- r_VARBYTE_type | SMALLINT
select 5::smallint::varbyte;
=> varbyte VARBYTE(16777216)
0005
--- r_VARBYTE_type | INTEGER
select 5::int::varbyte;
=> varbyte VARBYTE(16777216)
00000005
--- r_VARBYTE_type | BIGINT
select 5::bigint::varbyte;
=> varbyte VARBYTE(16777216)
0000000000000005
--- r_VARBYTE_type | back to text | adapted
select to_varbyte('6162', 'hex')::varchar;
=> to_varbyte VARCHAR(65535)
ab
--- r_VARBYTE_type | back to integers | own
select 5::smallint::varbyte::smallint a, (-5)::int::varbyte::int b, 5::bigint::varbyte::bigint c;
=> a SMALLINT, b INTEGER, c BIGINT
5 | -5 | 5
--- r_VARBYTE_type | bytes of another width | own
select 'abc'::varbyte::int;
=> error DataError: a VARBYTE value of 3 bytes is no integer of 4 bytes
--- r_VARBYTE_type | negative integers | own
select (-2)::smallint::varbyte a, (-2)::int::varbyte b;
=> a VARBYTE(16777216), b VARBYTE(16777216)
fffe | fffffffe
--- r_VARBYTE_type | a length | own
select 'abc'::varbyte(3) a, 'é'::varbyte b;
=> a VARBYTE(3), b VARBYTE(16777216)
616263 | c3a9
--- r_VARBYTE_type | too long | own
select 'abc'::varbyte(2);
=> error DataError: value too long for type varbyte(2)
--- r_VARBYTE_type | bytes that are no text | own
select from_hex('ff')::varchar;
=> error DataError: invalid byte sequence for encoding UTF8
--- r_VARBYTE_type | no other type | own
select 1.5::varbyte;
=> refused: cannot cast type numeric to varbyte
--- r_VARBYTE_type | VARBINARY and BINARY VARYING | own
select 'a'::varbinary(10) a, 'b'::binary varying(10) b;
=> a VARBYTE(10), b VARBYTE(10)
61 | 62
--- r_VARBYTE_OPERATORS | less
select 'a'::varbyte < 'b'::varbyte as less_than;
=> less_than BOOLEAN
true
--- r_VARBYTE_OPERATORS | equal
select 'a'::varbyte = 'b'::varbyte as equal;
=> equal BOOLEAN
false
--- r_VARBYTE_OPERATORS | ||
select 'a'::varbyte || 'b'::varbyte as concat;
=> concat VARBYTE(16777216)
6162
--- r_VARBYTE_OPERATORS | +
select 'a'::varbyte + 'b'::varbyte as concat;
=> concat VARBYTE(16777216)
6162
--- r_VARBYTE_OPERATORS | ~
select from_varbyte(~'a'::varbyte, 'binary');
=> from_varbyte VARCHAR(65535)
10011110
--- r_VARBYTE_OPERATORS | &
select from_varbyte('a'::varbyte & 'b'::varbyte, 'binary');
=> from_varbyte VARCHAR(65535)
01100000
--- r_VARBYTE_OPERATORS | | and # | own
select from_varbyte('a'::varbyte | 'b'::varbyte, 'binary') a, from_varbyte('a'::varbyte # 'b'::varbyte, 'binary') b;
=> a VARCHAR(65535), b VARCHAR(65535)
01100011 | 00000011
--- r_VARBYTE_OPERATORS | the other comparisons | own
select 'a'::varbyte <= 'b'::varbyte a, 'a'::varbyte > 'b'::varbyte b, 'a'::varbyte >= 'a'::varbyte c, 'a'::varbyte <> 'b'::varbyte d;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN
true | false | true | true
--- r_VARBYTE_OPERATORS | NULL in, NULL out | own
select 'a'::varbyte || null a, ~null::varbyte b, 'a'::varbyte & null::varbyte c;
=> a VARBYTE(16777216), b VARBYTE(16777216), c VARBYTE(16777216)
NULL | NULL | NULL
--- r_VARBYTE_OPERATORS | lengths that differ | own
select 'a'::varbyte & 'bc'::varbyte;
=> error DataError: operator & takes VARBYTE values of equal length
--- r_VARBYTE_OPERATORS | bytes and text do not mix | own
select 'a'::varbyte || 'b';
=> error ProgrammingError: operator does not exist: varbyte
--- r_VARBYTE_OPERATORS | blanks at the end count | own
select 'a '::varbyte = 'a'::varbyte;
=> ?column? BOOLEAN
false
--- r_FROM_VARBYTE | hexadecimal
select from_varbyte('ab', 'hex');
=> from_varbyte VARCHAR(65535)
6162
--- r_FROM_VARBYTE | binary
select from_varbyte(from_hex('4d'), 'binary');
=> from_varbyte VARCHAR(65535)
01001101
--- r_FROM_VARBYTE | text | own
select from_varbyte(from_hex('c3a9'), 'utf-8') a, from_varbyte(from_hex('C3A9'), 'UTF8') b, from_varbyte(null::varbyte, 'hex') c;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535)
é | é | NULL
--- r_FROM_VARBYTE | another format | own
select from_varbyte(from_hex('4d'), 'base64');
=> refused: from_varbyte with a format other than
--- r_TO_VARBYTE | hexadecimal
select to_varbyte('6162', 'hex');
=> to_varbyte VARBYTE(16777216)
6162
--- r_TO_VARBYTE | binary
select to_varbyte('01001101', 'binary');
=> to_varbyte VARBYTE(16777216)
4d
--- r_TO_VARBYTE | text
select to_varbyte('a', 'utf8');
=> to_varbyte VARBYTE(16777216)
61
--- r_TO_VARBYTE | an odd number of digits
select to_varbyte('4', 'hex');
=> to_varbyte VARBYTE(16777216)
04
--- r_TO_VARBYTE | no digits | own
select to_varbyte('xy', 'hex');
=> error DataError: invalid hexadecimal text
--- r_FROM_HEX | two bytes
select from_hex('6162');
=> from_hex VARBYTE(16777216)
6162
--- r_TO_HEX | a number
select to_hex(2147676847);
=> to_hex VARCHAR(16)
8002f2af
--- r_TO_HEX | bytes | own
select to_hex('abc'::varbyte) a, to_hex(255) b, to_hex(null::int) c;
=> a VARCHAR(65535), b VARCHAR(16), c VARCHAR(16)
616263 | ff | NULL
--- r_GETBIT | one bit
select getbit(from_hex('4d'), 2);
=> getbit INTEGER
1
--- r_GETBIT | all bits
select getbit(from_hex('4d'), 7), getbit(from_hex('4d'), 6),
  getbit(from_hex('4d'), 5), getbit(from_hex('4d'), 4),
  getbit(from_hex('4d'), 3), getbit(from_hex('4d'), 2),
  getbit(from_hex('4d'), 1), getbit(from_hex('4d'), 0);
=> getbit INTEGER, getbit INTEGER, getbit INTEGER, getbit INTEGER, getbit INTEGER, getbit INTEGER, getbit INTEGER, getbit INTEGER
0 | 1 | 0 | 0 | 1 | 1 | 0 | 1
--- r_GETBIT | no such bit | own
select getbit(from_hex('4d'), 8);
=> error DataError: GETBIT: index 8 is out of range 0 to 7
--- r_SUBSTRING | bytes | own
select substring(from_hex('61626364'), 2, 2) a, substr(from_hex('61626364'), 3) b, octet_length(from_hex('6162')) c;
=> a VARBYTE(16777216), b VARBYTE(16777216), c INTEGER
6263 | 6364 | 2
--- setup
create table t (c char(10));
insert into t values ('aa'), ('abc');
--- r_VARBYTE_type | CHAR is filled up with blanks
select c::varbyte from t;
=> c VARBYTE(16777216)
61612020202020202020
61626320202020202020
