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
  pages: 'Pages',
  noSuchPage: 'There is no such page.',
  internalError: 'Something went wrong on our side.',
  toDatasets: 'To the datasets',
  waitingForServer: 'Waiting for the server…',
  waitingHint:
    'It can not be reached. This page comes back as soon as it can; uploads of this tab go on by themselves.',
  unreachable: 'The server can not be reached. Check the connection, then try again.',
} as const;
