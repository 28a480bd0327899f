/** What buttons do that stand on more than one page. */
export const actions = {
  cancel: 'Cancel',
  close: 'Close',
  clear: 'Clear',
  remove: 'Remove',
  download: 'Download',
  tryAgain: 'Try again',
  show: 'Show',
  search: 'Search',
  nextPage: 'Next page',
  firstPage: 'First page',
  copyHash: 'Copy the hash',
} as const;
