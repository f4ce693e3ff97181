/** A browser and its system, short, out of a User-Agent; the text itself if it says neither. */
export function deviceOf(agent: string): string {
  const find = (all: [RegExp, string][]) => all.find(([is]) => is.test(agent))?.[1];
  const browser = find([
    [/Edg\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/Whale\//, 'Whale'],
    [/SamsungBrowser\//, 'Samsung Internet'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\//, 'Chrome'],
    [/Version\/.*Safari\//, 'Safari'],
    [/^curl\//, 'curl'],
  ]);
  const system = find([
    [/Windows NT/, 'Windows'],
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ]);
  return [browser, system].filter(Boolean).join(' · ') || agent;
}
