import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertTable, type ReadTable } from '../../packages/tables/fixtures/assert-table.ts';
import {
  arrowTable,
  csvOf,
  csvRowsOf,
  isForDuckDb,
  type MadeColumn,
  namedTable,
  objectsOf,
  parquetTable,
  SCALARS,
  TYPED,
  tableOf,
  WRITER_KINDS,
  writtenParquet,
} from '../../packages/tables/fixtures/random-tables.ts';
import { zipOf } from './archives.ts';
import type { Client } from './client.ts';

type Json = ReturnType<typeof JSON.parse>;

interface Form {
  name: string;
  tables: fc.Arbitrary<MadeColumn[]>;
  file: string;
  write(table: readonly MadeColumn[]): string | Uint8Array | Promise<Uint8Array>;
  options?: object;
  check?(split: ReadTable, table: readonly MadeColumn[]): Promise<void>;
}

const FORMS: readonly Form[] = [
  {
    name: 'JSON Lines',
    tables: tableOf([...TYPED, 'mixed']),
    file: 'train.jsonl',
    write: (table) => objectsOf(table).join('\n'),
  },
  {
    name: 'a JSON array',
    tables: tableOf([...TYPED, 'mixed']),
    file: 'train.json',
    write: (table) => `[${objectsOf(table).join(',\n')}]`,
  },
  {
    name: 'CSV',
    tables: tableOf(SCALARS).map(namedTable),
    file: 'train.csv',
    write: csvOf,
    options: { csv: { delimiter: ',', header: true, quote: '"' } },
    async check(split, table) {
      const rows = (await split.rows()).map((row) =>
        Object.entries(row).map(([name, cell]) => [name, cell === null ? null : String(cell)]),
      );
      assert.deepEqual(rows, csvRowsOf(table));
    },
  },
  { name: 'Parquet of DuckDB', tables: tableOf(TYPED).filter(isForDuckDb), file: 'train.parquet', write: parquetTable },
  {
    name: 'Parquet of hyparquet-writer',
    tables: tableOf(WRITER_KINDS),
    file: 'train.parquet',
    write: writtenParquet,
  },
  { name: 'Arrow', tables: tableOf(TYPED), file: 'train.arrow', write: arrowTable },
];

/**
 * Uploads random tables in every form, and holds what a server answers of each against the table itself.
 *
 * @returns what differs, with the seed and the smallest table that shows it
 */
export async function uploadRandomTables(
  client: Client,
  { seed, runs }: { seed: number; runs: number },
): Promise<string[]> {
  const outcomes = await Promise.all(
    FORMS.map(async ({ name, tables, file, write, options, check = assertTable }) => {
      const property = fc.asyncProperty(tables, async (table) => {
        await check(await uploaded(client, file, await write(table), options), table);
      });
      const outcome = await fc.check(property, { seed, numRuns: runs });
      return outcome.failed ? [`${name}: ${fc.defaultReportMessage(outcome)}`] : [];
    }),
  );
  return outcomes.flat();
}

async function uploaded(
  client: Client,
  file: string,
  content: string | Uint8Array,
  options?: object,
): Promise<ReadTable> {
  const id = await client.createDataset();
  const { job } = await client.importArchive(
    id,
    'data.zip',
    await zipOf(new Map([[file, Buffer.from(content)]])),
    options,
  );
  assert.equal(job.error, null);
  const ask = async (path: string, query: Record<string, string> = {}): Promise<Json> => {
    const { status, body } = await client.json('GET', `/api/v1/datasets/${id}/${path}?${new URLSearchParams(query)}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  return {
    rows: async () => (await ask('samples', { limit: '100' })).items.map(({ row }: Json) => row),
    statistics: () => ask('statistics'),
    find: async ({ term, columns, filters }) => {
      const query = {
        ...(term === undefined ? {} : { search: term }),
        ...(columns ? { in: JSON.stringify(columns) } : {}),
        ...(filters ? { filters: JSON.stringify(filters) } : {}),
      };
      return (await ask('samples', { limit: '100', ...query })).items.map(({ index }: Json) => index);
    },
  };
}
