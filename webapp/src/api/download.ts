/**
 * Saves what the API answered as a file, by the name that its header gives.
 *
 * For answers of client.POST(…, { parseAs: 'blob' }), which has no deadline.
 */
export function saveFile(blob: Blob, response: Response, otherwise: string) {
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? otherwise;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may ask first where to save it
}
