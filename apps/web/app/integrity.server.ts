import type { AppLoadContext } from '@remix-run/node';
import { act, load } from './api.server';

/** The newest check with its findings; of one dataset, or of the whole store. */
export function loadIntegrity(request: Request, context: AppLoadContext, datasetId: string | undefined) {
  const cursor = new URL(request.url).searchParams.get('findings') ?? undefined;
  return load(request, context, async (api) => {
    const { items } = await api.integrity.list({ ...(datasetId === undefined ? {} : { datasetId }), limit: 1 });
    const [check] = items;
    if (!check) return { check: null, job: null, findings: null };
    const [job, findings] = await Promise.all([
      api.jobs.get({ id: check.id }).catch(() => null),
      check.finishedAt ? api.integrity.findings({ checkId: check.id, limit: 50, cursor }) : null,
    ]);
    return { check, job, findings };
  });
}

/** Starts a check or a repair, whichever the form asks for; null for a form that asks for neither. */
export async function actOnIntegrity(form: FormData, context: AppLoadContext, datasetId: string | undefined) {
  const { integrity } = context.api;
  const of = datasetId === undefined ? {} : { datasetId };
  switch (form.get('intent')) {
    case 'check': {
      const { error } = await act(() => integrity.start({ ...of, deep: form.get('deep') === 'true' }));
      return { error, done: error ? null : ('started' as const) };
    }
    case 'integrity-repair': {
      const input = { ...Object.fromEntries(form), dryRun: false } as never;
      const { error } = await act(() => integrity.repair(input));
      return { error, done: error ? null : ('repaired' as const) };
    }
    default:
      return null;
  }
}
