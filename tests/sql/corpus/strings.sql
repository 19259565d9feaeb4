# Functions of text.
--- r_ASCII | a small letter
select ascii('amazon');
=> ascii INTEGER
97
--- r_ASCII | a capital
select ascii('Amazon');
=> ascii INTEGER
65
--- r_ASCII | empty text, NULL and a code point | own
select ascii('') a, ascii(null) b, ascii('€') c;
=> a INTEGER, b INTEGER, c INTEGER
0 | NULL | 8364
--- r_BTRIM | blanks
select '     abc    ' as untrim, btrim('     abc    ') as trim;
=> untrim VARCHAR(12), trim VARCHAR(12)
"     abc    " | abc
--- r_BTRIM | characters
select 'xyzaxyzbxyzcxyz' as untrim,
btrim('xyzaxyzbxyzcxyz', 'xyz') as trim;
=> untrim VARCHAR(15), trim VARCHAR(15)
xyzaxyzbxyzcxyz | axyzbxyzc
--- r_CHARINDEX | not found
select charindex('dog', 'fish');
=> charindex INTEGER
0
--- r_CHARINDEX | found
select charindex('fish', 'dogfish');
=> charindex INTEGER
4
--- r_CHR | a number of ASCII's | own
select chr(65);
=> chr VARCHAR(1)
A
--- r_CHR | a number that ASCII does not have | own
select chr(233);
=> chr VARCHAR(1)
NULL
--- r_CHR | a blank is kept | own
select 'a' || chr(32) || 'b';
=> ?column? VARCHAR(3)
a b
--- r_CONCAT | two literals
select concat('December 25, ', '2008');
=> concat VARCHAR(17)
December 25, 2008
--- r_CONCAT | the operator
select 'December 25, '||'2008';
=> ?column? VARCHAR(17)
December 25, 2008
--- r_CONCAT | nested
select concat('Thursday, ', concat('December 25, ', '2008'));
=> concat VARCHAR(27)
Thursday, December 25, 2008
--- r_CONCAT | bytes
select concat('abc'::varbyte, 'def'::varbyte);
=> concat VARBYTE(16777216)
616263646566
--- r_CONCAT | NULL in, NULL out | own
select concat('a', null) a, 'a' || null b;
=> a VARCHAR(65535), b VARCHAR(65535)
NULL | NULL
--- crc32-function | CRC-32C
select crc32('Amazon Redshift');
=> crc32 VARCHAR(8)
f2726906
--- DIFFERENCE | one text has no letters
select difference('Amazon', '+-*/%');
=> difference INTEGER
0
--- DIFFERENCE | one sound
select difference('AC/DC', 'Ay See Dee See');
=> difference INTEGER
4
--- DIFFERENCE | neither text has letters | own
select difference('1', '2');
=> difference INTEGER
1
--- r_LEN | characters and bytes
select octet_length('français'),
len('français');
=> octet_length INTEGER, len INTEGER
9 | 8
--- r_LEN | blanks at the end
select len('cat'), len('cat   ');
=> len INTEGER, len INTEGER
3 | 6
--- r_LEN | bytes
select len('aaa'::varbyte);
=> len INTEGER
3
--- r_OCTET_LENGTH | characters and bytes
select octet_length('français'),
len('français');
=> octet_length INTEGER, len INTEGER
9 | 8
--- r_CHAR_LENGTH | the other names of LEN | own
select char_length('abc') a, character_length('abc') b, length('abc') c, textlen('abc') d;
=> a INTEGER, b INTEGER, c INTEGER, d INTEGER
3 | 3 | 3 | 3
--- OCTETINDEX | single bytes
select octetindex('AWS', 'Amazon AWS');
=> octetindex INTEGER
8
# The page says 14; its text has six characters of two bytes and a blank before AWS.
--- OCTETINDEX | characters of two bytes
select octetindex('AWS', 'Άμαζον AWS');
=> octetindex INTEGER
14
--- r_POSITION | not found
select position('dog' in 'fish');
=> position INTEGER
0
--- r_POSITION | found
select position('fish' in 'dogfish');
=> position INTEGER
4
--- r_STRPOS | not found
select strpos('dogfish', 'fist');
=> strpos INTEGER
0
--- r_STRPOS | found
select strpos('dogfish', 'fish');
=> strpos INTEGER
4
--- r_STRPOS | a number is text | own
select strpos(1234.50::decimal(8,2), '.');
=> strpos INTEGER
5
--- r_QUOTE_LITERAL | a quote and a backslash | own
select quote_literal('it''s \\');
=> quote_literal VARCHAR(65535)
'it''s \\'
--- r_QUOTE_IDENT | names that need quotes and one that does not | own
select quote_ident('MLB') a, quote_ident('mlb') b, quote_ident('a "b"') c;
=> a VARCHAR(65535), b VARCHAR(65535), c VARCHAR(65535)
"MLB" | mlb | "a ""b"""
--- REGEXP_COUNT | three letters
select regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}');
=> regexp_count INTEGER
8
--- REGEXP_COUNT | parameters | own
select regexp_count('the fox', 'FOX', 1, 'i') a,
  regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'p') b,
  regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'ip') c;
=> a INTEGER, b INTEGER, c INTEGER
1 | 2 | 3
--- REGEXP_COUNT | positions outside the text | own
select regexp_count('aaa', 'a', -5) a, regexp_count('aaa', 'a', 2) b, regexp_count('aaa', 'a', 4) c;
=> a INTEGER, b INTEGER, c INTEGER
3 | 2 | 0
--- REGEXP_INSTR | no match, the second match, behind it, the first group | own
select regexp_instr('abcabc', 'x') a, regexp_instr('abcabc', 'b', 1, 2) b,
  regexp_instr('abcabc', 'b', 1, 2, 1) c, regexp_instr('abcabc', 'a(b)', 1, 1, 0, 'e') d, regexp_instr('abc', 'b', 1, 0) e;
=> a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER
0 | 5 | 6 | 2 | 0
--- REGEXP_INSTR | parameters | own
select regexp_instr('the fox', 'FOX', 1, 1, 0, 'i') a,
  regexp_instr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 0, 'p') b,
  regexp_instr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 0, 'ip') c;
=> a INTEGER, b INTEGER, c INTEGER
5 | 21 | 15
--- REGEXP_REPLACE | ignoring case
SELECT regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i');
=> regexp_replace VARCHAR(65535)
the quick brown fox
--- REGEXP_REPLACE | PCRE
SELECT regexp_replace('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', '[hidden]', 1, 'p');
=> regexp_replace VARCHAR(65535)
[hidden] plain A1234 [hidden]
--- REGEXP_REPLACE | PCRE, ignoring case
SELECT regexp_replace('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', '[hidden]', 1, 'ip');
=> regexp_replace VARCHAR(65535)
[hidden] plain [hidden] [hidden]
--- REGEXP_REPLACE | groups | own
SELECT regexp_replace('2026-11-22', '([0-9]+)-([0-9]+)', '$2/$1');
=> regexp_replace VARCHAR(65535)
11/2026-22
--- REGEXP_REPLACE | a backslash in the replacement | own
SELECT regexp_replace('abc', '(b)', '\\1');
=> refused: a backslash in the replacement of REGEXP_REPLACE
--- REGEXP_REPLACE | NULL | own
SELECT regexp_replace('a', null, 'b') a, regexp_replace('a', 'a', null) b;
=> a VARCHAR(65535), b VARCHAR(65535)
NULL | NULL
--- REGEXP_REPLACE | a position behind the text | own
SELECT regexp_replace('aaa', 'a', 'b', 4) a, regexp_replace('aaa', 'a', 'b', 2) b;
=> a VARCHAR(65535), b VARCHAR(65535)
aaa | abb
--- REGEXP_SUBSTR | ignoring case
SELECT regexp_substr('the fox', 'FOX', 1, 1, 'i');
=> regexp_substr VARCHAR(7)
fox
--- REGEXP_SUBSTR | PCRE
SELECT regexp_substr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 'p');
=> regexp_substr VARCHAR(25)
a1234
--- REGEXP_SUBSTR | PCRE, ignoring case
SELECT regexp_substr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 'ip');
=> regexp_substr VARCHAR(25)
A1234
--- REGEXP_SUBSTR | the first group | own
SELECT regexp_substr('key=value', '([a-z]+)=([a-z]+)', 1, 1, 'e') a, regexp_substr('abc', 'b', 1, 1, 'e') b;
=> a VARCHAR(9), b VARCHAR(3)
key | b
--- REGEXP_SUBSTR | occurrences and positions outside the text | own
SELECT regexp_substr('abc', 'b', 1, 0) a, regexp_substr('abc', 'b', 1, 4) b, regexp_substr('abc', 'b', 9) c, regexp_substr('abc', 'x') d;
=> a VARCHAR(3), b VARCHAR(3), c VARCHAR(3), d VARCHAR(3)
NULL | NULL | "" | ""
--- REGEXP_SUBSTR | PCRE without its parameter | own
SELECT regexp_substr('a1', '(?=a)a');
=> refused: (? without the parameter 'p' (PCRE) is not supported
--- r_REVERSE | text
select reverse('abcde');
=> reverse VARCHAR(5)
edcba
--- r_REVERSE | numbers and dates | own
select reverse(172456) a, reverse(date '2026-11-22') b;
=> a VARCHAR(11), b VARCHAR(10)
654271 | 22-11-6202
--- SOUNDEX | two words
select soundex('AWS Amazon');
=> soundex VARCHAR(4)
A252
--- SOUNDEX | no letters
select soundex('+-*/%');
=> soundex VARCHAR(4)
""
--- SOUNDEX | one word
select soundex('Amazon');
=> soundex VARCHAR(4)
A525
--- SPLIT_PART | the second part
select split_part('abc$def$ghi','$',2);
=> split_part VARCHAR(11)
def
--- SPLIT_PART | no such part
select split_part('abc$def$ghi','$',4);
=> split_part VARCHAR(11)
""
--- SPLIT_PART | no such delimiter
select split_part('abc$def$ghi','#',1);
=> split_part VARCHAR(11)
abc$def$ghi
--- SPLIT_PART | parts count from 1 | own
select split_part('a-b', '-', -1);
=> error DataError: field position must be greater than zero
--- r_STRTOL | base 16 with 0x
select strtol('0xf',16);
=> strtol BIGINT
15
--- r_STRTOL | base 16
select strtol('abcd1234',16);
=> strtol BIGINT
2882343476
--- r_STRTOL | base 10
select strtol('1234567', 10);
=> strtol BIGINT
1234567
--- r_STRTOL | base 8
select strtol('1234567', 8);
=> strtol BIGINT
342391
--- r_STRTOL | base 2
select strtol('110101', 2);
=> strtol BIGINT
53
--- r_STRTOL | a null character
select strtol('\0', 2);
=> strtol BIGINT
0
--- r_STRTOL | empty text, blanks and signs | own
select strtol('', 10) a, strtol('  -12', 10) b, strtol('+z', 36) c;
=> a BIGINT, b BIGINT, c BIGINT
0 | -12 | 35
--- r_STRTOL | a digit that the base does not have | own
select strtol('12', 2);
=> error DataError: not valid to be converted to base 2
--- r_SUBSTRING | from the sixth character
select substring('caterpillar',6,4);
=> substring VARCHAR(11)
pill
--- r_SUBSTRING | beyond the end
select substring('caterpillar',6,8);
=> substring VARCHAR(11)
pillar
--- r_SUBSTRING | from before the first character
select substring('caterpillar',-2,6);
=> substring VARCHAR(11)
cat
--- r_SUBSTRING | all before the first character
select substring('caterpillar',-5,4);
=> substring VARCHAR(11)
""
--- r_SUBSTRING | a cast cuts by bytes
select cast('Fourscore and seven' as varchar(5));
=> varchar VARCHAR(5)
Fours
--- r_SUBSTRING | a negative length | own
select substring('caterpillar', 1, -1);
=> error ProgrammingError: negative substring length not allowed
--- r_SUBSTRING | numbers are text | own
select substring(20261122, 5, 2);
=> substring VARCHAR(11)
11
--- r_TRANSLATE | several characters
select translate('mint tea', 'inea', 'osin');
=> translate VARCHAR(65535)
most tin
--- r_TRIM | quotes
select trim('"' FROM '"dog"');
=> btrim VARCHAR(5)
dog
--- r_TRIM | the four forms | own
select trim('  dog  ') a, trim(both ' ' from '  dog  ') b, trim(leading '"' from '"dog"') c, trim(trailing '"' from '"dog"') d;
=> a VARCHAR(7), b VARCHAR(7), c VARCHAR(5), d VARCHAR(5)
dog | dog | dog" | "dog
--- r_concat_op | a number is text | own
select 'seats ' || nvl(null, 0);
=> ?column? VARCHAR(17)
seats 0
--- setup
create table category (catid smallint, catgroup varchar(10), catname varchar(10), catdesc varchar(50));
insert into category values (1,'Sports','MLB','Major League Baseball'), (2,'Sports','NHL','National Hockey League'),
  (3,'Sports','NFL','National Football League'), (4,'Sports','NBA','National Basketball Association'),
  (5,'Sports','MLS','Major League Soccer'), (6,'Shows','Musicals','Musical theatre'),
  (7,'Shows','Plays','All non-musical theatre'), (8,'Shows','Opera','All opera and light opera'),
  (9,'Concerts','Pop','All rock and pop music concerts'), (10,'Concerts','Jazz','All jazz singers and bands'),
  (11,'Concerts','Classical','All symphony, concerto, and choir concerts');
create table users (userid integer, firstname varchar(30), lastname varchar(30), city varchar(30), email varchar(100));
insert into users values (1,'Rafael','Taylor','Saint Albans','Etiam.laoreet.libero@sodalesMaurisblandit.edu'),
  (2,'Vladimir','Humphrey','St. George','Suspendisse.tristique@nonnisiAenean.edu'),
  (3,'Lars','Ratliff','Stafford','amet.faucibus.ut@condimentumegetvolutpat.ca'),
  (4,'Barry','Roy','Saint Louis','sed@lacusUtnec.ca'),
  (62,'Chase','Chase','Aberdeen','nibh.enim@egestas.ca'),
  (100,'Reagan','Hodge','Abilene','in@Donecat.ca');
create table event (eventid integer, eventname varchar(200));
insert into event values (1,'Gotterdammerung'), (2,'Boris Godunov'), (3,'Salome'),
  (4,'La Cenerentola (Cinderella)'), (5,'Il Trovatore'), (1000,'Gypsy'), (1001,'Chicago'), (1002,'The King and I'),
  (1003,'Pal Joey'), (1004,'Grease'), (1005,'Chicago');
create table listing (listid integer, listtime timestamp);
insert into listing values (1,'2008-01-24 06:43:29'), (2,'2008-03-05 12:25:29'), (3,'2008-11-01 07:35:33'),
  (4,'2008-05-24 01:18:37'), (5,'2008-05-17 02:29:11'), (6,'2008-08-15 02:08:13');
create table venue (venueid smallint, venuename varchar(100), venuecity varchar(30), venuestate char(2), venueseats integer);
insert into venue values (1,'Toyota Park','Bridgeview','IL',0), (4,'CommunityAmerica Ballpark','Kansas City','KS',0),
  (8,'The Home Depot Center','Carson','CA',0), (9,'Dick''s Sporting Goods Park','Commerce City','CO',0),
  (109,'Citizens Bank Park','Philadelphia','PA',43647), (121,'ATT Park','San Francisco','CA',41503),
  (201,'Ballys Hotel','Las Vegas','NV',null), (202,'Bank of America Stadium','Charlotte','NC',73298),
  (301,'INVESCO Field','Denver','CO',76125), (302,'FedExField','Landover','MD',91704);
--- r_BPCHARCMP | first and last names | adapted
select userid, firstname, lastname,
bpcharcmp(firstname, lastname)
from users
where userid < 10
order by 1, 2, 3, 4
limit 10;
=> userid INTEGER, firstname VARCHAR(30), lastname VARCHAR(30), bpcharcmp INTEGER
1 | Rafael | Taylor | -1
2 | Vladimir | Humphrey | 1
3 | Lars | Ratliff | -1
4 | Barry | Roy | -1
--- r_BPCHARCMP | equal names | adapted
select userid, firstname, lastname,
bpcharcmp(firstname, lastname)
from users where bpcharcmp(firstname, lastname)=0
order by 1, 2, 3, 4;
=> userid INTEGER, firstname VARCHAR(30), lastname VARCHAR(30), bpcharcmp INTEGER
62 | Chase | Chase | 0
--- r_BTTEXT_PATTERN_CMP | the other name of BPCHARCMP | own
select bttext_pattern_cmp('Reagan', 'Hodge');
=> bttext_pattern_cmp INTEGER
1
--- r_CHR | a comparison | adapted
select distinct city from users
where substring(city, 1, 1)=chr(65) order by 1;
=> city VARCHAR(30)
Aberdeen
Abilene
--- r_CONCAT | NULL made 0 | adapted
select concat(venuename, concat(' seats ', nvl(venueseats, 0))) as seating
from venue where venuestate = 'NV' or venuestate = 'NC'
order by 1
limit 5;
=> seating VARCHAR(118)
Ballys Hotel seats 0
Bank of America Stadium seats 73298
--- r_CONCAT | columns | adapted
select concat(venuecity, venuestate)
from venue
where venueseats > 75000
order by venueseats;
=> concat VARCHAR(32)
DenverCO
LandoverMD
--- r_CONCAT | nested | adapted
select concat(concat(venuecity,', '),venuestate)
from venue
where venueseats > 75000
order by venueseats;
=> concat VARCHAR(34)
Denver, CO
Landover, MD
--- r_concat_op | names | adapted
select firstname || ' ' || lastname
from users
order by 1
limit 3;
=> ?column? VARCHAR(61)
Barry Roy
Chase Chase
Lars Ratliff
--- r_concat_op | NULL made 0 | adapted
select venuename || ' seats ' || nvl(venueseats, 0)
from venue where venuestate = 'NV' or venuestate = 'NC'
order by 1
limit 10;
=> ?column? VARCHAR(118)
Ballys Hotel seats 0
Bank of America Stadium seats 73298
--- r_INITCAP | descriptions | adapted
select catid, catdesc, initcap(catdesc)
from category
where catid > 5
order by 1, 2, 3;
=> catid SMALLINT, catdesc VARCHAR(50), initcap VARCHAR(50)
6 | Musical theatre | Musical Theatre
7 | All non-musical theatre | All Non-Musical Theatre
8 | All opera and light opera | All Opera And Light Opera
9 | All rock and pop music concerts | All Rock And Pop Music Concerts
10 | All jazz singers and bands | All Jazz Singers And Bands
11 | All symphony, concerto, and choir concerts | All Symphony, Concerto, And Choir Concerts
--- r_INITCAP | capitals
select initcap(catname)
from category
order by catname;
=> initcap VARCHAR(10)
Classical
Jazz
Mlb
Mls
Musicals
Nba
Nfl
Nhl
Opera
Plays
Pop
--- r_INITCAP | what parts words | adapted
select email, initcap(email)
from users
where userid > 50
order by userid desc limit 5;
=> email VARCHAR(100), initcap VARCHAR(100)
in@Donecat.ca | In@Donecat.Ca
nibh.enim@egestas.ca | Nibh.Enim@Egestas.Ca
--- r_LEFT | both ends
select eventid, eventname,
left(eventname,5) as left_5,
right(eventname,5) as right_5
from event
where eventid between 1000 and 1005
order by 1;
=> eventid INTEGER, eventname VARCHAR(200), left_5 VARCHAR(200), right_5 VARCHAR(200)
1000 | Gypsy | Gypsy | Gypsy
1001 | Chicago | Chica | icago
1002 | The King and I | The K | and I
1003 | Pal Joey | Pal J | " Joey"
1004 | Grease | Greas | rease
1005 | Chicago | Chica | icago
--- r_LEN | the longest names | adapted
select venuename, len(venuename)
from venue
order by 2 desc, 1
limit 2;
=> venuename VARCHAR(100), len INTEGER
Dick's Sporting Goods Park | 26
CommunityAmerica Ballpark | 25
--- r_LOWER | a column
select catname, lower(catname) from category order by 1,2;
=> catname VARCHAR(10), lower VARCHAR(10)
Classical | classical
Jazz | jazz
MLB | mlb
MLS | mls
Musicals | musicals
NBA | nba
NFL | nfl
NHL | nhl
Opera | opera
Plays | plays
Pop | pop
--- r_UPPER | a column
select catname, upper(catname) from category order by 1,2;
=> catname VARCHAR(10), upper VARCHAR(10)
Classical | CLASSICAL
Jazz | JAZZ
MLB | MLB
MLS | MLS
Musicals | MUSICALS
NBA | NBA
NFL | NFL
NHL | NHL
Opera | OPERA
Plays | PLAYS
Pop | POP
--- r_LPAD | blanks
select lpad(eventname,20) from event
where eventid between 1 and 5 order by 1;
=> lpad VARCHAR(65535)
"              Salome"
"        Il Trovatore"
"       Boris Godunov"
"     Gotterdammerung"
La Cenerentola (Cind
--- r_LPAD | digits
select rpad(eventname,20,'0123456789') from event
where eventid between 1 and 5 order by 1;
=> rpad VARCHAR(65535)
Boris Godunov0123456
Gotterdammerung01234
Il Trovatore01234567
La Cenerentola (Cind
Salome01234567890123
--- r_LPAD | a negative length | own
select lpad('abc', -1) a, rpad('abc', -1) b;
=> a VARCHAR(65535), b VARCHAR(65535)
"" | ""
--- r_LTRIM | a time's year | adapted
select listid, listtime, ltrim(listtime, '2008-')
from listing
order by 1, 2, 3
limit 10;
=> listid INTEGER, listtime TIMESTAMP, ltrim VARCHAR(26)
1 | 2008-01-24 06:43:29 | 1-24 06:43:29
2 | 2008-03-05 12:25:29 | 3-05 12:25:29
3 | 2008-11-01 07:35:33 | 11-01 07:35:33
4 | 2008-05-24 01:18:37 | 5-24 01:18:37
5 | 2008-05-17 02:29:11 | 5-17 02:29:11
6 | 2008-08-15 02:08:13 | 15 02:08:13
--- r_LTRIM | some characters | adapted
select venueid, venuename, trim(venuename, 'CDG')
from venue
where venuename like '%Park'
order by 2
limit 7;
=> venueid SMALLINT, venuename VARCHAR(100), btrim VARCHAR(100)
121 | ATT Park | ATT Park
109 | Citizens Bank Park | itizens Bank Park
9 | Dick's Sporting Goods Park | ick's Sporting Goods Park
1 | Toyota Park | Toyota Park
# The page cannot show the blank that is left before Park.
--- r_RTRIM | some characters | adapted
select venueid, venuename, rtrim(venuename, 'Park')
from venue
where venueid < 10
order by 1, 2, 3
limit 10;
=> venueid SMALLINT, venuename VARCHAR(100), rtrim VARCHAR(100)
1 | Toyota Park | "Toyota "
4 | CommunityAmerica Ballpark | CommunityAmerica Ballp
8 | The Home Depot Center | The Home Depot Cente
9 | Dick's Sporting Goods Park | "Dick's Sporting Goods "
--- r_QUOTE_IDENT | names | adapted
select catid, quote_ident(catname)
from category
where catid in (1, 6)
order by 1,2;
=> catid SMALLINT, quote_ident VARCHAR(65535)
1 | "MLB"
6 | "Musicals"
--- r_QUOTE_LITERAL | numbers
select quote_literal(catid), catname
from category
order by 1,2;
=> quote_literal VARCHAR(65535), catname VARCHAR(10)
'1' | MLB
'10' | Jazz
'11' | Classical
'2' | NHL
'3' | NFL
'4' | NBA
'5' | MLS
'6' | Musicals
'7' | Plays
'8' | Opera
'9' | Pop
--- REGEXP_COUNT | domains | adapted
select email, regexp_count(email,'@[^.]*\\.(org|edu)')
from users order by userid limit 4;
=> email VARCHAR(100), regexp_count INTEGER
Etiam.laoreet.libero@sodalesMaurisblandit.edu | 1
Suspendisse.tristique@nonnisiAenean.edu | 1
amet.faucibus.ut@condimentumegetvolutpat.ca | 0
sed@lacusUtnec.ca | 0
--- REGEXP_INSTR | the domain's place | adapted
select email, regexp_instr(email,'@[^.]*')
from users
order by userid limit 4;
=> email VARCHAR(100), regexp_instr INTEGER
Etiam.laoreet.libero@sodalesMaurisblandit.edu | 21
Suspendisse.tristique@nonnisiAenean.edu | 22
amet.faucibus.ut@condimentumegetvolutpat.ca | 17
sed@lacusUtnec.ca | 4
--- REGEXP_INSTR | variants of a word | adapted
select venuename, regexp_instr(venuename,'[cC]ent(er|re)$')
from venue
where regexp_instr(venuename,'[cC]ent(er|re)$') > 0
limit 5;
=> venuename VARCHAR(100), regexp_instr INTEGER
The Home Depot Center | 16
--- REGEXP_REPLACE | without the domain
SELECT email, regexp_replace(email, '@.*\\.(org|gov|com|edu|ca)$')
FROM users
ORDER BY userid LIMIT 4;
=> email VARCHAR(100), regexp_replace VARCHAR(65535)
Etiam.laoreet.libero@sodalesMaurisblandit.edu | Etiam.laoreet.libero
Suspendisse.tristique@nonnisiAenean.edu | Suspendisse.tristique
amet.faucibus.ut@condimentumegetvolutpat.ca | amet.faucibus.ut
sed@lacusUtnec.ca | sed
--- REGEXP_REPLACE | another domain
SELECT email, regexp_replace(email, '@.*\\.[[:alpha:]]{2,3}',
'@internal.company.com') FROM users
ORDER BY userid LIMIT 4;
=> email VARCHAR(100), regexp_replace VARCHAR(65535)
Etiam.laoreet.libero@sodalesMaurisblandit.edu | Etiam.laoreet.libero@internal.company.com
Suspendisse.tristique@nonnisiAenean.edu | Suspendisse.tristique@internal.company.com
amet.faucibus.ut@condimentumegetvolutpat.ca | amet.faucibus.ut@internal.company.com
sed@lacusUtnec.ca | sed@internal.company.com
--- REGEXP_SUBSTR | the domain
SELECT email, regexp_substr(email,'@[^.]*')
FROM users
ORDER BY userid LIMIT 4;
=> email VARCHAR(100), regexp_substr VARCHAR(100)
Etiam.laoreet.libero@sodalesMaurisblandit.edu | @sodalesMaurisblandit
Suspendisse.tristique@nonnisiAenean.edu | @nonnisiAenean
amet.faucibus.ut@condimentumegetvolutpat.ca | @condimentumegetvolutpat
sed@lacusUtnec.ca | @lacusUtnec
--- r_REPEAT | numbers
select catid, repeat(catid,3)
from category
order by 1,2;
=> catid SMALLINT, repeat VARCHAR(65535)
1 | 111
2 | 222
3 | 333
4 | 444
5 | 555
6 | 666
7 | 777
8 | 888
9 | 999
10 | 101010
11 | 111111
--- r_REPLACE | a column | adapted
select catid, catgroup,
replace(catgroup, 'Shows', 'Theatre')
from category
where catid in (1, 6, 9)
order by 1,2,3;
=> catid SMALLINT, catgroup VARCHAR(10), replace VARCHAR(65535)
1 | Sports | Sports
6 | Shows | Theatre
9 | Concerts | Concerts
--- r_REPLACE | NULL | own
select replace('a', null, 'b') a, replace('a', 'a', null) b;
=> a VARCHAR(65535), b VARCHAR(65535)
NULL | NULL
--- r_REVERSE | an alias of the same list | adapted
select distinct city as cityname, reverse(cityname)
from users where city like 'A%' order by city limit 5;
=> cityname VARCHAR(30), reverse VARCHAR(30)
Aberdeen | needrebA
Abilene | enelibA
--- r_REVERSE | a number | adapted
select listid + 172450 as salesid, reverse(salesid)::varchar
from listing order by salesid desc limit 2;
=> salesid INTEGER, reverse VARCHAR(11)
172456 | 654271
172455 | 554271
--- SPLIT_PART | a time | adapted
select listtime, split_part(listtime,'-',1) as year,
split_part(listtime,'-',2) as month,
split_part(split_part(listtime,'-',3),' ',1) as day
from listing order by listid limit 2;
=> listtime TIMESTAMP, year VARCHAR(26), month VARCHAR(26), day VARCHAR(26)
2008-01-24 06:43:29 | 2008 | 01 | 24
2008-03-05 12:25:29 | 2008 | 03 | 05
--- SPLIT_PART | months | adapted
select split_part(listtime,'-',2) as month, count(*)
from listing
group by split_part(listtime,'-',2)
order by 1, 2;
=> month VARCHAR(26), count BIGINT
01 | 1
03 | 1
05 | 2
08 | 1
11 | 1
--- r_SUBSTRING | a column | adapted
select listid, listtime,
substring(listtime, 6, 2) as month
from listing
order by 1, 2, 3
limit 2;
=> listid INTEGER, listtime TIMESTAMP, month VARCHAR(26)
1 | 2008-01-24 06:43:29 | 01
2 | 2008-03-05 12:25:29 | 03
--- r_SUBSTRING | FROM and FOR | adapted
select listid, listtime,
substring(listtime from 6 for 2) as month
from listing
order by 1, 2, 3
limit 2;
=> listid INTEGER, listtime TIMESTAMP, month VARCHAR(26)
1 | 2008-01-24 06:43:29 | 01
2 | 2008-03-05 12:25:29 | 03
--- r_TRANSLATE | one character | adapted
select email, translate(email, '@', '.') as obfuscated_email
from users order by userid limit 1;
=> email VARCHAR(100), obfuscated_email VARCHAR(65535)
Etiam.laoreet.libero@sodalesMaurisblandit.edu | Etiam.laoreet.libero.sodalesMaurisblandit.edu
--- r_TRANSLATE | more characters than substitutes | adapted
select city, translate(city, ' .', '_') from users
where city like 'Sain%' or city like 'St%'
group by city
order by city;
=> city VARCHAR(30), translate VARCHAR(65535)
Saint Albans | Saint_Albans
Saint Louis | Saint_Louis
St. George | St_George
Stafford | Stafford
