/** Who may see a dataset, as the API names it: also in the browser, where the API's code does not come. */
export const VISIBILITIES = ['private', 'organization', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
