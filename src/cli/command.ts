/** What a command is: data, from which help, manual and completions are made. */

/** A flag; one without `value` is on or off. */
export interface Flag {
  readonly name: string;
  /** Such as `o` for `-o`. */
  readonly short?: string;
  /** Older names of the same flag. */
  readonly aliases?: readonly string[];
  readonly repeatable?: true;
  /** The value as help shows it, such as `FILE`. */
  readonly value?: string;
  /** The possible values, if they are too many for `value`. */
  readonly choices?: readonly string[];
  readonly summary: string;
}

/** The arguments of a command, sorted into flags and operands. */
export interface Arguments {
  /** The value of each flag that was given; empty for one that is on or off. */
  readonly flags: ReadonlyMap<string, string>;
  /** The values of each repeatable flag that was given, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

export interface Example {
  readonly summary: string;
  /** Works when pasted. */
  readonly line: string;
}

/** A command, such as `vmconf convert`. */
export interface Command {
  readonly name: string;
  /** As help shows them: `NETNS DEVICE`, `[FILE]` or `NETWORK...`. */
  readonly operands: string;
  /** The possible operands, if they are too many for `operands`. */
  readonly operandChoices?: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** Without those that every command has. */
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  /** Returns the exit code. */
  readonly run: (
    args: Arguments,
    loadCommands: () => Promise<readonly Command[]>,
  ) => number | Promise<number>;
}

const COMMON_FLAGS: readonly Flag[] = [
  {
    name: "json",
    summary: "print errors, warnings, lists and reports as JSON",
  },
  { name: "help", short: "h", summary: "show this help" },
];

export function listFlags({ flags }: Command): readonly Flag[] {
  return [...flags, ...COMMON_FLAGS];
}
