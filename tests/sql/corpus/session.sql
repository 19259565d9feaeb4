# System information functions.
--- r_CURRENT_SCHEMA | the schema
select current_schema();
=> current_schema VARCHAR(128)
public
--- r_CURRENT_SCHEMAS | without the implicit ones
select current_schemas(false);
=> current_schemas VARCHAR(128)
{public}
--- r_CURRENT_SCHEMAS | with the implicit ones
select current_schemas(true);
=> current_schemas VARCHAR(128)
{pg_catalog,public}
# The page's database is tickit.
--- r_CURRENT_DATABASE | the database | adapted
select current_database();
=> current_database VARCHAR(128)
main
--- r_CURRENT_USER_ID | the user's number
select user, current_user_id;
=> refused: the function current_user_id
--- r_HAS_TABLE_PRIVILEGE | a privilege
select has_table_privilege('guest', 'listing', 'select');
=> refused: the function has_table_privilege
--- PG_LAST_COPY_ID | a COPY | own
select pg_last_copy_id();
=> refused: the function pg_last_copy_id
--- r_CURRENT_USER | the names | own
select current_user a, user b, session_user c;
=> a VARCHAR(128), b VARCHAR(128), c VARCHAR(128)
local | local | local
