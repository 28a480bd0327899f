/** The corners of a box, clockwise from its first, turned about a point by degrees, clockwise on the screen. */
export function rotatedCorners(
  [x, y, width, height]: readonly [number, number, number, number],
  degrees: number,
  [pivotX, pivotY]: readonly [number, number],
): number[] {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const corners = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
  return corners.flatMap(([cornerX = 0, cornerY = 0]) => {
    const [dx, dy] = [cornerX - pivotX, cornerY - pivotY];
    return [pivotX + dx * cos - dy * sin, pivotY + dx * sin + dy * cos];
  });
}
