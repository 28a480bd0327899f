import type { ImportView } from '@granary/api/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { CheckCircle2, CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { load } from '~/api.server';
import { Card, FormError, StatusBadge } from '~/components/ui';
import { formatBytes, formatCount, formatName } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.imports.get({ id: params.id ?? '', importId: params.importId ?? '' }));
}

export default function ImportReport() {
  const item = useLoaderData<typeof loader>();
  return (
    <div className="space-y-5">
      <Link to=".." relative="path" className="inline-block text-sm text-dim hover:text-ink">
        ← All imports
      </Link>
      <Card>
        <div className="flex flex-wrap items-center gap-3">
          <h2 className="min-w-0 text-lg font-semibold break-words">{item.filenames.join(', ')}</h2>
          <StatusBadge status={item.state} />
        </div>
        {item.counts ? (
          <p className="mt-2 text-sm text-dim">
            {formatCount(item.counts.files)} files · {formatCount(item.counts.images)} images ·{' '}
            {formatCount(item.counts.annotations)} annotations · {formatBytes(item.counts.bytes)}
          </p>
        ) : null}
        {item.error ? (
          <div className="mt-4">
            <FormError message={item.error.message} />
          </div>
        ) : null}
      </Card>
      {item.analysis ? <Detection analysis={item.analysis} /> : null}
      {item.report ? <Findings issues={item.report.issues} /> : null}
    </div>
  );
}

function Detection({ analysis }: { analysis: NonNullable<ImportView['analysis']> }) {
  if (analysis.candidates.length === 0) return null;
  return (
    <Card title="What the format may be">
      <ul className="space-y-3 text-sm">
        {analysis.candidates.map((candidate) => (
          <li key={candidate.format}>
            <p className="font-medium">
              {formatName(candidate.format)}{' '}
              <span className="font-normal text-dim">{Math.round(candidate.confidence * 100)} %</span>
              {candidate.format === analysis.format ? (
                <span className="ml-2 text-xs text-accent">read as this</span>
              ) : null}
            </p>
            <p className="text-dim">{candidate.reasons.join(' ')}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const ICONS = {
  error: <CircleAlert className="size-5 shrink-0 text-red-300" aria-label="Error" />,
  warning: <TriangleAlert className="size-5 shrink-0 text-amber-300" aria-label="Warning" />,
  info: <Info className="size-5 shrink-0 text-sky-300" aria-label="Information" />,
};

function Findings({ issues }: { issues: NonNullable<ImportView['report']>['issues'] }) {
  if (issues.length === 0) {
    return (
      <Card>
        <p className="flex items-center gap-3">
          <CheckCircle2 className="size-5 text-accent" aria-hidden /> No problems: every file and every annotation is in
          the dataset.
        </p>
      </Card>
    );
  }
  return (
    <Card title="Findings">
      <ul className="space-y-4">
        {issues.map((issue) => (
          <li key={issue.code} className="flex gap-3">
            {ICONS[issue.severity]}
            <div className="min-w-0 flex-1">
              <p>{issue.message}</p>
              <details className="mt-1 text-sm text-dim">
                <summary className="cursor-pointer">
                  {issue.examples.length === issue.count ? 'Which' : `The first ${formatCount(issue.examples.length)}`}{' '}
                  · <code>{issue.code}</code>
                </summary>
                <ul className="mt-2 max-h-64 space-y-1 overflow-y-auto font-mono text-xs">
                  {issue.examples.map((example) => (
                    <li key={`${example.path}:${example.line}:${example.detail}`} className="break-all">
                      {example.path}
                      {example.line ? `:${example.line}` : ''}
                      {example.detail ? ` – ${example.detail}` : ''}
                    </li>
                  ))}
                </ul>
              </details>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
