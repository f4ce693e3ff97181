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
      '사람이 Excel에서 열어 볼 파일입니다. 고객번호, 전화번호의 앞자리 0이 그대로 보이고, 시각은 {{zone}} 기준입니다.',
    'export.csvHint':
      '프로그램이 읽을 파일입니다. 값이 저장된 그대로이며 다시 접수할 수 있습니다. Excel로 열면 값이 바뀌므로 열지 마세요.',
    'export.ndjsonHint': '프로그램이 읽을 파일입니다. 한 줄이 API의 기록 하나입니다.',
  },
  {
    exportTitle: 'Export what is filtered',
    exportCount: '{{total}} pushes will be exported.',
    exportMasked: 'Personal data is masked.',
    exportReveal: 'Export personal data as it is (needs a reason, and is audited)',
    exportVerb: 'Download {{format}}',
    exportDone: 'The file was downloaded',
    exportRunning: 'The file is being made. Closing this ends it.',
    format: 'Format',
    'export.excel': 'For Excel',
    'export.csv': 'CSV (as it is)',
    'export.ndjson': 'NDJSON',
    'export.excelHint':
      'For people who open it in Excel: customer and phone numbers keep their leading zeros, times are those of {{zone}}.',
    'export.csvHint':
      'For programs: exact values, which can be handed in again. Excel would change them: do not open it there.',
    'export.ndjsonHint': 'For programs: each line is a record as the API has it.',
  },
);
