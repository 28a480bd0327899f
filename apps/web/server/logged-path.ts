/** Pages and calls whose path ends in a token. */
const WITH_TOKEN = /^(\/(?:api\/v1\/)?(?:confirm|invitations|reset|s)\/)[^/]+/;
/** 256 bits as base64url, wherever else somebody puts them; ids and hashes are no secrets. */
const TOKEN = /[\w-]{43,}/g;
const HASH = /^[0-9a-f]{64}$/;

/** The path of a request as a log may have it: without its query, which holds signatures, and without tokens. */
export function loggedPath(url: string): string {
  const path = decoded(url.split('?')[0] ?? '');
  return path.replace(WITH_TOKEN, '$1…').replace(TOKEN, (word) => (HASH.test(word) ? word : '…'));
}

/** As it is routed: a letter that is written as %41 is the same letter. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
