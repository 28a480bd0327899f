import type { Annotation } from '../model.ts';
import { hasHoles, outlineOf } from '../outline.ts';
import { nameOf } from './shapes.ts';

/** The rings of an annotation for a format that has polygons of one ring, with what is lost on the way. */
export function ringsFor({ type, geometry }: Annotation): { rings: number[][]; loss: string | null } {
  switch (type) {
    case 'polygon': {
      const { polygons } = geometry;
      return {
        rings: polygons,
        loss: polygons.length > 1 ? 'objects of several rings become an object per ring' : null,
      };
    }
    case 'rle': {
      const loss = hasHoles(geometry.rle) ? 'masks become outlines, with their holes cut in' : 'masks become outlines';
      return { rings: outlineOf(geometry.rle), loss };
    }
    case 'obb':
      return { rings: [geometry.corners], loss: 'oriented boxes become polygons' };
    default:
      return { rings: [], loss: `${nameOf(type)} are left out` };
  }
}
