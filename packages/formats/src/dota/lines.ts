/** What a line says of one object: `x1 y1 x2 y2 x3 y3 x4 y4 class difficulty`. */
export interface DotaLine {
  corners: number[];
  label: string;
  /** 0, 1 or 2, and absent in some files. */
  difficult: number | null;
}

/** Null for a line that is none. */
export function dotaLineOf(line: string): DotaLine | null {
  const fields = line.trim().split(/[\s,]+/);
  if (fields.length < 9 || fields.length > 10) return null;
  const corners = fields.slice(0, 8).map(Number);
  const [label = '', difficult] = fields.slice(8);
  if (!corners.every(Number.isFinite) || Number.isFinite(Number(label))) return null;
  if (difficult !== undefined && !/^\d$/.test(difficult)) return null;
  return { corners, label, difficult: difficult === undefined ? null : Number(difficult) };
}

/** The first lines of DOTA's files say where the picture comes from and how large its pixels are on the ground. */
export const isHeader = (line: string): boolean => /^(imagesource|gsd|acquisition dates?)\s*:/i.test(line.trim());

/** Whether a text is a label file: an empty one in a folder that is called so is. */
export function isDota(text: string, path: string): boolean {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !isHeader(line));
  const isInFolder = /(^|\/)labelTxt[^/]*\//i.test(path);
  if (isInFolder) return true;
  if (lines.length === 0) return false;
  // The last line of a head may be cut off.
  return lines.slice(0, Math.max(1, lines.length - 1)).some((line) => dotaLineOf(line) !== null);
}
