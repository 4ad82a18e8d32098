#!/bin/sh
# Runs once, in an empty data folder: a database and a login role per process, and nobody else may open it.
# The statements go in by standard input, because arguments can be read by everybody in the container.
set -eu

add() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
\\set name $1
\\set password $2
set log_min_error_statement = panic;
create role :"name" with login nosuperuser nocreatedb nocreaterole nobypassrls password :'password';
create database :"name" owner :"name";
revoke all on database :"name", postgres, template1 from public;
SQL
}

add registry "$REGISTRY_PASSWORD"
add logistics "$LOGISTICS_PASSWORD"
add incidents "$INCIDENTS_PASSWORD"
add turnout "$TURNOUT_PASSWORD"
add gateway "$GATEWAY_PASSWORD"
if [ -n "${KEYCLOAK_PASSWORD:-}" ]; then add keycloak "$KEYCLOAK_PASSWORD"; fi
