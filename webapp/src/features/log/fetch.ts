import { client, type Schemas } from '../../api/client';
import { ApiError } from '../../api/error';
import { type Filter, isScan } from './filter';

export const pageSize = 100;

/** A page of the log, as far as it is known. */
export type LogPage = Schemas['Page'] & {
  /** Still being counted, all of it, stopped by the reader, or the time was up. */
  state: 'counting' | 'done' | 'stopped' | 'late';
};

export type PageQuery = {
  filter: Filter;
  page: number;
  order: 'newest' | 'oldest';
  /** The bound of a page that is pinned. */
  asof: string | null;
  /** When it was asked for, in ms, if it is not: asked again, it is another question. */
  at: number;
};

type Options = {
  signal: AbortSignal;
  /** Aborted when the reader stops the search; what is known then is the answer. */
  stop: AbortSignal;
  /** Told what is known so far. */
  onStep: (page: LogPage) => void;
};

/** Reads a page: at once from an index, or in steps if texts have to be read. */
export async function fetchPage(q: PageQuery, { signal, stop, onStep }: Options): Promise<LogPage> {
  const asof = q.asof ?? undefined;
  if (!isScan(q.filter)) {
    const query = { ...q.filter, page: q.page, size: pageSize, order: q.order, asof };
    const { data } = await client.GET('/api/v1/pushes', { params: { query: query as object }, signal });
    if (!data) throw new ApiError(0, 'network');
    return { ...data, state: data.exact ? 'done' : 'late' };
  }
  const { data } = await client.POST('/api/v1/pushes/search', {
    body: { ...q.filter, page: q.page, size: pageSize, order: q.order, asof },
    headers: { Accept: 'application/x-ndjson' },
    parseAs: 'stream',
    signal: AbortSignal.any([signal, stop]),
  });
  return readSteps(data as ReadableStream<Uint8Array<ArrayBuffer>>, { stop, onStep });
}

/** Puts the lines of a search together, as they come. */
export async function readSteps(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { stop, onStep }: Pick<Options, 'stop' | 'onStep'>,
): Promise<LogPage> {
  let known = null as LogPage | null;
  try {
    for await (const line of linesOf(body)) {
      const step = JSON.parse(line) as Schemas['Step'];
      if (step.problem)
        throw new ApiError(step.problem.status, step.problem.detail ?? step.problem.title, step.problem.request_id);
      if (!step.page) continue;
      const items: Schemas['Record'][] | undefined = step.page.items ?? known?.items;
      known = { ...step.page, items: items ?? [], state: step.page.exact ? 'done' : 'counting' };
      if (items) onStep(known);
    }
  } catch (error) {
    if (!stop.aborted || !known) throw error;
    return { ...known, state: 'stopped' };
  }
  if (!known) throw new ApiError(0, 'network');
  return known.state === 'done' ? known : { ...known, state: 'late' };
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) yield line;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
  if (rest) yield rest;
}
