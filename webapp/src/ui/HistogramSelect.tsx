import Box from '@mui/material/Box';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useRef, useState } from 'react';
import { around, type Bars, barAt, barsOf, useHistogramText } from './histogram';

type Props = {
  bars: number;
  /** What bars are, in words. */
  describe: (bars: Bars) => string;
  /** What is shown beside them. */
  tip: (bars: Bars) => ReactNode;
  onSelect: (bars: Bars) => void;
};

/** Bars that a page key goes over. */
const page = 10;

/** Lies over the bars: shows what is under the pointer, and has bars selected by mouse, touch and keys. */
export function HistogramSelect({ bars, describe, tip, onSelect }: Props) {
  const t = useHistogramText();
  const hint = useId();
  // From where a selection goes, and to where; the same for one bar.
  const [at, setAt] = useState<{ anchor: number; cursor: number } | null>(null);
  const press = useRef<{ bar: number; again: boolean; touch: boolean } | null>(null);
  const chosen = at && at.cursor < bars && at.anchor < bars ? barsOf(at.anchor, at.cursor) : null;

  const clear = () => {
    press.current = null;
    setAt(null);
  };
  const select = (range: Bars) => {
    clear();
    onSelect(range);
  };
  const barOf = (e: PointerEvent<HTMLElement>) => {
    const box = e.currentTarget.getBoundingClientRect();
    return barAt(e.clientX - box.left, box.width, bars);
  };

  const down = (e: PointerEvent<HTMLElement>) => {
    if (e.button !== 0) return;
    const bar = barOf(e);
    e.currentTarget.setPointerCapture(e.pointerId);
    const again = chosen !== null && chosen.from === bar && chosen.to === bar;
    press.current = { bar, again, touch: e.pointerType === 'touch' };
    setAt({ anchor: bar, cursor: bar });
  };
  const move = (e: PointerEvent<HTMLElement>) => {
    const bar = barOf(e);
    if (press.current) setAt({ anchor: press.current.bar, cursor: bar });
    else if (e.pointerType !== 'touch') setAt({ anchor: bar, cursor: bar });
  };
  const up = (e: PointerEvent<HTMLElement>) => {
    const was = press.current;
    press.current = null;
    if (!was) return;
    const bar = barOf(e);
    // The first touch of a bar shows what it is, the second one opens it.
    if (!was.touch || was.again || bar !== was.bar) select(barsOf(was.bar, bar));
  };

  const key = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const from = at?.cursor ?? bars;
    const to: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageUp: from - page,
      PageDown: from + page,
      Home: 0,
      End: bars - 1,
    };
    const aim = to[e.key];
    if (aim !== undefined) {
      const cursor = Math.max(0, Math.min(bars - 1, aim));
      setAt({ anchor: e.shiftKey && at ? at.anchor : cursor, cursor });
    } else if ((e.key === 'Enter' || e.key === ' ') && chosen) select(chosen);
    else if (e.key === 'Escape' && at) clear();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  const left = chosen ? (chosen.from / bars) * 100 : 0;
  const right = chosen ? ((chosen.to + 1) / bars) * 100 : 0;
  return (
    <Box
      role="slider"
      tabIndex={0}
      aria-label={t('select')}
      aria-describedby={hint}
      aria-valuemin={1}
      aria-valuemax={bars}
      aria-valuenow={(at ? Math.min(at.cursor, bars - 1) : bars - 1) + 1}
      aria-valuetext={describe(chosen ?? { from: bars - 1, to: bars - 1 })}
      onKeyDown={key}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={clear}
      onPointerLeave={(e) => !press.current && e.pointerType !== 'touch' && clear()}
      onBlur={clear}
      sx={{
        position: 'absolute',
        inset: `${around.top}px ${around.right}px ${around.bottom}px ${around.left}px`,
        cursor: 'crosshair',
        touchAction: 'pan-y',
        userSelect: 'none',
        borderRadius: 0.5,
        '&:focus-visible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
      }}
    >
      <Box component="span" id={hint} hidden>
        {t('hint')}
      </Box>
      {chosen && (
        <>
          <Box
            sx={{
              position: 'absolute',
              top: 0,
              bottom: 0,
              left: `${left}%`,
              width: `${right - left}%`,
              bgcolor: 'primary.main',
              opacity: chosen.from === chosen.to ? 0.14 : 0.2,
              pointerEvents: 'none',
            }}
          />
          <Box
            sx={{
              position: 'absolute',
              top: 0,
              zIndex: 2,
              pointerEvents: 'none',
              ...((left + right) / 2 < 50
                ? { left: `calc(${right}% + 8px)`, maxWidth: `calc(${100 - right}% - 8px)` }
                : { right: `calc(${100 - left}% + 8px)`, maxWidth: `calc(${left}% - 8px)` }),
              minWidth: 'min-content',
            }}
          >
            {tip(chosen)}
          </Box>
        </>
      )}
    </Box>
  );
}
