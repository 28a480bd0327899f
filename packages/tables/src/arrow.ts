import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Data, DataType, type Field, RecordBatchReader, Vector } from 'apache-arrow';
import type { TypedColumn } from './reading/columns.ts';
import { SourceError } from './source.ts';
import { quoteName } from './sql.ts';

export interface ArrowLines {
  columns: TypedColumn[];
  rows: number;
  /** What the `datasets` library says of the columns, as it stands in the footer of its Parquet files; null for nothing. */
  features: string | null;
}

/**
 * Writes the rows of an Arrow file or stream (IPC) as JSON lines, batch by batch, for the engine, which reads no Arrow.
 *
 * @returns the columns with the types that Arrow states, and how many rows there are
 * @throws SourceError which names the file, for what is no Arrow, or a type that has no counterpart
 */
export async function arrowToLines({
  source,
  target,
  limit,
}: {
  source: { path: string; name: string };
  /** Where the lines go. */
  target: string;
  limit: number | null;
}): Promise<ArrowLines> {
  try {
    return await writeLines(source.path, target, limit);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    throw new SourceError(`${source.name} cannot be read as Arrow: ${(error as Error).message}`, { cause: error });
  }
}

async function writeLines(path: string, target: string, limit: number | null): Promise<ArrowLines> {
  const reader = await RecordBatchReader.from(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  await reader.open();
  // The library reads an empty name as none.
  const fields = reader.schema.fields.map((field) => (field.name ? field : field.clone({ name: '' })));
  const columns = fields.map((field): TypedColumn => {
    const sqlType = sqlTypeOf(field);
    return { name: field.name, sqlType };
  });
  const features = reader.schema.metadata.get('huggingface') ?? null;
  let rows = 0;
  async function* lines() {
    for await (const batch of reader) {
      const vectors = fields.map((_, i) => batch.getChildAt(i));
      for (let row = 0; row < batch.numRows; row++) {
        if (limit !== null && rows >= limit) return;
        rows++;
        yield `{${fields.map(({ name }, i) => `${JSON.stringify(name)}:${cellOf(vectors[i] ?? null, row)}`).join(',')}}\n`;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(target));
  return { columns, rows, features };
}

function cellOf(vector: Vector | null, row: number): string {
  if (!vector) return 'null';
  const [data] = vector.data;
  return data && vector.data.length === 1 ? jsonAt(data, row) : plain(vector.get(row), vector.type);
}

/** A value by the bytes that hold it: what the library makes of times and decimals has fewer digits. */
function jsonAt(data: Data, row: number): string {
  if (data.nullCount > 0 && !data.getValid(row)) return 'null';
  const { type } = data;
  if (DataType.isNull(type)) return 'null';
  if (DataType.isTimestamp(type) || DataType.isDate(type) || DataType.isTime(type) || DataType.isDuration(type)) {
    return momentOf(data, row);
  }
  if (DataType.isDecimal(type)) return JSON.stringify(decimalOf(data, row));
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type))
    return `[${itemsOf(data, row).join(',')}]`;
  if (DataType.isMap(type)) return mapOf(data, row);
  if (DataType.isStruct(type)) {
    const parts = type.children.map(({ name }, i) => {
      const child = data.children[i];
      return `${JSON.stringify(name)}:${child ? jsonAt(child, row) : 'null'}`;
    });
    return `{${parts.join(',')}}`;
  }
  if (DataType.isDictionary(type)) {
    const index = Number(data.values[row]);
    return plain(data.dictionary?.get(index), type.dictionary);
  }
  return plain(vectorOf(data).get(row), type);
}

/** The library's own value as JSON. */
function plain(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : String(value);
  if (value instanceof Uint8Array && isBinary(type)) return JSON.stringify(blobText(value));
  return JSON.stringify(typeof value === 'string' || typeof value === 'boolean' ? value : String(value));
}

const isBinary = (type: DataType): boolean =>
  DataType.isBinary(type) ||
  DataType.isLargeBinary(type) ||
  DataType.isBinaryView(type) ||
  DataType.isFixedSizeBinary(type);

/** Bytes as the engine reads them from a text. */
const blobText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/../g, '\\x$&');

const vectors = new WeakMap<Data, Vector>();
function vectorOf(data: Data): Vector {
  const known = vectors.get(data);
  if (known) return known;
  const vector = new Vector([data]);
  vectors.set(data, vector);
  return vector;
}

function itemsOf(data: Data, row: number): string[] {
  const [items] = data.children;
  if (!items) return [];
  const { type } = data;
  const [start, end] = DataType.isFixedSizeList(type)
    ? [row * type.listSize, (row + 1) * type.listSize]
    : [Number(data.valueOffsets[row]), Number(data.valueOffsets[row + 1])];
  return Array.from({ length: end - start }, (_, i) => jsonAt(items, start + i));
}

function mapOf(data: Data, row: number): string {
  const [entries] = data.children;
  const [keys, values] = entries?.children ?? [];
  if (!keys || !values) return '{}';
  const parts: string[] = [];
  for (let i = Number(data.valueOffsets[row]); i < Number(data.valueOffsets[row + 1]); i++) {
    const key = jsonAt(keys, i);
    parts.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${jsonAt(values, i)}`);
  }
  return `{${parts.join(',')}}`;
}

/** How many of its units a second has. */
const PER_SECOND = [1n, 1000n, 1_000_000n, 1_000_000_000n];
const DAY = 86_400n;

function momentOf({ type, values }: Data, row: number): string {
  const count = BigInt(values[row]);
  if (DataType.isDate(type))
    return JSON.stringify(dateOf(type.unit === 0 ? count * DAY : floorDiv(count, 1000n)).slice(0, 10));
  if (!('unit' in type) || typeof type.unit !== 'number') throw new TypeError(`${type} has no unit`);
  const perSecond = PER_SECOND[type.unit] ?? 1n;
  const seconds = floorDiv(count, perSecond);
  const rest = count - seconds * perSecond;
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(String(perSecond).length - 1, '0')}`;
  if (DataType.isDuration(type))
    return JSON.stringify(
      `${seconds < 0n && rest > 0n ? `-${-count / perSecond}.${String(-count % perSecond).padStart(String(perSecond).length - 1, '0')}` : `${seconds}${fraction}`} s`,
    );
  const moment = dateOf(DataType.isTime(type) ? seconds % DAY : seconds);
  if (DataType.isTime(type)) return JSON.stringify(moment.slice(11) + fraction);
  return JSON.stringify(moment + fraction + (DataType.isTimestamp(type) && type.timezone ? 'Z' : ''));
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));
const dateOf = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString().slice(0, -5);

function decimalOf({ type, values }: Data, row: number): string {
  if (!DataType.isDecimal(type)) throw new TypeError(`${type} is no decimal`);
  const words = type.bitWidth / 32;
  let value = 0n;
  for (let i = words - 1; i >= 0; i--) value = (value << 32n) | BigInt(values[row * words + i] ?? 0);
  value = BigInt.asIntN(type.bitWidth, value);
  const digits = String(value < 0n ? -value : value).padStart(type.scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  return type.scale > 0 ? `${sign}${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}` : sign + digits;
}

const BITS: Record<number, string> = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' };

function sqlTypeOf({ name, type }: Pick<Field, 'name' | 'type'>): string {
  if (DataType.isNull(type) || DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type))
    return 'VARCHAR';
  if (DataType.isBool(type)) return 'BOOLEAN';
  if (DataType.isInt(type)) return `${type.isSigned ? '' : 'U'}${BITS[type.bitWidth]}`;
  if (DataType.isFloat(type)) return type.precision === 2 ? 'DOUBLE' : 'FLOAT';
  if (isBinary(type)) return 'BLOB';
  if (DataType.isDecimal(type))
    return type.precision <= 38 && type.scale >= 0 ? `DECIMAL(${type.precision},${type.scale})` : 'VARCHAR';
  if (DataType.isDate(type)) return 'DATE';
  // Of nanoseconds with a zone, and of a time of day with nanoseconds, the engine would drop digits.
  if (DataType.isTimestamp(type)) {
    if (type.unit === 3) return type.timezone ? 'VARCHAR' : 'TIMESTAMP_NS';
    return type.timezone ? 'TIMESTAMPTZ' : 'TIMESTAMP';
  }
  if (DataType.isTime(type)) return type.unit === 3 ? 'VARCHAR' : 'TIME';
  if (DataType.isDuration(type) || DataType.isInterval(type)) return 'VARCHAR';
  if (DataType.isDictionary(type)) return sqlTypeOf({ name, type: type.dictionary });
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
    const [item] = type.children;
    if (item) return `${sqlTypeOf({ name, type: item.type })}[]`;
  }
  if (DataType.isMap(type)) {
    const [key, value] = type.children[0]?.type.children ?? [];
    if (key && value) return `MAP(${sqlTypeOf({ name, type: key.type })}, ${sqlTypeOf({ name, type: value.type })})`;
  }
  if (DataType.isStruct(type) && type.children.length > 0) {
    return `STRUCT(${type.children.map((child) => `${quoteName(child.name)} ${sqlTypeOf({ name, type: child.type })}`).join(', ')})`;
  }
  throw new TypeError(
    `the column ${JSON.stringify(name)} has the type ${type}, which has no counterpart. Convert it to another type, or write Parquet.`,
  );
}
