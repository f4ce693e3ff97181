import ErrorIcon from '@mui/icons-material/CancelOutlined';
import DeleteSweepIcon from '@mui/icons-material/DeleteSweepOutlined';
import EventIcon from '@mui/icons-material/EventOutlined';
import ListIcon from '@mui/icons-material/FormatListBulleted';
import BarChartIcon from '@mui/icons-material/InsightsOutlined';
import MemoryIcon from '@mui/icons-material/MemoryOutlined';
import SendIcon from '@mui/icons-material/SendOutlined';
import SettingsIcon from '@mui/icons-material/SettingsOutlined';
import { lazily } from '../api/load';
import type { Permission } from '../api/session';

/** The pages, in the order of the menu; with the permission without which they are not shown. */
export const pages = [
  {
    path: '/',
    name: 'overview',
    icon: BarChartIcon,
    may: 'read',
    view: lazily(() => import('../features/overview/OverviewPage')),
  },
  { path: '/log', name: 'log', icon: ListIcon, may: 'read', view: lazily(() => import('../features/log/LogPage')) },
  {
    path: '/failed',
    name: 'failed',
    icon: ErrorIcon,
    may: 'read',
    view: lazily(() => import('../features/failed/FailedPage')),
  },
  {
    path: '/scheduled',
    name: 'scheduled',
    icon: EventIcon,
    may: 'read',
    view: lazily(() => import('../features/scheduled/ScheduledPage')),
  },
  {
    path: '/workers',
    name: 'workers',
    icon: MemoryIcon,
    may: 'read',
    view: lazily(() => import('../features/workers/WorkersPage')),
  },
  {
    path: '/compose',
    name: 'compose',
    icon: SendIcon,
    may: 'send',
    view: lazily(() => import('../features/compose/ComposePage')),
  },
  {
    path: '/flush',
    name: 'flush',
    icon: DeleteSweepIcon,
    may: 'flush',
    view: lazily(() => import('../features/flush/FlushPage')),
  },
  {
    path: '/settings/:tab?',
    name: 'settings',
    icon: SettingsIcon,
    may: 'self',
    view: lazily(() => import('../features/settings/SettingsPage')),
  },
] as const satisfies { path: string; name: string; icon: unknown; may: Permission; view: unknown }[];
