/** What the environment can tell the command line. */
export const ENVIRONMENT = {
  GRANARY_URL: 'The address of Granary, instead of `--url`.',
  GRANARY_API_KEY: 'The API key to use, instead of `granary login`.',
  GRANARY_PASSWORD: 'The password for `login` and `keys`, instead of typing it.',
  GRANARY_CACHE_DIR:
    'The folder for content that `granary pull` has fetched, shared by all datasets. By default `~/.cache/granary`.',
  GRANARY_CONFIG_DIR:
    "The folder for the API key and for unfinished uploads. By default the system's own folders for settings and data.",
} as const;

/** A variable that is set to nothing counts as unset. */
export const environment = (name: keyof typeof ENVIRONMENT): string | undefined => process.env[name] || undefined;
