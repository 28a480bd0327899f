import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileUrlStorage } from 'tus-js-client';
import type { UploadMemory } from './memory.ts';

declare module 'tus-js-client' {
  /** Of its build for Node; its own types leave it out. */
  export class FileUrlStorage implements UploadMemory {
    constructor(path: string);
    findAllUploads: UploadMemory['findAllUploads'];
    findUploadsByFingerprint: UploadMemory['findUploadsByFingerprint'];
    removeUpload: UploadMemory['removeUpload'];
    addUpload: UploadMemory['addUpload'];
  }
}

/** What is needed to go on, in a JSON file that several processes may share. */
export async function open(path: string): Promise<UploadMemory> {
  await mkdir(dirname(path), { recursive: true });
  return new FileUrlStorage(path);
}
