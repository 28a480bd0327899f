/** Of files, and of PostgreSQL (disk_full). */
const CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', '53100']);
/**
 * Of buckets: Ceph's quotas of users and buckets (docs.ceph.com/en/latest/radosgw/s3/#error-codes), MinIO's quota and its full
 * disks (minio/cmd/api-errors.go), and 507 of RFC 4918.
 */
const OF_BUCKETS = new Set([
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
  'InsufficientStorage',
]);
const INSUFFICIENT_STORAGE = 507;
/** What libraries that only pass on a text say. */
const SAID = /no space left on device|disk quota exceeded|read-only file system/i;

/** Whether something failed, be it at its root, because a disk or a bucket is full or can't be written to. */
export function isNoRoom(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && CODES.has(at.code)) return true;
    if (OF_BUCKETS.has(at.name) || statusOf(at) === INSUFFICIENT_STORAGE) return true;
    if (SAID.test(at.message)) return true;
  }
  return false;
}

/** The HTTP status that an S3 server has answered with; null for an error of another kind. */
export function statusOf(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null;
  const { $metadata: metadata } = error;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

/** With less than this, nothing of use can be written. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;

/** What is wrong with a store's room, in words; null where nothing is. */
export function noRoomIn(freeBytes: number | null): string | null {
  return freeBytes === null || freeBytes >= LEAST_FREE_BYTES
    ? null
    : `no room on the storage: ${inMegabytes(freeBytes)} free`;
}

export const inMegabytes = (bytes: number): string => `${Math.floor(bytes / 1e6).toLocaleString('en')} MB`;
