export { type AnySql, type Database, type Db, type Sql, type Transaction, connect } from './client.ts';
export { migrate } from './migrate.ts';
export * from './schema/index.ts';
