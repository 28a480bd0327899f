import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, useLoaderData, useSearchParams, useSubmit } from '@remix-run/react';
import { GitCompareArrows } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { load, unlessGone } from '~/api.server';
import { ComparedImage } from '~/components/compare/image';
import { ComparedLines } from '~/components/compare/lines';
import { ComparedRows } from '~/components/compare/rows';
import { DiffFacts } from '~/components/diff-facts';
import { NextPage } from '~/components/next-page';
import { Button, buttonStyle, Card, EmptyState, Field, SelectField } from '~/components/ui';
import { lineDiff } from '~/line-diff.server';

const PAGE = 12;
const ROWS = 50;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const given = (name: string) => query.get(name) || undefined;
  const span = { id: params.id ?? '', from: given('from') ?? 'latest', to: given('to') ?? 'draft' };
  return load(request, context, async (api) => {
    const [summary, files, images, rows, versions] = await Promise.all([
      api.versions.diff(span),
      api.versions.diffFiles({ ...span, limit: 100 }),
      api.versions.diffImages({ ...span, limit: PAGE, class: given('class'), cursor: given('cursor') }),
      api.versions.diffRows({
        ...{ ...span, limit: ROWS },
        ...{ subset: given('subset'), split: given('split'), cursor: given('rowCursor') },
      }),
      api.versions.list({ id: span.id, limit: 100 }),
    ]);
    const classes = new Set(images.items.flatMap(({ before, after }) => [...before, ...after].map(nameOf)));
    const path = given('file');
    const file = files.items.find((item) => item.path === path);
    const textOf = (side: { path: string } | undefined, version: string) =>
      side ? unlessGone(api.files.preview({ id: span.id, path: side.path, version })) : null;
    const [before, after] = file
      ? await Promise.all([textOf(file.before, span.from), textOf(file.after, span.to)])
      : [null, null];
    const isText = [before, after].every((side) => side === null || side.text !== null);
    return {
      ...{ summary, files, images, rows },
      classes: [...classes].filter((name) => name !== null),
      refs: ['draft', ...versions.items.map(({ version }) => `v${version}`)],
      lines: file && {
        path: file.path,
        lines: isText ? lineDiff(before?.text ?? '', after?.text ?? '') : null,
        isCut: Boolean(before?.isCut || after?.isCut),
      },
    };
  });
}

const nameOf = ({ className }: { className: string | null }) => className;

/** Two versions: in numbers, by file, by image side by side or one over the other, and by row. */
export default function Compare() {
  const t = useTranslations('history');
  const { summary, files, images, rows, lines, classes, refs } = useLoaderData<typeof loader>();
  const [query, setQuery] = useSearchParams();
  const submit = useSubmit();
  const { from, to } = summary;
  const isOverlay = query.get('view') === 'overlay';
  const changedRows = rows.splits.some(({ isSame }) => !isSame);
  const count = files.items.length + images.items.length + summary.classChanges.length + summary.splits.moved;
  const isSame = count === 0 && !changedRows && !query.get('class');
  const addressOf = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changes)) value === null ? next.delete(name) : next.set(name, value);
    return `?${next}`;
  };
  useKeys(() =>
    setQuery(new URLSearchParams(addressOf({ view: isOverlay ? null : 'overlay' })), {
      replace: true,
      preventScrollReset: true,
    }),
  );
  return (
    <div className="space-y-6">
      <Form method="get" className="flex flex-wrap items-end gap-3">
        <Field name="from" label={t('from')} defaultValue={from} list="refs" key={`from ${from}`} />
        <Field name="to" label={t('to')} defaultValue={to} list="refs" key={`to ${to}`} />
        <datalist id="refs">
          {refs.map((ref) => (
            <option key={ref} value={ref} />
          ))}
        </datalist>
        <Button type="submit" variant="secondary">
          {t('show')}
        </Button>
      </Form>
      {isSame ? (
        <EmptyState icon={<GitCompareArrows className="size-6" aria-hidden />} title={t('same')}>
          {t('sameHint')}
        </EmptyState>
      ) : (
        <>
          <Card title={`${from} → ${to}`}>
            <DiffFacts summary={summary} />
          </Card>
          {files.items.length > 0 ? (
            <Card title={t('inFiles')}>
              <ul className="max-h-80 overflow-auto font-mono text-xs">
                {files.items.map((file) => (
                  <li key={file.path} className="flex gap-3 py-0.5">
                    <span className={COLORS[file.change]}>{t(file.change === 'split' ? 'moved' : file.change)}</span>
                    <span className="break-all">
                      {file.change === 'moved' ? `${file.before?.path} → ` : ''}
                      {file.path}
                    </span>
                    {file.change === 'changed' || !IMAGE.test(file.path) ? (
                      <Link
                        to={addressOf({ file: file.path })}
                        preventScrollReset
                        className="shrink-0 text-accent hover:underline"
                      >
                        {t('showText')}
                      </Link>
                    ) : null}
                  </li>
                ))}
              </ul>
            </Card>
          ) : null}
          {lines ? <ComparedLines {...lines} /> : null}
          <ComparedRows rows={rows} from={from} to={to} addressOf={(of) => addressOf({ ...of, rowCursor: null })} />
          {rows.nextCursor === null ? null : <NextPage to={addressOf({ rowCursor: rows.nextCursor })} />}
          {images.items.length > 0 || query.get('class') ? (
            <Form
              method="get"
              className="flex flex-wrap items-end gap-3"
              onChange={(event) => submit(event.currentTarget, { replace: true, preventScrollReset: true })}
            >
              <input type="hidden" name="from" value={from} />
              <input type="hidden" name="to" value={to} />
              {isOverlay ? <input type="hidden" name="view" value="overlay" /> : null}
              <SelectField name="class" label={t('ofClass')} defaultValue={query.get('class') ?? ''}>
                <option value="">{t('everyClass')}</option>
                {[...new Set([...classes, ...(query.get('class') ? [query.get('class') ?? ''] : [])])].map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </SelectField>
              <Link
                to={addressOf({ view: isOverlay ? null : 'overlay' })}
                preventScrollReset
                replace
                className={buttonStyle.secondary}
              >
                {isOverlay ? t('sideBySide') : t('overlay')}
              </Link>
              <p className="hidden text-xs text-dim md:block">{t('compareKeys')}</p>
            </Form>
          ) : null}
          <div className="space-y-6" data-testid="images">
            {images.items.map((image) => (
              <ComparedImage key={image.path} image={image} from={from} to={to} isOverlay={isOverlay} />
            ))}
          </div>
          {images.nextCursor === null ? null : <NextPage to={addressOf({ cursor: images.nextCursor })} />}
        </>
      )}
    </div>
  );
}

const IMAGE = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

const COLORS = {
  added: 'text-good',
  removed: 'text-bad',
  changed: 'text-warn',
  moved: 'text-note',
  split: 'text-note',
} as const;

/** `o` lays one over the other, `j` and `k` go from image to image. */
function useKeys(toggle: () => void): void {
  useEffect(() => {
    const onKey = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (ctrlKey || metaKey || altKey || target instanceof HTMLInputElement || target instanceof HTMLSelectElement)
        return;
      if (key === 'o') toggle();
      if (key !== 'j' && key !== 'k') return;
      const images = [...document.querySelectorAll('article')];
      const at = images.findIndex((image) => image.contains(document.activeElement));
      const next = images[key === 'j' ? at + 1 : Math.max(0, at - 1)];
      next?.focus();
      next?.scrollIntoView({ block: 'start' });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
