import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { type ReactNode, useState } from 'react';
import type { Schemas } from '../../api/client';
import { useCodeText } from '../../push/codes';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { AskedAgain } from './AskedAgain';
import { useWorkersText } from './text';

type Props = {
  found: Schemas['FoundToken'] | undefined;
  busy: boolean;
  error: unknown;
  onFind: (token: string) => void;
  /** The token has been changed: what was found is of another one. */
  onEdit: () => void;
  onForget?: (hash: string) => void;
};

/** Whether a text is no whole token: its hash, or one that was masked or cut off. */
const isPart = (token: string) => /^[0-9a-f]{32}$|[*…]/.test(token);

/** Says of one device token whether pushes to it are sent. The token is posted: it is in no address. */
export function TokenLookup({ found, busy, error, onFind, onEdit, onForget }: Props) {
  const t = useWorkersText();
  const [text, setText] = useState('');
  const token = text.trim();
  const wrong = isPart(token);
  return (
    <Paper
      variant="outlined"
      component="form"
      aria-label={t('find')}
      sx={{ p: 2, mb: 2 }}
      onSubmit={(e: { preventDefault: () => void }) => {
        e.preventDefault();
        if (token && !wrong && !busy) onFind(token);
      }}
    >
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'flex-start' }}>
        <TextField
          size="small"
          label={t('findToken')}
          value={text}
          onChange={(e) => {
            setText(e.target.value);
            onEdit();
          }}
          error={wrong}
          helperText={t(wrong ? 'findPart' : 'findHelp')}
          autoComplete="off"
          slotProps={{ htmlInput: { spellCheck: false, autoCapitalize: 'none' } }}
          sx={{ flex: 1, maxWidth: 720 }}
        />
        <Button
          type="submit"
          variant="outlined"
          disabled={!token || wrong}
          loading={busy}
          sx={{ whiteSpace: 'nowrap' }}
        >
          {t('find')}
        </Button>
      </Box>
      <Box aria-live="polite" sx={{ mt: 1, '&:empty': { display: 'none' } }}>
        {error ? <ErrorNotice error={error} /> : null}
        {found && <Answer found={found} onForget={onForget} />}
      </Box>
    </Paper>
  );
}

function Answer({ found: { hash, suppressed }, onForget }: { found: Schemas['FoundToken'] } & Pick<Props, 'onForget'>) {
  const t = useWorkersText();
  const meaning = useCodeText();
  if (!suppressed) return <Alert severity="success">{t('notSuppressed')}</Alert>;
  const facts: [label: string, value: ReactNode][] = [
    [t('tokenAt'), <Time key="at" at={suppressed.at} />],
    [t('tokenCode'), `${suppressed.code} · ${meaning(suppressed.code)}`],
    [
      t('tokenPush'),
      <Link key="push" to={logLink({ id: suppressed.push })} className="mono">
        {suppressed.push}
      </Link>,
    ],
    [t('tokenAsk'), <AskedAgain key="ask" token={suppressed} />],
    [t('project'), suppressed.project],
    [t('tokenHash'), <code key="hash">{hash}</code>],
  ];
  return (
    <Alert
      severity="warning"
      action={
        onForget && (
          <Button color="inherit" size="small" onClick={() => onForget(hash)}>
            {t('forgetFound')}
          </Button>
        )
      }
    >
      <Typography sx={{ fontWeight: 700 }}>{t('isSuppressed')}</Typography>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: { sm: 'auto minmax(0, 1fr)' },
          columnGap: 2,
          rowGap: 0.25,
          m: 0,
          mt: 0.5,
          '& dt': { color: 'text.secondary' },
          '& dd': { m: 0, overflowWrap: 'anywhere' },
        }}
      >
        {facts.map(([label, value]) => (
          <Box key={label} sx={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Box>
        ))}
      </Box>
    </Alert>
  );
}
