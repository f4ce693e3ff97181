import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useMay } from '../../api/session';
import { Page } from '../../ui/Page';
import { parseAsCount } from '../../url/params';
import { AllSwitch } from './AllSwitch';
import { DeadTokens } from './DeadTokens';
import { HoldBanners } from './HoldBanners';
import { Processes } from './Processes';
import { useWorkersText } from './text';
import { useWorkers } from './useWorkers';

const tabs = ['processes', 'tokens'] as const;

/** The processes that send, with their switches; why nothing is sent; suppressed tokens. */
export default function WorkersPage() {
  const t = useWorkersText();
  const may = useMay('control');
  const workers = useWorkers();
  const [{ tab }, setAt] = useQueryStates(
    { tab: parseAsStringLiteral(tabs).withDefault('processes'), page: parseAsCount(1, 1_000_000) },
    { history: 'push' },
  );
  return (
    <Page
      title={t('title')}
      actions={
        may &&
        workers.data && (
          <AllSwitch
            paused={workers.data.desired === 'paused'}
            processes={workers.data.items.filter((w) => w.consumer !== '' && w.state !== 'lost').length}
          />
        )
      }
    >
      <HoldBanners />
      <Tabs
        value={tab}
        onChange={(_, to: (typeof tabs)[number]) => void setAt({ tab: to, page: null })}
        aria-label={t('tabs')}
        sx={{ mb: 2, borderBottom: 1, borderColor: 'divider' }}
      >
        {tabs.map((name) => (
          <Tab key={name} value={name} label={t(name)} id={`tab-${name}`} aria-controls={`panel-${name}`} />
        ))}
      </Tabs>
      <Box role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === 'processes' ? <Processes workers={workers} /> : <DeadTokens />}
      </Box>
    </Page>
  );
}
