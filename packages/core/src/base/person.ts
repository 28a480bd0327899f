/** Who asks. */
export interface Person {
  id: string;
  email: string;
  name: string;
  isAdmin: boolean;
  /** The one dataset that there is for them: with an API key that opens no other. */
  onlyDataset?: string | undefined;
  /** Besides, what is public: a share link closes nothing that the site opens to everyone. */
  seesPublic?: boolean | undefined;
  /** The share link that they came by, which lets them look at its dataset. */
  link?: { id: string; datasetId: string } | undefined;
}

/** Anyone at all: nobody is signed in, and the site lets everyone look at what is public. */
export interface Anonymous {
  isAnonymous: true;
}

/** Who looks at something. */
export type Reader = Person | Anonymous;

export const ANONYMOUS: Anonymous = { isAnonymous: true };

export const isAnonymous = (reader: Reader): reader is Anonymous => 'isAnonymous' in reader;

/** Whether nobody signed in: a share link is all there is. */
export const isByLinkOnly = ({ id, link }: Person): boolean => link?.id === id;
