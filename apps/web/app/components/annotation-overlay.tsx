import type { AnnotationView } from '@granary/client';
import { useMemo } from 'react';
import { classColor } from '~/format';
import { drawingOf, type Layer } from './shapes';

interface OverlayProps {
  width: number;
  height: number;
  annotations: readonly AnnotationView[];
  shown: ReadonlySet<Layer>;
}

const LINE = { strokeWidth: 2, vectorEffect: 'non-scaling-stroke' as const };

/** Draws annotations over an image, each by itself: the coordinate system is the image's own pixels. */
export function AnnotationOverlay({
  width,
  height,
  annotations,
  shown,
  highlighted,
}: OverlayProps & { highlighted?: number | null }) {
  const unit = Math.max(width, height) / 100;
  const drawings = useMemo(
    () => annotations.map((annotation) => ({ annotation, drawing: drawingOf(annotation, unit, shown) })),
    [annotations, unit, shown],
  );
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="pointer-events-none absolute inset-0 size-full"
      aria-hidden
      data-testid="overlay"
    >
      {drawings.map(({ annotation, drawing }) => {
        if (!drawing) return null;
        const color = classColor(annotation.classIndex);
        const { outline, mask, points, anchor } = drawing;
        return (
          <g key={annotation.id} opacity={highlighted != null && highlighted !== annotation.id ? 0.15 : 1}>
            {outline ? (
              <path
                d={outline}
                fill={color}
                fillOpacity={0.12}
                stroke={color}
                {...LINE}
                data-testid={annotation.type}
              />
            ) : null}
            {mask ? <path d={mask} fill={color} fillOpacity={0.4} data-testid="mask" /> : null}
            {points ? <path d={points} fill={color} /> : null}
            {anchor && shown.has('labels') ? (
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
      })}
    </svg>
  );
}

/** The same for a tile, which may be filled by a part of the image: one path for all annotations of a class, since a page has many tiles. */
export function TileOverlay({
  width,
  height,
  annotations,
  shown,
  isCropped = false,
}: OverlayProps & { isCropped?: boolean }) {
  const paths = useMemo(() => {
    const unit = Math.max(width, height) / 100;
    return [...Map.groupBy(annotations, ({ classIndex }) => classIndex)].map(([classIndex, group]) => {
      const drawings = group.flatMap((annotation) => drawingOf(annotation, unit, shown) ?? []);
      const path = drawings.map(({ outline, mask, points }) => outline + mask + points).join('');
      return { classIndex, path, count: drawings.length };
    });
  }, [width, height, annotations, shown]);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio={isCropped ? 'xMidYMid slice' : undefined}
      className="pointer-events-none absolute inset-0 size-full"
      aria-hidden
      data-testid="overlay"
    >
      {paths.map(({ classIndex, path, count }) => (
        <path
          key={classIndex}
          d={path}
          fill={classColor(classIndex)}
          fillOpacity={0.12}
          stroke={classColor(classIndex)}
          data-annotations={count}
          {...LINE}
        />
      ))}
    </svg>
  );
}
