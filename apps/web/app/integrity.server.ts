import type { AppLoadContext } from '@remix-run/node';
import type { z } from 'zod';
import { act, load, unlessGone } from './api.server';
import { flag, id, intentOf, text } from './form.server';

/** The newest check with its findings; of one dataset, or of the whole store. */
export function loadIntegrity(request: Request, context: AppLoadContext, datasetId: string | undefined) {
  const cursor = new URL(request.url).searchParams.get('findings') ?? undefined;
  return load(request, context, async (api) => {
    const { items } = await api.integrity.list({ ...(datasetId === undefined ? {} : { datasetId }), limit: 1 });
    const [check] = items;
    if (!check) return { check: null, job: null, findings: null };
    const [job, findings] = await Promise.all([
      // What the check is told of may be forgotten before the check.
      unlessGone(api.jobs.get({ id: check.id })),
      check.finishedAt ? api.integrity.findings({ checkId: check.id, limit: 50, cursor }) : null,
    ]);
    return { check, job, findings };
  });
}

/** What the forms of checks ask for. */
export const integrityForms = [
  intentOf('check', { deep: flag }),
  intentOf('integrity-repair', { checkId: id, code: text, repair: text }),
] as const;

/** Starts a check or a repair, whichever the form asks for. */
export async function actOnIntegrity(
  asked: z.output<(typeof integrityForms)[number]>,
  context: AppLoadContext,
  datasetId: string | undefined,
) {
  const { integrity } = context.api;
  const of = datasetId === undefined ? {} : { datasetId };
  if (asked.intent === 'check') {
    const { error } = await act(() => integrity.start({ ...of, deep: asked.deep }));
    return { error, done: error ? null : ('started' as const) };
  }
  const { checkId, code, repair } = asked;
  // The procedure's own schema says which codes and repairs there are.
  const input = { checkId, code, repair, dryRun: false } as Parameters<typeof integrity.repair>[0];
  const { error } = await act(() => integrity.repair(input));
  return { error, done: error ? null : ('repaired' as const) };
}
