/** The baseline of bench/api.ts: the very SQL of the list of datasets, behind nothing but node:http. */
import { createServer } from 'node:http';
import { connect } from '@granary/db';

const [databaseUrl = '', userId = ''] = process.argv.slice(2);
const { sql } = connect(databaseUrl, { max: 10 });

const list = () => sql`
  select id, name, description, status, progress, format, task_type, num_images::float8, num_annotations::float8, num_classes,
    num_files::float8, class_names, splits, size_bytes::float8, version, content_hash, visibility, tags, labeled, source, owner_id,
    organization_id, error_code, error_message, created_at, updated_at, last_modified_at, deleted_at, purge_after, purge_job_id
  from datasets where deleted_at is null and (owner_id = ${userId}
    or exists (select 1 from dataset_permissions p where p.dataset_id = datasets.id and p.user_id = ${userId})
    or exists (select 1 from organization_members m where m.organization_id = datasets.organization_id and m.user_id = ${userId} and m.role in ('owner', 'admin'))
    or visibility = 'public'
    or exists (select 1 from organization_members m where m.organization_id = datasets.organization_id and m.user_id = ${userId} and visibility = 'organization'))
  order by updated_at desc, id desc limit 51`;

const server = createServer((_req, res) => {
  list().then(
    (items) => res.setHeader('content-type', 'application/json').end(JSON.stringify({ items, nextCursor: null })),
    (error) => res.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
