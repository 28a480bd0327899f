/** A parquet file of a table, as the store has it. */
export interface Shard {
  storageKey: string;
  sizeBytes: number;
  sha256: string;
  rows: number;
  /** What people call it; the end of its key, where that is all there is. */
  path?: string | undefined;
  /** Shards with the same one have the same columns; unknown for shards of which nobody looked. */
  schemaHash?: string | null | undefined;
}

export const shardName = ({ path, storageKey }: Shard): string => path ?? storageKey.split('/').at(-1) ?? storageKey;
