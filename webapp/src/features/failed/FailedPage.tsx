import { Page } from '../../ui/Page';

export default function FailedPage() {
  return <Page title="Failed">{null}</Page>;
}
