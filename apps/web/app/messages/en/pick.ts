/** The page with which other apps let people choose a dataset. */
export const pick = {
  title: 'Choose a dataset',
  samples: 'Samples',
  mine: 'Mine',
  shared: 'Shared with me',
  organization: 'Organizations',
  none: 'No dataset here is ready to use.',
  choose: 'Choose “{name}”',
  facts:
    '{images, plural, =0 {no images} one {# image} other {# images}} · {classes, plural, =0 {no classes} one {# class} other {# classes}} · {size}',
  chosen: '“{name}” is chosen',
  refused:
    'The page that opened this one is not allowed to. Ask the administrator to add its origin to GRANARY_EMBED_ORIGINS.',
} as const;
