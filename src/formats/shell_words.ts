/**
 * Words of a shell command.
 *
 * Source: POSIX.1-2024, Shell Command Language, section 2.2 (quoting).
 */

/** Characters that no shell gives a meaning to, wherever they stand in a word. */
const PLAIN = /^[\w%+,./:@-][\w%+,./:=@-]*$/;

/**
 * Writes a text as one word of a shell command, in quotes only where it needs
 * them.
 */
export function quoteShellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
