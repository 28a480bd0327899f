import type { S3Client } from '@aws-sdk/client-s3';

interface Sent {
  headers: Record<string, string>;
  query?: Record<string, unknown>;
}

/**
 * Watches a client for what Cloudflare R2 refuses: tags and versions in headers, checksums where none are required, and
 * multipart uploads whose parts but the last differ in size. Breaches are thrown into the call that makes them.
 */
export function enforceR2Rules(client: S3Client): { seen: Set<string> } {
  const parts = new Map<string, Map<number, number>>();
  const seen = new Set<string>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { headers } = args.request as Sent;
      const command = String(context.commandName);
      seen.add(command);
      for (const name of Object.keys(headers)) {
        if (/^x-amz-(tagging|object-lock|sdk-checksum-algorithm$)/i.test(name) && command !== 'DeleteObjectsCommand') {
          throw new Error(`R2 refuses the header ${name} (${command})`);
        }
      }
      const input = args.input as { UploadId?: string; PartNumber?: number };
      if (command === 'UploadPartCommand' && input.UploadId && input.PartNumber) {
        const sizes = parts.get(input.UploadId) ?? new Map<number, number>();
        sizes.set(input.PartNumber, Number(headers['content-length']));
        parts.set(input.UploadId, sizes);
      }
      if (command === 'CompleteMultipartUploadCommand' && input.UploadId) {
        const inOrder = [...(parts.get(input.UploadId) ?? [])].sort(([a], [b]) => a - b).map(([, size]) => size);
        const [first, ...others] = inOrder.slice(0, -1);
        if (others.some((size) => size !== first))
          throw new Error(`R2 wants parts of one size, not ${inOrder.join(', ')}`);
        if (first !== undefined && (inOrder.at(-1) ?? 0) > first)
          throw new Error('The last part is larger than the others');
      }
      return next(args);
    },
    { step: 'finalizeRequest', name: 'enforceR2Rules', priority: 'low' },
  );
  return { seen };
}
