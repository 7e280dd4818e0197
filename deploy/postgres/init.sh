#!/bin/sh
# Run once by the image of postgres, on an empty volume: the roles and schemas of every service.
set -eu

for package in customer segment campaign callcenter gateway; do
    PACKAGE=$package \
        OWNER_PASSWORD=$(cat "/run/secrets/${package}-owner/owner_password") \
        APP_PASSWORD=$(cat "/run/secrets/${package}/database_password") \
        psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /perennial/service.sql
done
