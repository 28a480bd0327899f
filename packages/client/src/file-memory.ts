import type { UploadMemory } from './memory.ts';

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
