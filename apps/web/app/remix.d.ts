import type { Caller, Person } from '@granary/api';
import '@remix-run/node';

declare module '@remix-run/node' {
  /** What the host hands to loaders and actions: procedures, called as the person who asks. */
  interface AppLoadContext {
    api: Caller;
    person: Person | null;
    /** Which of these languages the browser would rather have. */
    preferred<Language extends string>(languages: readonly Language[]): Language | null;
  }
  interface Future {
    v3_singleFetch: true;
  }
}
