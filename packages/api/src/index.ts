export { toAppError } from './errors.ts';
export { openApiDocument } from './openapi.ts';
export { createRestHandler } from './rest.ts';
export { type AppRouter, appRouter, type Caller, createCaller } from './router.ts';
