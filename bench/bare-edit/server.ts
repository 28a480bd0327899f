/** The baseline of bench/edit.ts: the very SQL of a save, behind nothing but node:http. */
import { createServer, type IncomingMessage } from 'node:http';
import { findPresent } from '@granary/core/annotations/present';
import { connect } from '@granary/db';

const [databaseUrl = '', userId = '', datasetId = ''] = process.argv.slice(2);
const { sql } = connect(databaseUrl, { max: 10 });

async function save(fileId: number, body: string): Promise<object> {
  const { annotations } = JSON.parse(body);
  await sql`select 1 from datasets d left join dataset_permissions p on p.dataset_id = d.id and p.user_id = ${userId} where d.id = ${datasetId}`;
  const image = await findPresent(sql, datasetId, fileId);
  const [row] = await sql`
    insert into image_edits as e (file_id, dataset_id, base_revision, annotations, state, edited_by)
    values (${fileId}, ${datasetId}, ${image?.revision ?? 0}, ${sql.json(annotations)}, 'completed', ${userId})
    on conflict (file_id) do update set version = e.version + 1, annotations = excluded.annotations, state = excluded.state,
      edited_by = excluded.edited_by, edited_at = now(), conflict = null
    where e.version = ${image?.version ?? 0}
    returning version, edited_at`;
  return { etag: `e${row?.version}`, annotations };
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk;
  return text;
}

const server = createServer((req, res) => {
  textOf(req)
    .then((body) => save(Number(req.url?.slice(1)), body))
    .then(
      (answer) => res.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
      (error) => res.writeHead(500).end(String(error)),
    );
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
