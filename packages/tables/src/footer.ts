import { createHash } from 'node:crypto';
import { type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { SourceError } from './source.ts';

const MOST_FOOTER_MB = 100;
/** What is said of encrypted Parquet, behind the name of the file. */
export const ENCRYPTED = 'is encrypted Parquet. Upload it decrypted.';

/** Why a footer could not be read, for people. */
export function unreadableParquet(name: string, error: unknown): SourceError {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const said =
    message === ENCRYPTED ? message : `cannot be read as Parquet: ${message}. Upload it again if its end is missing.`;
  return new SourceError(`${name} ${said}`, { cause: error });
}

/** The footer of a parquet file of which any bytes can be asked for. @throws Error for what is no parquet file */
export async function footerOf(
  sizeBytes: number,
  read: (start: number, length: number) => Promise<Buffer>,
): Promise<FileMetaData> {
  const slice = async (start: number, end = sizeBytes) => {
    const bytes = await read(start, end - start);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };
  if (sizeBytes >= 8) {
    const end = await read(sizeBytes - 8, 8);
    if (end.toString('latin1', 4) === 'PARE') throw new Error(ENCRYPTED);
    const megabytes = Math.round(end.readUInt32LE(0) / 1024 / 1024);
    // It is read into the memory of whoever asks.
    if (megabytes > MOST_FOOTER_MB)
      throw new Error(`its footer has ${megabytes} MB, and can have at most ${MOST_FOOTER_MB}`);
  }
  return parquetMetadataAsync({ byteLength: sizeBytes, slice });
}

/** Where a column chunk begins and ends, its dictionary included. */
export function chunkOf(
  column: FileMetaData['row_groups'][number]['columns'][number],
): { start: number; end: number } | null {
  const meta = column.meta_data;
  if (!meta) return null;
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  return { start, end: start + Number(meta.total_compressed_size) };
}

/** Tells files with the same columns from any others: names, types, and what other programs wrote about them. */
export function schemaHashOf({ schema, key_value_metadata: written = [] }: FileMetaData): string {
  const said = written
    .filter(({ key }) => key === 'huggingface' || key === 'granary')
    .map(({ key, value }) => [key, value]);
  const columns = schema.map(
    ({ name, type, converted_type, logical_type, num_children, repetition_type, scale, precision }) => [
      ...[name, type, converted_type, logical_type, num_children, repetition_type, scale, precision],
    ],
  );
  return createHash('sha256')
    .update(JSON.stringify([columns, said]))
    .digest('hex')
    .slice(0, 16);
}
