import ClearIcon from '@mui/icons-material/Clear';
import SearchIcon from '@mui/icons-material/Search';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { memo, type RefObject, useEffect, useRef, useState } from 'react';
import { useMay } from '../../api/session';
import { type SearchColumn, searchColumns, useFieldText } from '../../push/fields';
import { type Asked, isTooShort } from './filter';
import { useLogText } from './text';

type Props = {
  /** What the page shows; undefined while it is not known. */
  asked: Asked | null | undefined;
  busy: boolean;
  field: RefObject<HTMLInputElement | null>;
  onSearch: (asked: Asked) => void;
  onClear: () => void;
};

/** A search as a text: the same for the same one. */
const textOf = (asked: Asked | null | undefined) => asked && JSON.stringify([asked.column, asked.match, asked.word]);

/** What may be typed for some columns. */
const hints: { [c in SearchColumn]?: 'phoneHint' | 'timeHint' } = {
  cust_telno: 'phoneHint',
  sndn_rsev_hour: 'timeHint',
  fcm_send_time: 'timeHint',
};

const first: Asked = { column: 'csno', match: 'equals', word: '' };

/** One column, how it is to match, and a word. */
export const SearchBox = memo(function SearchBox({ asked, busy, field, onSearch, onClear }: Props) {
  const t = useLogText();
  const name = useFieldText();
  const [typed, setTyped] = useState<Asked>(asked ?? first);
  const masked = !useMay('reveal');
  const [refused, setRefused] = useState(false);
  const tooShort = masked && isTooShort(typed);
  const told = useRef(textOf(asked));
  const edited = useRef(false); // since it is not known what is asked
  useEffect(() => {
    if (asked === undefined) {
      edited.current = false;
      told.current = undefined;
    }
    // Only another search is shown: not what is asked already, nor what was asked from here.
    if (asked === undefined || textOf(asked) === told.current) return;
    const late = told.current === undefined && edited.current;
    told.current = textOf(asked);
    if (!late) setTyped((old) => asked ?? { ...old, word: '' });
  }, [asked]);
  const edit = (part: Partial<Asked>) => {
    edited.current = true;
    setTyped({ ...typed, ...part });
  };
  const search = () => {
    const now = { ...typed, word: typed.word.trim() };
    told.current = textOf(now);
    onSearch(now);
  };
  return (
    <Box
      component="form"
      role="search"
      onSubmit={(e) => {
        e.preventDefault();
        setRefused(tooShort);
        if (tooShort) return;
        if (typed.word.trim()) search();
        else if (asked) onClear();
      }}
      sx={{ display: 'flex', gap: 1, flexWrap: { xs: 'wrap', sm: 'nowrap' }, flex: '1 1 460px', maxWidth: 760 }}
    >
      <TextField
        select
        label={t('searchColumn')}
        value={typed.column}
        onChange={(e) => edit({ column: e.target.value as Asked['column'] })}
        sx={{ width: 150, flex: { xs: '1 1 40%', sm: '0 0 150px' } }}
      >
        {searchColumns.map((c) => (
          <MenuItem key={c} value={c} title={c}>
            {name(c)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label={t('match')}
        value={typed.match}
        onChange={(e) => edit({ match: e.target.value as Asked['match'] })}
        sx={{ width: 124, flex: { xs: '1 1 30%', sm: '0 0 124px' } }}
      >
        {(['contains', 'equals'] as const).map((m) => (
          <MenuItem key={m} value={m}>
            {t(m)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        label={t('keyword')}
        title={t('searchHint')}
        placeholder={hints[typed.column] && t(hints[typed.column] ?? 'searchHint')}
        value={typed.word}
        error={refused && tooShort}
        helperText={refused && tooShort && t('tooShort')}
        inputRef={field}
        onChange={(e) => edit({ word: e.target.value })}
        sx={{ flex: { xs: '1 1 60%', sm: 1 } }}
        slotProps={{
          ...(hints[typed.column] && { inputLabel: { shrink: true } }), // so that the hint can be read
          htmlInput: { maxLength: 4096, spellCheck: false, autoComplete: 'off', enterKeyHint: 'search' },
          input: {
            endAdornment: (typed.word || asked) && (
              <InputAdornment position="end">
                <IconButton
                  size="small"
                  edge="end"
                  aria-label={t('clearSearch')}
                  onClick={() => {
                    edit({ word: '' });
                    if (asked) onClear();
                  }}
                >
                  <ClearIcon fontSize="small" />
                </IconButton>
              </InputAdornment>
            ),
          },
        }}
      />
      <Button
        type="submit"
        variant="contained"
        loading={busy}
        startIcon={<SearchIcon />}
        loadingPosition="start"
        sx={{ flexShrink: 0 }}
      >
        {t('search')}
      </Button>
    </Box>
  );
});
