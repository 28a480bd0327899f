/** Failures that other options, or a change in the dataset, would mend: their uploads are kept for another try. */
const MENDABLE = new Set([
  'path_taken',
  'labels_of_other_format',
  'format_not_readable',
  'internal',
  'worker_died',
  'reader_died',
  'stalled',
  'cancelled',
]);

/** What a download that failed has fetched is kept for another try, for a day: those are failures of the way, not of the thing. */
const RESUMABLE = new Set([
  'hub_unreachable',
  'hub_rate_limited',
  'hub_token_invalid',
  'hub_gated',
  'internal',
  'worker_died',
  'reader_died',
  'stalled',
  'disk_full',
  'quota_exceeded',
]);

export const isResumable = (code: string): boolean => RESUMABLE.has(code);

export const isMendable = (code: string): boolean => MENDABLE.has(code);
