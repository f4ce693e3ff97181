import MuiLink, { type LinkProps } from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';

/** A link to another page of the dashboard. */
export function Link({ to, ...props }: { to: string } & LinkProps) {
  return <MuiLink component={RouterLink} to={to} {...props} />;
}
