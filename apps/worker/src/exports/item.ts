/** A file of the dataset, by where its content is. */
export interface StoredFile {
  id: number;
  path: string;
  storageKey: string;
  sizeBytes: number;
  sha256: string;
}

/** Something that goes into an archive under a path: content of the store, or what is written for it. */
export type ExportItem =
  | { path: string; file: StoredFile }
  | { path: string; text: AsyncIterable<string> }
  | { path: string; bytes: Uint8Array }
  /** Made when its turn has come. */
  | { path: string; content: () => AsyncIterable<Uint8Array> };

/** A text that is known whole. */
export async function* wholeText(text: string): AsyncGenerator<string> {
  yield text;
}
