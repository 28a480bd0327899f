import type { AnnotationView } from '@granary/api/client';
import { type Rle, runsOf } from '@granary/formats';
import { useMemo } from 'react';
import { z } from 'zod';
import { classColor } from '~/format';

const shape = z.object({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
  polygons: z.array(z.array(z.number())).optional(),
  keypoints: z.array(z.number()).optional(),
  corners: z.array(z.number()).optional(),
  rle: z
    .object({ size: z.tuple([z.number(), z.number()]), counts: z.union([z.array(z.number()), z.string()]) })
    .optional(),
});

/** Draws annotations over an image: the coordinate system is the image's own pixels. */
export function AnnotationOverlay({
  width,
  height,
  annotations,
  highlighted,
  withLabels = false,
}: {
  width: number;
  height: number;
  annotations: readonly AnnotationView[];
  highlighted?: number | null;
  withLabels?: boolean;
}) {
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="pointer-events-none absolute inset-0 size-full"
      aria-hidden
      data-testid="overlay"
    >
      {annotations.map((annotation) => (
        <Shape
          key={annotation.id}
          annotation={annotation}
          unit={Math.max(width, height) / 100}
          isDimmed={highlighted != null && highlighted !== annotation.id}
          withLabel={withLabels}
        />
      ))}
    </svg>
  );
}

function Shape({
  annotation,
  unit,
  isDimmed,
  withLabel,
}: {
  annotation: AnnotationView;
  /** A hundredth of the image's longer side. */
  unit: number;
  isDimmed: boolean;
  withLabel: boolean;
}) {
  const parsed = shape.safeParse(annotation.geometry);
  if (!parsed.success) return null;
  const { box, polygons, keypoints, corners, rle } = parsed.data;
  const rings = polygons ?? (corners ? [corners] : undefined);
  const anchor = anchorOf(box, rings);
  const color = classColor(annotation.classIndex);
  const line = { stroke: color, strokeWidth: 2, vectorEffect: 'non-scaling-stroke' as const };
  return (
    <g opacity={isDimmed ? 0.15 : 1}>
      {rings?.map((ring) => (
        <polygon key={ring.join()} points={ring.join(' ')} fill={color} fillOpacity={0.25} {...line} />
      ))}
      {rle ? <Mask rle={rle} color={color} /> : null}
      {box && !rings ? (
        <rect
          x={box[0]}
          y={box[1]}
          width={box[2]}
          height={box[3]}
          fill={color}
          fillOpacity={0.06}
          {...line}
          data-testid="box"
        />
      ) : null}
      {keypoints ? <Keypoints points={keypoints} radius={unit * 0.7} color={color} /> : null}
      {withLabel && anchor ? (
        <text
          x={anchor[0] + unit * 0.5}
          y={Math.max(unit * 2.4, anchor[1] - unit * 0.6)}
          fontSize={unit * 2.2}
          fill={color}
          stroke="#020617"
          strokeWidth={unit * 0.5}
          paintOrder="stroke"
        >
          {annotation.className}
        </text>
      ) : null}
    </g>
  );
}

/** Where the class name is written: the top left corner of the shape. */
function anchorOf(
  box: readonly number[] | null | undefined,
  rings: readonly (readonly number[])[] | undefined,
): [number, number] | null {
  if (box) return [box[0] ?? 0, box[1] ?? 0];
  if (!rings) return null;
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const ring of rings) {
    ring.forEach((value, i) => {
      if (i % 2 === 0) left = Math.min(left, value);
      else top = Math.min(top, value);
    });
  }
  return Number.isFinite(left) && Number.isFinite(top) ? [left, top] : null;
}

/** Enough for a ragged outline on the largest photographs; a path that is longer would stop the page. */
const MAX_RUNS = 200_000;

/** A mask as one path: a rectangle, a pixel wide, for every run within a column. */
function Mask({ rle, color }: { rle: Rle; color: string }) {
  const path = useMemo(() => {
    const [height, width] = rle.size;
    const parts: string[] = [];
    let at = 0;
    runsOf(rle).forEach((run, i) => {
      const end = Math.min(at + run, height * width);
      for (let from = at; i % 2 === 1 && from < end && parts.length < MAX_RUNS; ) {
        const [x, y] = [Math.floor(from / height), from % height];
        const length = Math.min(height - y, end - from);
        parts.push(`M${x} ${y}h1v${length}h-1z`);
        from += length;
      }
      at = end;
    });
    return parts.join('');
  }, [rle]);
  return <path d={path} fill={color} fillOpacity={0.4} data-testid="mask" />;
}

function Keypoints({ points, radius, color }: { points: readonly number[]; radius: number; color: string }) {
  const visible = [];
  for (let i = 0; i + 2 < points.length; i += 3) {
    if (points[i + 2]) visible.push({ x: points[i], y: points[i + 1] });
  }
  return visible.map(({ x, y }) => <circle key={`${x} ${y}`} cx={x} cy={y} r={radius} fill={color} />);
}
