import { Page } from '../../ui/Page';

export default function ComposePage() {
  return <Page title="Compose">{null}</Page>;
}
