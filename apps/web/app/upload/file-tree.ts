import type { PickedFile } from '@granary/client/plan';
import { cleanEntryName } from '@granary/formats';

export interface FolderNode {
  name: string;
  numFiles: number;
  bytes: number;
  folders: FolderNode[];
  /** The first files right in this folder. */
  files: { name: string; bytes: number }[];
  numOwnFiles: number;
}

export interface PickedTree {
  root: FolderNode;
  /** What an import would leave out, by the code of its finding and the reason in words. */
  skipped: { code: string; reason: string; paths: string[] }[];
}

const FILES_SHOWN = 20;

/** Folders of picked files with their counts and sizes, and what would be skipped. */
export function treeOf(picked: readonly PickedFile[]): PickedTree {
  const root = folderNode('');
  const nodes = new Map([['', root]]);
  const skipped = new Map<string, { code: string; reason: string; paths: string[] }>();
  const nodeAt = (path: string): FolderNode => {
    const known = nodes.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const node = folderNode(path.slice(cut + 1));
    nodeAt(cut < 0 ? '' : path.slice(0, cut)).folders.push(node);
    nodes.set(path, node);
    return node;
  };
  for (const { path, sizeBytes } of picked) {
    const cleaned = cleanEntryName(path);
    if ('refused' in cleaned) {
      const { refused: code, reason } = cleaned;
      const known = skipped.get(reason) ?? { code, reason, paths: [] };
      skipped.set(reason, known);
      known.paths.push(path);
      continue;
    }
    const cut = path.lastIndexOf('/');
    const folder = cut < 0 ? '' : path.slice(0, cut);
    const own = nodeAt(folder);
    own.numOwnFiles++;
    if (own.files.length < FILES_SHOWN) own.files.push({ name: path.slice(cut + 1), bytes: sizeBytes });
    for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const node = nodeAt(at);
      node.numFiles++;
      node.bytes += sizeBytes;
      if (at === '') break;
    }
  }
  for (const node of nodes.values()) node.folders.sort((a, b) => a.name.localeCompare(b.name));
  return { root, skipped: [...skipped.values()] };
}

const folderNode = (name: string): FolderNode => ({
  name,
  numFiles: 0,
  bytes: 0,
  folders: [],
  files: [],
  numOwnFiles: 0,
});
