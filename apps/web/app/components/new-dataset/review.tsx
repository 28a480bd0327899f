import { formatBytes, formatCount, formatName, taskName } from '~/format';
import type { AnalysisMessage } from '~/upload/analysis';
import type { PickedFile } from '~/upload/tar';
import { type Draft, tagsOf } from './draft';

/** All that was said, before it is done. */
export function Review({
  draft,
  files,
  analysis,
}: {
  draft: Draft;
  files: readonly PickedFile[];
  analysis: AnalysisMessage | null;
}) {
  const found = analysis?.state === 'done' ? analysis.analysis : null;
  const numProblems = found?.issues.filter(({ severity }) => severity !== 'info').length ?? 0;
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const facts: [term: string, value: string][] = [
    ['Name', draft.name || 'missing: go back to the first step'],
    ['Description', draft.description || 'none'],
    ['Tags', tagsOf(draft.tags).join(', ') || 'none'],
    ['Who may see it', draft.visibility === 'private' ? 'you alone' : 'everyone who is signed in'],
    [
      'Files',
      files.length === 0 ? 'none: an empty dataset is made' : `${formatCount(files.length)} · ${formatBytes(bytes)}`,
    ],
    ...(found && found.counts.files > 0
      ? ([
          ['Format', formatName(found.format)],
          ['Task', taskName(draft.taskType || found.taskType)],
          ['Annotations', formatCount(found.counts.annotations)],
          ['Problems', numProblems === 0 ? 'none found' : `${formatCount(numProblems)}: see the step before`],
        ] as [string, string][])
      : []),
  ];
  return (
    <dl className="grid gap-x-6 gap-y-3 text-sm sm:grid-cols-[10rem_minmax(0,1fr)]">
      {facts.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-dim">{term}</dt>
          <dd className="line-clamp-4 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
