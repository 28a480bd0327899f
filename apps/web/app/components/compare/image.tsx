import type { ImageChange } from '@granary/client';
import { useParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { type Drawing, drawingOf, LAYERS } from '../shapes';
import { Card } from '../ui';

type Annotation = ImageChange['before'][number];
interface Size {
  width: number;
  height: number;
}

const STROKES = { added: '#34d399', removed: '#f87171', changed: '#fbbf24', none: '#94a3b8' } as const;
const ALL_LAYERS = new Set(LAYERS);

/** An image as it was and as it is: added green, removed red, changed amber; what stays is grey. */
export function ComparedImage({
  image,
  from,
  to,
  isOverlay,
}: {
  image: ImageChange;
  from: string;
  to: string;
  isOverlay: boolean;
}) {
  const t = useTranslations('history');
  const size = { width: image.width ?? 1, height: image.height ?? 1 };
  const isOnBoth = image.beforeFileId !== undefined && image.afterFileId !== undefined;
  return (
    <article tabIndex={-1} className="scroll-mt-4 rounded-xl focus:outline-2 focus:outline-accent">
      <Card title={<span className="font-mono text-sm break-all">{image.path}</span>}>
        {isOverlay && isOnBoth ? (
          <Overlay image={image} version={to} size={size} />
        ) : (
          <div className="mt-3 grid gap-4 sm:grid-cols-2">
            <Side
              name={t('before')}
              fileId={image.beforeFileId}
              version={from}
              annotations={image.before}
              size={size}
            />
            <Side name={t('after')} fileId={image.afterFileId} version={to} annotations={image.after} size={size} />
          </div>
        )}
      </Card>
    </article>
  );
}

interface SideProps {
  name: string;
  fileId: number | undefined;
  version: string;
  annotations: readonly Annotation[];
  size: Size;
}

function Side({ name, fileId, version, annotations, size }: SideProps) {
  const t = useTranslations('history');
  const unit = unitOf(size);
  return (
    <figure className="text-sm">
      <figcaption className="mb-1 text-dim">
        {name} · {version}
      </figcaption>
      {fileId === undefined ? (
        <p className="flex aspect-4/3 items-center justify-center rounded-lg border border-dashed border-line text-dim">
          {t('notThere')}
        </p>
      ) : (
        <Picture fileId={fileId} version={version} label={name} size={size}>
          {annotations.map((annotation) => (
            <Outline key={annotation.id} annotation={annotation} unit={unit} testId={annotation.change ?? 'same'} />
          ))}
        </Picture>
      )}
    </figure>
  );
}

/** Both on one picture: what moved has an arrow from where it was. */
function Overlay({ image, version, size }: { image: ImageChange; version: string; size: Size }) {
  const t = useTranslations('history');
  const unit = unitOf(size);
  const after = new Map(image.after.map((annotation) => [annotation.id, annotation]));
  const removed = image.before.filter(({ change }) => change === 'removed');
  const pairs = image.before.flatMap((before) => {
    const partner = before.pairedWith === null ? undefined : after.get(before.pairedWith);
    return before.change === 'changed' && partner ? [{ before, after: partner }] : [];
  });
  return (
    <div className="mx-auto max-w-3xl">
      <Picture fileId={image.afterFileId ?? 0} version={version} label={t('overlay')} size={size}>
        {image.after.map((annotation) => (
          <Outline key={annotation.id} annotation={annotation} unit={unit} testId={annotation.change ?? 'same'} />
        ))}
        {removed.map((annotation) => (
          <Outline key={annotation.id} annotation={annotation} unit={unit} testId="removed" isDashed />
        ))}
        {pairs.map(({ before, after }) => (
          <g key={before.id}>
            <Outline annotation={before} unit={unit} testId="was" isDashed />
            <Arrow from={centerOf(before)} to={centerOf(after)} unit={unit} />
          </g>
        ))}
      </Picture>
    </div>
  );
}

function Picture({
  fileId,
  version,
  label,
  size,
  children,
}: {
  fileId: number;
  version: string;
  label: string;
  size: Size;
  children: React.ReactNode;
}) {
  const { id = '' } = useParams();
  const query = new URLSearchParams({ w: '640', version });
  return (
    <div className="relative">
      <img
        src={`/api/v1/datasets/${id}/images/${fileId}/thumbnail?${query}`}
        alt={label}
        className="w-full rounded-lg"
        loading="lazy"
        style={{ aspectRatio: `${size.width} / ${size.height}` }}
      />
      <svg viewBox={`0 0 ${size.width} ${size.height}`} className="absolute inset-0 size-full" aria-hidden>
        {children}
      </svg>
    </div>
  );
}

function Outline({
  annotation,
  unit,
  testId,
  isDashed = false,
}: {
  annotation: Annotation;
  unit: number;
  testId: string;
  isDashed?: boolean;
}) {
  const drawing = drawingOf(annotation, unit, ALL_LAYERS);
  if (!drawing) return null;
  const color = STROKES[annotation.change ?? 'none'];
  return (
    <path
      d={pathOf(drawing)}
      fill={color}
      fillOpacity={drawing.mask ? 0.4 : annotation.change && !isDashed ? 0.15 : 0}
      stroke={color}
      strokeWidth={2}
      strokeDasharray={isDashed ? '6 4' : undefined}
      vectorEffect="non-scaling-stroke"
      data-testid={testId}
    />
  );
}

const pathOf = ({ outline, mask, points }: Drawing): string => outline + mask + points;

function Arrow({ from, to, unit }: { from: [number, number] | null; to: [number, number] | null; unit: number }) {
  if (!from || !to || Math.hypot(to[0] - from[0], to[1] - from[1]) < unit) return null;
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const wing = (turn: number) =>
    `L${to[0] - 2 * unit * Math.cos(angle + turn)} ${to[1] - 2 * unit * Math.sin(angle + turn)}`;
  return (
    <path
      d={`M${from.join(' ')}L${to.join(' ')}${wing(0.5)}M${to.join(' ')}${wing(-0.5)}`}
      fill="none"
      stroke={STROKES.changed}
      strokeWidth={2}
      vectorEffect="non-scaling-stroke"
      data-testid="arrow"
    />
  );
}

/** A hundredth of the image's longer side. */
const unitOf = ({ width, height }: Size): number => Math.max(width, height) / 100;

/** The middle of what an annotation covers; null for what has no place. */
function centerOf({ geometry }: Annotation): [number, number] | null {
  if (typeof geometry !== 'object' || geometry === null) return null;
  if ('box' in geometry && Array.isArray(geometry.box)) {
    const [x = 0, y = 0, width = 0, height = 0] = geometry.box.map(Number);
    return [x + width / 2, y + height / 2];
  }
  const ring =
    'corners' in geometry && Array.isArray(geometry.corners)
      ? geometry.corners
      : 'polygons' in geometry && Array.isArray(geometry.polygons)
        ? geometry.polygons.flat()
        : [];
  const numbers = ring.map(Number);
  const [xs, ys] = [numbers.filter((_, i) => i % 2 === 0), numbers.filter((_, i) => i % 2 === 1)];
  if (xs.length === 0 || ys.length === 0) return null;
  const middle = (values: readonly number[]) =>
    (values.reduce((a, b) => Math.min(a, b)) + values.reduce((a, b) => Math.max(a, b))) / 2;
  return [middle(xs), middle(ys)];
}
