import type { SampleColumn } from '@granary/client';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import type { CellMedia } from './use-media-of';

const FOLDED = 280;

/** A value of a row: texts folded, what is nested indented, images shown, sound played, matches marked. */
export function Cell({
  value,
  column,
  pattern,
  media: { image, audio, named },
  isWhole = false,
}: {
  value: unknown;
  column: SampleColumn;
  pattern: RegExp | null;
  media: CellMedia;
  isWhole?: boolean;
}) {
  const t = useTranslations('rows');
  const format = useFormat();
  if (value === null || value === undefined) return <span className="text-faint italic">{t('nothing')}</span>;
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
  if (column.type === 'audio' && bytes !== null) {
    // What is said, where people have it, is in another column of the row: there are no captions to load.
    return (
      <audio controls preload="none" src={audio.src} aria-label={audio.label} className="h-9 w-64 max-w-full">
        <track kind="captions" />
      </audio>
    );
  }
  if (bytes !== null) return <span className="text-dim">{t('bytes', { size: format.bytes(bytes) })}</span>;
  const paths = named === null ? [] : imagePathsOf(value);
  if (named !== null && paths.length > 0) {
    return (
      <span className="flex flex-wrap gap-2">
        {paths.map((path) => (
          <NamedImage key={path} path={path} src={named(path)} isWhole={isWhole} />
        ))}
      </span>
    );
  }
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

/** The image of the dataset that a row names, above its path; the path alone where the dataset has no such image. */
function NamedImage({ path, src, isWhole }: { path: string; src: string; isWhole: boolean }) {
  const [isThere, setIsThere] = useState(true);
  return (
    <span className="flex flex-col gap-1">
      {isThere ? (
        <img
          // It may have failed before this page's scripts were there to hear of it.
          ref={(image) => {
            if (image?.complete && image.naturalWidth === 0) setIsThere(false);
          }}
          src={src}
          alt={path}
          loading="lazy"
          onError={() => setIsThere(false)}
          className={isWhole ? 'max-h-96 max-w-full rounded' : 'max-h-24 max-w-32 rounded bg-canvas object-contain'}
        />
      ) : null}
      <span className="text-xs break-all text-dim">{path}</span>
    </span>
  );
}

const IMAGE_PATH = /^[^\n]{1,1000}\.(?:jpe?g|png|webp|gif|bmp|tiff?|avif|heic)$/i;

/** The paths of images that a value is, be it one or a list of them. */
function imagePathsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  const paths = values.filter((one) => typeof one === 'string').filter((one) => IMAGE_PATH.test(one));
  return paths.length === values.length ? [...new Set(paths)] : [];
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
      <mark key={`${part.at}m`} className="rounded-sm bg-mark text-on-mark">
        {part.text}
      </mark>
    ) : (
      <span key={part.at}>{part.text}</span>
    ),
  );
}
