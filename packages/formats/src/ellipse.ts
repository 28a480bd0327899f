import type { Shape } from './model.ts';

/** Corners of the polygon that a circle or an ellipse becomes. */
const CORNERS = 64;

/** A circle or an ellipse as the polygon around it. @param theta by which it is turned, in radians, clockwise on the screen */
export function ellipse({
  cx,
  cy,
  rx,
  ry,
  theta = 0,
}: {
  cx: number;
  cy: number;
  rx: number;
  ry: number;
  theta?: number;
}): Shape {
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const ring = Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    const [x, y] = [rx * Math.cos(angle), ry * Math.sin(angle)];
    return [cx + x * cos - y * sin, cy + x * sin + y * cos];
  }).flat();
  return { type: 'polygon', geometry: { box: null, polygons: [ring] } };
}
