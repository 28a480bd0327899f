export * from './activities.ts';
export * from './annotations.ts';
export * from './datasets.ts';
export * from './files.ts';
export * from './imports.ts';
export * from './organizations.ts';
export * from './similarity.ts';
export * from './users.ts';
