import { useTranslations } from 'use-intl';
import { keyed } from '~/keyed';
import { Card } from '../ui';

/** Lines of a file that were added, removed, or stand beside such. */
export interface LineChange {
  /** Undefined for a gap between lines that differ. */
  sign: '+' | '-' | ' ' | undefined;
  text: string;
}

const COLORS = {
  '+': 'bg-good/15 text-good',
  '-': 'bg-bad/15 text-bad',
  ' ': 'text-dim',
} as const;

export function ComparedLines({
  path,
  lines,
  isCut,
}: {
  path: string;
  lines: readonly LineChange[] | null;
  isCut: boolean;
}) {
  const t = useTranslations('history');
  return (
    <Card title={<span className="break-all">{t('text', { path })}</span>}>
      {lines === null ? <p className="text-sm text-dim">{t('noText')}</p> : null}
      {isCut ? <p className="mb-2 text-sm text-dim">{t('tooLong')}</p> : null}
      <pre className="max-h-96 overflow-auto rounded-md bg-canvas text-xs" data-testid="lines">
        {keyed(lines ?? [], ({ sign, text }) => `${sign}${text}`).map(({ key, item: { sign, text } }) => (
          <div key={key} className={`px-3 ${sign ? COLORS[sign] : 'text-dim'}`}>
            {sign ? `${sign} ${text}` : '⋯'}
          </div>
        ))}
      </pre>
    </Card>
  );
}
