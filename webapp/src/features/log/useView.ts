import type { GridColumnVisibilityModel, GridDensity } from '@mui/x-data-grid';
import { useCallback, useState } from 'react';
import { hiddenAtFirst, type ShownColumn, shownColumns } from './columns';

/** How the reader likes the table; kept in this browser. */
type View = { hidden: readonly string[]; density: GridDensity };

const stored = 'pushstream.log';
export const densities: GridDensity[] = ['compact', 'standard', 'comfortable'];

function read(): View {
  try {
    const kept = JSON.parse(localStorage.getItem(stored) ?? '{}') as Partial<View>;
    return {
      hidden: Array.isArray(kept.hidden) ? kept.hidden : hiddenAtFirst,
      density: densities.find((d) => d === kept.density) ?? 'compact',
    };
  } catch {
    return { hidden: hiddenAtFirst, density: 'compact' };
  }
}

/** Which columns are shown, and how high the rows are. */
export function useView() {
  const [view, setView] = useState(read);
  const change = useCallback((next: Partial<View>) => {
    setView((old) => {
      const all = { ...old, ...next };
      localStorage.setItem(stored, JSON.stringify(all));
      return all;
    });
  }, []);
  const toggle = useCallback(
    (column: ShownColumn) =>
      setView((old) => {
        const hidden = old.hidden.includes(column) ? old.hidden.filter((c) => c !== column) : [...old.hidden, column];
        localStorage.setItem(stored, JSON.stringify({ ...old, hidden }));
        return { ...old, hidden };
      }),
    [],
  );
  const model: GridColumnVisibilityModel = Object.fromEntries(shownColumns.map((c) => [c, !view.hidden.includes(c)]));
  return { ...view, model, toggle, setDensity: (density: GridDensity) => change({ density }) };
}
