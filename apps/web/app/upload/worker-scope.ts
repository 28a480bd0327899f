/// <reference lib="webworker" />

/**
 * The global object of a Web Worker. The page's types and a worker's do not go together in one program: this is the one
 * place where the one is taken for the other.
 */
export const workerScope = self as unknown as Pick<DedicatedWorkerGlobalScope, 'postMessage' | 'onmessage'>;
