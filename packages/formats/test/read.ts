import { type Analysis, analyse, type ImageRecord, memorySource, type RepairCode, type Report } from '../src/index.ts';

/** Detects and reads a dataset held in memory. */
export async function readAll(
  contents: Record<string, string | Uint8Array> | ReadonlyMap<string, Uint8Array>,
  options: { formatHint?: Analysis['format']; repairs?: readonly RepairCode[] } = {},
) {
  const source = memorySource(filesOf(contents));
  const images = new Map<string, ImageRecord>();
  const batches = analyse(source, {
    repairs: new Set(options.repairs),
    ...(options.formatHint ? { formatHint: options.formatHint } : {}),
  });
  for (;;) {
    const step = await batches.next();
    if (step.done) {
      const { classes, ...analysis } = step.value;
      return { ...analysis, images, classes, classNames: classes.map((definition) => definition.name) };
    }
    for (const image of step.value.images) merge(images, image);
  }
}

/** What several places say of one image, together. */
function merge(images: Map<string, ImageRecord>, image: ImageRecord): void {
  const known = images.get(image.path);
  images.set(image.path, {
    ...image,
    ...known,
    source: { ...image.source, ...known?.source },
    annotations: [...(known?.annotations ?? []), ...image.annotations],
  });
}

function filesOf(contents: Record<string, string | Uint8Array> | ReadonlyMap<string, Uint8Array>) {
  if (contents instanceof Map) return contents as ReadonlyMap<string, Uint8Array>;
  const encoder = new TextEncoder();
  return new Map(
    Object.entries(contents).map(([path, content]) => [
      path,
      typeof content === 'string' ? encoder.encode(content) : content,
    ]),
  );
}

/** A grey PNG header of the given size: enough for whoever looks at dimensions. */
export function pngBytes(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(57);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  bytes.set([8, 0, 0, 0, 0], 24);
  bytes.set([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82], 45);
  return bytes;
}

export const codes = (report: Report): Record<string, number> =>
  Object.fromEntries(report.issues.map((issue) => [issue.code, issue.count]));
