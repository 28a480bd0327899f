import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * A Chromium for the browser tests: the one that CHROME_PATH names, one that is installed, Debian's package where we
 * may install it, or Playwright's own download. Null, and a word about it, where none can be had.
 */
export function findChromium(): string | null {
  const installed = () =>
    [process.env.CHROME_PATH ?? '', ...USUAL_PLACES].find((path) => path !== '' && existsSync(path));
  const found = installed();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.log("Installing Debian's chromium for the browser tests…");
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('sh', ['-c', 'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium'], {
      env,
      stdio: 'ignore',
    });
    const package_ = installed();
    if (package_) return package_;
  }
  console.log("Downloading Playwright's Chromium for the browser tests…");
  spawnSync('playwright-core', ['install', 'chromium'], { stdio: 'inherit' });
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  console.log('There is no Chromium, and none can be had here: the browser tests are skipped. Set CHROME_PATH to one.');
  return null;
}
