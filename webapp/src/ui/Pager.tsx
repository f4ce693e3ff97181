import FirstIcon from '@mui/icons-material/FirstPage';
import LastIcon from '@mui/icons-material/LastPage';
import PreviousIcon from '@mui/icons-material/NavigateBefore';
import NextIcon from '@mui/icons-material/NavigateNext';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import InputBase from '@mui/material/InputBase';
import Stack from '@mui/material/Stack';
import Tooltip from '@mui/material/Tooltip';
import { memo, type ReactNode, useEffect, useState } from 'react';
import { texts } from '../i18n/texts';
import { useKeys } from './keys';

const usePagerText = texts(
  'pager',
  {
    label: '쪽 이동',
    page: '쪽 번호',
    first: '첫 쪽',
    previous: '이전 쪽 ([)',
    next: '다음 쪽 (])',
    last: '마지막 쪽',
    of_one: '/ {{n}}쪽',
    of_other: '/ {{n}}쪽',
    ofMore: '/ {{pages}}+ 쪽',
  },
  {
    label: 'Pages',
    page: 'Page',
    first: 'First page',
    previous: 'Previous page ([)',
    next: 'Next page (])',
    last: 'Last page',
    of_one: '/ {{n}} page',
    of_other: '/ {{n}} pages',
    ofMore: '/ {{pages}}+ pages',
  },
);

type Props = {
  page: number;
  pages: number;
  /** Whether there may be more pages than are known. */
  more?: boolean;
  onPage: (page: number) => void;
};

/** Goes through the pages of a list: first, previous, a number to type, next, last. */
export const Pager = memo(function Pager({ page, pages, more = false, onPage }: Props) {
  const t = usePagerText();
  const [typed, setTyped] = useState(String(page));
  useEffect(() => setTyped(String(page)), [page]);
  const last = Math.max(1, pages);
  const go = (to: number) => {
    const there = Math.min(Math.max(1, to), last);
    if (there !== page) onPage(there);
  };
  useKeys({ '[': () => go(page - 1), ']': () => go(page + 1) });
  const submit = () => {
    const to = Number(typed);
    if (Number.isInteger(to) && to > 0) go(to);
    else setTyped(String(page));
  };
  const step = (label: string, icon: ReactNode, to: number) => (
    <Tooltip title={label}>
      <span>
        <IconButton
          size="small"
          aria-label={label}
          disabled={to < 1 || to > last || to === page}
          onClick={() => go(to)}
        >
          {icon}
        </IconButton>
      </span>
    </Tooltip>
  );
  return (
    <Stack component="nav" aria-label={t('label')} direction="row" sx={{ alignItems: 'center', gap: 0.25 }}>
      {step(t('first'), <FirstIcon fontSize="small" />, 1)}
      {step(t('previous'), <PreviousIcon fontSize="small" />, page - 1)}
      <Box
        component="form"
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
        sx={{ display: 'flex', alignItems: 'center', gap: 0.75, mx: 0.5 }}
      >
        <InputBase
          value={typed}
          onChange={(e) => setTyped(e.target.value)}
          onBlur={submit}
          slotProps={{ input: { 'aria-label': t('page'), inputMode: 'numeric', maxLength: 7 } }}
          sx={{
            width: `${Math.max(2, typed.length) + 2.5}ch`,
            border: 1,
            borderColor: 'divider',
            borderRadius: 1,
            '& input': { textAlign: 'center', p: 0.25 },
            '&.Mui-focused': { outline: '2px solid', outlineColor: 'primary.main' },
          }}
        />
        <Box component="span" sx={{ color: 'text.secondary', whiteSpace: 'nowrap' }}>
          {more ? t('ofMore', { pages: last }) : t('of', { count: last })}
        </Box>
      </Box>
      {step(t('next'), <NextIcon fontSize="small" />, page + 1)}
      {step(t('last'), <LastIcon fontSize="small" />, last)}
    </Stack>
  );
});
