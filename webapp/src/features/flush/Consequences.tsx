import BlockIcon from '@mui/icons-material/Block';
import HistoryIcon from '@mui/icons-material/HistoryOutlined';
import ReplayIcon from '@mui/icons-material/Replay';
import Box from '@mui/material/Box';
import type { SvgIconProps } from '@mui/material/SvgIcon';
import type { ComponentType, ReactNode } from 'react';
import { useMay } from '../../api/session';
import { Link } from '../../ui/Link';
import { useFlushText } from './text';

/** What follows from a flush. */
export function Consequences({ linked = false }: { linked?: boolean }) {
  const t = useFlushText();
  const mayAudit = useMay('audit');
  return (
    <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1 }}>
      <Item icon={BlockIcon}>{t('undo')}</Item>
      <Item icon={ReplayIcon}>{t('ids')}</Item>
      <Item icon={HistoryIcon}>
        {t('audit')}{' '}
        {linked && mayAudit && <Link to="/settings/audit?actions=flush,flush_cancel">{t('auditLink')}</Link>}
      </Item>
    </Box>
  );
}

function Item({ icon: Icon, children }: { icon: ComponentType<SvgIconProps>; children: ReactNode }) {
  return (
    <Box component="li" sx={{ display: 'flex', gap: 1, alignItems: 'flex-start' }}>
      <Icon fontSize="small" sx={{ color: 'text.secondary', mt: '2px', flexShrink: 0 }} />
      <span>{children}</span>
    </Box>
  );
}
