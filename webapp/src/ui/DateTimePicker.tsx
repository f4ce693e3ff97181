import { AdapterDayjs } from '@mui/x-date-pickers/AdapterDayjs';
import { DateTimePicker as MuiDateTimePicker } from '@mui/x-date-pickers/DateTimePicker';
import { LocalizationProvider } from '@mui/x-date-pickers/LocalizationProvider';
import { koKR } from '@mui/x-date-pickers/locales';
import dayjs, { type Dayjs } from 'dayjs';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import 'dayjs/locale/ko';
import { useEffect, useRef, useState } from 'react';
import { useLanguage } from '../i18n/texts';
import { useTime } from '../time/useTime';

dayjs.extend(utc);
dayjs.extend(timezone);

type Props = {
  label: string;
  /** An instant, in ms. */
  value: number | null;
  onChange: (at: number | null) => void;
  /** What may be chosen, in ms. */
  least?: number;
  most?: number;
  helperText?: string;
  error?: boolean;
  autoFocus?: boolean;
};

/**
 * A date and a time to the second, chosen and typed in the firm's zone whatever the browser's is.
 * Load it lazily: it is large.
 */
export default function DateTimePicker({ label, value, onChange, least, most, helperText, error, autoFocus }: Props) {
  const { zone } = useTime();
  const language = useLanguage();
  const [shown, setShown] = useState(() => (value === null ? null : dayjs.tz(value, zone))); // it may be half typed, which is no instant
  const told = useRef(value);
  useEffect(() => {
    if (value === told.current) return; // it came from here
    told.current = value;
    setShown(value === null ? null : dayjs.tz(value, zone));
  }, [value, zone]);
  const change = (chosen: Dayjs | null) => {
    setShown(chosen);
    told.current = chosen?.isValid() ? chosen.valueOf() : null;
    onChange(told.current);
  };
  const bound = (ms?: number) => (ms === undefined ? undefined : dayjs.tz(ms, zone));
  return (
    <LocalizationProvider
      dateAdapter={AdapterDayjs}
      adapterLocale={language}
      localeText={language === 'ko' ? koKR.components.MuiLocalizationProvider.defaultProps.localeText : undefined}
    >
      <MuiDateTimePicker
        label={label}
        timezone={zone}
        value={shown}
        ampm={false}
        format="YYYY-MM-DD HH:mm:ss"
        views={['year', 'month', 'day', 'hours', 'minutes', 'seconds']}
        timeSteps={{ minutes: 5, seconds: 10 }}
        minDateTime={bound(least)}
        maxDateTime={bound(most)}
        onChange={change}
        slotProps={{
          textField: { size: 'small', fullWidth: true, helperText, error, autoFocus, title: zone },
          field: { clearable: true },
        }}
      />
    </LocalizationProvider>
  );
}
