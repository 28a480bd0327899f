/**
 * Why a text is no id of a repository on the Hub; null when it may be one. The rules are those of `validate_repo_id` of
 * huggingface_hub: `name` or `namespace/name` of at most 96 letters, digits, `-`, `_` and `.`.
 */
export function problemOfRepoId(id: string): string | null {
  if (id.split('/').length > 2) return 'has more than one slash: use "name" or "namespace/name"';
  if (id.length > 96) return `has ${id.length} characters, but can have at most 96`;
  for (const part of id.split('/')) {
    if (part === '') return 'lacks the name or the namespace next to the slash';
    const bad = /[^\w.-]/.exec(part);
    if (bad) return `has the character ${JSON.stringify(bad[0])}: only letters, digits, "-", "_" and "." are allowed`;
    if (/^[-.]|[-.]$/.test(part)) return 'begins or ends with "-" or "."';
  }
  if (id.includes('--') || id.includes('..')) return 'has "--" or ".." in it';
  if (id.endsWith('.git')) return 'ends with ".git"';
  return null;
}
