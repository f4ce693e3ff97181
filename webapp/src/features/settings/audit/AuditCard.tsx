import ExpandIcon from '@mui/icons-material/ExpandMore';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { memo, useId, useState } from 'react';
import type { Schemas } from '../../../api/client';
import { Time } from '../../../ui/Time';
import { AuditDetails } from './AuditDetails';
import type { AuditFilter } from './filter';
import { OutcomeChip } from './OutcomeChip';
import { useActionText, useAuditText } from './text';

type Props = { entry: Schemas['AuditEntry']; onFilter: (change: Partial<AuditFilter>) => void };

/** An entry as a card, for narrow screens; it opens to all of it. */
export const AuditCard = memo(function AuditCard({ entry: e, onFilter }: Props) {
  const t = useAuditText();
  const action = useActionText();
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <Paper component="li" variant="outlined" sx={{ p: 1.5 }}>
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'flex-start' }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography sx={{ fontWeight: 700, lineHeight: 1.4 }}>{action(e.action)}</Typography>
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {e.actor || t('nobody')} · <Time at={e.at} />
          </Typography>
          {(e.subject || e.reason) && (
            <Typography variant="body2" noWrap>
              {e.reason || e.subject}
            </Typography>
          )}
        </Box>
        <OutcomeChip outcome={e.outcome} />
        <IconButton
          size="small"
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          aria-label={t('open', { what: action(e.action) })}
          onClick={() => setOpen(!open)}
        >
          <ExpandIcon fontSize="small" sx={{ transform: open ? 'rotate(180deg)' : undefined }} />
        </IconButton>
      </Box>
      {open && (
        <Box id={id} sx={{ mt: 1, borderTop: 1, borderColor: 'divider' }}>
          <AuditDetails entry={e} onFilter={onFilter} />
        </Box>
      )}
    </Paper>
  );
});
