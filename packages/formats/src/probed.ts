import { type ImageProbe, PROBE_HEAD_BYTES, PROBE_TAIL_BYTES, probeImage } from './image-probe.ts';
import type { ImageEntry } from './model.ts';
import type { IssueCode, ReportBuilder } from './report.ts';

/** What a look into an image finds worth saying; null for a sound one as its pixels lie. */
export function findingOf(probe: ImageProbe): { code: IssueCode; detail: string } | null {
  if (probe.problem) return probe.problem;
  if (!probe.isTurned) return null;
  return { code: 'image_rotated', detail: 'its EXIF orientation swaps width and height' };
}

/** An image of which the bytes are at hand, with its findings in the report. */
export function probedEntry(path: string, bytes: Uint8Array, report: ReportBuilder): ImageEntry {
  const probe = probeImage(bytes.subarray(0, PROBE_HEAD_BYTES), bytes.subarray(-PROBE_TAIL_BYTES));
  return entryOf(path, probe, report);
}

export function entryOf(path: string, probe: ImageProbe, report: ReportBuilder): ImageEntry {
  const finding = findingOf(probe);
  if (finding) report.add(finding.code, { path, image: path, detail: finding.detail });
  return { path, width: probe.width, height: probe.height, problem: probe.problem?.detail ?? null };
}
