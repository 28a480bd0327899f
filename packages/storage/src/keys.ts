/** The only place that builds object keys; the layout is in docs/architecture.md. */

/** A key holds 1,024 bytes with its prefix. */
export const MAX_PATH_BYTES = 900;

/** Granary's own description of a dataset, beside its files. */
export const RESERVED_PATH = 'meta.json';

export const keys = {
  file: (datasetId: string, path: string) => `datasets/${datasetId}/${path}`,
  meta: (datasetId: string) => `datasets/${datasetId}/${RESERVED_PATH}`,
  /** Content that an older version still needs. */
  history: (datasetId: string, sha256: string) => `history/${datasetId}/${sha256}`,
  thumbnail: (datasetId: string, sha256: string, width: number) =>
    `thumbnails/${datasetId}/${sha256}${width === 320 ? '' : `-${width}`}.webp`,
  /** Everything of a dataset that ends with it, by prefix. */
  prefixes: (datasetId: string) => ({
    datasets: `datasets/${datasetId}/`,
    history: `history/${datasetId}/`,
    thumbnails: `thumbnails/${datasetId}/`,
    exports: `exports/${datasetId}/`,
  }),
  export: (datasetId: string, exportId: string, container: string) => `exports/${datasetId}/${exportId}.${container}`,
  /** A backup outlives its dataset, until its own time is over. */
  backup: (datasetId: string, at: Date) =>
    `backups/${datasetId}/${at.toISOString().replaceAll(/[-:]/g, '')}/complete.zip`,
  upload: (uploadId: string) => `uploads/${uploadId}`,
  /** Where tus keeps what it knows of an upload in flight: the description, and on S3 a part not yet full. */
  uploadCompanions: (uploadId: string) => [
    `uploads/${uploadId}.json`,
    `uploads/${uploadId}.info`,
    `uploads/${uploadId}.part`,
  ],
  /** New content of a path that is taken, until the import is committed. */
  incoming: (importId: string, fileId: number) => `${keys.allIncoming(importId)}${fileId}`,
  allIncoming: (importId: string) => `uploads/imports/${importId}/`,
};
