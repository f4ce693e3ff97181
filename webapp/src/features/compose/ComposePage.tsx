import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useQueryState } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { api } from '../../api/client';
import { useMe } from '../../api/session';
import { PhonePreview } from '../../push/PhonePreview';
import { Page } from '../../ui/Page';
import { parseAsText } from '../../url/params';
import { ByteMeter } from './ByteMeter';
import { clearDraft, draftSent, editDraft, useDraft } from './draft';
import { Fields } from './Fields';
import { mergeFaults, splitFaults } from './faults';
import { bytesOf, type Draft, faultsOf, jobOf } from './job';
import { SendDialog } from './SendDialog';
import { SentPush } from './SentPush';
import { useComposeText } from './text';
import { Verdict } from './Verdict';

/** A test send: the fields of a push, what FCM says of it, and what becomes of it. */
export default function ComposePage() {
  const t = useComposeText();
  const me = useMe();
  const { draft, key } = useDraft(me.name);
  const [sent, setSent] = useQueryState('sent', parseAsText(128).withOptions({ history: 'push' }));
  const [asked, setAsked] = useState(false);
  const [checked, setChecked] = useState(false); // whether faults of the form are shown
  const validate = api.useMutation('post', '/api/v1/pushes');
  const send = api.useMutation('post', '/api/v1/pushes');
  const { reset: forgetVerdict } = validate;
  const { reset: forgetSent } = send;

  const job = useMemo(() => jobOf(draft, me.zone), [draft, me.zone]);
  const own = useMemo(() => faultsOf(draft), [draft]);
  const refused = splitFaults(send.error ?? validate.error);
  const faults = mergeFaults(checked ? own : [], refused.faults);
  const trouble = send.error ?? validate.error;

  const edit = useCallback(
    (patch: Partial<Draft>) => {
      editDraft(patch);
      setChecked(false);
      forgetVerdict();
      forgetSent();
    },
    [forgetVerdict, forgetSent],
  );
  const check = () => {
    setChecked(true);
    send.reset();
    validate.mutate({ params: { query: { validate_only: true } }, body: job });
  };
  const ask = () => {
    setChecked(true);
    validate.reset();
    send.reset();
    if (own.length === 0) setAsked(true);
  };
  const confirmed = () =>
    send.mutate(
      { params: { header: { 'Idempotency-Key': key } }, body: job },
      {
        onSuccess: (receipt) => {
          draftSent();
          if ('id' in receipt) void setSent(receipt.id);
          setAsked(false);
        },
        onError: (error) => {
          if (splitFaults(error).faults.length > 0) setAsked(false); // they are shown at their fields
        },
      },
    );

  return (
    <Page title={t('title')}>
      <Typography sx={{ color: 'text.secondary', mb: 2 }}>{t('intro')}</Typography>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          alignItems: 'start',
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 380px' },
        }}
      >
        <Paper
          variant="outlined"
          component="form"
          noValidate
          aria-label={t('title')}
          sx={{ p: { xs: 2, sm: 2.5 } }}
          onSubmit={(e: { preventDefault: () => void }) => {
            e.preventDefault();
            ask();
          }}
        >
          <Fields draft={draft} faults={faults} onEdit={edit} />
          <Stack aria-live="polite" sx={{ gap: 1, mt: 2 }}>
            {(faults.length > 0 || trouble) && <Verdict error={trouble} rest={refused.rest} />}
            {faults.length === 0 && validate.data && 'fcm' in validate.data && <Verdict verdict={validate.data} />}
          </Stack>
          <Stack direction="row" sx={{ gap: 1, mt: 2, flexWrap: 'wrap' }}>
            <Button type="submit" variant="contained">
              {t('send')}
            </Button>
            <Button variant="outlined" loading={validate.isPending} onClick={check}>
              {t('validate')}
            </Button>
            <Box sx={{ flex: 1 }} />
            <Button
              color="inherit"
              onClick={() => {
                clearDraft();
                setChecked(false);
                forgetVerdict();
                forgetSent();
              }}
            >
              {t('clear')}
            </Button>
          </Stack>
        </Paper>
        <Stack sx={{ gap: 2, position: { lg: 'sticky' }, top: { lg: 68 } }}>
          <Paper
            variant="outlined"
            component="section"
            aria-labelledby="preview"
            sx={{ p: 2, display: 'grid', gap: 1.5 }}
          >
            <Typography variant="h2" id="preview">
              {t('preview')}
            </Typography>
            <PhonePreview title={draft.msg_title} body={draft.msg_contents} app={draft.D_servicename || undefined} />
            <ByteMeter bytes={bytesOf(job)} />
          </Paper>
          {sent ? (
            <SentPush
              key={sent}
              id={sent}
              answer={send.data && 'answer' in send.data && send.data.id === sent ? send.data.answer : undefined}
              onDismiss={() => void setSent(null)}
            />
          ) : (
            <Alert severity="info" variant="outlined">
              {t('none')}
            </Alert>
          )}
        </Stack>
      </Box>
      {asked && (
        <SendDialog
          job={job}
          at={draft.later ? draft.at : null}
          busy={send.isPending}
          error={send.error}
          onConfirm={confirmed}
          onClose={() => setAsked(false)}
        />
      )}
    </Page>
  );
}
