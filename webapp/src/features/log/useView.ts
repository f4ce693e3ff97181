import type { GridColumnVisibilityModel } from '@mui/x-data-grid';
import { useCallback, useState } from 'react';
import { setDensity, useDensity } from '../../ui/density';
import { hiddenAtFirst, type ShownColumn, shownColumns } from './columns';

/** How the reader likes the table; kept in this browser. */
type View = { hidden: readonly string[] };

const stored = 'pushstream.log';

function read(): View {
  try {
    const kept = JSON.parse(localStorage.getItem(stored) ?? '{}') as Partial<View>;
    return { hidden: Array.isArray(kept.hidden) ? kept.hidden : hiddenAtFirst };
  } catch {
    return { hidden: hiddenAtFirst };
  }
}

/** Which columns are shown, and how high the rows are. */
export function useView() {
  const [view, setView] = useState(read);
  const density = useDensity();
  const toggle = useCallback(
    (column: ShownColumn) =>
      setView((old) => {
        const hidden = old.hidden.includes(column) ? old.hidden.filter((c) => c !== column) : [...old.hidden, column];
        localStorage.setItem(stored, JSON.stringify({ hidden }));
        return { hidden };
      }),
    [],
  );
  const model: GridColumnVisibilityModel = Object.fromEntries(shownColumns.map((c) => [c, !view.hidden.includes(c)]));
  return { ...view, density, model, toggle, setDensity };
}
