import TextField, { type TextFieldProps } from '@mui/material/TextField';
import { useEffect, useRef, useState } from 'react';

/** How long after the last key a text counts, in ms. */
const settled = 400;

type Props = Omit<TextFieldProps, 'value' | 'onChange'> & { value: string; onChange: (text: string) => void };

/** A text field that tells its text when the reader has stopped typing, goes on, or presses Enter. */
export function SettledField({ value, onChange, ...props }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = (now: string) => {
    const plain = now.trim();
    if (plain === told.current) return;
    told.current = plain;
    onChange(plain);
  };
  const latest = useRef(tell);
  useEffect(() => {
    latest.current = tell;
  });
  useEffect(() => {
    if (value === told.current) return; // it came from here
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text), settled);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextField
      value={text}
      onChange={(e) => setText(e.target.value)}
      onBlur={() => tell(text)}
      onKeyDown={(e) => e.key === 'Enter' && !e.nativeEvent.isComposing && tell(text)}
      autoComplete="off"
      {...props}
    />
  );
}
