/** What a command is: data, from which help, manual and completions are made. */

/** A flag; one without `value` is on or off. */
export interface Flag {
  /** The name, without dashes. */
  readonly name: string;
  /** A short name, such as `o` for `-o`. */
  readonly short?: string;
  /** Other names for the same flag, such as older ones. */
  readonly aliases?: readonly string[];
  /** Whether it may be given several times. */
  readonly repeatable?: true;
  /** The value as help shows it, such as `FILE`. */
  readonly value?: string;
  /** The possible values, if they are too many for `value`. */
  readonly choices?: readonly string[];
  /** What it does, in a few words. */
  readonly summary: string;
}

/** The arguments of a command, sorted into flags and operands. */
export interface Arguments {
  /** The value of each flag that was given; empty for one that is on or off. */
  readonly flags: ReadonlyMap<string, string>;
  /** The values of each repeatable flag that was given, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** Everything that is not a flag. */
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
  readonly name: string;
  /** The operands as help shows them, such as `NETNS DEVICE`. */
  readonly operands: string;
  /** How many operands there may be. */
  readonly operandCount: readonly [least: number, most: number];
  /** The possible operands, if they are too many for `operands`. */
  readonly operandChoices?: readonly string[];
  /** What it does, in one line. */
  readonly summary: string;
  /** What else a user needs to know. */
  readonly description: string;
  /** The flags, without those that every command has. */
  readonly flags: readonly Flag[];
  /** Examples that work when pasted. */
  readonly examples: readonly Example[];
  /** Runs it, and returns the exit code. */
  readonly run: (
    args: Arguments,
    loadCommands: () => Promise<readonly Command[]>,
  ) => number | Promise<number>;
}

/** The flags that every command has. */
const COMMON_FLAGS: readonly Flag[] = [
  {
    name: "json",
    summary: "print errors, warnings, lists and reports as JSON",
  },
  { name: "help", short: "h", summary: "show this help" },
];

/** All flags of a command. */
export function listFlags({ flags }: Command): readonly Flag[] {
  return [...flags, ...COMMON_FLAGS];
}
