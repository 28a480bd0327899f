export { type AnySql, connect, type Database, type Db, type Sql, type Transaction } from './client.ts';
export { dumpDatabase, fillDatabase } from './dump.ts';
export { migrate } from './migrate.ts';
export { openSql } from './open-sql.ts';
export * from './schema/index.ts';
