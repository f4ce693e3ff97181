/** The names of an enumeration of the API, in the page's order: one too few or too many does not compile. */
export const namesOf = <T extends string>(all: Record<T, true>) => Object.keys(all) as T[];
