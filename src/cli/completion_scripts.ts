/** Completion scripts for shells, made from the table of commands. */
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";

/** Makes the script that a shell completes vmconf's command line with. */
export function completionsFor(
  shell: "bash" | "zsh" | "fish",
  commands: readonly Command[],
): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
  }
}

function flagsOf({ flags }: Command): readonly Flag[] {
  return [...flags, ...COMMON_FLAGS];
}

/** The values to choose from, where a flag names them: `text|json`. */
function choicesOf({ value = "", choices }: Flag): readonly string[] {
  if (choices !== undefined) return choices;
  const named = value.split("|").filter((word) => /^[a-z]/.test(word));
  return value.includes("|") ? named : [];
}

/** The operands to choose from, where a command names them. */
function operandsOf({ operands }: Command): readonly string[] {
  const words = operands.replaceAll(/[[\]]/g, "").split("|");
  return words.length > 1 && words.every((word) => /^[a-z]/.test(word))
    ? words
    : [];
}

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map((command) => {
    const flags = flagsOf(command).map(({ name }) => `--${name}`).join(" ");
    const operands = operandsOf(command).join(" ");
    return `    ${command.name}) flags="${flags}"; operands="${operands}" ;;`;
  });
  const values = new Map<string, readonly string[]>();
  for (const flag of commands.flatMap(flagsOf)) {
    if (choicesOf(flag).length > 0) values.set(flag.name, choicesOf(flag));
  }
  const valueCases = [...values].map(([name, choices]) =>
    `    --${name}) COMPREPLY=($(compgen -W "${
      choices.join(" ")
    }" -- "$current")); return ;;`
  );
  return `# vmconf in bash: eval "$(vmconf completions bash)"
_vmconf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} 
  local flags="" operands=""
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$current"))
    return
  fi
  case $previous in
${valueCases.join("\n")}
  esac
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$operands" -- "$current")) ;;
  esac
}
complete -o default -F _vmconf vmconf
`;
}

/** In single quotes, as every shell here reads them but fish's backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) =>
    `    ${quoted(`${name}:${summary}`)}`
  );
  const cases = commands.map((command) =>
    `    ${command.name}) _arguments -s ${
      [...flagsOf(command).map(zshFlag), zshOperands(command)].join(" ")
    } ;;`
  );
  return `#compdef vmconf
# vmconf in zsh: source <(vmconf completions zsh)
_vmconf() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _vmconf vmconf
`;
}

function zshFlag(flag: Flag): string {
  const { name, value, summary, repeatable } = flag;
  const about = summary.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`);
  const choices = choicesOf(flag);
  const argument = value === undefined
    ? ""
    : choices.length > 0
    ? `:value:(${choices.join(" ")})`
    : ":value:_files";
  const again = repeatable ? "*" : "";
  return quoted(`${again}--${name}[${about}]${argument}`);
}

function zshOperands(command: Command): string {
  const operands = operandsOf(command);
  return quoted(
    operands.length === 0
      ? "*:file:_files"
      : `1:operand:(${operands.join(" ")})`,
  );
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c vmconf -n __fish_use_subcommand -f -a ${command.name} -d ${
      fishQuoted(command.summary)
    }`,
    ...operandsOf(command).map((operand) =>
      `complete -c vmconf -n '__fish_seen_subcommand_from ${command.name}' -f -a ${operand}`
    ),
    ...flagsOf(command).map((flag) => fishFlag(command, flag)),
  ]);
  return `# vmconf in fish: vmconf completions fish | source
${lines.join("\n")}
`;
}

function fishFlag(command: Command, flag: Flag): string {
  const { name, short, value, summary } = flag;
  const choices = choicesOf(flag);
  return [
    "complete -c vmconf",
    `-n '__fish_seen_subcommand_from ${command.name}'`,
    `-l ${name}`,
    ...short === undefined ? [] : [`-s ${short}`],
    ...value === undefined ? [] : ["-r"],
    ...choices.length === 0 ? [] : [`-f -a '${choices.join(" ")}'`],
    `-d ${fishQuoted(summary)}`,
  ].join(" ");
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`;
}
