import ids from 'spdx-license-ids/index.json' with { type: 'json' };

/** Identifiers of the SPDX License List: https://spdx.org/licenses/ */
export const LICENSES: readonly string[] = ids;

const CANONICAL = new Map(ids.map((id) => [id.toLowerCase(), id]));

/** In characters. */
export const MAX_LICENSE = 200;

/** An SPDX identifier as the list writes it, any other text as it is, and null for none. */
export function licenseOf(text: string | null): string | null {
  const trimmed = (text ?? '').replaceAll('\0', '').trim().slice(0, MAX_LICENSE);
  return CANONICAL.get(trimmed.toLowerCase()) ?? (trimmed || null);
}
