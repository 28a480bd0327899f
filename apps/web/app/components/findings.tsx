import type { ImportView } from '@granary/client';
import { Link } from '@remix-run/react';
import { CheckCircle2, CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useNames } from '~/format';
import { keyed } from '~/keyed';
import { useServerTexts } from '~/server-texts';
import { Card } from './ui';

type Report = NonNullable<ImportView['report']>;
type Issue = Report['issues'][number];
type Example = Issue['examples'][number];
type Analysis = NonNullable<ImportView['analysis']>;

const SEVERITIES = [
  { severity: 'error', title: 'errors', icon: CircleAlert, color: 'text-bad' },
  { severity: 'warning', title: 'warnings', icon: TriangleAlert, color: 'text-warn' },
  { severity: 'info', title: 'infos', icon: Info, color: 'text-note' },
] as const;

/** The findings of a report, the worst first; examples lead to their images where the dataset is known. */
export function Findings({ issues, datasetId }: { issues: readonly Issue[]; datasetId?: string }) {
  const t = useTranslations('imports');
  const texts = useServerTexts();
  if (issues.length === 0) {
    return (
      <p className="flex items-center gap-3 text-sm">
        <CheckCircle2 className="size-5 shrink-0 text-accent" aria-hidden /> {t('noProblems')}
      </p>
    );
  }
  return (
    <div className="space-y-6">
      {SEVERITIES.map(({ severity, title, icon: Icon, color }) => {
        const found = issues.filter((issue) => issue.severity === severity);
        if (found.length === 0) return null;
        return (
          <section key={severity}>
            <h3 className={`mb-2 flex items-center gap-2 text-sm font-semibold ${color}`}>
              <Icon className="size-4" aria-hidden /> {t(title)}
            </h3>
            <ul className="space-y-3 text-sm">
              {found.map((issue) => (
                <li key={issue.code}>
                  <p>{texts.issue(issue, issue.count)}</p>
                  <Examples issue={issue} datasetId={datasetId} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function Examples({ issue, datasetId }: { issue: Issue; datasetId: string | undefined }) {
  const t = useTranslations('imports');
  const texts = useServerTexts();
  return (
    <details className="mt-1 text-dim">
      <summary className="cursor-pointer">
        {issue.examples.length === issue.count ? t('which') : t('firstOnes', { count: issue.examples.length })} ·{' '}
        <code>{issue.code}</code>
      </summary>
      <ul className="mt-2 max-h-64 space-y-1 overflow-y-auto font-mono text-xs">
        {keyed(issue.examples, JSON.stringify).map(({ key, item: example }) => (
          <li key={key} className="break-all">
            <Place example={example} datasetId={datasetId} />
            {example.detail ? ` – ${texts.detail(example.detail)}` : ''}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Place({ example, datasetId }: { example: Example; datasetId: string | undefined }) {
  const { path, line, pointer, image } = example;
  const place = `${path}${line ? `:${line}` : ''}${pointer ? ` ${pointer}` : ''}`;
  if (!datasetId) return place;
  if (image && image !== path) {
    return (
      <>
        {place} · <ImageLink path={image} datasetId={datasetId} />
      </>
    );
  }
  return image === path ? <ImageLink path={path} datasetId={datasetId} /> : place;
}

function ImageLink({ path, datasetId }: { path: string; datasetId: string }) {
  return (
    <Link
      to={`/datasets/${datasetId}/images/at?path=${encodeURIComponent(path)}`}
      className="text-accent hover:underline"
    >
      {path}
    </Link>
  );
}

/** What the format may be, and behind it what it is not. */
export function Detection({ analysis }: { analysis: Analysis }) {
  const t = useTranslations('imports');
  const names = useNames();
  const possible = analysis.candidates.filter(({ confidence }) => confidence > 0);
  const refused = analysis.candidates.filter(({ confidence }) => confidence === 0);
  return (
    <div className="space-y-3 text-sm">
      {possible.length === 0 ? <p>{t('noFormat')}</p> : null}
      <ul className="space-y-3">
        {possible.map(({ format, confidence, reasons }) => (
          <li key={format}>
            <p className="font-medium">
              {names.format(format)} <span className="font-normal text-dim">{Math.round(confidence * 100)} %</span>
              {format === analysis.format ? <span className="ml-2 text-xs text-accent">{t('readAsThis')}</span> : null}
            </p>
            <p className="break-words text-dim">{reasons.join(' ')}</p>
          </li>
        ))}
      </ul>
      {refused.length > 0 ? (
        <details className="text-dim">
          <summary className="cursor-pointer">{t('whyNot')}</summary>
          <dl className="mt-2 grid gap-x-4 gap-y-1 sm:grid-cols-[8rem_1fr]">
            {refused.map(({ format, reasons }) => (
              <div key={format} className="contents">
                <dt className="text-soft">{names.format(format)}</dt>
                <dd className="break-words">{reasons.join(' ')}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </div>
  );
}

/** What a repair would change: the first places. */
export function RepairPreview({ repair }: { repair: Report['repairs'][number] }) {
  const t = useTranslations('imports');
  return (
    <details className="mt-1 text-sm text-dim">
      <summary className="cursor-pointer">
        {repair.preview.length === repair.affects
          ? t('wouldChange')
          : t('wouldChangeFirst', { count: repair.preview.length })}{' '}
        · <code>{repair.code}</code>
      </summary>
      <div className="mt-2 max-h-64 overflow-auto">
        <table className="w-full text-left font-mono text-xs">
          <thead className="font-sans">
            <tr>
              <th className="py-1 pr-4 font-medium">{t('place')}</th>
              <th className="py-1 pr-4 font-medium">{t('before')}</th>
              <th className="py-1 font-medium">{t('after')}</th>
            </tr>
          </thead>
          <tbody>
            {keyed(repair.preview, JSON.stringify).map(({ key, item: { path, line, from, to } }) => (
              <tr key={key} className="align-top">
                <td className="py-0.5 pr-4 break-all">
                  {path}
                  {line ? `:${line}` : ''}
                </td>
                <td className="py-0.5 pr-4 break-all">{from}</td>
                <td className="py-0.5 break-all text-ink">{to}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** Whether the annotations would come back as they came. */
export function Lossless({ report }: { report: Report }) {
  const t = useTranslations('imports');
  if (report.lossless === null || report.lossless === undefined) return null;
  return report.lossless ? (
    <p className="flex gap-2 text-sm">
      <CheckCircle2 className="size-5 shrink-0 text-accent" aria-hidden />
      {t('lossless')}
    </p>
  ) : (
    <p className="flex gap-2 text-sm">
      <TriangleAlert className="size-5 shrink-0 text-warn" aria-hidden />
      {t('notLossless')}
    </p>
  );
}

/** A card of findings, or one that says that there are none. */
export function FindingsCard(props: { issues: readonly Issue[]; datasetId?: string }) {
  const t = useTranslations('imports');
  return (
    <Card title={props.issues.length > 0 ? t('findings') : undefined}>
      <Findings {...props} />
    </Card>
  );
}
