import { texts } from '../../i18n/texts';

export const useExportText = texts(
  'log.export',
  {
    exportTitle: '현재 조건으로 내보내기',
    exportCount: '{{total}}건을 내보냅니다.',
    exportMasked: '개인정보는 가려서 내보냅니다.',
    exportReveal: '개인정보를 가리지 않고 내보내기 (사유 필수, 감사 로그에 기록)',
    exportVerb: '{{format}} 내려받기',
    exportDone: '파일을 내려받았습니다',
    exportRunning: '파일을 만드는 중입니다. 창을 닫으면 중단됩니다.',
    format: '형식',
    'export.excel': 'Excel용',
    'export.csv': 'CSV(그대로)',
    'export.ndjson': 'NDJSON',
    'export.excelHint':
      'Excel에서 열어 볼 파일입니다. 고객번호와 전화번호의 앞자리 0이 그대로 보이고, 시각은 {{zone}} 기준입니다.',
    'export.csvHint':
      '프로그램용 파일입니다. 저장된 값 그대로이며 다시 접수할 수 있습니다. Excel로 열면 값이 바뀌므로 열지 마세요.',
    'export.ndjsonHint': '프로그램용 파일입니다. 한 줄이 API의 기록 하나입니다.',
  },
  {
    exportTitle: 'Export the filtered pushes',
    exportCount: '{{total}} pushes will be exported.',
    exportMasked: 'Personal data is masked.',
    exportReveal: 'Export personal data unmasked (requires a reason, and is audited)',
    exportVerb: 'Download {{format}}',
    exportDone: 'The file was downloaded',
    exportRunning: 'The file is being written. Closing this dialog stops it.',
    format: 'Format',
    'export.excel': 'For Excel',
    'export.csv': 'CSV (as it is)',
    'export.ndjson': 'NDJSON',
    'export.excelHint':
      'For reading in Excel: customer and phone numbers keep their leading zeros; times are in {{zone}}.',
    'export.csvHint':
      'For programs: exact values that can be imported again. Do not open it in Excel, which changes values.',
    'export.ndjsonHint': 'For programs: one record of the API a line.',
  },
);
