import type { components } from './schema';

type Fault = { field?: string; message: string };

/**
 * What became of a request that did not work.
 *
 * status is that of HTTP; 0 if there was no answer. requestId is what the admin's log knows
 * it by; empty if there was no answer.
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly requestId = '',
    readonly faults: Fault[] = [],
    /** Seconds after which it may be tried again; 0 if the server did not say. */
    readonly retryAfter = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

type Problem = components['schemas']['Problem'] & { faults?: unknown };

/** Reads the problem document (RFC 9457) that the API answers with. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('Retry-After')) || 0;
  const requestId = response.headers.get('X-Request-Id') ?? '';
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError(
      response.status,
      problem.detail || problem.title || response.statusText,
      problem.request_id || requestId,
      faultsOf(problem.faults),
      retryAfter,
    );
  } catch {
    return new ApiError(response.status, response.statusText, requestId, [], retryAfter);
  }
}

/** Faults of one job, or of the first faulty one of several, or plain texts. */
function faultsOf(faults: unknown): Fault[] {
  if (!Array.isArray(faults)) return [];
  return faults.flatMap((f: unknown): Fault[] => {
    if (typeof f === 'string') return [{ message: f }];
    if (f && typeof f === 'object') {
      if ('faults' in f) return faultsOf(f.faults);
      if ('message' in f) return [f as Fault];
    }
    return [];
  });
}
