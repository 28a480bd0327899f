import { createContext, useContext } from 'react';

/** What inline scripts carry, so that the page's policy lets them run. Browsers do not tell it: there it is not known. */
export const Nonce = createContext<string | undefined>(undefined);

export const useNonce = (): string | undefined => useContext(Nonce);
