import type { PickedFile } from '@granary/client/plan';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import type { AnalysisMessage } from '~/upload/analysis';
import { useRoot } from '~/use-root';
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
  const t = useTranslations('wizard');
  const dataset = useTranslations('dataset');
  const amounts = useTranslations('amounts');
  const visibility = useTranslations('names.visibility');
  const isOpen = useRoot()?.anonymousRead ?? false;
  const format = useFormat();
  const names = useNames();
  const found = analysis?.state === 'done' ? analysis.analysis : null;
  const numProblems = found?.issues.filter(({ severity }) => severity !== 'info').length ?? 0;
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const whoMaySee = {
    private: t('youAlone'),
    organization: visibility('organization'),
    public: t(isOpen ? 'anyone' : 'everyone'),
  };
  const facts: [term: string, value: string][] = [
    [dataset('name'), draft.name || t('nameMissing')],
    [dataset('description'), draft.description || amounts('none')],
    [dataset('license'), draft.license || amounts('none')],
    [dataset('tags'), tagsOf(draft.tags).join(', ') || amounts('none')],
    [dataset('whoMaySee'), whoMaySee[draft.visibility]],
    [dataset('files'), files.length === 0 ? t('noFiles') : `${format.count(files.length)} · ${format.bytes(bytes)}`],
    ...(found && found.counts.files > 0
      ? ([
          [dataset('format'), names.format(found.format)],
          [dataset('task'), names.task(draft.taskType || found.taskType)],
          [dataset('annotations'), format.count(found.counts.annotations)],
          [t('problems'), numProblems === 0 ? t('noProblems') : t('someProblems', { count: numProblems })],
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
