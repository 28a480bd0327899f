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
