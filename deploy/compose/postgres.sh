#!/bin/sh
# Runs once, in an empty data folder, and by hand after an update (it changes nothing twice): a database per process, the role
# that owns and migrates it, the role that the process logs in as and that owns nothing, and nobody else may open it.
# The statements go in by standard input, because arguments can be read by everybody in the container.
set -eu

add() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
\\set name $1
\\set owner $1_owner
\\set password $2
\\set owner_password $3
set log_min_error_statement = panic;
select format('create role %I', r) from unnest(array[:'name', :'owner']) r
 where not exists (select from pg_roles where rolname = r) \\gexec
alter role :"name" with login nosuperuser nocreatedb nocreaterole nobypassrls password :'password';
alter role :"owner" with login nosuperuser nocreatedb nocreaterole nobypassrls password :'owner_password';
select format('create database %I owner %I', :'name', :'owner')
 where not exists (select from pg_database where datname = :'name') \\gexec
revoke all on database :"name", postgres, template1 from public;
grant connect on database :"name" to :"name";
select pg_get_userbyid(datdba) = :'name' as owned_by_login from pg_database where datname = :'name' \\gset
\\if :owned_by_login
\\connect :name
reassign owned by :"name" to :"owner";
\\endif
SQL
}

add registry "$REGISTRY_PASSWORD" "$REGISTRY_OWNER_PASSWORD"
add logistics "$LOGISTICS_PASSWORD" "$LOGISTICS_OWNER_PASSWORD"
add incidents "$INCIDENTS_PASSWORD" "$INCIDENTS_OWNER_PASSWORD"
add turnout "$TURNOUT_PASSWORD" "$TURNOUT_OWNER_PASSWORD"
add gateway "$GATEWAY_PASSWORD" "$GATEWAY_OWNER_PASSWORD"
if [ -n "${KEYCLOAK_PASSWORD:-}" ]; then add keycloak "$KEYCLOAK_PASSWORD" "$KEYCLOAK_PASSWORD"; fi
