import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import type { Schemas } from '../../api/client';
import { Time } from '../../ui/Time';
import { useAccessText } from './access';
import { useAccountText } from './account/text';
import { deviceOf } from './device';
import { Rows } from './Rows';

type Session = Schemas['Session'];

type Props = {
  label: string;
  sessions: Session[];
  /** The reader's own session, which is ended by logging out. */
  current: string | undefined;
  onEnd: (session: Session) => void;
};

/** Sessions, each with what may end it. */
export function SessionRows({ label, sessions, current, onEnd }: Props) {
  const t = useAccountText();
  const access = useAccessText();
  return (
    <Rows
      label={label}
      rows={sessions}
      idOf={(s) => s.id}
      columns={[
        {
          name: 'device',
          label: t('device'),
          cell: (s) => (
            <Box component="span" title={s.user_agent} sx={{ display: 'inline-flex', gap: 1, alignItems: 'center' }}>
              {deviceOf(s.user_agent) || t('unknownDevice')}
              {s.id === current && <Chip size="small" label={t('here')} color="primary" variant="outlined" />}
            </Box>
          ),
        },
        { name: 'address', label: t('address'), cell: (s) => <span className="mono">{s.address}</span> },
        { name: 'how', label: t('how'), cell: (s) => access(s.how) },
        { name: 'began', label: t('began'), cell: (s) => <Time at={s.created_at} detail="minute" /> },
        { name: 'seen', label: t('seen'), cell: (s) => <Time at={s.seen_at} detail="minute" /> },
        { name: 'ends', label: t('ends'), cell: (s) => <Time at={s.ends_at} detail="minute" /> },
      ]}
      actions={(s) =>
        s.id !== current && (
          <Button
            size="small"
            color="error"
            aria-label={`${t('end')}: ${deviceOf(s.user_agent)} ${s.address}`}
            onClick={() => onEnd(s)}
          >
            {t('end')}
          </Button>
        )
      }
    />
  );
}
