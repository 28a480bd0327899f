import { readdirSync, readFileSync } from 'node:fs';

/** The largest renderer's private memory, in MiB: what it shares with other processes counts once, elsewhere. */
export function tabMib(): number {
  let most = 0;
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const [, kib] = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [];
      most = Math.max(most, Number(kib ?? 0) / 1024);
    } catch {
      // It has ended meanwhile.
    }
  }
  return most;
}
