# MERGE. The newest page (2023 and later) is not stored; REMOVE DUPLICATES is entered as own cases from its text.
--- r_MERGE | the tables before | unordered
CREATE TABLE target (id INT, name CHAR(10));
CREATE TABLE source (id INT, name CHAR(10));
INSERT INTO target VALUES (101, 'Bob'), (102, 'John'), (103, 'Susan');
INSERT INTO source VALUES (102, 'Tony'), (103, 'Alice'), (104, 'Bill');
SELECT * FROM target;
=> id INTEGER, name CHAR(10)
101 | Bob
102 | John
103 | Susan

--- r_MERGE | update what matches, insert what does not | unordered
CREATE TABLE target (id INT, name CHAR(10));
CREATE TABLE source (id INT, name CHAR(10));
INSERT INTO target VALUES (101, 'Bob'), (102, 'John'), (103, 'Susan');
INSERT INTO source VALUES (102, 'Tony'), (103, 'Alice'), (104, 'Bill');
MERGE INTO target USING source ON target.id = source.id
WHEN MATCHED THEN UPDATE SET id = source.id, name = source.name
WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name);
SELECT * FROM target;
=> id INTEGER, name CHAR(10)
101 | Bob
102 | Tony
103 | Alice
104 | Bill

--- r_MERGE | delete what matches, insert what does not | unordered
CREATE TABLE target (id INT, name CHAR(10));
CREATE TABLE source (id INT, name CHAR(10));
INSERT INTO target VALUES (101, 'Bob'), (102, 'Tony'), (103, 'Alice'), (104, 'Bill');
INSERT INTO source VALUES (102, 'Tony'), (103, 'Alice'), (104, 'Bill');
INSERT INTO source VALUES (105, 'David');
MERGE INTO target USING source ON target.id = source.id
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name);
SELECT * FROM target;
=> id INTEGER, name CHAR(10)
101 | Bob
105 | David

--- r_MERGE | part of a SUPER value
CREATE TABLE IF NOT EXISTS target (key INT, value SUPER);
CREATE TABLE IF NOT EXISTS source (key INT, value SUPER);
INSERT INTO target VALUES (1, JSON_PARSE('{"key": 88}'));
INSERT INTO source VALUES (1, ARRAY(1, 'John')), (2, ARRAY(2, 'Bill'));
MERGE INTO target USING source ON target.key = source.key
WHEN matched THEN UPDATE SET value = source.value[0]
WHEN NOT matched THEN INSERT VALUES (source.key, source.value[0]);
=> error ProgrammingError: Partial reference of SUPER column is not supported in MERGE statement.

# The page merges two rows of the target with the same primary key into one; here a primary key is enforced.
--- r_MERGE | duplicates of a primary key | adapted
CREATE TABLE target (id INT, name CHAR(10), PRIMARY KEY(id));
INSERT INTO target VALUES (101, 'Bob'), (101, 'John'), (102, 'Susan');
=> error IntegrityError: UNIQUE constraint failed

--- r_MERGE | a row of the target that matches twice | own
CREATE TABLE target (id INT, name CHAR(10));
CREATE TABLE source (id INT, name CHAR(10));
INSERT INTO target VALUES (1, 'Bob'), (2, 'John');
INSERT INTO source VALUES (1, 'Tony'), (1, 'Alice'), (3, 'Bill');
MERGE INTO target USING source ON target.id = source.id
WHEN MATCHED THEN UPDATE SET id = source.id, name = source.name
WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name);
=> error DataError: Found multiple matches to update the same tuple.

--- r_MERGE | REMOVE DUPLICATES | own, unordered
CREATE TABLE target (id INT, name CHAR(10));
CREATE TABLE source (id INT, name CHAR(10));
INSERT INTO target VALUES (30, 'Tony'), (30, 'Daisy'), (11, 'Alice'), (23, 'Bill'), (23, 'Nikki');
INSERT INTO source VALUES (23, 'David'), (22, 'Clarence');
MERGE INTO target USING source ON target.id = source.id REMOVE DUPLICATES;
SELECT * FROM target;
=> id INTEGER, name CHAR(10)
30 | Tony
30 | Daisy
11 | Alice
23 | David
22 | Clarence

--- r_MERGE | a subquery as the source, and values computed | own, unordered
CREATE TABLE target (id INT, n DECIMAL(5,1));
INSERT INTO target VALUES (1, 1.5), (2, 2.5);
MERGE INTO target t USING (SELECT 2 AS id, 0.26 AS n UNION ALL SELECT 3, 7) AS s ON t.id = s.id
WHEN MATCHED THEN UPDATE SET n = t.n + s.n
WHEN NOT MATCHED THEN INSERT (n, id) VALUES (s.n * 2, s.id);
SELECT * FROM target;
=> id INTEGER, n DECIMAL(5,1)
1 | 1.5
2 | 2.8
3 | 14.0

--- r_MERGE | what is inserted is not updated, what is updated not inserted again | own, unordered
CREATE TABLE target (id INT, n INT);
CREATE TABLE source (id INT, n INT);
INSERT INTO target VALUES (1, 10);
INSERT INTO source VALUES (1, 1), (2, 2);
MERGE INTO target USING source ON target.id = source.id
WHEN MATCHED THEN UPDATE SET id = 2, n = 5
WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.n);
SELECT * FROM target;
=> id INTEGER, n INTEGER
2 | 5
2 | 2

--- r_MERGE | one table as source and target | own
CREATE TABLE target (id INT);
MERGE INTO target USING target AS s ON target.id = s.id REMOVE DUPLICATES;
=> error ProgrammingError: cannot be the same table

--- r_MERGE | WITH | own
CREATE TABLE target (id INT);
WITH a AS (SELECT 1 AS id) MERGE INTO target USING a ON target.id = a.id REMOVE DUPLICATES;
=> refused: WITH
