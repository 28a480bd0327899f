/** What marks a dataset as a sample of the platform. */
export const SAMPLE_TAG = 'platform-sample';
