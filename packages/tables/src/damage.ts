import { type Shard, shardName } from './shard.ts';
import { SourceError } from './source.ts';

/** What the engine says of Parquet whose pages are not what its footer promises: of their headers, their compression, their values. */
const DAMAGED =
  /^(?:(?:Invalid|Invalid Input|Serialization) Error: |IO Error: .*(?:decompress|corrupt|parquet|snappy|zstd|lz4|gzip|brotli))|TProtocolException/i;

/** The engine's words about a damaged shard as a sentence with its name; any other error as it is. */
export function damageOf(error: unknown, shards: readonly Shard[]): unknown {
  if (!(error instanceof Error) || error.name !== 'Error' || !DAMAGED.test(error.message)) return error;
  const [first = '', ...others] = shards.map(shardName);
  const names = others.length > 0 ? `${first} or one of the ${others.length} files after it` : first;
  return new SourceError(`${names} is damaged: its rows cannot be read. Upload it again.`, { cause: error });
}
