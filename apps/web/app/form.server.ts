import { AppError, issuesOf } from '@granary/core/errors/app-error';
import { z } from 'zod';

/**
 * What a form says, by the schema of its route. What people type is for the procedures to judge, so that the form shows
 * what is wrong with it; a form that no page of ours sends is refused as a whole.
 *
 * @throws Response 400 for an unknown intent, a missing field, or a body that is no form
 */
export async function parseForm<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const form = await request.formData().catch(() => null);
  const parsed = form && schema.safeParse(fieldsOf(form));
  if (parsed?.success) return parsed.data;
  const issues = parsed ? issuesOf(parsed.error) : null;
  const { body, status } = new AppError('invalid_input', issues ? { issues } : {});
  throw Response.json(body, { status });
}

/** By name what was filled in; a name that comes several times has a list. */
const fieldsOf = (form: FormData): Record<string, unknown> =>
  Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );

/** Which of several things a form asks for, with the fields of it. */
export const intentOf = <Intent extends string, Fields extends z.ZodRawShape>(intent: Intent, fields: Fields) =>
  z.object({ intent: z.literal(intent), ...fields });

/** What names something that is there: never empty. */
export const id = z.string().min(1);
/** What was typed, as it is; nothing is ''. */
export const text = z.string().default('');
/** What was typed, without the space around it; undefined for nothing. */
export const optional = text.transform((value) => value.trim() || undefined);
/** `true` or anything else. */
export const flag = text.transform((value) => value === 'true');
/** A box that is checked sends a value, another none. */
export const checkbox = z
  .string()
  .optional()
  .transform((value) => value !== undefined);
export const number = text.transform(Number);
/** Null for nothing. */
export const numberOrNull = text.transform((value) => (value === '' ? null : Number(value)));
/** Any number of values of one name. */
export const many = z.union([z.string().transform((value) => [value]), z.array(z.string())]).default([]);
/** Words with commas between them. */
export const words = text.transform((value) =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);
/** For how many days something is to last; undefined for ever. */
export const untilDays = number.transform((days) =>
  days > 0 ? new Date(Date.now() + days * 86_400_000).toISOString() : undefined,
);
