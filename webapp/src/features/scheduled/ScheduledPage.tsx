import { Page } from '../../ui/Page';

export default function ScheduledPage() {
  return <Page title="Scheduled">{null}</Page>;
}
