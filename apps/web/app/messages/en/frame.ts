/** What stands around every page: its name, the way about, and what is said when it does not come. */
export const frame = {
  app: 'Granary',
  tagline: 'A home for machine-learning datasets',
  mainNavigation: 'Main',
  datasets: 'Datasets',
  admin: 'Admin',
  organizations: 'Organizations',
  trash: 'Trash',
  signOut: 'Sign out',
  language: 'Language',
  appearance: 'Appearance',
  theme: 'Theme: {theme}. Switch to: {next}',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  pages: 'Pages',
  noSuchPage: 'This page does not exist.',
  internalError: 'Something went wrong on our side.',
  toDatasets: 'Go to your datasets',
  waitingForServer: 'Waiting for the server…',
  waitingHint:
    'The server cannot be reached. This page comes back when it can, and uploads in this tab resume on their own.',
  unreachable: 'The server cannot be reached. Check your connection, then try again.',
} as const;
