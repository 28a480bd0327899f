import type { SampleColumn } from '@granary/client';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';

const FOLDED = 280;

/** A value of a row: texts folded, what is nested indented, images shown, matches marked. */
export function Cell({
  value,
  column,
  pattern,
  image,
  isWhole = false,
}: {
  value: unknown;
  column: SampleColumn;
  pattern: RegExp | null;
  /** Where the image of the cell is, if it is one; and what it is called. */
  image: { src: string; alt: string };
  isWhole?: boolean;
}) {
  const t = useTranslations('rows');
  const format = useFormat();
  if (value === null || value === undefined) return <span className="text-slate-500 italic">{t('nothing')}</span>;
  const bytes = bytesOf(value);
  if (column.type === 'image' && bytes !== null) {
    return (
      <img
        src={image.src}
        alt={image.alt}
        loading="lazy"
        className={isWhole ? 'max-h-96 max-w-full rounded' : 'max-h-24 max-w-32 rounded bg-canvas object-contain'}
      />
    );
  }
  if (bytes !== null) return <span className="text-dim">{t('bytes', { size: format.bytes(bytes) })}</span>;
  if (column.type === 'class_label' && typeof value === 'number') {
    return (
      <span className="rounded bg-raised px-1.5 py-0.5">
        {column.names?.[value] ?? value} <span className="text-dim">{value}</span>
      </span>
    );
  }
  if (typeof value === 'number') return <span className="tabular-nums">{String(value)}</span>;
  if (typeof value === 'object') {
    return <Folded text={JSON.stringify(value, null, isWhole ? 2 : 1)} pattern={pattern} isWhole={isWhole} isCode />;
  }
  return <Folded text={String(value)} pattern={pattern} isWhole={isWhole} />;
}

function bytesOf(value: unknown): number | null {
  return typeof value === 'object' && value !== null && '$bytes' in value && typeof value.$bytes === 'number'
    ? value.$bytes
    : null;
}

function Folded({
  text,
  pattern,
  isWhole,
  isCode = false,
}: {
  text: string;
  pattern: RegExp | null;
  isWhole: boolean;
  isCode?: boolean;
}) {
  const t = useTranslations('actions');
  const [isOpen, setIsOpen] = useState(isWhole);
  const isLong = text.length > FOLDED;
  const shown = isOpen || !isLong ? text : around(text, pattern);
  return (
    <span className={isCode ? 'font-mono text-xs whitespace-pre-wrap' : 'whitespace-pre-wrap'}>
      <Marked text={shown} pattern={pattern} />
      {isLong && !isOpen ? (
        <button type="button" onClick={() => setIsOpen(true)} className="ml-1 text-xs text-accent hover:underline">
          {t('show')}
        </button>
      ) : null}
    </span>
  );
}

/** The beginning, or what is around the first match. */
function around(text: string, pattern: RegExp | null): string {
  const at = pattern ? text.search(pattern) : -1;
  const start = at > FOLDED - 60 ? at - 60 : 0;
  return `${start > 0 ? '…' : ''}${text.slice(start, start + FOLDED)}…`;
}

function Marked({ text, pattern }: { text: string; pattern: RegExp | null }) {
  if (!pattern) return text;
  const parts: { text: string; at: number; isMatch: boolean }[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') break;
    parts.push({ text: text.slice(end, match.index), at: end, isMatch: false });
    parts.push({ text: match[0], at: match.index, isMatch: true });
    end = match.index + match[0].length;
  }
  parts.push({ text: text.slice(end), at: end, isMatch: false });
  return parts.map((part) =>
    part.isMatch ? (
      <mark key={`${part.at}m`} className="rounded-sm bg-amber-300/80 text-slate-950">
        {part.text}
      </mark>
    ) : (
      <span key={part.at}>{part.text}</span>
    ),
  );
}
