import { z } from 'zod';

/** The paths of fields that a schema does not know, however deep they lie. What a schema leaves open has none. */
export function unknownFields(schema: unknown, value: unknown, path: readonly string[] = []): string[] {
  if (Array.isArray(value)) {
    const item = schema instanceof z.ZodArray ? schema.element : undefined;
    if (item) return value.flatMap((one, index) => unknownFields(item, one, [...path, String(index)]));
  }
  if (schema instanceof z.ZodObject) return isObject(value) ? ofObject(schema, value, path) : [];
  if (schema instanceof z.ZodRecord && isObject(value)) {
    return Object.entries(value).flatMap(([name, one]) => unknownFields(schema.valueType, one, [...path, name]));
  }
  // With several shapes, the one with the fewest unknown fields is meant.
  if (schema instanceof z.ZodUnion) {
    const [fewest] = schema.options
      .map((option) => unknownFields(option, value, path))
      .sort((a, b) => a.length - b.length);
    return fewest ?? [];
  }
  if (schema instanceof z.ZodPipe) return unknownFields(schema.in, value, path);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodReadonly
  )
    return unknownFields(schema.unwrap(), value, path);
  return [];
}

function ofObject(schema: z.ZodObject, value: Record<string, unknown>, path: readonly string[]): string[] {
  const { catchall } = schema.def;
  return Object.entries(value).flatMap(([name, one]) => {
    const known: unknown = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (known !== undefined) return unknownFields(known, one, [...path, name]);
    return catchall === undefined || catchall instanceof z.ZodNever ? [[...path, name].join('.')] : [];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
