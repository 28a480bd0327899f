export const GIGABYTE = 1e9;

/** A size as messages say it: decimal, in GB; where it is less than one, to the megabyte. */
export const inGigabytes = (bytes: number): string => `${(bytes / GIGABYTE).toFixed(bytes < GIGABYTE ? 3 : 1)} GB`;
