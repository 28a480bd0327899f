import 'tar-stream';

// The types lack an option of the library.
declare module 'tar-stream' {
  function extract(options: { filenameEncoding: 'latin1' }): Extract;
}
