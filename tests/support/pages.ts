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
    keys: '/keys',
    trash: '/trash',
    // The first account is the site's admin.
    'admin-users': '/admin/users',
    'admin-audit': '/admin/audit',
    'admin-integrity': '/admin/integrity',
    'not-found': '/no-such-page',
  };
}
