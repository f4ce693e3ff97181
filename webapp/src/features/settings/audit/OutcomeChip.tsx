import BlockIcon from '@mui/icons-material/Block';
import CheckIcon from '@mui/icons-material/CheckCircleOutlined';
import ErrorIcon from '@mui/icons-material/ErrorOutlined';
import HelpIcon from '@mui/icons-material/HelpOutlined';
import PartialIcon from '@mui/icons-material/IncompleteCircleOutlined';
import CancelIcon from '@mui/icons-material/RemoveCircleOutlined';
import Box from '@mui/material/Box';
import type { Outcome } from './filter';
import { useOutcomeText } from './text';

const looks = {
  done: { icon: CheckIcon, colour: 'success.main' },
  partial: { icon: PartialIcon, colour: 'warning.main' },
  cancelled: { icon: CancelIcon, colour: 'text.secondary' },
  refused: { icon: BlockIcon, colour: 'warning.main' },
  failed: { icon: ErrorIcon, colour: 'error.main' },
  unknown: { icon: HelpIcon, colour: 'text.secondary' },
} as const;

/** What came of an action: an icon, a word and a colour. */
export function OutcomeChip({ outcome }: { outcome: Outcome }) {
  const t = useOutcomeText();
  const { icon: Icon, colour } = looks[outcome] ?? looks.unknown;
  return (
    <Box
      component="span"
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        color: colour,
        fontWeight: 600,
        whiteSpace: 'nowrap',
      }}
    >
      <Icon sx={{ fontSize: '1.05rem' }} />
      {t(outcome)}
    </Box>
  );
}
