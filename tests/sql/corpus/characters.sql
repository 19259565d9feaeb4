# CHAR and VARCHAR: lengths, blanks at the end, literals, collations.
--- r_Character_types | explicit casts cut by bytes | own
select 'abcdef'::varchar(3) a, 'aéb'::varchar(2) b, 'abcdef'::char(3) c;
=> a VARCHAR(3), b VARCHAR(2), c CHAR(3)
abc | a | abc
--- r_Character_types | CHAR has single-byte characters only | own
select 'é'::char(5);
=> error DataError: multibyte character not supported for CHAR
--- r_Character_types | blanks at the end do not count in comparisons | own
select 'a ' = 'a' a, 'a' < 'a ' b, 'a ' in ('a') c, 'a' between 'a ' and 'a  ' d, nullif('a', 'a ') e, decode('a ', 'a', 1) f, case 'a ' when 'a' then 1 end g;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e VARCHAR(1), f INTEGER, g INTEGER
true | false | true | true | NULL | 1 | 1
--- r_Character_types | blanks at the start do | own
select ' a' = 'a';
=> ?column? BOOLEAN
false
--- r_Character_types | LENGTH of CHAR and of VARCHAR | own
select length('ab  '::char(4)) a, length('ab  '::varchar(4)) b, octet_length('ab  '::char(4)) c;
=> a INTEGER, b INTEGER, c INTEGER
2 | 4 | 2
--- r_Character_types | CHAR as text has no blanks at its end | own
select 'ab  '::char(4) || 'c' a, reverse('ab  '::char(4)) b, 'ab '::char(3)::varchar(5) || '.' c;
=> a VARCHAR(5), b VARCHAR(4), c VARCHAR(6)
abc | ba | ab.
--- r_Character_types | types of functions and || | own
select 'ab' || 'c' a, upper('abc'::char(5)) b, lower('ABC') c, left('abc', 1) d, ltrim('abc') e, substring('abc', 2) f;
=> a VARCHAR(3), b CHAR(5), c VARCHAR(3), d VARCHAR(3), e VARCHAR(3), f VARCHAR(3)
abc | ABC | abc | a | abc | bc
--- r_Character_types | a cast to CHAR without a length | own
select 'abc'::char;
=> refused: a cast to CHAR without a length
--- r_Character_types | COALESCE of CHAR and CHAR | own
select coalesce(null::char(2), 'abc'::char(3));
=> coalesce CHAR(3)
abc
--- r_Character_types | backslashes in literals | own
select 'a\tb' = 'a' || chr(9) || 'b' a, '\\d' b, '\d' c, 'it\'s' d, '\101' e;
=> a BOOLEAN, b VARCHAR(2), c VARCHAR(1), d VARCHAR(4), e VARCHAR(1)
true | \d | d | it's | A
--- setup
create table m (i integer, d decimal(8,2), t varchar(10));
insert into m values (5, 5.50, '5'), (5, 5.50, '5.5'), (5, 5.50, '05');
--- c_Supported_data_types | numbers and text columns: DECIMAL as a number, any other as its text | own
select t, i = t a, d = t b, i < t c from m;
=> t VARCHAR(10), a BOOLEAN, b BOOLEAN, c BOOLEAN
5 | true | false | false
5.5 | false | true | true
05 | false | false | false
--- c_Supported_data_types | a literal takes the number's type | own
select i = '05' from m limit 1;
=> ?column? BOOLEAN
true
--- c_Supported_data_types | BOOLEAN is not converted to text | own
select 'a' || true;
=> error ProgrammingError: no implicit conversion of BOOLEAN to text
--- setup
create table address(
address_id integer,
address1 varchar(100),
address2 varchar(50),
district varchar(20),
city_name char(20),
state char(2),
postal_code char(5)
);
insert into address(address1) values('9516 Magnolia Boulevard');
insert into address(address1) values('9516 Magnolia Boulevard  ');
insert into address(city_name) values('Augusta  ');
--- r_Examples_with_character_types | blanks at the end do not count
select count(*) from address
where address1='9516 Magnolia Boulevard';
=> count BIGINT
2
--- r_Examples_with_character_types | LENGTH of VARCHAR
select length(address1) from address where address1 is not null;
=> length INTEGER
23
25
--- r_Examples_with_character_types | LENGTH of CHAR | own
select length(city_name) from address where city_name = 'Augusta';
=> length INTEGER
7
--- r_Examples_with_character_types | a cast cuts | adapted
select 'City of South San Francisco'::char(20);
=> bpchar CHAR(20)
City of South San Fr
--- r_Examples_with_character_types | one group, one distinct value | own
select count(distinct address1) a, (select count(*) from (select address1 from address where address1 is not null group by address1) g) b,
  (select count(*) from (select distinct address1 from address) d) c from address;
=> a BIGINT, b BIGINT, c BIGINT
1 | 1 | 2
--- r_Examples_with_character_types | one row of a union, a join and a window | own
select (select count(*) from (select address1 from address union select '9516 Magnolia Boulevard ') u) a,
  (select count(*) from address x join address y on x.address1 = y.address1) b,
  (select max(n) from (select count(*) over (partition by address1) n from address) w) c;
=> a BIGINT, b BIGINT, c BIGINT
2 | 4 | 2
--- setup
create table t (col1 varchar(20));
insert into t values ('john'), ('JOHN'), ('john ');
# One row more than the page has, of which blanks at the end are the difference.
--- r_COLLATE | with regard to case | adapted
SELECT * FROM t WHERE col1 = 'john';
=> col1 VARCHAR(20)
john
"john "
--- r_COLLATE | without regard to case | adapted
SELECT * FROM t WHERE COLLATE(col1, 'case_insensitive') = 'john';
=> col1 VARCHAR(20)
john
JOHN
"john "
--- r_COLLATE | ci and cs | own
SELECT COUNT(*) a, (SELECT COUNT(*) FROM t WHERE COLLATE(col1, 'cs') = 'JOHN') b FROM t WHERE COLLATE(col1, 'ci') IN ('John');
=> a BIGINT, b BIGINT
3 | 1
--- r_COLLATE | groups without regard to case | own
SELECT COUNT(*) FROM t GROUP BY COLLATE(col1, 'ci');
=> count BIGINT
3
--- r_COLLATE | distinct values | own
SELECT DISTINCT COLLATE(col1, 'ci') FROM t;
=> refused: DISTINCT of case-insensitive text
--- r_COLLATE | a collation inside another expression | own
SELECT COALESCE(COLLATE(col1, 'ci'), '') FROM t;
=> refused: case-insensitive text in COALESCE
--- r_COLLATE | patterns | own
SELECT * FROM t WHERE COLLATE(col1, 'ci') LIKE 'j%';
=> refused: pattern matching on case-insensitive text
--- r_COLLATE | another collation | own
SELECT COLLATE(col1, 'de_DE') FROM t;
=> refused: COLLATE with a collation other than
