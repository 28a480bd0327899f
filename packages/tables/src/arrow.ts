import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataType, type Field, RecordBatchReader } from 'apache-arrow';
import type { TypedColumn } from './convert.ts';
import { quoteName } from './engine.ts';

/**
 * Writes the rows of an Arrow file or stream (IPC) as JSON lines, batch by batch, for the engine, which reads no Arrow.
 *
 * @returns the columns with the types that Arrow states
 * @throws Error for a type that has no counterpart
 */
export async function arrowToLines(
  source: AsyncIterable<Uint8Array>,
  target: string,
  limit: number | null,
): Promise<TypedColumn[]> {
  const reader = await RecordBatchReader.from(source);
  await reader.open();
  const columns = reader.schema.fields.map((field) => ({ name: field.name, sqlType: sqlTypeOf(field) }));
  let left = limit ?? Number.POSITIVE_INFINITY;
  async function* lines() {
    for await (const batch of reader) {
      for (const row of batch) {
        if (left-- <= 0) return;
        yield `${JSON.stringify(row?.toJSON() ?? {}, plain)}\n`;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(target));
  return columns;
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) {
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : Array.from(value as Float64Array);
  }
  return value;
}

function sqlTypeOf({ name, type }: Field): string {
  if (DataType.isBool(type)) return 'BOOLEAN';
  if (DataType.isInt(type))
    return `${type.isSigned ? '' : 'U'}${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bitWidth]}`;
  if (DataType.isFloat(type)) return type.precision === 2 ? 'DOUBLE' : 'FLOAT';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isDictionary(type)) return 'VARCHAR';
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
