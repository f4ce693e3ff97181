import TextField from '@mui/material/TextField';
import { lazy, Suspense } from 'react';

const DateTimePicker = lazy(() => import('./DateTimePicker'));

type Props = {
  label: string;
  /** RFC 3339 in UTC. */
  value: string | null;
  onChange: (at: string | null) => void;
  helperText?: string;
  error?: boolean;
};

/** A date and time of a filter, in the firm's zone; null is no bound. */
export function InstantField({ label, value, onChange, ...more }: Props) {
  const change = (ms: number | null) => {
    if (ms !== null && ms < 0) return; // while the year is typed: 0002, 0020, 0202
    onChange(ms === null ? null : new Date(ms).toISOString().replace('.000Z', 'Z'));
  };
  return (
    <Suspense fallback={<TextField label={label} value="" disabled fullWidth />}>
      <DateTimePicker label={label} value={value ? Date.parse(value) : null} onChange={change} {...more} />
    </Suspense>
  );
}
