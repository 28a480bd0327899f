/** The baseline of bench/browse.ts: the same questions by hand-written SQL, behind nothing but node:http. */
import { createServer } from 'node:http';
import { connect } from '@granary/db';

const [databaseUrl = '', userId = '', datasetId = ''] = process.argv.slice(2);
const { sql } = connect(databaseUrl, { max: 10 });

const DATASETS = sql`id, name, description, status, format, task_type, num_images::float8, num_annotations::float8, size_bytes::float8, tags, updated_at`;

const questions: Record<string, (query: URLSearchParams) => Promise<unknown>> = {
  list: () =>
    sql`select ${DATASETS} from datasets where owner_id = ${userId} and deleted_at is null order by updated_at desc, id desc limit 50`,
  byName: (query) => sql`select ${DATASETS} from datasets where owner_id = ${userId} and deleted_at is null
    and (name, id) > (${query.get('after') ?? ''}, '') order by name, id limit 50`,
  bySize: () =>
    sql`select ${DATASETS} from datasets where owner_id = ${userId} and deleted_at is null order by size_bytes desc, id desc limit 50`,
  search: (query) => sql`select ${DATASETS} from datasets where owner_id = ${userId} and deleted_at is null
    and dataset_search_text(name, description, tags) ilike ${`%${query.get('search')}%`} order by updated_at desc, id desc limit 50`,
  filter: () => sql`select ${DATASETS} from datasets where owner_id = ${userId} and deleted_at is null
    and format = 'coco' and labeled and tags @> '{t7}' order by updated_at desc, id desc limit 50`,
  gallery: async (query) => {
    const images = await sql<
      { id: number }[]
    >`select id::float8, path, size::float8, width, height, split from dataset_files
      where dataset_id = ${datasetId} and removed_in is null and kind = 'image' and path > ${query.get('after') ?? ''} order by path limit 60`;
    const annotations =
      await sql`select a.id::float8, a.file_id::float8, a.type, a.geometry, a.attributes, c.name, c.index from annotations a
      join annotation_classes c on c.id = a.class_id where a.file_id = any(${images.map(({ id }) => id)}) and a.removed_in is null`;
    return { images, annotations };
  },
  folder: (query) => sql`select path, size::float8 from dataset_files
    where dataset_id = ${datasetId} and removed_in is null and starts_with(path, ${query.get('folder') ?? ''}) and path >= ${query.get('folder') ?? ''}
    order by path limit 100`,
  histogram: () => sql`select class_names, statistics from datasets where id = ${datasetId}`,
};

const server = createServer((req, res) => {
  const url = new URL(req.url ?? '', 'http://localhost');
  const question = questions[url.pathname.slice(1)];
  if (!question) return void res.writeHead(404).end();
  question(url.searchParams).then(
    (answer) => res.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
    (error) => res.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
