import type { LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { load } from '~/api.server';
import { AuditLog, auditQuery } from '~/components/audit-log';

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  type Input = Parameters<typeof context.api.audit.ofDataset>[0];
  const input = { id, ...auditQuery(request.url) } as Input;
  return { id, page: await load(request, context, (api) => api.audit.ofDataset(input)) };
}

export default function DatasetAudit() {
  const { id, page } = useLoaderData<typeof loader>();
  return <AuditLog page={page} exportPath={`/api/v1/datasets/${id}/audit-log/export`} showsDataset={false} />;
}
