import { keys, type ObjectStore } from '@granary/storage';

/** An upload's bytes, and what tus keeps beside them; on S3 also parts that were never put together. */
export async function removeUploadObjects(store: ObjectStore, uploadId: string): Promise<void> {
  await store.abortMultiparts(keys.upload(uploadId));
  await store.delete([keys.upload(uploadId), ...keys.uploadCompanions(uploadId)]);
}
