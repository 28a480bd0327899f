/** The zod schemas that forms and browsers share with the routers. */
export { loginInput, registerInput } from './auth/schemas.ts';
export { createDatasetInput, type DatasetView } from './datasets/schemas.ts';
export type { AnnotationView, ImageView } from './images/schemas.ts';
export type { ImportView } from './imports/schemas.ts';
export { isFinished, type JobView } from './jobs/schemas.ts';
