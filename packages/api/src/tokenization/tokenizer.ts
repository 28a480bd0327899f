import { Hub, HubError } from '@granary/hub';
import { Tokenizer } from 'tokenizers';
import { AppError } from '../errors.ts';
import { asAppError } from '../hub/look-up.ts';
import type { HubSettings } from '../secrets.ts';
import type { TokenizationOptions } from './schemas.ts';

/** The content of a model's tokenizer.json on the Hub. @throws AppError, the `hub_` ones */
export async function fetchTokenizer(settings: HubSettings, id: string, signal: AbortSignal): Promise<string> {
  const hub = new Hub({ endpoint: settings.HF_ENDPOINT, token: null, signal, retries: 2 });
  try {
    const { answer } = await hub.request(hub.resolveUrl(id, 'main', 'tokenizer.json', ''), id);
    return await answer.text();
  } catch (error) {
    if (error instanceof HubError && ['hub_not_found', 'hub_file_missing'].includes(error.code)) {
      throw new AppError('hub_not_found', {
        message: `The Hub has no tokenizer.json of ${id}, or it is private. Give the content of a tokenizer.json instead.`,
      });
    }
    return asAppError(error);
  }
}

type Shaping = Pick<TokenizationOptions, 'maxLength' | 'truncation' | 'padding'>;

/** A tokenizer that cuts and pads as it was asked for. @throws AppError `invalid_input` for what is no tokenizer.json */
export function openTokenizer(json: string, { maxLength, truncation, padding }: Shaping): Tokenizer {
  const tokenizer = parse(json);
  if (truncation) tokenizer.setTruncation(maxLength);
  else tokenizer.disableTruncation();
  if (padding === 'max_length') {
    const { id, token } = padOf(tokenizer, json);
    tokenizer.setPadding({ maxLength, padId: id, padToken: token });
  } else tokenizer.disablePadding();
  return tokenizer;
}

function parse(json: string): Tokenizer {
  try {
    return Tokenizer.fromString(json);
  } catch (error) {
    const message = `is no tokenizer.json: ${(error as Error).message.slice(0, 300)}`;
    throw new AppError('invalid_input', { issues: [{ path: 'tokenizerJson', message }] });
  }
}

const PAD_TOKENS = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

/** What a tokenizer fills up with: what its file says, or else a token that others use for it. */
function padOf(tokenizer: Tokenizer, json: string): { id: number; token: string } {
  const told: { pad_id?: unknown; pad_token?: unknown } | null = JSON.parse(json).padding ?? null;
  if (typeof told?.pad_id === 'number' && typeof told.pad_token === 'string') {
    return { id: told.pad_id, token: told.pad_token };
  }
  for (const token of PAD_TOKENS) {
    const id = tokenizer.tokenToId(token);
    if (id !== null) return { id, token };
  }
  throw new AppError('invalid_input', {
    issues: [{ path: 'padding', message: 'is not possible: the tokenizer names no token to pad with' }],
  });
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
    .replace(/\{([^{}]+)\}/g, (all, name) => (name in row ? plain(row[name]) : all));
}

/** The columns that a template names. */
export const columnsOfTemplate = (template: string): string[] =>
  [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
