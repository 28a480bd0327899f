import { jsonLines } from './lines.ts';
import { apiUrl, datasetPath, type Server } from './server.ts';
import type { AnnotatedImage } from './views.ts';

export interface AnnotationsOptions {
  /** A version ref: a number, a tag, `latest`, `draft` (by default), or `r` and the number of a revision. */
  version?: string | undefined;
  split?: string | undefined;
  /** A query, such as `class:car -split:train`. */
  q?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** All images of a version with their annotations, as they arrive. */
export function annotations(
  server: Server,
  datasetId: string,
  { version, split, q, signal }: AnnotationsOptions = {},
): AsyncGenerator<AnnotatedImage> {
  const url = apiUrl(server, `${datasetPath(datasetId)}/annotations`, { version, split, q });
  return jsonLines<AnnotatedImage>(url, { headers: server.headers, signal });
}
