import TextField from '@mui/material/TextField';
import { useEffect, useRef, useState } from 'react';
import { useTime } from '../time/useTime';
import { instantOf, wallOf } from '../time/zoned';

type Props = {
  label: string;
  /** RFC 3339 in UTC. */
  value: string | null;
  onChange: (at: string | null) => void;
  helperText?: string;
  error?: boolean;
  disabled?: boolean;
  fullWidth?: boolean;
};

/** A date and a time to the minute, typed and shown in the firm's zone whatever the browser's is. */
export function InstantField({ label, value, onChange, ...more }: Props) {
  const { zone } = useTime();
  const [wall, setWall] = useState(() => wallOf(value, zone));
  const told = useRef(value);
  useEffect(() => {
    if (value === told.current) return; // it came from here
    told.current = value;
    setWall(wallOf(value, zone));
  }, [value, zone]);
  const change = (text: string) => {
    setWall(text);
    // While a year is typed, browsers give 0002, 0020, 0202.
    const at = Number(text.slice(0, 4)) < 1970 ? null : instantOf(text, zone);
    if (at === told.current || (at === null && text !== '')) return;
    told.current = at;
    onChange(at);
  };
  return (
    <TextField
      label={label}
      type="datetime-local"
      value={wall}
      onChange={(e) => change(e.target.value)}
      slotProps={{ inputLabel: { shrink: true }, htmlInput: { max: '9999-12-31T23:59', title: zone } }}
      {...more}
    />
  );
}
