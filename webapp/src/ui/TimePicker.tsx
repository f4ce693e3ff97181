import { AdapterDayjs } from '@mui/x-date-pickers/AdapterDayjs';
import { DateTimePicker } from '@mui/x-date-pickers/DateTimePicker';
import { LocalizationProvider } from '@mui/x-date-pickers/LocalizationProvider';
import { koKR } from '@mui/x-date-pickers/locales';
import { renderDigitalClockTimeView } from '@mui/x-date-pickers/timeViewRenderers';
import dayjs from 'dayjs';
import 'dayjs/locale/ko';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import { useLanguage } from '../i18n/texts';
import { useTime } from '../time/useTime';

dayjs.extend(utc);
dayjs.extend(timezone);

type Props = {
  label: string;
  /** RFC 3339 in UTC, or nothing. */
  value: string | null;
  onChange: (value: string | null) => void;
  disableFuture?: boolean;
  disablePast?: boolean;
};

/** A date and time in the firm's zone. Big: to be imported lazily. */
export function TimePicker({ label, value, onChange, ...limits }: Props) {
  const language = useLanguage();
  const { zone } = useTime();
  return (
    <LocalizationProvider
      dateAdapter={AdapterDayjs}
      adapterLocale={language}
      localeText={language === 'ko' ? koKR.components.MuiLocalizationProvider.defaultProps.localeText : undefined}
    >
      <DateTimePicker
        {...limits}
        label={label}
        timezone={zone}
        ampm={false}
        format="YYYY-MM-DD HH:mm"
        viewRenderers={{ hours: renderDigitalClockTimeView, minutes: null, seconds: null }}
        value={value ? dayjs.tz(dayjs(value), zone) : null}
        onChange={(at) => onChange(at?.isValid() ? at.toISOString() : null)}
        slotProps={{ textField: { size: 'small', fullWidth: true } }}
      />
    </LocalizationProvider>
  );
}
