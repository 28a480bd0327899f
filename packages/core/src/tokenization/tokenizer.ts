import { Hub, HubError } from '@granary/hub';
import { AppError } from '../errors/app-error.ts';
import { throwFromHub } from '../errors/from-hub.ts';
import type { HubSettings } from '../secrets/seal.ts';

/** The content of a model's tokenizer.json on the Hub. @throws AppError, the `hub_` ones */
export async function fetchTokenizer(settings: HubSettings, id: string, signal: AbortSignal): Promise<string> {
  const hub = new Hub({ endpoint: settings.HF_ENDPOINT, token: null, signal, retries: 2 });
  try {
    const { answer } = await hub.request(hub.resolveUrl(id, 'main', 'tokenizer.json', ''), id);
    return await answer.text();
  } catch (error) {
    if (error instanceof HubError && ['hub_not_found', 'hub_file_missing'].includes(error.code)) {
      throw new AppError('hub_not_found', {
        message: `The Hub has no tokenizer.json for ${id}, or it is private. Upload a tokenizer.json instead.`,
      });
    }
    return throwFromHub(error);
  }
}

/** The text of a row: a column, or a template with columns in braces. */
export function textOf(
  row: Record<string, unknown>,
  { column, template }: { column: string; template: string | undefined },
): string {
  const plain = (value: unknown) =>
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
  if (template === undefined) return plain(row[column]);
  return template
    .replaceAll('\\n', '\n')
    .replace(/\{([^{}]+)\}/g, (all, name) => (Object.hasOwn(row, name) ? plain(row[name]) : all));
}

/** The columns that a template names. */
export const columnsOfTemplate = (template: string): string[] =>
  [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
