/** How many, how much and how long. */
export const amounts = {
  none: 'none',
  andMore: 'and {count, number} more',
  files: '{count, plural, one {# file} other {# files}}',
  images: '{count, plural, one {# image} other {# images}}',
  ofTotal: '{done} of {total}',
  seconds: '{count, number} s',
  minutes: '{count, number} min',
  hours: '{count, number, ::.0} h',
} as const;
