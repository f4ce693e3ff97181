/** As internal/access has it, in characters. */
export const shortest = 12;
export const longest = 256;

/** Whether a text may be the password of a user; the API decides. */
export function isPassword(password: string, name: string): boolean {
  const length = [...password].length;
  return length >= shortest && length <= longest && password.toLowerCase() !== name.trim().toLowerCase();
}

/** Without letters and digits that look alike. */
const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';

/** A password of 116 random bits that can be read out: four groups of five. */
export function makePassword(): string {
  const chosen: string[] = [];
  const fair = 256 - (256 % letters.length);
  while (chosen.length < 20) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) chosen.push(letters[byte % letters.length] ?? '');
  }
  return chosen.join('').replace(/.{5}(?=.)/g, '$&-');
}
