export type Members = Record<string, unknown>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A segment of an image. */
export interface Segment {
  id: number;
  category_id: unknown;
  others: Members;
}

/** The segments of an image, and how many elements of the list are none. */
export function segmentsOf(value: unknown): { segments: Segment[]; numBroken: number } {
  if (!Array.isArray(value)) return { segments: [], numBroken: value === undefined || value === null ? 0 : 1 };
  const segments = value.flatMap((item: unknown): Segment[] => {
    if (!isMembers(item) || typeof item.id !== 'number') return [];
    const { id, category_id, bbox, ...others } = item;
    return [{ id, category_id, others }];
  });
  return { segments, numBroken: value.length - segments.length };
}
