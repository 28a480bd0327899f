/** Why a file that may hold rows is part of no split. */
export const UNREAD_ROWS = {
  not_on_card: 'the dataset card does not list it',
  cache: 'it is a cache of the datasets library',
  text_beside_tables: 'it is text beside files that have columns',
  names_no_split: 'it names no split, and other files do',
  no_sample: 'it belongs to no sample, and the other files make up samples',
  document_beside_rows: 'it is a JSON document beside files of rows',
} as const;
export type UnreadRows = keyof typeof UNREAD_ROWS;
