# INSERT, UPDATE and DELETE. The tables are those that the pages print.
--- setup
create table category (catid smallint, catgroup varchar(10), catname varchar(10), catdesc varchar(50));
insert into category values
(1, 'Sports', 'MLB', 'Major League Baseball'), (2, 'Sports', 'NHL', 'National Hockey League'),
(3, 'Sports', 'NFL', 'National Football League'), (4, 'Sports', 'NBA', 'National Basketball Association'),
(5, 'Sports', 'MLS', 'Major League Soccer'), (6, 'Shows', 'Musicals', 'Musical theatre'),
(7, 'Shows', 'Plays', 'All non-musical theatre'), (8, 'Shows', 'Opera', 'All opera and light opera'),
(9, 'Concerts', 'Pop', 'All rock and pop music concerts'), (10, 'Concerts', 'Jazz', 'All jazz singers and bands'),
(11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts');
create table event (eventid integer, catid smallint);
insert into event values (1, 9), (2, 8), (3, 6), (4, 7), (5, 9);
create table category_stage
(catid smallint default 0,
catgroup varchar(10) default 'General',
catname varchar(10) default 'General',
catdesc varchar(50) default 'General');

--- c_Examples_of_INSERT_30 | all rows of another table | adapted
insert into category_stage
(select * from category);
select count(*), max(catid) from category_stage;
=> count BIGINT, max SMALLINT
11 | 11

--- c_Examples_of_INSERT_30 | a value for each column, and a default
insert into category_stage values
(12, 'Concerts', 'Comedy', 'All stand-up comedy performances');
insert into category_stage values
(13, 'Concerts', 'Other', default);
select * from category_stage
where catid in(12,13) order by 1;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
12 | Concerts | Comedy | All stand-up comedy performances
13 | Concerts | Other | General

--- c_Examples_of_INSERT_30 | several rows with defaults
insert into category_stage values
(14, default, default, default),
(15, default, default, default);
select * from category_stage where catid in(14,15) order by 1;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
14 | General | General | General
15 | General | General | General

--- c_Examples_of_INSERT_30 | defaults in different places
insert into category_stage values
(default, default, default, default),
(20, default, 'Country', default),
(21, 'Concerts', 'Rock', default);
select * from category_stage where catid in(0,20,21) order by 1;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
0 | General | General | General
20 | General | Country | General
21 | Concerts | Rock | General

--- c_Examples_of_INSERT_30 | DEFAULT VALUES | own
insert into category_stage default values;
select * from category_stage;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
0 | General | General | General

--- c_Examples_of_INSERT_30 | an IDENTITY column | adapted
create table category_ident
(catid int identity not null,
catgroup varchar(10) default 'General',
catname varchar(10) default 'General',
catdesc varchar(50) default 'General');
insert into category_ident(catgroup,catname,catdesc)
select catgroup,catname,catdesc from category;
select count(distinct catid), min(catid) from category_ident;
=> count BIGINT, min INTEGER
11 | 1

--- c_Examples_of_INSERT_30 | a value for an IDENTITY column | own
create table category_ident (catid int identity not null, catgroup varchar(10));
insert into category_ident values (5, 'x');
=> error ProgrammingError: cannot set identity column "catid" to a value

--- c_Examples_of_INSERT_30 | subqueries in several rows of VALUES
insert into category(catid) values
((select max(catid)+1 from category)),
((select max(catid)+2 from category));
=> error ProgrammingError: can't use subqueries in multi-row VALUES

--- c_Examples_of_UPDATE_statements | a range of values
update category
set catgroup='Theatre'
where catid between 6 and 8;
select * from category
where catid between 6 and 8 order by catid;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
6 | Theatre | Musicals | Musical theatre
7 | Theatre | Plays | All non-musical theatre
8 | Theatre | Opera | All opera and light opera

--- c_Examples_of_UPDATE_statements | a current value, and a default that is not defined
update category set catgroup='Theatre' where catid between 6 and 8;
update category
set catdesc=default, catname='Shows'
where catgroup='Theatre';
select * from category
where catname='Shows' order by catid;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
6 | Theatre | Shows | NULL
7 | Theatre | Shows | NULL
8 | Theatre | Shows | NULL

# The page joins venue and sales too.
--- c_Examples_of_UPDATE_statements | a subquery in WHERE | adapted
update category
set catdesc='Broadway Musical'
where category.catid in
(select category.catid from category
join event on category.catid = event.catid
where catname='Musicals');
select catid, catdesc from category where catid in (6, 7) order by 1;
=> catid SMALLINT, catdesc VARCHAR(50)
6 | Broadway Musical
7 | All non-musical theatre

--- c_Examples_of_UPDATE_statements | a join | unordered
update category set catid=100
from event
where event.catid=category.catid;
select * from category order by 1;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
1 | Sports | MLB | Major League Baseball
2 | Sports | NHL | National Hockey League
3 | Sports | NFL | National Football League
4 | Sports | NBA | National Basketball Association
5 | Sports | MLS | Major League Soccer
10 | Concerts | Jazz | All jazz singers and bands
11 | Concerts | Classical | All symphony, concerto, and choir concerts
100 | Shows | Opera | All opera and light opera
100 | Shows | Musicals | Musical theatre
100 | Concerts | Pop | All rock and pop music concerts
100 | Shows | Plays | All non-musical theatre

--- c_Examples_of_UPDATE_statements | a join and another condition
update category set catid=100
from event
where event.catid=category.catid
and catgroup='Concerts';
select * from category where catid=100;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
100 | Concerts | Pop | All rock and pop music concerts

--- c_Examples_of_UPDATE_statements | the target under another name in FROM | adapted
update category set catid=100
from event join category cat on event.catid=cat.catid
where cat.catgroup='Concerts';
select * from category where catid=100;
=> catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50)
100 | Concerts | Pop | All rock and pop music concerts

--- c_Examples_of_UPDATE_statements | an outer join to the target
update category set catid=100
from event left join category cat on event.catid=cat.catid
where cat.catgroup='Concerts';
=> error ProgrammingError: Target table must be part of an equijoin predicate

--- c_Examples_of_UPDATE_statements | an outer join in a subquery | adapted
update category set catid=100
from
(select event.catid from event left join category cat on event.catid=cat.catid) eventcat
where category.catid=eventcat.catid
and catgroup='Concerts';
select catid, catname from category where catid=100;
=> catid SMALLINT, catname VARCHAR(10)
100 | Pop

--- r_UPDATE | WITH | own
WITH recent AS (SELECT DISTINCT catid FROM event)
UPDATE category SET catname = 'Seen' FROM recent WHERE recent.catid = category.catid;
SELECT count(*) FROM category WHERE catname = 'Seen';
=> count BIGINT
4

--- r_DELETE | all rows | adapted
delete from category;
select count(*) from category;
=> count BIGINT
0

--- r_DELETE | a condition | adapted
delete from category where catid between 0 and 9;
select count(*) from category;
=> count BIGINT
2

# The page's table is sales and event of TICKIT.
--- r_DELETE | USING | adapted
delete from category using event where category.catid = event.catid and category.catid > 6;
select catid from category where catid > 4 order by 1;
=> catid SMALLINT
5
6
10
11

--- r_DELETE | two ways to delete one row | adapted
delete from category
using event
where event.catid=category.catid and category.catid=9;
delete from category
where catid in
(select category.catid from category, event
where category.catid=event.catid and category.catid=8);
select count(*) from category;
=> count BIGINT
9

--- r_DELETE | NOT IN | adapted
delete from category
where category.catid not in(select event.catid from event);
select count(*) from category;
=> count BIGINT
4

--- r_UPDATE | a column with its table | adapted
UPDATE category SET category.catid = 1;
=> error ProgrammingError: SET takes the name of a column alone

--- r_UPDATE | an outer join of other tables | own
update category set catid = 1 from event a left join event b on a.catid = b.catid where a.catid = category.catid;
=> error ProgrammingError: Target table must be part of an equijoin predicate

--- r_DELETE | a subquery with EXISTS | own
delete from category where exists (select 1 from event where event.catid = category.catid);
select count(*) from category;
=> count BIGINT
7

--- r_DELETE | without FROM, and with an alias | own
delete category where catid = 1;
delete from category as c where c.catid = 2;
select min(catid) from category;
=> min SMALLINT
3

--- setup

--- r_Examples_with_numeric_types201 | values that fit | own
create table numbers (s smallint, d decimal(8,2));
insert into numbers values (1.5, 4323.8951), ('7', '-0.005'), (-32768, 999999.99);
select * from numbers order by s;
=> s SMALLINT, d DECIMAL(8,2)
-32768 | 999999.99
2 | 4323.90
7 | -0.01

--- setup
create table film (
film_id integer,
language_id smallint,
original_language_id smallint,
rental_duration smallint default 3,
rental_rate numeric(4,2) default 4.99,
length smallint,
replacement_cost real default 25.00);
create table address(
address_id integer,
address1 varchar(100),
address2 varchar(50),
district varchar(20),
city_name char(20),
state char(2),
postal_code char(5)
);

--- r_Examples_with_numeric_types201 | an integer out of range
insert into film(language_id) values(33000);
=> error DataError: smallint out of range

--- r_Examples_with_numeric_types201 | a decimal into an integer column | adapted
insert into film(language_id) values(1.5);
select language_id, rental_duration, rental_rate from film;
=> language_id SMALLINT, rental_duration SMALLINT, rental_rate DECIMAL(4,2)
2 | 3 | 4.99

--- r_Examples_with_numeric_types201 | a decimal whose scale is rounded | adapted
insert into film(rental_rate) values(35.512);
select rental_rate from film;
=> rental_rate DECIMAL(4,2)
35.51

--- r_Examples_with_numeric_types201 | a decimal out of range
insert into film(rental_rate) values (350.10);
=> error DataError: The absolute value is greater than or equal to 10^2 for field with precision 4, scale 2.

--- r_Examples_with_numeric_types201 | a decimal out of range, from a query | own
insert into film(rental_rate) select 350.10;
=> error DataError: numeric field overflow

--- r_Examples_with_character_types | blanks at the end are kept
insert into address(address1) values('9516 Magnolia Boulevard');
insert into address(address1) values('9516 Magnolia Boulevard  ');
select length(address1) from address;
=> length INTEGER
23
25

--- r_Examples_with_character_types | text that is too long
insert into address(city_name) values('City of South San Francisco');
=> error DataError: value too long for type character(20)

--- r_Examples_with_character_types | text that is too long, cast | adapted
insert into address(city_name)
values('City of South San Francisco'::char(20));
select city_name from address;
=> city_name CHAR(20)
City of South San Fr

--- r_Examples_with_character_types | only blanks are too many | own
insert into address(state) values ('NY     ');
select state from address;
=> state CHAR(2)
NY

--- r_Examples_with_character_types | VARCHAR that is too long, from a query | own
insert into address (district) select '9516 Magnolia Boulevard';
=> error DataError: value too long for type character varying(20)

--- setup

--- r_SUPER_type | text in a SUPER column is a string, JSON_PARSE reads it | own
create table s (id int, v super);
insert into s values (1, '{"a":1}'), (2, json_parse('{"a":1}')), (3, 5), (4, true), (5, 1.50);
select id, v from s order by id;
=> id INTEGER, v SUPER
1 | "{\"a\":1}"
2 | {"a":1}
3 | 5
4 | true
5 | 1.50

--- c_Supported_data_types | text does not become a number by itself | own
create table a (x varchar(5));
create table b (y int);
insert into b select x from a;
=> error ProgrammingError: column "y" is of type integer but expression is of type character varying

--- r_INSERT_30 | times as text, in any form | own
create table times (d date, t time, ts timestamp, tz timestamptz);
insert into times values ('1/31/2020', '4:05 pm', '20200131', '2020-01-31 10:00:00+02'),
('2020-01-31 10:00', '16:05:06.5', '2020-01-31T10:00', '2020-01-31');
select * from times order by tz;
=> d DATE, t TIME, ts TIMESTAMP, tz TIMESTAMPTZ
2020-01-31 | 16:05:06.5 | 2020-01-31 10:00:00 | 2020-01-31 00:00:00+00
2020-01-31 | 16:05:00 | 2020-01-31 00:00:00 | 2020-01-31 08:00:00+00

--- r_INSERT_30 | backslashes, integer division | own
create table e (a varchar(20), b decimal(5,2));
insert into e values ('it\'s \\ x', 5/2);
select * from e;
=> a VARCHAR(20), b DECIMAL(5,2)
it's \ x | 2.00
