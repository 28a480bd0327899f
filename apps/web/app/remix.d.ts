import type { Caller } from '@granary/api';
import { type SiteSettings } from '@granary/core/base/defaults';
import { type Person } from '@granary/core/base/person';
import '@remix-run/node';
import type { Logger } from 'pino';

declare module '@remix-run/node' {
  /** What the host hands to loaders and actions: procedures, called as the person who asks. */
  interface AppLoadContext {
    api: Caller;
    log: Logger;
    /** Who is signed in; nobody for who came by a share link. */
    person: Person | null;
    /** Whether nobody is signed in, and the site lets everyone look at what is public. */
    isAnonymous(): Promise<boolean>;
    /** What admins have set. */
    site(): Promise<SiteSettings>;
    /** What scripts of this answer carry, so that they run and no others do. */
    nonce: string;
    /** Origins of apps that may show the page on which one chooses a dataset. */
    embedOrigins: readonly string[];
    /** Which of these languages the browser would rather have. */
    preferred<Language extends string>(languages: readonly Language[]): Language | null;
  }
  interface Future {
    v3_singleFetch: true;
  }
}
