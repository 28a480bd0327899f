import {
  detectFormats,
  type ImageRecord,
  memorySource,
  type Report,
  ReportBuilder,
  readerOf,
  summarise,
} from '../src/index.ts';

/** Detects and reads a dataset held in memory. */
export async function readAll(contents: Record<string, string | Uint8Array> | ReadonlyMap<string, Uint8Array>) {
  const files =
    contents instanceof Map
      ? contents
      : new Map(
          Object.entries(contents).map(([path, content]) => [
            path,
            typeof content === 'string' ? new TextEncoder().encode(content) : content,
          ]),
        );
  const source = memorySource(files);
  const listing = await summarise(source.files());
  const candidates = await detectFormats(source, listing);
  const [best] = candidates;
  const images = new Map<string, ImageRecord>();
  const builder = new ReportBuilder();
  const reader = best && readerOf(best.format);
  if (!reader) return { candidates, images, classNames: [], taskType: null, report: builder.build() };
  const batches = reader.read(source, listing, builder);
  for (;;) {
    const step = await batches.next();
    if (step.done) {
      const report: Report = builder.build();
      return {
        candidates,
        images,
        classNames: step.value.classes.map((c) => c.name),
        taskType: step.value.taskType,
        report,
      };
    }
    for (const image of step.value.images) {
      const known = images.get(image.path);
      images.set(image.path, known ? { ...image, annotations: [...known.annotations, ...image.annotations] } : image);
    }
  }
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
