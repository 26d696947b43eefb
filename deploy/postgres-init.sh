#!/bin/bash
# Makes the role and the database of Wardbook, when PostgreSQL starts for the
# first time. The role is no superuser: row-level security holds for it, so the
# database itself keeps organizations apart.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --set password="$WARDBOOK_PASSWORD" <<'SQL'
CREATE ROLE wardbook LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE wardbook OWNER wardbook;
SQL
