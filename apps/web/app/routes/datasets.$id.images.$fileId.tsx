import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData, useNavigate } from '@remix-run/react';
import { ChevronLeft, ChevronRight, Download, ImageOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { load } from '~/api.server';
import { AnnotationOverlay } from '~/components/annotation-overlay';
import { buttonStyle, Card } from '~/components/ui';
import { classColor, formatBytes, formatCount } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const fileId = Number(params.fileId);
  return load(request, context, async (api) => {
    const image = await api.images.get({ id, fileId });
    const annotations = await api.images.annotations({ id, fileId, limit: 100 });
    return { datasetId: id, image, annotations: annotations.items, hasMore: annotations.nextCursor !== null };
  });
}

export default function ImagePage() {
  const { datasetId, image, annotations, hasMore } = useLoaderData<typeof loader>();
  const [highlighted, setHighlighted] = useState<number | null>(null);
  const [isOverlayShown, setIsOverlayShown] = useState(true);
  const content = `/api/v1/datasets/${datasetId}/files/content?path=${encodeURIComponent(image.path)}`;
  const linkTo = (id: number | null) => (id === null ? null : `/datasets/${datasetId}/images/${id}`);
  useKeys({ ArrowLeft: linkTo(image.previousId), ArrowRight: linkTo(image.nextId) }, () =>
    setIsOverlayShown((shown) => !shown),
  );
  return (
    <div className="grid gap-6 lg:grid-cols-[1fr_20rem]">
      <div>
        <div className="mb-3 flex items-center justify-between gap-3 text-sm">
          <Link to={`/datasets/${datasetId}/images`} className="text-dim hover:text-ink">
            ← All images
          </Link>
          <div className="flex gap-2">
            <Neighbour to={linkTo(image.previousId)} label="Previous image" />
            <Neighbour to={linkTo(image.nextId)} label="Next image" />
          </div>
        </div>
        {image.problem || !image.width || !image.height ? (
          <Card className="flex flex-col items-center gap-3 py-20 text-center text-red-300">
            <ImageOff className="size-8" aria-hidden />
            This image can not be shown: {image.problem}
          </Card>
        ) : (
          <div
            className="relative mx-auto overflow-hidden rounded-xl border border-line bg-black/40"
            style={{ aspectRatio: `${image.width} / ${image.height}`, maxHeight: '75vh' }}
          >
            <img src={content} alt={image.path} className="size-full object-contain" />
            {isOverlayShown ? (
              <AnnotationOverlay
                width={image.width}
                height={image.height}
                annotations={annotations}
                highlighted={highlighted}
                withLabels
              />
            ) : null}
          </div>
        )}
      </div>
      <div className="space-y-4">
        <Card>
          <h2 className="font-semibold break-all">{image.path}</h2>
          <p className="mt-2 text-sm text-dim">
            {image.width} × {image.height} px · {formatBytes(image.size)}
            {image.split ? ` · ${image.split}` : ''}
            {image.className ? ` · ${image.className}` : ''}
          </p>
          <div className="mt-4 flex flex-wrap gap-2">
            <a href={`${content}&download`} className={buttonStyle.secondary}>
              <Download className="size-4" aria-hidden /> Download
            </a>
            <button
              type="button"
              className={buttonStyle.secondary}
              aria-pressed={isOverlayShown}
              onClick={() => setIsOverlayShown(!isOverlayShown)}
            >
              {isOverlayShown ? 'Hide' : 'Show'} annotations{' '}
              <kbd className="rounded bg-canvas px-1 text-xs text-dim">o</kbd>
            </button>
          </div>
        </Card>
        <Card title={`Annotations (${formatCount(annotations.length)}${hasMore ? '+' : ''})`}>
          {annotations.length === 0 ? <p className="text-sm text-dim">None.</p> : null}
          <ul className="max-h-[50vh] space-y-1 overflow-y-auto text-sm">
            {annotations.map((annotation) => (
              <li key={annotation.id}>
                <button
                  type="button"
                  className="flex w-full items-center gap-2 rounded px-2 py-1 text-left hover:bg-raised focus:bg-raised"
                  onMouseEnter={() => setHighlighted(annotation.id)}
                  onMouseLeave={() => setHighlighted(null)}
                  onFocus={() => setHighlighted(annotation.id)}
                  onBlur={() => setHighlighted(null)}
                >
                  <span
                    className="size-2.5 shrink-0 rounded-sm"
                    style={{ background: classColor(annotation.classIndex) }}
                  />
                  <span className="min-w-0 flex-1 truncate">{annotation.className ?? 'no class'}</span>
                  <span className="text-xs text-dim">{annotation.type}</span>
                </button>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </div>
  );
}

function Neighbour({ to, label }: { to: string | null; label: string }) {
  const Icon = label.startsWith('Previous') ? ChevronLeft : ChevronRight;
  if (!to)
    return (
      <span className="rounded-md border border-line p-1.5 text-slate-600">
        <Icon className="size-4" aria-hidden />
      </span>
    );
  return (
    <Link to={to} aria-label={label} className="rounded-md border border-line p-1.5 hover:bg-raised">
      <Icon className="size-4" aria-hidden />
    </Link>
  );
}

/** Arrow keys lead to the neighbours, `o` toggles the overlay; not while one types. */
function useKeys(targets: Record<string, string | null>, toggle: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = targets[event.key];
      if (target) navigate(target);
      else if (event.key === 'o') toggle();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
