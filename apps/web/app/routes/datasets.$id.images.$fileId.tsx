import type { AnnotationView } from '@granary/client';
import { isShownByBrowsers } from '@granary/formats';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData, useNavigate } from '@remix-run/react';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  ChevronLeft,
  ChevronRight,
  Download,
  ImageOff,
  type LucideIcon,
  Maximize,
  SquarePen,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { type ReactZoomPanPinchRef, TransformComponent, TransformWrapper } from 'react-zoom-pan-pinch';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { AnnotationOverlay } from '~/components/annotation-overlay';
import { CopyButton } from '~/components/copy-button';
import { thumbnailUrl } from '~/components/image-tile';
import { LayerToggles, useLayers } from '~/components/layers';
import { LAYERS } from '~/components/shapes';
import { buttonStyle, Card } from '~/components/ui';
import { classColor, useFormat } from '~/format';
import { filtersOf, useAmongImages } from '~/image-query';
import { trpc } from '~/trpc';
import { atVersion, useVersion } from '~/version';

const PAGE = 100;
/** Annotations of one image that are drawn and listed, at most. */
const MAX_ANNOTATIONS = 5000;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const fileId = Number(params.fileId);
  const filters = filtersOf(new URL(request.url).searchParams);
  const { version } = filters;
  return load(request, context, async (api) => {
    const image = await api.images.get({ id, fileId, ...filters });
    const annotations = await api.images.annotations({ id, fileId, version, limit: PAGE });
    return { datasetId: id, image, annotations: annotations.items, nextCursor: annotations.nextCursor };
  });
}

/** Why there are no annotations, by how far the image is. */
const NOTHING = {
  completed: 'saidToBeEmpty',
  labels_lost: 'lostHere',
  in_progress: 'noAnnotations',
  not_started: 'noAnnotations',
  needs_review: 'saidToBeEmpty',
  accepted: 'saidToBeEmpty',
  rejected: 'saidToBeEmpty',
} as const;

export default function ImagePage() {
  const { image } = useLoaderData<typeof loader>();
  const version = useVersion();
  return <ImageViewer key={`${image.id} ${version ?? ''}`} />;
}

function ImageViewer() {
  const t = useTranslations('images');
  const actions = useTranslations('actions');
  const format = useFormat();
  const { datasetId, image } = useLoaderData<typeof loader>();
  const { annotations, isCut } = useAnnotations();
  const [highlighted, setHighlighted] = useState<number | null>(null);
  const { shown, toggle, toggleAll } = useLayers();
  const view = useRef<ReactZoomPanPinchRef>(null);
  const version = useVersion();
  const content = atVersion(
    `/api/v1/datasets/${datasetId}/files/content?path=${encodeURIComponent(image.path)}`,
    version,
  );
  const among = useAmongImages();
  const linkTo = (id: number | null) => (id === null ? null : among(`/datasets/${datasetId}/images/${id}`));
  const canShow = !image.problem && Boolean(image.width && image.height);
  // What is annotated is the draft.
  const workspace = version === undefined && canShow ? among(`/datasets/${datasetId}/annotate/${image.id}`) : null;
  useKeys({ ArrowLeft: linkTo(image.previousId), ArrowRight: linkTo(image.nextId), e: workspace }, view, toggleAll);
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div>
        <div className="mb-3 flex items-center justify-between gap-3 text-sm">
          <Link to={among(`/datasets/${datasetId}/images`)} className="text-dim hover:text-ink">
            {t('all')}
          </Link>
          <div className="flex items-center gap-2">
            {workspace ? (
              <Link to={workspace} aria-keyshortcuts="E" className={`${buttonStyle.primary} py-1.5`}>
                <SquarePen className="size-4" aria-hidden /> {t('annotate')}
              </Link>
            ) : null}
            <Neighbour to={linkTo(image.previousId)} label={t('previous')} icon={ChevronLeft} />
            <Neighbour to={linkTo(image.nextId)} label={t('next')} icon={ChevronRight} />
          </div>
        </div>
        {image.problem || !image.width || !image.height ? (
          <Card className="flex flex-col items-center gap-3 py-20 text-center text-bad">
            <ImageOff className="size-8" aria-hidden />
            {t('broken', { problem: image.problem ?? '' })}
          </Card>
        ) : (
          <div className="relative overflow-hidden rounded-xl border border-line bg-raised">
            <TransformWrapper ref={view} minScale={1} maxScale={40} doubleClick={{ mode: 'toggle' }}>
              <TransformComponent wrapperStyle={{ width: '100%', maxHeight: '75vh' }} contentStyle={{ width: '100%' }}>
                <div
                  className="relative mx-auto max-h-[75vh]"
                  style={{
                    aspectRatio: `${image.width} / ${image.height}`,
                    width: `min(100%, calc(75vh * ${image.width / image.height}))`,
                  }}
                >
                  <img
                    src={isShownByBrowsers(image.path) ? content : thumbnailUrl(datasetId, image.id, 1280, version)}
                    alt={image.path}
                    className="size-full"
                    draggable={false}
                  />
                  <AnnotationOverlay
                    width={image.width}
                    height={image.height}
                    annotations={annotations}
                    shown={shown}
                    highlighted={highlighted}
                  />
                </div>
              </TransformComponent>
            </TransformWrapper>
            <div className="absolute right-3 bottom-3 flex gap-1.5">
              <button
                type="button"
                className={buttonStyle.icon}
                aria-label={t('zoomOut')}
                onClick={() => view.current?.zoomOut()}
              >
                <ZoomOut className="size-4" aria-hidden />
              </button>
              <button
                type="button"
                className={buttonStyle.icon}
                aria-label={t('zoomIn')}
                onClick={() => view.current?.zoomIn()}
              >
                <ZoomIn className="size-4" aria-hidden />
              </button>
              <button
                type="button"
                className={buttonStyle.icon}
                aria-label={t('fit')}
                onClick={() => view.current?.resetTransform()}
              >
                <Maximize className="size-4" aria-hidden />
              </button>
            </div>
          </div>
        )}
        <p className="mt-2 hidden text-xs text-dim sm:block">{t.rich('keys', { k: (key) => <Key>{key}</Key> })}</p>
      </div>
      <div className="min-w-0 space-y-4">
        <Card>
          <h2 className="font-semibold break-all">{image.path}</h2>
          <p className="mt-2 text-sm text-dim">
            {image.width ?? '?'} × {image.height ?? '?'} px · {format.bytes(image.size)}
            {image.split ? ` · ${image.split}` : ''}
            {image.className ? ` · ${image.className}` : ''}
          </p>
          <p className="mt-1 flex items-center gap-1 text-xs text-dim">
            <span className="whitespace-nowrap">SHA-256</span> <code className="truncate">{image.sha256}</code>
            <CopyButton text={image.sha256} label={actions('copyHash')} />
          </p>
          <a href={`${content}&download`} className={`${buttonStyle.secondary} mt-3`}>
            <Download className="size-4" aria-hidden /> {actions('download')}
          </a>
        </Card>
        <Card title={t(isCut ? 'manyAnnotations' : 'annotations', { count: annotations.length })}>
          {annotations.length === 0 ? (
            <p className="text-sm text-dim">{t(NOTHING[image.status])}</p>
          ) : (
            <>
              <LayerToggles layers={LAYERS} shown={shown} onToggle={toggle} />
              <AnnotationList annotations={annotations} onHighlight={setHighlighted} />
            </>
          )}
        </Card>
      </div>
    </div>
  );
}

const Key = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded bg-raised px-1.5 py-0.5">{children}</kbd>
);

/** Those of the first page, and then the others. */
function useAnnotations(): { annotations: AnnotationView[]; isCut: boolean } {
  const { datasetId, image, annotations: first, nextCursor } = useLoaderData<typeof loader>();
  const [more, setMore] = useState<{ items: AnnotationView[]; cursor: string | null }>({
    items: [],
    cursor: nextCursor,
  });
  const version = useVersion();
  const isCut = first.length + more.items.length >= MAX_ANNOTATIONS && more.cursor !== null;
  useEffect(() => {
    const { cursor } = more;
    if (cursor === null || isCut) return;
    let isWanted = true;
    trpc.images.annotations.query({ id: datasetId, fileId: image.id, version, limit: PAGE, cursor }).then(
      (page) => {
        if (isWanted) setMore((now) => ({ items: [...now.items, ...page.items], cursor: page.nextCursor }));
      },
      () => {},
    );
    return () => {
      isWanted = false;
    };
  }, [more, isCut, datasetId, image.id, version]);
  return { annotations: [...first, ...more.items], isCut };
}

const ROW = 32;

function AnnotationList({
  annotations,
  onHighlight,
}: {
  annotations: readonly AnnotationView[];
  onHighlight(id: number | null): void;
}) {
  const t = useTranslations('images');
  const scroller = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState<AnnotationView | null>(null);
  const virtualizer = useVirtualizer({
    count: annotations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
    initialRect: { width: 300, height: 400 },
  });
  return (
    <>
      <div ref={scroller} className="mt-3 max-h-[45vh] overflow-y-auto text-sm">
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const annotation = annotations[index];
            if (!annotation) return null;
            return (
              <li key={annotation.id} className="absolute inset-x-0" style={{ top: start, height: ROW }}>
                <button
                  type="button"
                  aria-pressed={picked?.id === annotation.id}
                  className="flex size-full items-center gap-2 rounded px-2 text-left hover:bg-raised focus:bg-raised aria-pressed:bg-raised"
                  onClick={() => setPicked(picked?.id === annotation.id ? null : annotation)}
                  onMouseEnter={() => onHighlight(annotation.id)}
                  onMouseLeave={() => onHighlight(picked?.id ?? null)}
                  onFocus={() => onHighlight(annotation.id)}
                  onBlur={() => onHighlight(picked?.id ?? null)}
                >
                  <span
                    className="size-2.5 shrink-0 rounded-sm"
                    style={{ background: classColor(annotation.classIndex) }}
                  />
                  <span className="min-w-0 flex-1 truncate">{nameOf(annotation) ?? t('noClass')}</span>
                  <span className="text-xs text-dim">{annotation.type}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
      {picked ? <Attributes annotation={picked} /> : null}
    </>
  );
}

const nameOf = ({ className, geometry }: AnnotationView): string | null =>
  className ?? (typeof geometry.caption === 'string' ? geometry.caption : null);

/** What the file says of an annotation beside its shape. */
function Attributes({ annotation }: { annotation: AnnotationView }) {
  const t = useTranslations('images');
  const box = Array.isArray(annotation.geometry.box) ? annotation.geometry.box : null;
  const facts = [
    ...(box ? [[t('box'), box.map((value) => Math.round(Number(value) * 10) / 10).join(', ')]] : []),
    ...Object.entries(annotation.attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ];
  return (
    <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t border-line pt-3 text-xs">
      {facts.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="text-dim">{key}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
      {facts.length === 0 ? <dt className="col-span-2 text-dim">{t('noAttributes')}</dt> : null}
    </dl>
  );
}

function Neighbour({ to, label, icon: Icon }: { to: string | null; label: string; icon: LucideIcon }) {
  if (!to)
    return (
      <span className="rounded-md border border-line p-1.5 text-faint">
        <Icon className="size-4" aria-hidden />
      </span>
    );
  return (
    <Link to={to} aria-label={label} className="rounded-md border border-line p-1.5 hover:bg-raised">
      <Icon className="size-4" aria-hidden />
    </Link>
  );
}

/** Arrow keys lead to the neighbours, `+`, `-` and `0` zoom, `o` toggles the overlay; not while one types. */
function useKeys(
  targets: Record<string, string | null>,
  view: RefObject<ReactZoomPanPinchRef | null>,
  toggle: () => void,
): void {
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = targets[event.key];
      if (target) navigate(target);
      else if (event.key === 'o') toggle();
      else if (event.key === '+' || event.key === '=') view.current?.zoomIn();
      else if (event.key === '-') view.current?.zoomOut();
      else if (event.key === '0') view.current?.resetTransform();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
