import { Page } from '../../ui/Page';

export default function FlushPage() {
  return <Page title="Flush">{null}</Page>;
}
