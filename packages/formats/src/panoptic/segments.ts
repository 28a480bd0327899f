export type Members = Record<string, unknown>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A segment of an image. */
export interface Segment {
  id: number;
  category_id: unknown;
  others: Members;
}

export function segmentsOf(value: unknown): Segment[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (!isMembers(item) || typeof item.id !== 'number') return [];
    const { id, category_id, bbox, ...others } = item;
    return [{ id, category_id, others }];
  });
}
