import { createContext } from 'react';

/** The server's time, in ms, for the countdowns of a table. */
export const Now = createContext(0);
