import type { Client } from './client.ts';

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
    files: `/files${file ? `?preview=${encodeURIComponent(file.path)}` : ''}`,
    duplicates: '/duplicates',
    imports: '/imports',
    'import-report': `/imports/${item.id}`,
    annotations: '/annotations',
    activity: '/activity',
    sharing: '/sharing',
    audit: '/audit',
    maintenance: '/maintenance',
    settings: '/settings',
  };
  return {
    list: '/datasets',
    'list-table': '/datasets?view=table',
    'new-1': '/datasets/new',
    'new-2': '/datasets/new?step=2',
    'new-3': '/datasets/new?step=3',
    'new-4': '/datasets/new?step=4',
    ...Object.fromEntries(Object.entries(own).map(([name, path]) => [name, `/datasets/${id}${path}`])),
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
