/** An upload that may go on. */
export interface KnownUpload {
  size: number | null;
  metadata: { [key: string]: string };
  creationTime: string;
  urlStorageKey: string;
  uploadUrl: string | null;
  parallelUploadUrls: string[] | null;
}

/** Where uploads that were cut off are remembered; the URL storages of tus-js-client are such. */
export interface UploadMemory {
  findAllUploads(): Promise<KnownUpload[]>;
  findUploadsByFingerprint(fingerprint: string): Promise<KnownUpload[]>;
  removeUpload(urlStorageKey: string): Promise<void>;
  /** @returns the key to remove it by */
  addUpload(fingerprint: string, upload: KnownUpload): Promise<string>;
}

/** Remembers them in a file of this machine, which is opened when it is first needed. */
export function memoryInFile(path: string): UploadMemory {
  let opened: Promise<UploadMemory> | undefined;
  const memory = (): Promise<UploadMemory> => (opened ??= import('./node-memory.ts').then(({ open }) => open(path)));
  return {
    findAllUploads: async () => (await memory()).findAllUploads(),
    findUploadsByFingerprint: async (fingerprint) => (await memory()).findUploadsByFingerprint(fingerprint),
    removeUpload: async (key) => (await memory()).removeUpload(key),
    addUpload: async (fingerprint, upload) => (await memory()).addUpload(fingerprint, upload),
  };
}
