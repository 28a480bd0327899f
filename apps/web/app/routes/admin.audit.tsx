import type { LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { load } from '~/api.server';
import { AuditLog, auditQuery } from '~/components/audit-log';

export function loader({ request, context }: LoaderFunctionArgs) {
  const input = auditQuery(request.url) as Parameters<typeof context.api.audit.ofSite>[0];
  return load(request, context, (api) => api.audit.ofSite(input));
}

export default function SiteAudit() {
  return <AuditLog page={useLoaderData<typeof loader>()} exportPath="/api/v1/admin/audit-log/export" showsDataset />;
}
