import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataType, type Field, RecordBatchReader } from 'apache-arrow';
import { SourceError, type TypedColumn } from './convert.ts';
import { quoteName } from './engine.ts';

/**
 * Writes the rows of an Arrow file or stream (IPC) as JSON lines, batch by batch, for the engine, which reads no Arrow.
 *
 * @returns the columns with the types that Arrow states
 * @throws SourceError which names the file, for what is no Arrow, or a type that has no counterpart
 */
export async function arrowToLines(
  source: AsyncIterable<Uint8Array>,
  target: { path: string; name: string },
  limit: number | null,
): Promise<TypedColumn[]> {
  try {
    return await writeLines(source, target.path, limit);
  } catch (error) {
    throw new SourceError(`${target.name} can not be read as Arrow: ${(error as Error).message}`, { cause: error });
  }
}

async function writeLines(
  source: AsyncIterable<Uint8Array>,
  path: string,
  limit: number | null,
): Promise<TypedColumn[]> {
  const reader = await RecordBatchReader.from(source);
  await reader.open();
  const { fields } = reader.schema;
  const columns = fields.map((field) => ({ name: field.name, sqlType: sqlTypeOf(field) }));
  let left = limit ?? Number.POSITIVE_INFINITY;
  async function* lines() {
    for await (const batch of reader) {
      for (const row of batch) {
        if (left-- <= 0) return;
        yield `${JSON.stringify(Object.fromEntries(fields.map(({ name, type }) => [name, plain(row?.[name], type)])))}\n`;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return columns;
}

/** A value as JSON holds it, for a column of the type that {@link sqlTypeOf} gives. */
function plain(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  // The engine reads a number from a text without losing its last digits.
  if (typeof value === 'bigint') return String(value);
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return new Date(Number(value)).toISOString().slice(0, -1);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    const [item] = type.children;
    return item ? Array.from(value as Iterable<unknown>, (entry) => plain(entry, item.type)) : [];
  }
  if (DataType.isStruct(type)) {
    const row = value as Record<string, unknown>;
    return Object.fromEntries(type.children.map((child) => [child.name, plain(row[child.name], child.type)]));
  }
  if (DataType.isDictionary(type)) return plain(value, type.dictionary);
  return value;
}

function sqlTypeOf({ name, type }: Pick<Field, 'name' | 'type'>): string {
  if (DataType.isBool(type)) return 'BOOLEAN';
  if (DataType.isInt(type))
    return `${type.isSigned ? '' : 'U'}${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bitWidth]}`;
  if (DataType.isFloat(type)) return type.precision === 2 ? 'DOUBLE' : 'FLOAT';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'VARCHAR';
  if (DataType.isDictionary(type)) return sqlTypeOf({ name, type: type.dictionary });
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return 'TIMESTAMP';
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    const [item] = type.children;
    if (item) return `${sqlTypeOf(item)}[]`;
  }
  if (DataType.isStruct(type)) {
    return `STRUCT(${type.children.map((child) => `${quoteName(child.name)} ${sqlTypeOf(child)}`).join(', ')})`;
  }
  throw new TypeError(`The column ${JSON.stringify(name)} has the Arrow type ${type}, which can not be converted`);
}
