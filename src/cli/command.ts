/** What a command of the command line is: data, from which help is made too. */

/** A flag; one without `value` is on or off. */
export interface Flag {
  /** The name, without dashes. */
  readonly name: string;
  /** A letter for short, such as `o` for `-o`. */
  readonly short?: string;
  /** Other names that mean the same, such as those that it had before. */
  readonly aliases?: readonly string[];
  /** Whether it may be given several times. */
  readonly repeatable?: true;
  /** What the value is, as help shows it, such as `FILE`. */
  readonly value?: string;
  /** The values there are, where they are too many for `value`. */
  readonly choices?: readonly string[];
  /** What it does, in a few words. */
  readonly summary: string;
}

/** The arguments of a command, sorted into flags and operands. */
export interface Arguments {
  /** The value of each flag that was given; empty for those on or off. */
  readonly flags: ReadonlyMap<string, string>;
  /** The values of each repeatable flag that was given, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** What is no flag. */
  readonly operands: readonly string[];
}

/** An example, as `--help` shows it. */
export interface Example {
  /** What it shows. */
  readonly summary: string;
  /** The line to paste. */
  readonly line: string;
}

/** A command, such as `vmconf convert`. */
export interface Command {
  /** The name. */
  readonly name: string;
  /** The operands as help shows them, such as `NETNS DEVICE`. */
  readonly operands: string;
  /** How many operands there may be: the least and the most. */
  readonly operandCount: readonly [least: number, most: number];
  /** What it does, in one line. */
  readonly summary: string;
  /** What more there is to know about it. */
  readonly description: string;
  /** The flags beside those that every command has. */
  readonly flags: readonly Flag[];
  /** Examples that work as pasted. */
  readonly examples: readonly Example[];
  /** Does it, and gives the exit code. */
  readonly run: (args: Arguments) => number | Promise<number>;
}

/** The flags that every command has. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "json", summary: "print errors and warnings as JSON" },
  { name: "help", short: "h", summary: "show this help" },
];
