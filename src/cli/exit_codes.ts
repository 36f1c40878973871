/** The exit codes of the command; the manual page says what they mean. */

/** Done. */
export const EXIT_DONE = 0;

/** Something is wrong with the input, or the system refused something. */
export const EXIT_FAILED = 1;

/** The command line is wrong. */
export const EXIT_USAGE = 2;

/** Stopped by a signal: 128 and its number, as shells report it. */
export const EXIT_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
