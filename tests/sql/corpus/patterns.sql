# LIKE, SIMILAR TO and the POSIX operators.
--- r_patternmatching_condition_like | 'abc' like 'abc'
select 'abc' like 'abc';
=> ?column? BOOLEAN
true
--- r_patternmatching_condition_like | 'abc' like 'a%'
select 'abc' like 'a%';
=> ?column? BOOLEAN
true
--- r_patternmatching_condition_like | 'abc' like '_B_'
select 'abc' like '_B_';
=> ?column? BOOLEAN
false
--- r_patternmatching_condition_like | 'abc' like 'c%'
select 'abc' like 'c%';
=> ?column? BOOLEAN
false
--- r_patternmatching_condition_like | 'abc' ilike '_B_'
select 'abc' ilike '_B_';
=> ?column? BOOLEAN
true
--- r_patternmatching_condition_like | the whole text | own
select 'abc' like 'b' a, 'abc' like '%b%' b;
=> a BOOLEAN, b BOOLEAN
false | true
--- r_patternmatching_condition_like | blanks at the end count | own
select 'abc ' like 'abc' a, 'abc' like 'abc ' b, 'abc ' = 'abc' c;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN
false | false | true
--- r_patternmatching_condition_like | the other operators | own
select 'abc' ~~ 'a%' a, 'abc' !~~ 'a%' b, 'abc' ~~* 'A%' c, 'abc' not ilike 'A%' d;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN
true | false | true | false
--- r_patternmatching_condition_like | ILIKE folds ASCII only | own
select 'É' ilike 'é' a, 'E' ilike 'e' b;
=> a BOOLEAN, b BOOLEAN
false | true
--- r_patternmatching_condition_like | NULL | own
select null like 'a' a, 'a' like null b, 'a' not like null c;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN
NULL | NULL | NULL
--- r_patternmatching_condition_like | escapes | own
select 'a_b' like 'a\\_b' a, 'axb' like 'a\\_b' b, '50%' like '50^%' escape '^' c, '501' like '50^%' escape '^' d, 'a\\b' like 'a\\\\b' e;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN
true | false | true | false | true
--- r_patternmatching_condition_like | an escape at the end | own
select 'a' like 'a\\';
=> error ProgrammingError: LIKE pattern must not end with escape character
--- r_patternmatching_condition_like | a line break | own
select 'a\nb' like 'a_b';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | 'abc' similar to 'abc'
select 'abc' similar to 'abc';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | 'abc' similar to '_b_'
select 'abc' similar to '_b_';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | 'abc' similar to '_A_'
select 'abc' similar to '_A_';
=> ?column? BOOLEAN
false
--- pattern-matching-conditions-similar-to | 'abc' similar to '%(b|d)%'
select 'abc' similar to '%(b|d)%';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | 'abc' similar to '(b|c)%'
select 'abc' similar to '(b|c)%';
=> ?column? BOOLEAN
false
--- pattern-matching-conditions-similar-to | 'AbcAbcdefgefg12efgefg12' similar to '((Ab)?c)+d((efg)+(12))+'
select 'AbcAbcdefgefg12efgefg12' similar to '((Ab)?c)+d((efg)+(12))+';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | '$0.87' similar to '$[0-9]+(.[0-9][0-9])?'
select '$0.87' similar to '$[0-9]+(.[0-9][0-9])?';
=> ?column? BOOLEAN
true
# The page breaks the line after the underscore; nothing in the text corresponds to a blank there.
--- pattern-matching-conditions-similar-to | repetitions
select 'aaaaaab11111xy' similar to 'a{6}_[0-9]{5}(x|y){2}';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-similar-to | NOT, ESCAPE, NULL | own
select 'abc' not similar to 'a%' a, 'a_c' similar to 'a^_c' escape '^' b, 'abc' similar to 'a^_c' escape '^' c, null similar to 'a' d;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN
false | true | false | NULL
--- pattern-matching-conditions-similar-to | a point is no metacharacter | own
select 'abc' similar to 'a.c' a, 'a.c' similar to 'a.c' b, 'a^$' similar to 'a^$' c;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN
false | true | true
--- pattern-matching-conditions-posix | 'abc' ~ 'abc'
select 'abc' ~ 'abc';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'abc' ~ 'a'
select 'abc' ~ 'a';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'abc' ~ 'A'
select 'abc' ~ 'A';
=> ?column? BOOLEAN
false
--- pattern-matching-conditions-posix | 'abc' ~ '.*(b|d).*'
select 'abc' ~ '.*(b|d).*';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'abc' ~ '(b|c).*'
select 'abc' ~ '(b|c).*';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'AbcAbcdefgefg12efgefg12' ~ '((Ab)?c)+d((efg)+(12))+'
select 'AbcAbcdefgefg12efgefg12' ~ '((Ab)?c)+d((efg)+(12))+';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'aaaaaab11111xy' ~ 'a{6}.[1]{5}(x|y){2}'
select 'aaaaaab11111xy' ~ 'a{6}.[1]{5}(x|y){2}';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | '$0.87' ~ '\\$[0-9]+(\\.[0-9][0-9])?'
select '$0.87' ~ '\\$[0-9]+(\\.[0-9][0-9])?';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'ab c' ~ '[[:space:]]'
select 'ab c' ~ '[[:space:]]';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | 'ab c' ~ '\\s'
select 'ab c' ~ '\\s';
=> ?column? BOOLEAN
true
--- pattern-matching-conditions-posix | ' ' ~ '\\S'
select ' ' ~ '\\S';
=> ?column? BOOLEAN
false
--- pattern-matching-conditions-posix | the other operators | own
select 'abc' !~ 'b' a, 'abc' ~* 'B' b, 'abc' !~* 'B' c, null ~ 'a' d, 'a' ~ null e;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN
false | true | false | NULL | NULL
--- pattern-matching-conditions-posix | classes | own
select 'x1' ~ '^[[:alpha:]][[:digit:]]$' a, 'é' ~ '[[:alpha:]]' b, 'a_1' ~ '^\\w+$' c, '12' ~ '\\D' d, 'fF0' ~ '^[[:xdigit:]]{3}$' e, 'a.' ~ '[[:punct:]]' f;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN, f BOOLEAN
true | false | true | false | true | true
--- pattern-matching-conditions-posix | what is PCRE | own
select 'abc' ~ 'a.*?c';
=> refused: a repetition of nothing, or of a repetition, is not supported
--- setup
create table users (city varchar(30), lastname varchar(30));
insert into users values ('East Hartford','Christensen'), ('Eau Claire','Wooten'), ('Brea','Roy'), ('Clearwater','Hodge'),
  ('Agoura Hills','Juarez'), ('Benton Harbor','Watkins'), ('Olean','Smith');
create table columns (tablename varchar(30), "column" varchar(30));
insert into columns values ('stl_s3client','start_time'), ('stl_tr_conflict','xact_start_ts'), ('stl_undone','undo_start_ts'),
  ('stl_query','starttime');
create table venue (venuename varchar(100));
insert into venue values ('E.J. Nutter Center'), ('Jobing.com Arena'), ('Toyota Park');
create table event (eventname varchar(200));
insert into event values ('Der Ring'), ('Die Zauberfloete'), ('Salome');
--- r_patternmatching_condition_like | a beginning | adapted
select distinct city from users
where city like 'E%' order by city;
=> city VARCHAR(30)
East Hartford
Eau Claire
--- r_patternmatching_condition_like | anywhere
select distinct lastname from users
where lastname like '%ten%' order by lastname;
=> lastname VARCHAR(30)
Christensen
Wooten
--- r_patternmatching_condition_like | ILIKE | adapted
select distinct city from users where city ilike '__EA%' order by city;
=> city VARCHAR(30)
Brea
Clearwater
Olean
--- r_patternmatching_condition_like | an underscore: '%start\\_%' | adapted
select tablename, "column" from columns
where "column" like '%start\\_%'
order by 1 limit 5;
=> tablename VARCHAR(30), column VARCHAR(30)
stl_s3client | start_time
stl_tr_conflict | xact_start_ts
stl_undone | undo_start_ts
--- pattern-matching-conditions-similar-to | an underscore: '%start\\_%' | adapted
SELECT tablename, "column" FROM columns
WHERE "column" SIMILAR TO '%start\\_%'
ORDER BY tablename, "column" LIMIT 5;
=> tablename VARCHAR(30), column VARCHAR(30)
stl_s3client | start_time
stl_tr_conflict | xact_start_ts
stl_undone | undo_start_ts
--- r_patternmatching_condition_like | an underscore: '%start^_%' escape '^' | adapted
select tablename, "column" from columns
where "column" like '%start^_%' escape '^'
order by 1 limit 5;
=> tablename VARCHAR(30), column VARCHAR(30)
stl_s3client | start_time
stl_tr_conflict | xact_start_ts
stl_undone | undo_start_ts
--- pattern-matching-conditions-similar-to | an underscore: '%start^_%' escape '^' | adapted
SELECT tablename, "column" FROM columns
WHERE "column" SIMILAR TO '%start^_%' escape '^'
ORDER BY tablename, "column" LIMIT 5;
=> tablename VARCHAR(30), column VARCHAR(30)
stl_s3client | start_time
stl_tr_conflict | xact_start_ts
stl_undone | undo_start_ts
--- pattern-matching-conditions-similar-to | E or H | adapted
SELECT DISTINCT city FROM users
WHERE city SIMILAR TO '%E%|%H%' ORDER BY city LIMIT 5;
=> city VARCHAR(30)
Agoura Hills
Benton Harbor
East Hartford
Eau Claire
--- pattern-matching-conditions-similar-to | alternatives | adapted
select count(*) from event where eventname SIMILAR TO '%(Ring|Die)%';
=> count BIGINT
2
--- pattern-matching-conditions-similar-to | the same with LIKE | adapted
select count(*) from event where eventname LIKE '%Ring%' OR eventname LIKE '%Die%';
=> count BIGINT
2
--- pattern-matching-conditions-posix | alternatives | adapted
select count(*) from event where eventname ~ '.*(Ring|Die).*';
=> count BIGINT
2
--- pattern-matching-conditions-posix | E or H | adapted
select distinct city from users
where city ~ '.*E.*|.*H.*' order by city;
=> city VARCHAR(30)
Agoura Hills
Benton Harbor
East Hartford
Eau Claire
--- pattern-matching-conditions-posix | neither E nor H | adapted
SELECT DISTINCT city FROM users WHERE city !~ '.*E.*|.*H.*' ORDER BY city LIMIT 5;
=> city VARCHAR(30)
Brea
Clearwater
Olean
--- pattern-matching-conditions-posix | the boundary of a word | own
select 'a fox' ~ '\\bfox\\b' a, 'foxes' ~ '\\bfox\\b' b;
=> a BOOLEAN, b BOOLEAN
true | false
--- pattern-matching-conditions-posix | a point | adapted
select venuename from venue
where venuename ~ '.*\\..*'
order by 1;
=> venuename VARCHAR(100)
E.J. Nutter Center
Jobing.com Arena
--- setup
create table pattern_sample (col1 char(10), col2 varchar(10));
insert into pattern_sample values ('1','1'), ('1234567891','1234567891'), ('234567891','234567891');
--- r_patternmatching_condition_like | the blanks that fill CHAR up count | own
select col1 like '%1' a, col2 like '%1' b, rtrim(col1) like '%1' c, col1::varchar like '%1' d from pattern_sample;
=> a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN
false | true | true | true
true | true | true | true
false | true | true | true
--- r_patternmatching_condition_like | CHAR and the POSIX operators | own
select col1 ~ '1$' a, col1 similar to '%1' b from pattern_sample;
=> a BOOLEAN, b BOOLEAN
false | false
true | true
false | false
