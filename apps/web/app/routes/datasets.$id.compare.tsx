import type { ImageChange } from '@granary/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, useLoaderData, useParams } from '@remix-run/react';
import { GitCompareArrows } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { NextPage } from '~/components/next-page';
import { drawingOf, LAYERS } from '~/components/shapes';
import { Button, Card, EmptyState, Facts, Field } from '~/components/ui';
import { useFormat } from '~/format';

const PAGE = 12;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const span = { id: params.id ?? '', from: query.get('from') || 'latest', to: query.get('to') || 'draft' };
  return load(request, context, async (api) => {
    const [summary, files, images] = await Promise.all([
      api.versions.diff(span),
      api.versions.diffFiles({ ...span, limit: 100 }),
      api.versions.diffImages({ ...span, limit: PAGE, cursor: query.get('cursor') ?? undefined }),
    ]);
    return { summary, files, images };
  });
}

export default function Compare() {
  const t = useTranslations('history');
  const { summary, files, images } = useLoaderData<typeof loader>();
  const { from, to } = summary;
  const isSame = files.items.length + images.items.length + summary.classChanges.length + summary.splits.moved === 0;
  return (
    <div className="space-y-6">
      <Form method="get" className="flex flex-wrap items-end gap-3">
        <Field name="from" label={t('from')} defaultValue={from} />
        <Field name="to" label={t('to')} defaultValue={to} />
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
          <Summary />
          {files.items.length > 0 ? (
            <Card title={t('inFiles')}>
              <ul className="mt-3 max-h-80 overflow-auto font-mono text-xs">
                {files.items.map((file) => (
                  <li key={file.path} className="flex gap-3 py-0.5">
                    <span className={COLORS[file.change]}>{t(file.change === 'split' ? 'moved' : file.change)}</span>
                    <span className="break-all">
                      {file.change === 'moved' ? `${file.before?.path} → ` : ''}
                      {file.path}
                    </span>
                  </li>
                ))}
              </ul>
            </Card>
          ) : null}
          {images.items.map((image) => (
            <Image key={image.path} image={image} from={from} to={to} />
          ))}
          {images.nextCursor === null ? null : (
            <NextPage to={`?${new URLSearchParams({ from, to, cursor: images.nextCursor })}`} />
          )}
        </>
      )}
    </div>
  );
}

const COLORS = {
  added: 'text-emerald-300',
  removed: 'text-red-300',
  changed: 'text-amber-200',
  moved: 'text-sky-300',
  split: 'text-sky-300',
} as const;

function Summary() {
  const t = useTranslations('history');
  const format = useFormat();
  const { summary } = useLoaderData<typeof loader>();
  const { files, annotations } = summary;
  const counts = (of: { added: number; removed: number; changed: number }) =>
    `+${format.count(of.added)} −${format.count(of.removed)} ~${format.count(of.changed)}`;
  return (
    <Card title={t('comparison', { from: summary.from, to: summary.to })}>
      <Facts
        facts={[
          [t('inFiles'), counts(files)],
          [t('moved'), format.count(files.moved)],
          [t('inAnnotations'), counts(annotations)],
          [t('inImages'), format.count(summary.images.changed)],
          [t('inSplits'), format.count(summary.splits.moved)],
          ...summary.classChanges.map(({ change, before, after }): [string, string] => [
            t('inClasses'),
            t(change === 'renamed' ? 'renamed' : change === 'added' ? 'classAdded' : 'classRemoved', {
              before: before ?? '',
              after: after ?? '',
            }),
          ]),
        ]}
      />
    </Card>
  );
}

/** An image as it was and as it is: added green, removed red, changed amber; what stays is grey. */
function Image({ image, from, to }: { image: ImageChange; from: string; to: string }) {
  const t = useTranslations('history');
  const size = { width: image.width ?? 1, height: image.height ?? 1 };
  return (
    <Card title={<span className="font-mono text-sm break-all">{image.path}</span>}>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <Side name={t('before')} fileId={image.beforeFileId} version={from} annotations={image.before} size={size} />
        <Side name={t('after')} fileId={image.afterFileId} version={to} annotations={image.after} size={size} />
      </div>
    </Card>
  );
}

const STROKES = { added: '#34d399', removed: '#f87171', changed: '#fbbf24', none: '#94a3b8' } as const;
const ALL_LAYERS = new Set(LAYERS);

interface SideProps {
  name: string;
  fileId: number | undefined;
  version: string;
  annotations: ImageChange['before'];
  size: { width: number; height: number };
}

function Side({ name, fileId, version, annotations, size }: SideProps) {
  const t = useTranslations('history');
  const { id = '' } = useParams();
  if (fileId === undefined) {
    return (
      <figure className="text-sm text-dim">
        <figcaption>{name}</figcaption>
        {t('notThere')}
      </figure>
    );
  }
  const source = `/api/v1/datasets/${id}/images/${fileId}/thumbnail?w=640&version=${encodeURIComponent(version)}`;
  return (
    <figure className="text-sm">
      <figcaption className="mb-1 text-dim">
        {name} · {version}
      </figcaption>
      <Drawing source={source} label={name} annotations={annotations} size={size} />
    </figure>
  );
}

interface DrawingProps {
  source: string;
  label: string;
  annotations: ImageChange['before'];
  size: { width: number; height: number };
}

function Drawing({ source, label, annotations, size }: DrawingProps) {
  const unit = Math.max(size.width, size.height) / 100;
  return (
    <div className="relative">
      <img src={source} alt={label} className="w-full rounded-lg" loading="lazy" />
      <svg viewBox={`0 0 ${size.width} ${size.height}`} className="absolute inset-0 size-full" aria-hidden>
        {annotations.map((annotation) => {
          const drawing = drawingOf(annotation, unit, ALL_LAYERS);
          const color = STROKES[annotation.change ?? 'none'];
          return drawing?.outline ? (
            <path
              key={annotation.id}
              d={drawing.outline}
              fill={color}
              fillOpacity={annotation.change ? 0.15 : 0}
              stroke={color}
              strokeWidth={2}
              vectorEffect="non-scaling-stroke"
              data-testid={annotation.change ?? 'same'}
            />
          ) : null;
        })}
      </svg>
    </div>
  );
}
