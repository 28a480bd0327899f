import type { AnalysisSummary } from '@granary/formats';
import { Loader2 } from 'lucide-react';
import { formatCount, formatName, taskName } from '~/format';
import type { AnalysisMessage } from '~/upload/analysis';
import { Detection, Findings, RepairPreview } from './findings';

/** What picked files look like, found without sending them. */
export function AnalysisPanel({ message }: { message: AnalysisMessage }) {
  return (
    <section aria-label="Analysis" className="rounded-lg border border-line p-4">
      {message.state === 'running' ? (
        <p role="status" className="flex items-center gap-2 text-sm text-dim">
          <Loader2 className="size-4 animate-spin" aria-hidden />
          Looking at your files, here in the browser
          {message.total > 0 ? `: ${formatCount(message.done)} of ${formatCount(message.total)} images` : '…'}
        </p>
      ) : null}
      {message.state === 'failed' ? (
        <p role="status" className="text-sm text-amber-200">
          The files could not be analysed here: {message.message} You can upload them all the same.
        </p>
      ) : null}
      {message.state === 'done' ? <Found analysis={message.analysis} unopened={message.unopened} /> : null}
    </section>
  );
}

function Found({ analysis, unopened }: { analysis: AnalysisSummary; unopened: readonly string[] }) {
  const { format, confidence, counts, taskType, classes, splits, issues, repairs } = analysis;
  if (counts.files === 0) {
    return <p className="text-sm text-dim">{unopened.join(', ')}: analysed as soon as it is uploaded.</p>;
  }
  const facts = [
    ['Readable images', formatCount(counts.images)],
    ['Annotations', formatCount(counts.annotations)],
    ['Task', taskName(taskType)],
    [
      'Splits',
      Object.entries(splits)
        .map(([name, count]) => `${name} ${formatCount(count)}`)
        .join(' · ') || 'none',
    ],
  ];
  const numProblems = issues.filter(({ severity }) => severity !== 'info').length;
  return (
    <div className="space-y-4" role="status">
      <p className="font-medium">
        {format === null ? 'No format recognised: the files will be kept as they are' : `This is ${formatName(format)}`}
        {format === null ? null : (
          <span className="ml-2 text-sm font-normal text-dim">{Math.round(confidence * 100)} % sure</span>
        )}
      </p>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 text-sm sm:grid-cols-4">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt className="text-xs text-dim">{term}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {classes.length > 0 ? (
        <p className="text-sm break-words">
          <span className="text-dim">Classes ({formatCount(classes.length)}): </span>
          {classes.slice(0, 20).join(', ')}
          {classes.length > 20 ? ` and ${formatCount(classes.length - 20)} more` : ''}
        </p>
      ) : null}
      {unopened.length > 0 ? (
        <p className="text-sm text-dim">Not looked into before the upload: {unopened.join(', ')}.</p>
      ) : null}
      {repairs.length > 0 ? (
        <div className="rounded-md border border-sky-400/30 bg-sky-950/40 p-3 text-sm text-sky-100">
          <p className="font-medium">Can be repaired, once it is uploaded, from the import report</p>
          <ul className="mt-2 space-y-2">
            {repairs.map((repair) => (
              <li key={repair.code}>
                {repair.message}
                <RepairPreview repair={repair} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <details open={numProblems > 0}>
        <summary className="cursor-pointer text-sm text-slate-300">
          {numProblems === 0 ? 'No problems found' : `${numProblems} ${numProblems === 1 ? 'problem' : 'problems'}`}
        </summary>
        <div className="mt-3">
          <Findings issues={issues} />
        </div>
      </details>
      <details>
        <summary className="cursor-pointer text-sm text-slate-300">Why this format</summary>
        <div className="mt-3">
          <Detection analysis={analysis} />
        </div>
      </details>
    </div>
  );
}
