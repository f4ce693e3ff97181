import { useSyncExternalStore } from 'react';

/** How close together the rows of tables are; the words of the grid. */
export const densities = ['compact', 'standard', 'comfortable'] as const;
export type Density = (typeof densities)[number];

const stored = 'pushstream.density';
const listeners = new Set<() => void>();

function read(): Density {
  const text = localStorage.getItem(stored);
  return densities.find((d) => d === text) ?? 'compact';
}

export function setDensity(density: Density) {
  localStorage.setItem(stored, density);
  for (const call of listeners) call();
}

function subscribe(call: () => void) {
  listeners.add(call);
  window.addEventListener('storage', call); // another tab
  return () => {
    listeners.delete(call);
    window.removeEventListener('storage', call);
  };
}

/** The density that the reader has chosen, for all tables. */
export function useDensity(): Density {
  return useSyncExternalStore(subscribe, read);
}
