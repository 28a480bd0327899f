import type { ErrorBody } from '@granary/client';
import { ERRORS } from '@granary/core/errors/table';
import { UNREAD_ROWS } from '@granary/formats/unread';
import { csvNoteOf } from '@granary/tables/csv-notes';
import { useMemo } from 'react';
import { createTranslator, type Locale, useLocale } from 'use-intl';
import type { ServerTexts } from './messages/ko/server';
import { useRoot } from './use-root';

type Issues = ErrorBody['issues'];
type TextOf = (item: { code: string; message: string }, count: number) => string;

interface Texts {
  /** A message and what to do next; what the general text of a code does not say follows it as the server said it. */
  error(error: { code: string; message: string; hint?: string | undefined }): { message: string; hint?: string };
  /** What is wrong with one field. */
  field(issues: Issues, path: string): string | undefined;
  issue: TextOf;
  repair: TextOf;
  /** What is said of one file or place of a finding. */
  detail(detail: string): string;
  /** Why a picked file is left out. */
  skipped(code: string, reason: string): string;
}

const ENGLISH: Texts = {
  error: ({ message, hint }) => ({ message, ...(hint ? { hint } : {}) }),
  field: (issues, path) => issueAt(issues, path)?.message,
  issue: ({ message }) => message,
  repair: ({ message }) => message,
  detail: (detail) => detail,
  skipped: (_, reason) => reason,
};

const issueAt = (issues: Issues, path: string) => issues?.find((issue) => issue.path.split('.')[0] === path);

/** What the server and the formats say in English, in the language of the page, by its code. */
export function useServerTexts(): Texts {
  const locale = useLocale();
  const texts = useRoot()?.serverTexts;
  return useMemo(() => (texts ? translated(locale, texts) : ENGLISH), [locale, texts]);
}

function translated(locale: Locale, texts: ServerTexts): Texts {
  const t = createTranslator({ locale, messages: texts });
  const say = (group: keyof ServerTexts, code: string, values: Record<string, string | number> = {}) => {
    // Any code may come; whether there is a text for it is asked before it is read.
    const key = `${group}.${code}` as 'errors.internal';
    return t.has(key) ? t(key, values) : null;
  };
  return {
    error({ code, message, hint }) {
      const general: { message: string; hint?: string } | undefined = ERRORS[code as keyof typeof ERRORS];
      const known = say('errors', code);
      const said = known === null ? message : message === general?.message ? known : `${known} (${message})`;
      const next = hint && hint === general?.hint ? (say('hints', code) ?? hint) : hint;
      return { message: said, ...(next ? { hint: next } : {}) };
    },
    field(issues, path) {
      const issue = issueAt(issues, path);
      if (!issue) return undefined;
      const { code, message, limit } = issue;
      return (code && (say('fields', code, { limit: limit ?? 0 }) ?? say('errors', code))) || message;
    },
    issue: ({ code, message }, count) => say('issues', code, { count }) ?? message,
    repair: ({ code, message }, count) => say('repairs', code, { count }) ?? message,
    detail(detail) {
      const csv = csvNoteOf(detail);
      if (csv) return say('details', csv.note, { lines: csv.lines }) ?? detail;
      const [code] = Object.entries(UNREAD_ROWS).find(([, said]) => said === detail) ?? [];
      return (code && say('details', code)) || detail;
    },
    skipped: (code, reason) => say('skipped', code) ?? reason,
  };
}
