/*
 * The tables of the broker's database, as numbered steps.
 *
 * PRAGMA user_version is the number of steps that were taken.  A step is never
 * changed once it was released; a new one is added behind it.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_SCHEMA_H
#define SEIN_BROKER_STORE_SQLITE_SCHEMA_H

#include "broker/store/sqlite_db.h"

/**
 * sqlite_schema_apply - take the steps that the database lacks, all or none.
 *
 * After an error the database is to be closed.
 *
 * Errors:  SEIN_EVERSION the database has steps that we do not know;
 *          SEIN_EDAMAGED it is somebody else's; those of sqlite_db.h.
 */
SEIN_CHECKED enum sein_err sqlite_schema_apply(struct sqlite_db *db);

#endif
