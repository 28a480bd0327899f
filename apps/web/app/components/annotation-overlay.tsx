import type { AnnotationView } from '@granary/api/client';
import { z } from 'zod';
import { classColor } from '~/format';

const shape = z.object({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
  polygons: z.array(z.array(z.number())).optional(),
  keypoints: z.array(z.number()).optional(),
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
  const { box, polygons, keypoints } = parsed.data;
  const color = classColor(annotation.classIndex);
  const line = { stroke: color, strokeWidth: 2, vectorEffect: 'non-scaling-stroke' as const };
  return (
    <g opacity={isDimmed ? 0.15 : 1}>
      {polygons?.map((ring) => (
        <polygon key={ring.join()} points={ring.join(' ')} fill={color} fillOpacity={0.25} {...line} />
      ))}
      {box && !polygons ? (
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
      {withLabel && box ? (
        <text
          x={box[0] + unit * 0.5}
          y={Math.max(unit * 2.4, box[1] - unit * 0.6)}
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

function Keypoints({ points, radius, color }: { points: readonly number[]; radius: number; color: string }) {
  const visible = [];
  for (let i = 0; i + 2 < points.length; i += 3) {
    if (points[i + 2]) visible.push({ x: points[i], y: points[i + 1] });
  }
  return visible.map(({ x, y }) => <circle key={`${x} ${y}`} cx={x} cy={y} r={radius} fill={color} />);
}
