import * as schema from '@granary/db';
import { getTableColumns, is, SQL } from 'drizzle-orm';
import { getTableConfig, type PgColumn, PgDialect, PgTable } from 'drizzle-orm/pg-core';
import { code, MADE, table } from './markdown.ts';
import { commentsOf, type TableComments } from './table-comments.ts';

/** The files of packages/db/src/schema with tables, in the order in which a newcomer reads them. */
const AREAS: Readonly<Record<string, string>> = {
  users: 'Accounts',
  organizations: 'Organizations',
  datasets: 'Datasets',
  files: 'Files',
  imports: 'Uploads and imports',
  annotations: 'Annotations',
  edits: 'Edits that are not published yet',
  work: 'Predictions, assignments and comments',
  similarity: 'Near-duplicates',
  versions: 'Revisions and versions',
  sharing: 'Sharing',
  backups: 'Backups',
  exports: 'Exports',
  activities: 'Jobs and the audit log',
  integrity: 'Integrity checks',
  site: 'The site',
};

interface MappedTable {
  table: PgTable;
  comments: TableComments;
}

/**
 * The page of all tables.
 *
 * @throws Error when a table has no comment, or lies in a file that has no title
 */
export function tablesPage(): string {
  const comments = commentsOf(Object.keys(AREAS));
  const tables = new Map(
    Object.entries(schema).flatMap(([name, value]) => (is(value, PgTable) ? [[name, value]] : [])),
  );
  const silent = [...tables.keys()].filter((name) => !comments.has(name));
  if (silent.length > 0) throw new Error(`Without a comment, or in a file without a title: ${silent.join(', ')}.`);
  const all = [...comments].flatMap(([name, found]): MappedTable[] => {
    const of = tables.get(name);
    return of ? [{ table: of, comments: found }] : [];
  });
  const areas = Object.entries(AREAS).map(([area, title]) => {
    const ofArea = all.filter(({ comments: { area: own } }) => own === area);
    return [`## ${title}`, diagramOf(ofArea), ...ofArea.map(sectionOf)].filter((part) => part !== '').join('\n\n');
  });
  return `${[
    MADE,
    '# Tables of the database',
    'What PostgreSQL holds, from the Drizzle schema in `packages/db/src/schema`. Migrations, triggers and functions are the SQL files of `packages/db/migrations`. The tables of the job queue are those of pg-boss, in the schema `pgboss`.',
    'Sizes are in bytes. Lines of a diagram are foreign keys; `o|` is one that can be null. In the last column of a table, → is a foreign key, with what becomes of a row when the one it points to is deleted; without a word, that deletion is refused.',
    ...areas,
  ].join('\n\n')}\n`;
}

/** What becomes of a row when the one it points to is deleted; otherwise that deletion is refused. */
const FATES: Partial<Record<string, string>> = { cascade: ', deleted too', 'set null': ', set to null' };

const dialect = new PgDialect();
const sqlOf = (value: SQL): string => dialect.sqlToQuery(value.inlineParams()).sql;

function sectionOf({ table: of, comments }: MappedTable): string {
  const { name, columns, indexes, checks, primaryKeys, foreignKeys, uniqueConstraints } = getTableConfig(of);
  const keyed = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
  const keys = new Map(Object.entries(getTableColumns(of)).map(([key, column]) => [column.name, key]));
  const references = new Map(
    foreignKeys.flatMap((key) => {
      const { columns: from, foreignTable, foreignColumns } = key.reference();
      const becomes = FATES[key.onDelete ?? 'no action'] ?? '';
      const target = `${getTableConfig(foreignTable).name}.${foreignColumns.map((column) => column.name).join(', ')}`;
      return from.map((column) => [column.name, `→ ${code(target)}${becomes}.`] as const);
    }),
  );
  const rows = columns.map((column) => [
    code(column.name),
    column.getSQLType(),
    column.notNull ? '' : 'yes',
    defaultOf(column),
    [
      column.primary || keyed.has(column.name) ? 'Primary key.' : '',
      references.get(column.name) ?? '',
      comments.columns.get(keys.get(column.name) ?? '') ?? '',
    ]
      .filter((part) => part !== '')
      .join(' '),
  ]);
  const constraints = [
    ...primaryKeys.map((key) => `primary key (${key.columns.map((column) => column.name).join(', ')})`),
    ...uniqueConstraints.map((key) => `unique (${key.columns.map((column) => column.name).join(', ')})`),
    ...indexes.map(({ config }) => {
      const where = config.where ? ` where ${sqlOf(config.where)}` : '';
      const method = config.method && config.method !== 'btree' ? ` using ${config.method}` : '';
      return `${config.unique ? 'unique' : 'index'}${method} (${config.columns.map(indexed).join(', ')})${where}`;
    }),
    ...checks.map(({ value }) => `check (${sqlOf(value)})`),
  ].map((line) => `- ${code(line.replaceAll('"', '').replaceAll(`${name}.`, ''))}`);
  return [
    `### ${name}`,
    comments.text,
    table(['column', 'type', 'null', 'default', 'what it is'], rows),
    constraints.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function indexed(column: ReturnType<typeof getTableConfig>['indexes'][number]['config']['columns'][number]): string {
  if (is(column, SQL)) return sqlOf(column);
  return 'name' in column ? (column.name ?? '') : '';
}

function defaultOf(column: PgColumn): string {
  if (column.generated) return 'generated';
  if (column.generatedIdentity) return 'identity';
  if (column.defaultFn) return 'set by the application';
  if (is(column.default, SQL)) return code(sqlOf(column.default));
  return column.default === undefined ? '' : code(JSON.stringify(column.default));
}

/** Foreign keys that leave a table of the area. */
function diagramOf(tables: readonly MappedTable[]): string {
  const lines = tables.flatMap(({ table: of }) =>
    getTableConfig(of).foreignKeys.map((key) => {
      const { columns, foreignTable } = key.reference();
      const one = columns.every((column) => column.notNull) ? '||' : '|o';
      const isOneToOne = columns.every((column) => column.primary);
      const label = columns.map((column) => column.name).join(', ');
      return `  ${getTableConfig(foreignTable).name} ${one}--${isOneToOne ? 'o|' : 'o{'} ${getTableConfig(of).name} : "${label}"`;
    }),
  );
  return lines.length === 0 ? '' : ['```mermaid', 'erDiagram', ...lines, '```'].join('\n');
}
