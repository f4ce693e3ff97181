import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormLabel from '@mui/material/FormLabel';
import MenuItem from '@mui/material/MenuItem';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import Skeleton from '@mui/material/Skeleton';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useId, useState } from 'react';
import { api, type Schemas } from '../../api/client';
import { ApiError } from '../../api/error';
import { useCodeText } from '../../push/codes';
import { useTime } from '../../time/useTime';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { InstantField } from '../../ui/InstantField';
import { useToast } from '../../ui/Toast';
import { useForgetText } from './forgetText';

type Code = NonNullable<Schemas['ForgetTokens']['code']>;

/** With which FCM says that a token is dead. */
const codes: Code[] = ['UNREGISTERED', 'INVALID_ARGUMENT'];

type Props = { onChanged: () => void; onClose: () => void };

/** Forgets many suppressed tokens: asks which, counts them, and asks for the reason. */
export default function ForgetDialog({ onChanged, onClose }: Props) {
  const t = useForgetText();
  const meaning = useCodeText();
  const time = useTime();
  const say = useToast();
  const group = useId();
  const [all, setAll] = useState(false);
  const [code, setCode] = useState<Code | ''>('UNREGISTERED');
  const [since, setSince] = useState<string | null>(null);
  const chosen = all || code !== '' || since !== null;
  const filter = all ? { all } : { all, ...(code && { code }), ...(since && { since }) };
  const counted = api.useQuery(
    'post',
    '/api/v1/dead-tokens/forget',
    { body: { ...filter, dry_run: true } },
    { enabled: chosen, staleTime: 0, gcTime: 0 },
  );
  const forget = api.useMutation('post', '/api/v1/dead-tokens/forget');
  const [of, setOf] = useState(0); // how many were counted when it was asked for
  const count = chosen && !counted.isFetching ? counted.data?.count : undefined;
  const choose = (change: () => void) => {
    forget.reset();
    change();
  };
  const confirm = (reason: string) => {
    const wanted = count ?? 0;
    setOf(wanted);
    forget.mutate(
      { body: { ...filter, dry_run: false, reason } },
      {
        onSuccess: (done) => {
          say(done.count === wanted ? t('done', { count: wanted }) : t('doneOther', { of: wanted, did: done.count }));
          onClose();
        },
        onError: () => void counted.refetch(),
        onSettled: onChanged,
      },
    );
  };
  return (
    <ConfirmDialog
      open
      title={t('title')}
      verb={count ? t('verbOf', { count }) : t('verb')}
      reason="required"
      disabled={!count}
      busy={forget.isPending}
      error={forget.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <FormControl disabled={forget.isPending}>
        <FormLabel id={group}>{t('which')}</FormLabel>
        <RadioGroup
          row
          aria-labelledby={group}
          value={all ? 'all' : 'some'}
          onChange={(_, to) => choose(() => setAll(to === 'all'))}
        >
          <FormControlLabel value="some" control={<Radio size="small" />} label={t('some')} />
          <FormControlLabel value="all" control={<Radio size="small" />} label={t('all')} />
        </RadioGroup>
      </FormControl>
      {!all && (
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 1fr' } }}>
          <TextField
            select
            label={t('code')}
            value={code}
            disabled={forget.isPending}
            onChange={(e) => choose(() => setCode(e.target.value as Code | ''))}
            helperText={code && meaning(code)}
            slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
          >
            <MenuItem value="">{t('anyCode')}</MenuItem>
            {codes.map((one) => (
              <MenuItem key={one} value={one}>
                {one}
              </MenuItem>
            ))}
          </TextField>
          <InstantField
            label={t('since', { zone: time.zone })}
            value={since}
            disabled={forget.isPending}
            onChange={(at) => choose(() => setSince(at))}
          />
        </Box>
      )}
      <Box sx={{ p: 1.5, border: 1, borderColor: 'divider', borderRadius: 1 }}>
        <Typography component="div" aria-live="polite" sx={{ fontSize: '1.25rem', fontWeight: 700 }}>
          {chosen && counted.isFetching && <Skeleton width="60%" aria-label={t('counting')} />}
          {count !== undefined && (count > 0 ? t('count', { count }) : t('none'))}
          {!chosen && t('choose')}
        </Typography>
        {!!count && counted.data?.oldest && (
          <Typography variant="body2">{t('oldest', { at: time.format(counted.data.oldest) })}</Typography>
        )}
      </Box>
      {chosen && counted.error && !counted.isFetching && (
        <ErrorNotice error={counted.error} retry={() => void counted.refetch()} />
      )}
      {forget.error && isPart(forget.error) && <Alert severity="warning">{t('part', { of })}</Alert>}
      <Box component="ul" sx={{ m: 0, pl: 2.5, color: 'text.secondary', '& li + li': { mt: 0.5 } }}>
        <li>{t('effect')}</li>
        <li>{t('back')}</li>
      </Box>
    </ConfirmDialog>
  );
}

/** Whether some may be forgotten in spite of an error: it broke off, or its answer was lost. */
const isPart = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status >= 500);
