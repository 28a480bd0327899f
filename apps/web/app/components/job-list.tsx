import type { JobView } from '@granary/client';
import { Link } from '@remix-run/react';
import { Ago } from './ago';
import { useJobText } from './job-text';
import { StatusBadge } from './ui';

/** Jobs with their states; an import leads to its report. */
export function JobList({ jobs }: { jobs: readonly JobView[] }) {
  const text = useJobText();
  return (
    <ul className="divide-y divide-line text-sm">
      {jobs.map((job) => {
        const importId = typeof job.result?.importId === 'string' ? job.result.importId : null;
        const title = text.title(job);
        return (
          <li key={job.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5">
            <StatusBadge status={job.state} progress={job.progress} />
            <span className="font-medium">
              {importId && job.datasetId ? (
                <Link to={`/datasets/${job.datasetId}/imports/${importId}`} className="hover:underline">
                  {title}
                </Link>
              ) : (
                title
              )}
            </span>
            <span className="min-w-0 flex-1 break-words text-dim">{text.message(job)}</span>
            <span className="text-xs text-dim">
              <Ago at={job.createdAt} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
