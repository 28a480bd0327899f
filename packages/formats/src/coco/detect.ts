import type { Candidate } from '../format.ts';
import type { Listing } from '../listing.ts';
import type { DatasetSource } from '../source.ts';

const HEAD_BYTES = 256 * 1024;

export async function detectCoco(source: DatasetSource, listing: Listing): Promise<Candidate | null> {
  const files = await cocoFiles(source, listing);
  if (files.length === 0) return null;
  const names = files.slice(0, 3).map(({ path }) => path);
  return {
    format: 'coco',
    confidence: Math.max(...files.map((file) => file.confidence)),
    reasons: [
      `${names.join(', ')}${files.length > 3 ? `, and ${files.length - 3} more,` : ''} ${files.length === 1 ? 'has' : 'have'} the lists of a COCO file.`,
    ],
  };
}

/** The JSON files that have COCO's lists, told from their first bytes. */
export async function cocoFiles(
  source: DatasetSource,
  listing: Listing,
): Promise<{ path: string; confidence: number }[]> {
  const found = [];
  for (const { path } of listing.jsonFiles) {
    const confidence = confidenceOf(await headOf(source, path));
    if (confidence > 0) found.push({ path, confidence });
  }
  return found;
}

function confidenceOf(head: string): number {
  if (!/^\uFEFF?\s*\{/.test(head)) return 0;
  const lists = ['images', 'annotations', 'categories'].filter((key) => new RegExp(`"${key}"\\s*:\\s*\\[`).test(head));
  if (lists.length === 3) return 0.98;
  const saysImage = /"file_name"\s*:/.test(head);
  const saysAnnotation = /"(bbox|segmentation|category_id)"\s*:/.test(head);
  return lists.length > 0 && (saysImage || saysAnnotation) ? 0.95 : 0;
}

async function headOf(source: DatasetSource, path: string): Promise<string> {
  const decoder = new TextDecoder();
  let head = '';
  for await (const chunk of source.stream(path)) {
    head += decoder.decode(chunk.subarray(0, HEAD_BYTES), { stream: true });
    if (head.length >= HEAD_BYTES) break;
  }
  return head;
}
