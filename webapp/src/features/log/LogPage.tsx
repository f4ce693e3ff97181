import { Page } from '../../ui/Page';

export default function LogPage() {
  return <Page title="Log">{null}</Page>;
}
