import type { Client } from './client.ts';
import { wordTokenizer } from './hub-data.ts';

/** Every page that a dataset with images and an import has, and those around it, by a name for its picture. */
export async function pagesOf(client: Client, id: string): Promise<Record<string, string>> {
  const [image] = (await client.json('GET', `/api/v1/datasets/${id}/images`)).body.items;
  const [file] = (await client.json('GET', `/api/v1/datasets/${id}/files?limit=100`)).body.items.filter(
    ({ kind }: { kind: string }) => kind !== 'image',
  );
  const [item] = (await client.json('GET', `/api/v1/datasets/${id}/imports`)).body.items;
  const own = {
    overview: '',
    gallery: '/images',
    image: `/images/${image.id}`,
    annotate: `/annotate/${image.id}`,
    files: `/files${file ? `?preview=${encodeURIComponent(file.path)}` : ''}`,
    duplicates: '/duplicates',
    imports: '/imports',
    'import-report': `/imports/${item.id}`,
    annotations: '/annotations',
    exports: '/exports',
    activity: '/activity',
    sharing: '/sharing',
    audit: '/audit',
    maintenance: '/maintenance',
    settings: '/settings',
  };
  const text = await textDatasetOf(client);
  return {
    list: '/datasets',
    'list-table': '/datasets?view=table',
    'new-1': '/datasets/new',
    'new-2': '/datasets/new?step=2',
    'new-3': '/datasets/new?step=3',
    'new-4': '/datasets/new?step=4',
    ...Object.fromEntries(Object.entries(own).map(([name, path]) => [name, `/datasets/${id}${path}`])),
    hub: '/datasets/hub',
    'text-overview': `/datasets/${text}`,
    samples: `/datasets/${text}/samples`,
    'samples-row': `/datasets/${text}/samples?row=1`,
    'samples-search': `/datasets/${text}/samples?search=row+1`,
    'text-statistics': `/datasets/${text}/statistics`,
    tokenization: `/datasets/${text}/tokenization`,
    account: '/account',
    keys: '/keys',
    organizations: '/organizations',
    organization: `/organizations/${await organizationOf(client)}`,
    invitation: `/invitations/${await invitationOf(client, id)}`,
    reset: '/reset/some-token',
    'shared-link': '/s/some-token',
    pick: '/pick?scope=mine',
    trash: '/trash',
    // The first account is the site's admin.
    'admin-users': '/admin/users',
    'admin-datasets': '/admin/datasets',
    'admin-storage': '/admin/storage',
    'admin-jobs': '/admin/jobs',
    'admin-settings': '/admin/settings',
    'admin-audit': '/admin/audit',
    'admin-integrity': '/admin/integrity',
    'not-found': '/no-such-page',
  };
}

/** A dataset of rows with texts, numbers, classes and nested values, and tokens of them. */
async function textDatasetOf(client: Client): Promise<string> {
  const name = 'Questions';
  const known = (await client.json('GET', `/api/v1/datasets?search=${name}&scope=mine`)).body.items[0];
  if (known) return known.id;
  const id = await client.createDataset(name);
  const rows = Array.from({ length: 120 }, (_, i) => ({
    question: `What is in row ${i}?`,
    answer: `Row ${i} has the number ${i * i}. `.repeat(1 + (i % 20)),
    score: i / 7,
    kind: ['easy', 'hard', 'odd'][i % 3],
    messages: [{ role: 'user', content: `row ${i}` }],
  }));
  const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const upload = await client.upload(id, 'train.jsonl', lines, { kind: 'file' });
  const { jobId } = await client.startImport(id, [upload]);
  await client.waitForJob(jobId);
  const tokenization = { tokenizer: 'bytes', tokenizerJson: JSON.stringify(wordTokenizer()), column: 'answer' };
  const started = await client.json('POST', `/api/v1/datasets/${id}/tokenizations`, tokenization);
  await client.waitForJob(started.body.jobId);
  return id;
}

/** A team with two members and somebody who is invited. */
async function organizationOf(client: Client): Promise<string> {
  const known = (await client.json('GET', '/api/v1/organizations')).body.items[0];
  if (known) return known.id;
  const { body } = await client.json('POST', '/api/v1/organizations', { name: 'Street lab' });
  await client.json('POST', `/api/v1/organizations/${body.id}/invitations`, {
    email: 'mia@example.org',
    role: 'admin',
  });
  return body.id;
}

async function invitationOf(client: Client, datasetId: string): Promise<string> {
  const invitation = { email: 'tom@example.org', role: 'viewer' };
  return (await client.json('POST', `/api/v1/datasets/${datasetId}/invitations`, invitation)).body.token;
}
