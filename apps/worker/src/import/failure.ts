/** Failures that other options, or a change in the dataset, would mend: their uploads are kept for another try. */
const MENDABLE = new Set(['path_taken', 'format_not_readable', 'internal', 'worker_died', 'cancelled']);

export const isMendable = (code: string): boolean => MENDABLE.has(code);
