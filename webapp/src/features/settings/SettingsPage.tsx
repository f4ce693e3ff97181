import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { Suspense, useEffect } from 'react';
import { Link, Navigate, useParams } from 'react-router';
import { useMe } from '../../api/session';
import Forbidden from '../../ui/Forbidden';
import { NotFound } from '../../ui/NotFound';
import { Page } from '../../ui/Page';
import { tabs } from './tabs';
import { useSettingsText } from './text';

/** The settings: the parts that who is logged in may see. */
export default function SettingsPage() {
  const t = useSettingsText();
  const { permissions } = useMe();
  const { tab } = useParams();
  const mine = tabs.filter((one) => permissions.includes(one.may));
  const here = mine.find((one) => one.path === tab);
  const name = here && t(here.path);
  useEffect(() => {
    if (name) document.title = `${name} · ${t('title')} · pushstream`;
  }, [name, t]);
  if (!tab) return <Navigate to="/settings/display" replace />;
  if (tab === 'keys') return <Navigate to="/settings/tokens" replace />; // where they were before
  if (!here) {
    const other = tabs.find((one) => one.path === tab);
    return other ? <Forbidden may={other.may} /> : <NotFound />;
  }
  const View = here.view;
  return (
    <Page title={t('title')}>
      <Tabs
        value={here.path}
        aria-label={t('tabs')}
        variant="scrollable"
        scrollButtons="auto"
        allowScrollButtonsMobile
        sx={{ mb: 3, borderBottom: 1, borderColor: 'divider', minHeight: 40 }}
      >
        {mine.map(({ path }) => (
          <Tab
            key={path}
            value={path}
            label={t(path)}
            component={Link}
            to={`/settings/${path}`}
            id={`tab-${path}`}
            aria-controls={path === here.path ? 'settings' : undefined}
            sx={{ minHeight: 40, px: 1.5, minWidth: 0 }}
          />
        ))}
      </Tabs>
      <Box role="tabpanel" id="settings" aria-labelledby={`tab-${here.path}`}>
        <Suspense key={here.path} fallback={<Skeleton variant="rounded" height={240} />}>
          <View />
        </Suspense>
      </Box>
    </Page>
  );
}
